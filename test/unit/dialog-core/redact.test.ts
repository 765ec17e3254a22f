import { describe, expect, test } from 'vitest';
import { redact } from '../../../src/dialog-core/redact.js';

function show(text: string): string {
  const bytes = Buffer.from(text);
  const clean = redact(bytes);
  expect(clean).toHaveLength(bytes.length);
  expect(bytes.toString()).toBe(text);
  return clean.toString();
}

describe('redaction', () => {
  test.each(['Authorization', 'Proxy-Authorization', 'AUTHORIZATION '])(
    'hides what proves a password in %s',
    (name) => {
      const text = `${name}: Digest username="bob", nonce="n0n\\"ce", response="abc123", cnonce=tok, qop=auth, nc=00000001\r\n`;
      const clean = show(`REGISTER sip:x SIP/2.0\r\n${text}\r\n`);
      expect(clean).toContain('username="bob"');
      expect(clean).not.toMatch(/n0n|abc123|tok\b/);
      expect(clean).toContain('qop=auth, nc=00000001');
    },
  );

  test('hides the nonces of challenges, on continuation lines as well', () => {
    const clean = show(
      'SIP/2.0 401 X\r\nWWW-Authenticate: Digest realm="r",\r\n nonce="secret", opaque="hidden"\r\nTo: <sip:a>\r\n\r\n',
    );
    expect(clean).toContain('Digest realm="r",\r\n nonce="xxxxxx", opaque="xxxxxx"\r\nTo: <sip:a>');
  });

  test('hides all of other schemes', () => {
    expect(show('Authorization: Basic dXNlcjpwYXNz\r\n')).toBe('Authorization: Basic xxxxxxxxxxxx\r\n');
    expect(show('Authorization: Bearer abc.def=\r\n')).toBe('Authorization: Bearer xxxxxxxx\r\n');
  });

  test('hides keys of SRTP and passwords of ICE in bodies, all of a line', () => {
    const clean = show(
      '\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA|2^20|1:4;inline:BBBB|2^20|2:4\r\na=ice-pwd:CCCC\r\n',
    );
    expect(clean).toContain('inline:xxxx|2^20|1:4;inline:xxxx|2^20|2:4\r\na=ice-pwd:xxxx\r\n');
  });

  test('lets everything else be, bytes that are no text included', () => {
    const bytes = Buffer.from([0x41, 0xff, 0x00, 0x80]);
    expect(redact(bytes)).toEqual(bytes);
    expect(show('X-Response: response="abc"\r\nauthentic')).toBe('X-Response: response="abc"\r\nauthentic');
  });
});
