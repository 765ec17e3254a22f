/**
 * Properties of the SIP parser and printer over generated and mutated input. A fixed seed keeps runs alike; FUZZ_SEED and FUZZ_RUNS (a
 * factor) explore further.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  escapeUser,
  makeUri,
  type ParseResult,
  parseMessage,
  parseNameAddr,
  parseUri,
  printNameAddr,
  printRequest,
  printResponse,
  printUri,
  type SipMessage,
  unescapeUser,
  uriEquals,
} from '../../src/dialog-core/message/index.js';
import { torture, tortureNames } from '../support/torture.js';

const factor = Number(process.env.FUZZ_RUNS ?? 1);
const seed = Number(process.env.FUZZ_SEED ?? 4475);

function check<T extends unknown[]>(runs: number, property: fc.IProperty<T>): void {
  fc.assert(property, { seed, numRuns: runs * factor });
}

const messages = tortureNames.map((name) => torture(name));

/** Reads every member of a message; none may throw. */
function readAll(message: SipMessage): void {
  const names = ['Via', 'v', 'Contact', 'Route', 'Subject', 'X-Nothing', 'Accept', 'Content-Length'];
  for (const name of names) {
    expect(message.has(name)).toBe(message.header(name) !== undefined);
    expect(message.headerValues(name).every((value) => typeof value === 'string')).toBe(true);
  }
  if ([...message.entries()].length !== message.headerCount) throw new Error('entries');
  const { callId, cseq, from, to, topVia, contact, contentType, fromTag, toTag } = message;
  expect([callId, cseq.method, from.uriText, to.uriText, topVia.host].map((value) => typeof value)).toEqual(
    Array(5).fill('string'),
  );
  expect([contact?.uri.host, contentType, fromTag, toTag].every((value) => typeof value !== 'number')).toBe(true);
  if (message.kind === 'request') {
    expect([message.method, message.uriText, message.uri.scheme].every((value) => typeof value === 'string')).toBe(
      true,
    );
    expect(message.maxForwards ?? 0).toBeGreaterThanOrEqual(0);
  } else expect(message.reason).toBeTypeOf('string');
  expect(message.bodyText().length).toBeLessThanOrEqual(message.body.length);
}

/** What the stack does with any result: reads it, and answers a refused request. */
function use(result: ParseResult): void {
  if (result.message) readAll(result.message);
  if (result.ok || result.message?.kind !== 'request') return;
  const { message, error } = result;
  const copied = ['From', 'To', 'Call-ID', 'CSeq'].map((name) => [name, message.header(name) ?? ''] as const);
  const vias = message.headerValues('Via').map((via) => ['Via', via] as const);
  printResponse({ status: error.status, reason: error.reason, headers: [...vias, ...copied] });
}

/** What "never fails" in message.ts promises of an accepted message. */
function isSound(message: SipMessage): void {
  expect(message.callId).not.toBe('');
  expect(message.cseq.method).not.toBe('');
  expect(message.cseq.number).toBeLessThan(2 ** 31);
  expect(message.topVia.host).not.toBe('');
  expect(message.from.uri.scheme).not.toBe('');
  expect(message.to.uri.scheme).not.toBe('');
  if (message.kind === 'request') expect(message.method).toBe(message.cseq.method);
  else expect(message.status).toBeGreaterThanOrEqual(100);
  for (const value of message.headerValues('Record-Route')) expect(parseNameAddr(value), value).toBeDefined();
  for (const value of message.headerValues('Contact'))
    if (value !== '*') expect(parseNameAddr(value), value).toBeDefined();
}

function print(message: SipMessage): Buffer {
  const headers = [...message.entries()].filter(([name]) => !/^(content-length|l)$/i.test(name));
  const { body } = message;
  return message.kind === 'request'
    ? printRequest({ method: message.method, uri: message.uriText, headers, body })
    : printResponse({ status: message.status, reason: message.reason, headers, body });
}

/** parse(print(m)) says what m says, and prints the same again. */
function isStable(message: SipMessage): void {
  const printed = print(message);
  const again = parseMessage(printed);
  if (!again.ok) throw new Error(`${again.error.code}: ${printed.toString('latin1')}`);
  expect(print(again.message).equals(printed)).toBe(true);
  const facts = (m: SipMessage): unknown => [m.callId, m.cseq, m.from, m.to, m.topVia, m.contact, m.contentType];
  expect(facts(again.message)).toEqual(facts(message));
  expect(Buffer.from(again.message.body).equals(Buffer.from(message.body))).toBe(true);
}

function examine(bytes: Uint8Array): void {
  const result = parseMessage(bytes);
  use(result);
  if (!result.ok) return;
  isSound(result.message);
  isStable(result.message);
}

const fragments = [
  ...[
    'INVITE ',
    'ACK ',
    'sip:a@b.com',
    'sips:',
    'tel:+1',
    ' SIP/2.0',
    'SIP/2.0 200 OK',
    'SIP/2.0 ',
    '\r\n',
    '\r\n',
    '\r\n\r\n',
  ],
  ...[
    '\n',
    '\r',
    ' ',
    '\t',
    '\r\n ',
    ':',
    ';',
    ',',
    '<',
    '>',
    '"',
    '\\',
    '@',
    '?',
    '=',
    '%',
    '%41',
    '%00',
    '\0',
    '\x7f',
    '\xff',
    '(',
    ')',
  ],
  ...[
    'Via: SIP/2.0/UDP a.com;branch=z9hG4bK1\r\n',
    'v: SIP/2.0/TCP [::1]:5060',
    'From: <sip:a@b.com>;tag=1\r\n',
    'f: ',
  ],
  ...['To: "x" <sip:a@b.com>\r\n', 't:', 'Call-ID: 1@b\r\n', 'i:', 'CSeq: 1 INVITE\r\n', 'CSeq: 2147483648 ACK\r\n'],
  ...[
    'Contact: *\r\n',
    'm: <sip:a@b.com;lr>;q=1',
    'Content-Length: 0\r\n',
    'l: 5\r\n',
    'l: 99999999999\r\n',
    'Content-Type: a/b\r\n',
  ],
  ...[
    'Max-Forwards: 70\r\n',
    'Route: <sip:a;lr>\r\n',
    'Subject: \u00e9\r\n',
    'Date: ',
    'X',
    ';tag=',
    ';branch=z9hG4bK',
    '0',
    '4294967296',
  ],
];

const edit = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'repeat', 'insert', 'cut'),
  where: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 40 }),
  byte: fc.integer({ min: 0, max: 255 }),
  fragment: fc.constantFrom(...fragments),
});

/** No control characters but tab. */
function isPlain(text: string): boolean {
  return [...text].every((character) => character === '\t' || (character >= ' ' && character !== '\x7f'));
}

function mutate(bytes: Buffer, edits: readonly (typeof edit extends fc.Arbitrary<infer E> ? E : never)[]): Buffer {
  let out = bytes;
  for (const { kind, where, length, byte, fragment } of edits) {
    const at = Math.floor(where * out.length);
    const head = out.subarray(0, at);
    const piece = out.subarray(at, at + length);
    const tail = out.subarray(at + length);
    if (kind === 'replace') out = Buffer.concat([head, Buffer.from([byte]), out.subarray(at + 1)]);
    else if (kind === 'remove') out = Buffer.concat([head, tail]);
    else if (kind === 'repeat') out = Buffer.concat([head, piece, piece, tail]);
    else if (kind === 'insert') out = Buffer.concat([head, Buffer.from(fragment, 'latin1'), out.subarray(at)]);
    else out = head;
  }
  return out;
}

describe('no input throws', () => {
  it('whatever the bytes', () => {
    check(
      3000,
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => examine(bytes)),
    );
  });

  it('whatever is put together from pieces of SIP', () => {
    const text = fc.array(fc.constantFrom(...fragments), { maxLength: 60 });
    check(
      6000,
      fc.property(text, (pieces) => examine(Buffer.from(pieces.join(''), 'latin1'))),
    );
  });

  it('whatever stands in a header of a whole message', () => {
    const value = fc.array(fc.constantFrom(...fragments), { maxLength: 12 });
    const name = fc.constantFrom(
      'Via',
      'From',
      'To',
      'Contact',
      'Route',
      'CSeq',
      'Call-ID',
      'Content-Length',
      'Date',
      'Allow',
    );
    const lines =
      'Via: SIP/2.0/UDP a.com;branch=z9hG4bK1|From: <sip:a@b.com>;tag=1|To: <sip:c@d.com>|Call-ID: 1|CSeq: 1 INVITE';
    const property = fc.property(name, value, (replaced, pieces) => {
      const others = lines.split('|').filter((line) => !line.startsWith(`${replaced}:`));
      const line = `${replaced}: ${pieces.join('')}`;
      examine(Buffer.from(`INVITE sip:c@d.com SIP/2.0\r\n${[...others, line].join('\r\n')}\r\n\r\nbody`, 'latin1'));
    });
    check(2500, property);
  });

  it('whatever becomes of the torture messages', () => {
    const property = fc.property(
      fc.constantFrom(...messages),
      fc.array(edit, { minLength: 1, maxLength: 6 }),
      (message, edits) => examine(mutate(message, edits)),
    );
    check(8000, property);
  });

  it('wherever a torture message is cut off', () => {
    for (const message of messages) {
      for (let end = 0; end < message.length; end += 7) use(parseMessage(message.subarray(0, end)));
    }
  });

  it('with any limits', () => {
    const limit = fc.integer({ min: 0, max: 600 });
    const limits = fc.record({
      maxMessageBytes: limit,
      maxHeaderBytes: limit,
      maxHeaders: fc.integer({ min: 0, max: 20 }),
    });
    check(
      2000,
      fc.property(fc.constantFrom(...messages), limits, (message, some) => use(parseMessage(message, some))),
    );
  });
});

describe('parse and print', () => {
  it('every accepted torture message is stable', () => {
    const accepted = messages
      .map((bytes) => parseMessage(bytes))
      .flatMap((result) => (result.ok ? [result.message] : []));
    expect(accepted).toHaveLength(24);
    for (const message of accepted) {
      isSound(message);
      isStable(message);
    }
  });

  it('any text that a header may hold comes back', () => {
    const plain = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => isPlain(text));
    const property = fc.property(plain, fc.uint8Array({ maxLength: 50 }), (value, body) => {
      const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
      const headers = [
        ['Via', 'SIP/2.0/UDP a.com;branch=z9hG4bK1'],
        ['From', '<sip:a@b.com>;tag=1'],
        ['To', '<sip:c@d.com>'],
        ['Call-ID', '1'],
        ['CSeq', '1 INFO'],
        ['X-Text', value],
      ] as const;
      const result = parseMessage(printRequest({ method: 'INFO', uri: 'sip:d.com', headers, body }));
      expect(result.ok && result.message.header('x-text')).toBe(trimmed);
      expect(result.ok && [...result.message.body]).toEqual([...body]);
    });
    check(2000, property);
  });

  it('any display name and parameter value come back', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((value) => !/[\r\n\0]/.test(value));
    const property = fc.property(text, text, (displayName, value) => {
      const printed = printNameAddr({ displayName, uri: 'sip:a@b.com', params: [['x', value]] });
      const read = parseNameAddr(printed);
      expect(read?.displayName ?? '').toBe(displayName);
      expect(read?.params.get('x')).toBe(value);
    });
    check(2000, property);
  });
});

describe('URIs', () => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.constantFrom('localhost', 'a_b', 'Example.COM.'));
  const paramName = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const parts = fc.record(
    {
      scheme: fc.constantFrom('sip', 'SIPS'),
      user: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      host,
      port: fc.integer({ min: 1, max: 65535 }),
      params: fc.uniqueArray(fc.tuple(paramName, fc.string({ unit: 'grapheme', maxLength: 10 })), {
        selector: ([name]) => name,
        maxLength: 5,
      }),
    },
    { requiredKeys: ['host'] },
  );

  it('what is made, printed and parsed is the same', () => {
    const property = fc.property(parts, (some) => {
      const uri = makeUri(some);
      expect(parseUri(printUri(uri))).toEqual(uri);
      expect(uriEquals(uri, parseUri(printUri(uri))!)).toBe(true);
      if (some.user !== undefined) expect(unescapeUser(uri.user!)).toBe(some.user);
    });
    check(3000, property);
  });

  it('escapes of a user part come back', () => {
    check(
      2000,
      fc.property(fc.string({ unit: 'grapheme' }), (text) => unescapeUser(escapeUser(text)) === text),
    );
  });

  it('equality is symmetric, whatever the two', () => {
    const property = fc.property(parts, parts, (a, b) => {
      expect(uriEquals(makeUri(a), makeUri(b))).toBe(uriEquals(makeUri(b), makeUri(a)));
    });
    check(1000, property);
  });

  it('what is accepted prints to something equal', () => {
    const text = fc.array(
      fc.constantFrom('sip:', 'a', '@', 'b.com', ':5060', ';lr', ';x=%41', '?h=v', '&', '[::1]', '%00', '.'),
      {
        maxLength: 8,
      },
    );
    const property = fc.property(text, (pieces) => {
      const uri = parseUri(pieces.join(''));
      if (uri === undefined) return;
      expect(parseUri(printUri(uri))).toEqual(uri);
    });
    check(6000, property);
  });
});
