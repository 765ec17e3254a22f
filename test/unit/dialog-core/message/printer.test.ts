import { describe, expect, it } from 'vitest';
import {
  type HeaderList,
  parseMessage,
  printRequest,
  printResponse,
  type SipRequest,
} from '../../../../src/dialog-core/message/index.js';

const headers: HeaderList = [
  ['Via', 'SIP/2.0/UDP a.com;branch=z9hG4bK1'],
  ['From', '"J\u00f6rg" <sip:a@b.com>;tag=1'],
  ['To', '<sip:c@d.com>'],
  ['Call-ID', '1'],
  ['CSeq', '1 INVITE'],
];
const invalid = expect.objectContaining({ code: 'ERR_INVALID_HEADER' });

describe('printRequest', () => {
  it('writes the start line, the headers as given, and Content-Length last', () => {
    const bytes = printRequest({ method: 'INVITE', uri: 'sip:c@d.com', headers, body: Buffer.from('\u00f6') });
    const names = headers.map(([name, value]) => `${name}: ${value}\r\n`);
    expect(bytes.toString()).toBe(`INVITE sip:c@d.com SIP/2.0\r\n${names.join('')}Content-Length: 2\r\n\r\n\u00f6`);
  });

  it('writes length 0 without a body', () => {
    expect(printRequest({ method: 'BYE', uri: 'sip:d.com', headers: [] }).toString()).toBe(
      'BYE sip:d.com SIP/2.0\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it('is understood by the parser', () => {
    const result = parseMessage(
      printRequest({ method: 'INVITE', uri: 'sip:c@d.com', headers, body: Buffer.from('x') }),
    );
    expect(result.ok && (result.message as SipRequest).from.displayName).toBe('J\u00f6rg');
  });

  it('keeps bodies byte for byte', () => {
    const body = Uint8Array.from({ length: 256 }, (_, i) => i);
    const bytes = printRequest({ method: 'INFO', uri: 'sip:d.com', headers: [], body });
    expect([...bytes.subarray(-256)]).toEqual([...body]);
  });

  const injections: [what: string, parts: { method?: string; uri?: string; header?: [string, string] }][] = [
    ['CRLF in a value', { header: ['Subject', 'a\r\nEvil: b'] }],
    ['LF in a value', { header: ['Subject', 'a\nEvil: b'] }],
    ['CR in a value', { header: ['Subject', 'a\rb'] }],
    ['CR behind a backslash', { header: ['Subject', '"a\\\rb"'] }],
    ['LF behind a backslash', { header: ['Subject', '"a\\\nb"'] }],
    ['NUL in a value', { header: ['Subject', 'a\0b'] }],
    ['an escape in a value', { header: ['Subject', 'a\x1b[0m'] }],
    ['a fold in a value', { header: ['Subject', 'a\r\n b'] }],
    ['a colon in a name', { header: ['Subject: a\r\nEvil', 'b'] }],
    ['a space in a name', { header: ['Sub ject', 'b'] }],
    ['an empty name', { header: ['', 'b'] }],
    ['a second Content-Length', { header: ['content-length', '0'] }],
    ['a second Content-Length in compact form', { header: ['l', '0'] }],
    ['a space in the method', { method: 'INV ITE' }],
    ['CRLF in the method', { method: 'INVITE\r\nX: y' }],
    ['an empty method', { method: '' }],
    ['a space in the URI', { uri: 'sip:a b' }],
    ['CRLF in the URI', { uri: 'sip:a SIP/2.0\r\nX: y' }],
    ['an empty URI', { uri: '' }],
    ['letters beyond ASCII in the URI', { uri: 'sip:\u00f6' }],
  ];
  it.each(injections)('refuses %s', (_, { method = 'INVITE', uri = 'sip:d.com', header }) => {
    expect(() => printRequest({ method, uri, headers: header ? [...headers, header] : headers })).toThrowError(invalid);
  });

  it('takes tabs, quoted pairs and UTF-8', () => {
    const value = '"a\tb\\\0c" \u5927';
    const bytes = printRequest({ method: 'INFO', uri: 'sip:d.com', headers: [...headers, ['X', value]] });
    expect(bytes.toString()).toContain(`\r\nX: ${value}\r\n`);
  });
});

describe('printResponse', () => {
  it('takes the registered phrase, the given one or none', () => {
    const first = (reason?: string): string | undefined =>
      printResponse({ status: 486, reason, headers: [] }).toString().split('\r\n')[0];
    expect(first()).toBe('SIP/2.0 486 Busy Here');
    expect(first('Not now')).toBe('SIP/2.0 486 Not now');
    expect(first('')).toBe('SIP/2.0 486 ');
  });

  it.each([99, 700, 200.5, Number.NaN])('refuses the status %s', (status) => {
    expect(() => printResponse({ status, headers: [] })).toThrowError(invalid);
  });

  it.each(['OK\r\nX: y', 'OK\n', '\0'])('refuses the reason %j', (reason) => {
    expect(() => printResponse({ status: 200, reason, headers: [] })).toThrowError(invalid);
  });
});
