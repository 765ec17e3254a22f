import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest } from '../../../../src/dialog-core/message/index.js';

const head = [
  'OPTIONS sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/UDP a.example.com;branch=z9hG4bK1',
  'f: "J\u00f6rg" <sip:alice@example.com>;tag=a1',
  'TO : <sip:bob@example.com>;tag=b1',
  'Call-ID: 1',
  'CSeq: 7 OPTIONS',
];

function parse(...added: string[]): SipRequest {
  const result = parseMessage(Buffer.from(`${[...head, ...added].join('\r\n')}\r\n\r\nb\u00f6dy`));
  if (!result.ok) throw new Error(result.error.code);
  return result.message as SipRequest;
}

describe('header()', () => {
  it('finds names in any case and in either form', () => {
    const message = parse('X-Own: y', 's: hello', 'SuPpOrTeD: a');
    expect(['from', 'From', 'FROM', 'f', 'F'].map((name) => message.header(name))).toEqual(
      Array(5).fill('"J\u00f6rg" <sip:alice@example.com>;tag=a1'),
    );
    expect(message.header('x-own')).toBe('y');
    expect(message.header('Subject')).toBe('hello');
    expect(message.header('k')).toBe('a');
    expect(message.header('X-Other')).toBeUndefined();
    expect(message.has('call-id')).toBe(true);
    expect(message.has('Contact')).toBe(false);
  });

  it('gives the first line whole', () => {
    const message = parse('Allow: INVITE,  ACK', 'Allow: BYE');
    expect(message.header('Allow')).toBe('INVITE,  ACK');
  });

  it('trims, unfolds and decodes', () => {
    const message = parse(
      'Subject:  \t first\r\n second \r\n\t third\t ',
      'X-Utf: \u5927\u505c\u96fb',
      'X-Both: a\r\n \u00e9',
    );
    expect(message.header('Subject')).toBe('first second third');
    expect(message.header('X-Utf')).toBe('\u5927\u505c\u96fb');
    expect(message.header('X-Both')).toBe('a \u00e9');
    expect(parse('Subject:\r\n  a').header('Subject')).toBe('a');
    expect(parse('Subject:\r\n ').header('Subject')).toBe('');
  });

  it('keeps a byte order mark, and octets that are not UTF-8 become the replacement character', () => {
    expect(parse('X: \ufeffa').header('X')).toBe('\ufeffa');
    const bytes = Buffer.from(`${head.join('\r\n')}\r\nX: a\xffb\r\n\r\n`, 'latin1');
    const result = parseMessage(bytes);
    expect(result.ok && result.message.header('X')).toBe('a\ufffdb');
  });

  it('keeps control characters that are quoted pairs', () => {
    expect(parse('X: "a\\\0b"').header('X')).toBe('"a\\\0b"');
  });
});

describe('headerValues()', () => {
  it('gives every value of every line of a list header', () => {
    const message = parse('Allow: INVITE, ACK', 'Subject: x', 'ALLOW:BYE', 'Allow:');
    expect(message.headerValues('allow')).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(parse('v: SIP/2.0/TCP b.com,\r\n SIP/2.0/UDP c.com').headerValues('Via')).toEqual([
      'SIP/2.0/UDP a.example.com;branch=z9hG4bK1',
      'SIP/2.0/TCP b.com',
      'SIP/2.0/UDP c.com',
    ]);
    expect(message.headerValues('Require')).toEqual([]);
  });

  it('takes a parenthesis for a character of a URI, as the parser does', () => {
    const message = parse('Contact: sip:a(b@c.com;q=1, <sip:d)e@f.com>');
    expect(message.headerValues('Contact')).toEqual(['sip:a(b@c.com;q=1', '<sip:d)e@f.com>']);
  });

  it('does not split what is no list', () => {
    const message = parse('User-Agent: a, b', 'X-Own: c, d', 'Authorization: Digest a="b", c="d"', 'x-own: e');
    expect(message.headerValues('User-Agent')).toEqual(['a, b']);
    expect(message.headerValues('X-Own')).toEqual(['c, d', 'e']);
    expect(message.headerValues('Authorization')).toEqual(['Digest a="b", c="d"']);
  });
});

it('entries() go in wire order, names as written', () => {
  expect([...parse('X-Own:  y', 'x-own: z').entries()].slice(1)).toEqual([
    ['f', '"J\u00f6rg" <sip:alice@example.com>;tag=a1'],
    ['TO', '<sip:bob@example.com>;tag=b1'],
    ['Call-ID', '1'],
    ['CSeq', '7 OPTIONS'],
    ['X-Own', 'y'],
    ['x-own', 'z'],
  ]);
});

describe('what is read once', () => {
  it('stays the same object', () => {
    const message = parse('Contact: <sip:a@b.com>');
    expect(message.from).toBe(message.from);
    expect(message.to).toBe(message.to);
    expect(message.topVia).toBe(message.topVia);
    expect(message.cseq).toBe(message.cseq);
    expect(message.contact).toBe(message.contact);
    expect(message.uri).toBe(message.uri);
  });

  it('is not disturbed by other messages in between', () => {
    const one = parse('Contact: <sip:one@[2001:DB8::1]:1;x=1>;q=1');
    const two = parse('Contact: Two <sip:two@EXAMPLE.com>');
    expect(two.topVia.host).toBe('a.example.com');
    expect(one.contact).toMatchObject({ displayName: undefined, uri: { user: 'one', host: '2001:db8::1', port: 1 } });
    expect(two.contact).toMatchObject({
      displayName: 'Two',
      uri: { user: 'two', host: 'example.com', port: undefined },
    });
    expect(one.fromTag).toBe('a1');
    expect(one.toTag).toBe('b1');
  });
});

it('contact is the first address of the first line, and undefined for *', () => {
  expect(parse('m: "A" <sip:a@b.com>;q=1, <sip:c@d.com>', 'Contact: <sip:e@f.com>').contact?.displayName).toBe('A');
  expect(parse('Contact: *').contact).toBeUndefined();
  expect(parse().contact).toBeUndefined();
});

it('contentType is the bare media type', () => {
  expect(parse('c: Application / SDP ; charset=utf-8').contentType).toBe('application/sdp');
  expect(parse().contentType).toBeUndefined();
});

it('folded headers that the parser reads are unfolded first', () => {
  const message = parse('Contact:\r\n  "A\r\n B" <sip:a@b.com>\r\n ;q=0.5', 'Content-Length:\r\n 2');
  expect(message.contact?.displayName).toBe('A B');
  expect(message.contact?.params.get('q')).toBe('0.5');
  expect(message.bodyText()).toBe('b\ufffd');
});

it('from has its display name in UTF-8', () => {
  expect(parse().from.displayName).toBe('J\u00f6rg');
  expect(parse().bodyText()).toBe('b\u00f6dy');
});
