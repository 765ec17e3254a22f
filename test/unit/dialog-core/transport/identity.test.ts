import { describe, expect, test } from 'vitest';
import { checkIdentity } from '../../../../src/dialog-core/transport/identity.js';

function proves(name: string, subjectaltname: string | undefined, CN = '', wildcards = false): boolean {
  const certificate = { subject: { CN } as never, ...(subjectaltname === undefined ? {} : { subjectaltname }) };
  return checkIdentity(name, certificate as never, { wildcards }) === undefined;
}

describe('a domain (RFC 5922 7.1)', () => {
  test.each([
    ['a SIP URI', 'URI:sip:example.com, DNS:other.example', true],
    ['a SIP URI in any case, with an end dot asked for', 'URI:sip:EXAMPLE.com', true],
    ['a DNS name', 'DNS:other.example, DNS:example.com', true],
    ['no DNS name where there is a SIP URI', 'URI:sip:other.example, DNS:example.com', false],
    ['no SIP URI of a user', 'URI:sip:alice@example.com', false],
    ['a DNS name beside URIs of other schemes', 'URI:https://x.example, DNS:example.com', true],
    ['no parent domain', 'DNS:com', false],
    ['no wildcard (7.2)', 'DNS:*.com', false],
    ['no address', 'IP Address:192.0.2.1', false],
    ['no name inside a quoted value', 'URI:"sip:other.example,DNS:example.com"', false],
  ])('is proved by %s', (_, names, expected) => {
    expect(proves('example.com.', names)).toBe(expected);
  });

  test('is proved by the Common Name where there is no subjectAltName at all', () => {
    expect(proves('example.com', undefined, 'Example.com')).toBe(true);
    expect(proves('example.com', 'DNS:other.example', 'example.com')).toBe(false);
    expect(proves('example.com', 'IP Address:192.0.2.1', 'example.com')).toBe(false);
  });

  test('may be proved by a wildcard for one label, when that is allowed', () => {
    expect(proves('sip.example.com', 'DNS:*.example.com', '', true)).toBe(true);
    expect(proves('a.sip.example.com', 'DNS:*.example.com', '', true)).toBe(false);
    expect(proves('example.com', 'DNS:*.example.com', '', true)).toBe(false);
    expect(proves('example.com', 'DNS:*.com', '', true)).toBe(false);
  });
});

describe('a numeric address', () => {
  test.each([
    ['192.0.2.1', 'IP Address:192.0.2.1', true],
    ['192.0.2.1', 'DNS:192.0.2.1', false],
    ['2001:db8::1', 'IP Address:2001:DB8:0:0:0:0:0:1', true],
    ['2001:db8::2', 'IP Address:2001:DB8:0:0:0:0:0:1', false],
    ['192.0.2.1', undefined, false],
  ])('%s and %s', (address, names, expected) => {
    expect(proves(address, names, address)).toBe(expected);
  });
});
