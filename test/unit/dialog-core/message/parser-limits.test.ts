import { describe, expect, it } from 'vitest';
import {
  defaultParseLimits,
  type ParseLimits,
  type ParseResult,
  parseMessage,
} from '../../../../src/dialog-core/message/index.js';

const body = 'v=0\r\n';

/** An INVITE of eight headers, with some added, another Request-URI or another body. */
function request(added: string[] = [], text = body, uri = 'sip:bob@example.com'): string {
  const lines = [
    `INVITE ${uri} SIP/2.0`,
    'Via: SIP/2.0/UDP host.example.com;branch=z9hG4bK1',
    'Max-Forwards: 70',
    'From: "Alice" <sip:alice@example.com>;tag=a1',
    'To: <sip:bob@example.com>',
    'Call-ID: 1@host.example.com',
    'CSeq: 7 INVITE',
    'Contact: <sip:alice@host.example.com>',
    'Content-Type: application/sdp',
    ...added,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}

function parse(text: string, limits: ParseLimits = defaultParseLimits): ParseResult {
  return parseMessage(Buffer.from(text, 'latin1'), limits);
}

/** 'ok', or status and code of the refusal. */
function verdict(text: string, limits?: ParseLimits): string {
  const result = parse(text, limits);
  return result.ok ? 'ok' : `${result.error.status} ${result.error.code}`;
}

describe('limits', () => {
  const limits = { maxMessageBytes: 1000, maxHeaderBytes: 100, maxHeaders: 10 };

  it('hold at their edges', () => {
    const size = request().length;
    expect(verdict(request([], 'x'.repeat(1000 - size + body.length)), limits)).toBe('ok');
    expect(verdict(request([], 'x'.repeat(1001 - size + body.length)), limits)).toBe('413 message-too-large');
    expect(verdict(request([`Z: ${'x'.repeat(95)}`]), limits)).toBe('ok');
    expect(verdict(request([`Z: ${'x'.repeat(96)}`]), limits)).toBe('400 header-too-long');
    expect(verdict(request([`Z: a\r\n ${'x'.repeat(95)}`]), limits)).toBe('400 header-too-long');
    expect(verdict(request([], body, `sip:${'x'.repeat(81)}`), limits)).toBe('ok');
    expect(verdict(request([], body, `sip:${'x'.repeat(82)}`), limits)).toBe('414 uri-too-long');
    expect(verdict(request(['a: 1', 'b: <sip:a@b.com>']), limits)).toBe('ok');
    expect(verdict(request(['Z: 1', 'Z: 2', 'Z: 3']), limits)).toBe('400 too-many-headers');
  });

  it('leave a message to answer', () => {
    for (const text of [
      request(['Z: 1', 'Z: 2', 'Z: 3']),
      request([`Z: ${'x'.repeat(96)}`]),
      request([], 'x'.repeat(2000)),
    ]) {
      const result = parse(text, limits);
      expect(result.ok || result.message?.callId).toBe('1@host.example.com');
    }
  });

  it('are 64 KiB, 8 KiB and 128 unless told otherwise', () => {
    expect(defaultParseLimits).toEqual({ maxMessageBytes: 65_536, maxHeaderBytes: 8192, maxHeaders: 128 });
    expect(verdict(request(Array(120).fill('Z: y')))).toBe('ok');
    expect(verdict(request(Array(121).fill('Z: y')))).toBe('400 too-many-headers');
  });

  it('keep the head within 64 KiB whatever the message may be', () => {
    const wide = { maxMessageBytes: 1_000_000, maxHeaderBytes: 1_000_000, maxHeaders: 1000 };
    expect(verdict(request([], 'x'.repeat(200_000)), wide)).toBe('ok');
    expect(verdict(request([`Z: ${'x'.repeat(70_000)}`]), wide)).toBe('413 message-too-large');
  });
});

describe('time', () => {
  it('is linear, whatever the datagram holds', () => {
    const size = 60_000;
    const fills = [
      'sip:a,',
      '<sip:a>,',
      ';a=b',
      ';a',
      '"',
      '\\"',
      '\r\n ',
      'SIP/2.0/UDP a,',
      'a.',
      '%41',
      ' ',
      '(',
      '[1::',
      'a@',
      '<',
    ];
    const heads = [
      'Contact: ',
      'Contact: <sip:a@b.com>',
      'Via: SIP/2.0/UDP a.com',
      'To: <sip:a@b.com',
      'Route: <sip:',
      'Z: ',
    ];
    const wide = { maxMessageBytes: 65_536, maxHeaderBytes: 65_536, maxHeaders: 128 };
    const from = process.cpuUsage().user;
    for (const head of heads) {
      for (const fill of fills) {
        const text = request([head + fill.repeat(Math.floor(size / fill.length))]);
        const result = parse(text, wide);
        result.message?.headerValues(head.slice(0, head.indexOf(':')));
      }
    }
    // 90 datagrams of 60 kB: a quadratic scan would take minutes of processor time.
    expect(process.cpuUsage().user - from).toBeLessThan(3_000_000);
  });
});
