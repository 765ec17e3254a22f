import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultParseLimits, StreamParser, type StreamPart } from '../../../../src/dialog-core/message/index.js';

const limits = { ...defaultParseLimits, maxMessageBytes: 2000 };

function message(body = '', more = '', length = `Content-Length: ${body.length}\r\n`): string {
  return `OPTIONS sip:a@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.9;branch=z9hG4bK1\r\n${more}${length}\r\n${body}`;
}

const plain = message();
const withBody = message('v=0\r\n\r\no=- 1\r\n');
const compact = message('four', 'Subject: x\r\n', 'l : 4\r\n');
const stream = `${plain}${withBody}\r\n\r\n${compact}\r\n${plain}`;
const wanted = [plain, withBody, 'ping', compact, plain];

function drain(parser: StreamParser): string[] {
  const found: string[] = [];
  for (let part: StreamPart | undefined = parser.next(); part; part = parser.next()) {
    found.push(part.kind === 'message' ? part.data.toString() : part.kind === 'ping' ? 'ping' : part.problem.code);
  }
  return found;
}

/** What a parser makes of pieces that come one after the other. */
function parse(pieces: readonly (string | Uint8Array)[], given = limits): string[] {
  const parser = new StreamParser(given);
  return pieces.flatMap((piece) => {
    parser.push(Buffer.from(piece));
    return drain(parser);
  });
}

describe('messages', () => {
  test('that come at once', () => {
    expect(parse([stream])).toEqual(wanted);
  });

  test('cut at every point', () => {
    for (let at = 0; at <= stream.length; at += 1) {
      expect(parse([stream.slice(0, at), stream.slice(at)]), `cut at ${at}`).toEqual(wanted);
    }
  });

  test('cut at every two points', () => {
    const short = `${message('ab')}\r\n\r\n${message('', 'S: \r\n')}`;
    const both = [message('ab'), 'ping', message('', 'S: \r\n')];
    for (let a = 0; a <= short.length; a += 1) {
      for (let b = a; b <= short.length; b += 3) {
        expect(parse([short.slice(0, a), short.slice(a, b), short.slice(b)])).toEqual(both);
      }
    }
  });

  test('byte by byte', () => {
    expect(parse([...stream])).toEqual(wanted);
  });

  test('of any bodies in any pieces', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (all, steps) => {
        const whole = Buffer.concat(
          all.flatMap((body) => [
            Buffer.from(message('', '', `Content-Length: ${body.length}\r\n`)),
            Buffer.from(body),
          ]),
        );
        const parser = new StreamParser(limits);
        const found: string[] = [];
        for (let at = 0, step = 0; at < whole.length; step += 1) {
          const length = steps[step % steps.length] as number;
          parser.push(whole.subarray(at, at + length));
          for (let part = parser.next(); part; part = parser.next()) {
            found.push(part.kind === 'message' ? part.data.toString('hex') : part.kind);
          }
          at += length;
        }
        expect(found).toHaveLength(all.length);
        expect(found.join('')).toBe(whole.toString('hex'));
        expect(parser.isPartial).toBe(false);
      }),
    );
  });

  test('stand in memory of their own', () => {
    const parser = new StreamParser(limits);
    const chunk = Buffer.from(plain);
    parser.push(chunk);
    const part = parser.next();
    chunk.fill(0);
    parser.push(Buffer.from(withBody));
    expect(part).toMatchObject({ kind: 'message' });
    expect(part?.kind === 'message' && part.data.toString()).toBe(plain);
  });

  test('that are not complete are partial', () => {
    const parser = new StreamParser(limits);
    const partial = (data: string): boolean => {
      parser.push(Buffer.from(data));
      drain(parser);
      return parser.isPartial;
    };
    expect(parser.isPartial).toBe(false);
    expect(partial('\r\n')).toBe(false);
    expect(partial('O')).toBe(true);
    expect(partial(withBody.slice(1, -1))).toBe(true);
    expect(partial(withBody.slice(-1))).toBe(false);
  });
});

describe('keep-alives (RFC 5626 3.5.1)', () => {
  test.each([
    ['\r\n', []],
    ['\r\n\r\n', ['ping']],
    ['\r\n\r\n\r\n', ['ping']],
    ['\r\n\r\n\r\n\r\n', ['ping', 'ping']],
    [`\r\n${plain}\r\n${plain}\r\n\r\n`, [plain, plain, 'ping']],
  ])('%j', (data, found) => {
    expect(parse([data])).toEqual(found);
    expect(parse([...data])).toEqual(found);
  });
});

describe('a stream is over with', () => {
  test.each<[code: string, data: string]>([
    ['missing-content-length', message('', '', '')],
    ['bad-content-length', message('', '', 'Content-Length: -1\r\n')],
    ['bad-content-length', message('', '', 'Content-Length: 1 1\r\n')],
    ['bad-content-length', message('', '', 'Content-Length: 99999999999\r\n')],
    ['bad-content-length', message('', '', 'Content-Length:\r\n')],
    ['bad-content-length', message('', '', 'Content-Length:\r\n 4\r\n')],
    ['bad-content-length', message('abcd', 'Content-Length: 2\r\n')],
    ['bad-content-length', message('abcd', 'l: 4\r\n')],
    ['bad-header-line', message('', 'no colon\r\n', '')],
    ['message-too-large', message('', '', 'Content-Length: 1990\r\n')],
    ['message-too-large', `OPTIONS ${'x'.repeat(3000)}`],
    ['not-sip', '\u0016\u0003\u0001\u0002'],
    ['not-sip', 'GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n'],
    ['not-sip', '\rX'],
    ['not-sip', '\nOPTIONS'],
  ])('%s', (code, data) => {
    expect(parse([plain, data, plain])).toEqual([plain, code]);
    expect(parse([...data, plain]).at(-1)).toBe(code);
  });

  test('the head for its answer, and nothing of what follows', () => {
    const parser = new StreamParser(limits);
    const head = message('', '', '');
    parser.push(Buffer.from(`${head}${plain}`));
    const part = parser.next();
    expect(part?.kind === 'fault' && part.data.toString()).toBe(head);
    parser.push(Buffer.from(plain));
    expect(parser.next()).toBeUndefined();
    expect(parser.isPartial).toBe(false);
  });

  test('no bytes of any kind throw or are kept beyond the bound', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 40 }), (pieces) => {
        const parser = new StreamParser(limits);
        for (const piece of pieces) {
          parser.push(piece);
          for (let part = parser.next(); part; part = parser.next()) {
            if (part.kind !== 'ping') expect(part.data.length).toBeLessThanOrEqual(limits.maxMessageBytes);
          }
        }
      }),
    );
  });
});
