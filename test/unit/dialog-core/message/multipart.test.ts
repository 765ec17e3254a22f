/** Bodies of several parts (RFC 2046 5.1, RFC 5621): what is in them, which part describes the session, and ones that are broken. */
import { describe, expect, test } from 'vitest';
import { bodyParts, parseMessage, type SipMessage, sessionDescription } from '../../../../src/dialog-core/index.js';

function message(contentType: string, body: string): SipMessage {
  const text = [
    'INVITE sip:bob@10.0.0.2 SIP/2.0',
    'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKparts',
    'From: <sip:alice@10.0.0.1>;tag=1',
    'To: <sip:bob@10.0.0.2>',
    'Call-ID: parts',
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
  const parsed = parseMessage(Buffer.from(text));
  if (!parsed.ok) throw new Error('the message itself is broken');
  return parsed.message;
}

function part(contentType: string, data: string, ...headers: string[]): string {
  return ['--cut', `Content-Type: ${contentType}`, ...headers, '', data, ''].join('\r\n');
}

const text = (data: Uint8Array | undefined): string | undefined => data && Buffer.from(data).toString();

describe('a body of several parts', () => {
  test('is read part by part, whatever stands before the first and after the last', () => {
    const optional = 'Content-Disposition: render; handling=optional';
    const body = `preamble\r\n${part('text/plain', 'one\r\n--cu', optional)}${part('application/sdp', 'v=0')}--cut--\r\nepilogue`;
    const invite = message('multipart/mixed; boundary="cut"', body);
    const parts = bodyParts(invite);
    expect(parts.map(({ contentType, handling, data }) => [contentType, handling, text(data)])).toEqual([
      ['text/plain', 'optional', 'one\r\n--cu'],
      ['application/sdp', 'unstated', 'v=0'],
    ]);
    expect(text(sessionDescription(invite))).toBe('v=0');
  });

  test('with several descriptions has the best of them last (RFC 2046 5.1.4)', () => {
    const body = `${part('application/sdp', 'v=0 old')}${part('application/sdp', 'v=0 new')}--cut--`;
    expect(text(sessionDescription(message('multipart/alternative;boundary=cut', body)))).toBe('v=0 new');
    expect(text(sessionDescription(message('multipart/mixed;boundary=cut', body)))).toBe('v=0 new');
  });

  test('without a description, a boundary or an end describes nothing, and never throws', () => {
    const plain = `${part('text/plain', 'x')}--cut--`;
    for (const [type, body] of [
      ['multipart/mixed;boundary=cut', plain],
      ['multipart/mixed', plain],
      ['multipart/mixed;boundary=other', plain],
      ['multipart/mixed;boundary=cut', ''],
    ] as const) {
      expect(sessionDescription(message(type, body))).toBeUndefined();
    }
  });
});
