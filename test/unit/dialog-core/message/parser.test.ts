import { describe, expect, it } from 'vitest';
import {
  defaultParseLimits,
  type ParseResult,
  parseMessage,
  type SipRequest,
  type SipResponse,
} from '../../../../src/dialog-core/message/index.js';

const lines = [
  'INVITE sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/UDP host.example.com;branch=z9hG4bK1',
  'Max-Forwards: 70',
  'From: "Alice" <sip:alice@example.com>;tag=a1',
  'To: <sip:bob@example.com>',
  'Call-ID: 1@host.example.com',
  'CSeq: 7 INVITE',
  'Contact: <sip:alice@host.example.com>',
  'Content-Type: application/sdp',
];
const body = 'v=0\r\n';

/** The request above with some of its lines replaced by name, left out (undefined) or, at the end, added. */
function request(changes: Record<string, string | undefined> = {}, added: string[] = [], text = body): string {
  const changed = lines.map((line) => {
    const name = line.startsWith('INVITE') ? 'start' : line.slice(0, line.indexOf(':'));
    return name in changes ? changes[name] : line;
  });
  return `${[...changed.filter((line) => line !== undefined), ...added].join('\r\n')}\r\n\r\n${text}`;
}

function parse(text: string, limits = defaultParseLimits): ParseResult {
  return parseMessage(Buffer.from(text, 'latin1'), limits);
}

/** 'ok', or status and code of the refusal. */
function verdict(text: string, limits = defaultParseLimits): string {
  const result = parse(text, limits);
  return result.ok ? 'ok' : `${result.error.status} ${result.error.code}`;
}

describe('an accepted request', () => {
  it('says what it says', () => {
    const result = parse(request());
    expect(result.ok).toBe(true);
    const message = (result as { message: SipRequest }).message;
    expect(message).toMatchObject({
      kind: 'request',
      method: 'INVITE',
      uriText: 'sip:bob@example.com',
      uri: { user: 'bob', host: 'example.com' },
      maxForwards: 70,
      callId: '1@host.example.com',
      cseq: { number: 7, method: 'INVITE' },
      from: { displayName: 'Alice', uri: { user: 'alice' } },
      to: { uri: { user: 'bob' } },
      fromTag: 'a1',
      toTag: undefined,
      topVia: { host: 'host.example.com', branch: 'z9hG4bK1' },
      contact: { uriText: 'sip:alice@host.example.com' },
      contentType: 'application/sdp',
      headerCount: 8,
    });
    expect(message.bodyText()).toBe(body);
  });

  it('may come as any Uint8Array', () => {
    const bytes = new TextEncoder().encode(`xx${request()}`);
    const result = parseMessage(bytes.subarray(2));
    expect(result.ok && result.message.callId).toBe('1@host.example.com');
  });

  it.each([
    ['without Max-Forwards', request({ 'Max-Forwards': undefined })],
    ['without Contact', request({ Contact: undefined })],
    ['without a tag in From', request({ From: 'From: sip:alice@example.com' })],
    ['without a branch', request({ Via: 'Via: SIP/2.0/UDP host.example.com' })],
    ['with compact names', request({ Via: 'v:SIP/2.0/UDP a.com', From: 'f:sip:a@b.com', 'Call-ID': 'i:x' })],
    ['with a version in lower case', request({ start: 'INVITE sip:bob@example.com sip/2.0' })],
    ['with a tel URI', request({ start: 'INVITE tel:+12015550123 SIP/2.0' })],
    ['with every Contact gone', request({ Contact: 'Contact: *' })],
    ['with Max-Forwards 0', request({ 'Max-Forwards': 'Max-Forwards: 0' })],
    ['with Max-Forwards 255', request({ 'Max-Forwards': 'Max-Forwards: 0255' })],
    ['with an empty header', request({}, ['Subject:', 's :', 'X-Empty: '])],
    [
      'with several Via, Contact and Route lines',
      request({}, [
        'Via: SIP/2.0/TCP b.com, SIP/2.0/UDP c.com',
        'Route: <sip:d.com;lr>, "x" <sip:e.com>',
        'Contact: sip:a@b.com,sip:c@d.com',
      ]),
    ],
    ['after line ends, as keep-alives leave them', `\r\n\r\n${request()}`],
    ['with escaped control characters', request({ To: 'To: "a\\\u0001b" <sip:bob@example.com>' })],
    ['with tabs', request({ To: 'To:\t<sip:bob@example.com>\t;\ttag\t=\tx\t' })],
    ['with many headers of one name', request({}, ['User-Agent: a', 'User-Agent: b'])],
    [
      'with a Content-Type in capitals and with parameters',
      request({ 'Content-Type': 'c: Multipart / Mixed ; boundary="x"' }),
    ],
    ['with a Date', request({}, ['Date: Sat, 13 Nov 2010 23:29:00 GMT'])],
  ])('may come %s', (_, text) => {
    expect(verdict(text)).toBe('ok');
  });
});

describe('a refused request', () => {
  const cases: [verdict: string, text: string][] = [
    ['400 empty', ''],
    ['400 empty', '\r\n\r\n'],
    ['400 not-sip', '\0\0\0\0'],
    ['400 not-sip', 'hello'],
    ['400 not-sip', ' INVITE sip:bob@example.com SIP/2.0\r\n\r\n'],
    ['400 bad-request-line', 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n'],
    ['400 bad-request-line', request({ start: 'INVITE sip:bob@example.com' })],
    ['400 bad-request-line', request({ start: 'INVITE  sip:bob@example.com SIP/2.0' })],
    ['400 bad-request-line', request({ start: 'INVITE sip:bob@example.com  SIP/2.0' })],
    ['400 bad-request-line', request({ start: 'INVITE sip:bob@example.com SIP/2.0 ' })],
    ['400 bad-request-uri', request({ start: 'INVITE \tsip:bob@example.com SIP/2.0' })],
    ['400 bad-request-line', request({ start: 'INVITE sip:bob@example.com SIP/x' })],
    ['400 bad-request-uri', request({ start: 'INVITE <sip:bob@example.com> SIP/2.0' })],
    ['400 bad-request-uri', request({ start: 'INVITE bob SIP/2.0' })],
    ['400 bad-request-uri', request({ start: 'INVITE sip:b\xf6b@example.com SIP/2.0' })],
    ['400 request-uri-headers', request({ start: 'INVITE sip:bob@example.com?a=b SIP/2.0' })],
    ['416 unsupported-scheme', request({ start: 'INVITE http://example.com SIP/2.0' })],
    ['505 bad-version', request({ start: 'INVITE sip:bob@example.com SIP/3.0' })],
    ['505 bad-version', request({ start: 'INVITE sip:bob@example.com SIP/2.00' })],
    ['400 missing-via', request({ Via: undefined })],
    ['400 missing-from', request({ From: undefined })],
    ['400 missing-to', request({ To: undefined })],
    ['400 missing-call-id', request({ 'Call-ID': undefined })],
    ['400 missing-cseq', request({ CSeq: undefined })],
    ['400 bad-via', request({ Via: 'Via: SIP/2.0/UDP host.example.com;;' })],
    ['400 bad-via', request({ Via: 'Via: SIP/3.0/UDP host.example.com' })],
    ['400 bad-via', request({}, ['Via: SIP/2.0/UDP a.com, SIP/2.0/UDP'])],
    ['400 bad-via', request({}, ['Via:'])],
    ['400 bad-via', request({}, ['Via: SIP/2.0/UDP a.com xSIP/2.0/UDP b.com'])],
    ['400 bad-branch', request({ Via: 'Via: SIP/2.0/UDP host.example.com;branch=Z9HG4BK' })],
    ['400 bad-from', request({ From: 'From: alice' })],
    ['400 bad-from', request({ From: 'From: <sip:a@b.com>;tag' })],
    ['400 bad-from', request({ From: 'From: <sip:a@b.com>;tag="a b"' })],
    ['400 bad-from', request({ From: 'From: <sip:a@b.com>;tag=[::1]' })],
    ['400 bad-from', request({ From: 'From: <sip:a@b.com>, <sip:c@d.com>' })],
    ['400 bad-to', request({ To: 'To:' })],
    ['400 bad-to', request({ To: 'To: <sip:a@b.com' })],
    ['400 bad-call-id', request({ 'Call-ID': 'Call-ID:' })],
    ['400 bad-call-id', request({ 'Call-ID': 'Call-ID: a b' })],
    ['400 bad-call-id', request({ 'Call-ID': 'Call-ID: a@b@c' })],
    ['400 bad-call-id', request({ 'Call-ID': 'Call-ID: a@' })],
    ['400 bad-call-id', request({ 'Call-ID': 'Call-ID: @a' })],
    ['400 bad-cseq', request({ CSeq: 'CSeq: INVITE' })],
    ['400 bad-cseq', request({ CSeq: 'CSeq: 2147483648 INVITE' })],
    ['400 cseq-method', request({ CSeq: 'CSeq: 7 OPTIONS' })],
    ['400 cseq-method', request({ CSeq: 'CSeq: 7 invite' })],
    ['400 cseq-method', request({ CSeq: 'CSeq: 7 INVITED' })],
    ['400 bad-contact', request({ Contact: 'Contact: sip:a@b.com?x=y' })],
    ['400 bad-contact', request({ Contact: 'Contact: *, <sip:a@b.com>' })],
    ['400 bad-contact', request({}, ['m: <sip:a@b.com>,'])],
    ['400 bad-contact', request({}, ['m: <sip:a@b.com>x<sip:c@d.com>'])],
    ['400 bad-route', request({}, ['Route: sip:a.com'])],
    ['400 bad-route', request({}, ['Route: <sip:a.com;lr>, sip:b.com'])],
    ['400 bad-record-route', request({}, ['Record-Route: <sip:a.com'])],
    ['400 bad-max-forwards', request({ 'Max-Forwards': 'Max-Forwards: 256' })],
    ['400 bad-max-forwards', request({ 'Max-Forwards': 'Max-Forwards: -1' })],
    ['400 bad-max-forwards', request({ 'Max-Forwards': 'Max-Forwards:' })],
    ['400 bad-content-type', request({ 'Content-Type': 'Content-Type: sdp' })],
    ['400 bad-content-type', request({ 'Content-Type': 'Content-Type: application/sdp x' })],
    ['400 bad-content-length', request({}, ['Content-Length: -1'])],
    ['400 bad-content-length', request({}, ['Content-Length: 5 5'])],
    ['400 bad-content-length', request({}, ['Content-Length: 99999999999999999999'])],
    ['400 bad-content-length', request({}, ['l:'])],
    ['400 body-too-short', request({}, ['Content-Length: 6'])],
    ['400 bad-date', request({}, ['Date: Fri, 01 Jan 2010 16:00:00 EST'])],
    ['400 duplicate-header', request({}, ['Call-ID: 1@host.example.com'])],
    ['400 duplicate-header', request({}, ['i: 2'])],
    ['400 duplicate-header', request({}, ['CSeq: 7 INVITE'])],
    ['400 duplicate-header', request({}, ['To: <sip:bob@example.com>'])],
    ['400 duplicate-header', request({}, ['Content-Length: 5', 'l: 5'])],
    ['400 duplicate-header', request({}, ['Expires: 5', 'EXPIRES: 6'])],
    ['400 bad-header-line', request({}, ['Foobar roobar'])],
    ['400 bad-header-line', request({}, [': x'])],
    ['400 bad-header-line', request({}, ['Foo bar: x'])],
    ['400 bad-header-line', request({}, ['Fo\xf6: x'])],
    ['400 bad-header-line', request({ start: `${lines[0]}\r\n folded` })],
    ['400 bad-line-end', request().replaceAll('\r\n', '\n')],
    ['400 bad-line-end', request({}, ['Subject: a\nEvil: b'])],
    ['400 bad-line-end', request({}, ['Subject: a\rEvil: b'])],
    ['400 bad-line-end', request().replace('\r\n\r\n', '\r\n\n')],
    ['400 control-character', request({}, ['Subject: a\0b'])],
    ['400 control-character', request({}, ['Subject: a\x7fb'])],
    ['400 missing-blank-line', request({}, [], '').slice(0, -2)],
    ['400 bad-header-line', request({}, [], '').slice(0, -1)],
    ['400 missing-blank-line', request({}, [], '').slice(0, -5)],
  ];
  it.each(cases)('is answered %s: %j', (expected, text) => {
    expect(verdict(text)).toBe(expected);
  });

  it('for a control character wherever it stands, and for no other', () => {
    for (let code = 0; code < 256; code++) {
      const isBad = (code < 32 && code !== 9) || code === 127;
      const expected = isBad ? (code === 10 || code === 13 ? '400 bad-line-end' : '400 control-character') : 'ok';
      for (let at = 0; at < 9; at++) {
        const value = `${'a'.repeat(at)}${String.fromCharCode(code)}${'b'.repeat(9 - at)}`;
        const line = `Subject: ${value}: c`;
        expect(verdict(request({}, [line])), JSON.stringify(line)).toBe(expected);
      }
    }
  });

  it('names a duplicate in its reason', () => {
    const result = parse(request({}, ['CSeq: 7 INVITE']));
    expect(result.ok || result.error.reason).toBe('Duplicate CSeq');
  });

  it('reports the version before anything else, and the scheme after everything else', () => {
    expect(verdict(request({ start: 'INVITE http://x SIP/3.0', From: undefined }))).toBe('505 bad-version');
    expect(verdict(request({ start: 'INVITE http://x SIP/2.0', To: 'To: ?' }))).toBe('400 bad-to');
  });
});

describe('the message of a refused request', () => {
  function refused(text: string): SipRequest | undefined {
    const result = parse(text);
    expect(result.ok).toBe(false);
    return result.message as SipRequest | undefined;
  }

  it('is there for a reply when the first Via can be read', () => {
    const message = refused(request({ To: 'To: "Joe <sip:a@b.com>', 'Call-ID': undefined }));
    expect(message?.topVia.branch).toBe('z9hG4bK1');
    expect(message?.header('to')).toBe('"Joe <sip:a@b.com>');
    expect(message?.header('call-id')).toBeUndefined();
    expect(message?.method).toBe('INVITE');
    expect(message?.fromTag).toBe('a1');
  });

  it('is there when only the sent-by of the first Via can be read', () => {
    const message = refused(request({ Via: 'Via: SIP/2.0/UDP 192.0.2.15:5070;;,;,,' }));
    expect(message?.topVia).toMatchObject({ host: '192.0.2.15', port: 5070, branch: undefined });
  });

  it('has empty values for what cannot be read, and never throws', () => {
    const message = refused(request({ From: undefined, To: 'To: ?', CSeq: 'CSeq: x', Contact: 'Contact: ?' }));
    expect(message).toMatchObject({
      from: { uriText: '', uri: { scheme: '', host: '' } },
      to: { uriText: '' },
      fromTag: undefined,
      cseq: { number: 0, method: '' },
      contact: undefined,
    });
    const badLine = refused(request({ start: 'INVITE  sip:bob@example.com SIP/2.0' }));
    expect(badLine).toMatchObject({ method: 'INVITE', uriText: '', uri: { scheme: '' } });
  });

  it('is missing when nobody could be answered', () => {
    expect(refused(request({ Via: undefined }))).toBeUndefined();
    expect(refused(request({ Via: 'Via: ?' }))).toBeUndefined();
    expect(refused('hello')).toBeUndefined();
  });

  it('gives values that can be printed again, whatever they held', () => {
    const message = refused(request({}, ['Subject: a\0b\nEvil: c\r d\x7f', 'Z: a\rb']));
    expect(message?.header('subject')).toBe('a b');
    expect(message?.header('z')).toBe('a b');
    for (const [, value] of message!.entries()) expect(value).not.toMatch(/[\r\n\0\x7f]/);
  });
});

describe('a response', () => {
  function response(start: string, added: string[] = []): string {
    return request({ start }, added);
  }

  it('is read', () => {
    const result = parse(response('SIP/2.0 180 Ringing, really'));
    const message = (result as { message: SipResponse }).message;
    expect(message).toMatchObject({ kind: 'response', status: 180, reason: 'Ringing, really', toTag: undefined });
    expect('method' in message).toBe(false);
  });

  it.each([
    ['ok', 'SIP/2.0 200 '],
    ['ok', 'sip/2.0 699 x'],
    ['ok', 'SIP/2.0 200 a  b '],
    ['400 bad-status-line', 'SIP/2.0 200'],
    ['400 bad-status-line', 'SIP/2.0 99 x'],
    ['400 bad-status-line', 'SIP/2.0 099 x'],
    ['400 bad-status-line', 'SIP/2.0 0200 x'],
    ['400 bad-status-line', 'SIP/2.0 700 x'],
    ['400 bad-status-line', 'SIP/2.0 2000 x'],
    ['400 bad-status-line', 'SIP/2.0 4294967301 x'],
    ['400 bad-status-line', 'SIP/2.0  200 x'],
    ['400 bad-status-line', 'SIP/2.0 +20 x'],
    ['505 bad-version', 'SIP/1.0 200 OK'],
  ])('is %s: %j', (expected, start) => {
    expect(verdict(response(start))).toBe(expected);
  });

  it('is refused for bad headers, without a message, since nothing is owed', () => {
    const result = parse(response('SIP/2.0 200 OK', ['CSeq: x']));
    expect(result).toMatchObject({ ok: false, error: { code: 'duplicate-header' } });
    expect(result.message).toBeUndefined();
    expect(verdict(request({ start: 'SIP/2.0 200 OK', To: undefined }))).toBe('400 missing-to');
  });

  it('may have a method of its own in CSeq, an odd Date and a cookie alone as branch', () => {
    expect(verdict(request({ start: 'SIP/2.0 200 OK', CSeq: 'CSeq: 1 BYE' }))).toBe('ok');
    expect(verdict(response('SIP/2.0 200 OK', ['Date: today']))).toBe('ok');
    expect(verdict(request({ start: 'SIP/2.0 200 OK', Via: 'Via: SIP/2.0/UDP a.com;branch=z9hG4bK' }))).toBe('ok');
  });
});

describe('the body', () => {
  it.each([
    ['all the rest without Content-Length', [], 'v=0\r\nrest', 'v=0\r\nrest'],
    ['as long as Content-Length says', ['Content-Length: 5'], 'v=0\r\nrest', 'v=0\r\n'],
    ['empty', ['Content-Length: 0'], 'rest', ''],
    ['bytes, whatever they are', ['l: 3'], '\r\n\x00', '\r\n\x00'],
  ])('is %s', (_, added, text, expected) => {
    const result = parse(request({}, added, text));
    expect(result.ok && Buffer.from(result.message.body).toString('latin1')).toBe(expected);
  });

  it('ends toBytes(), which begins with the start line', () => {
    const text = request({}, ['Content-Length: 5']);
    const result = parse(`\r\n${text}second message`);
    expect(result.ok && Buffer.from(result.message.toBytes()).toString()).toBe(text);
  });
});
