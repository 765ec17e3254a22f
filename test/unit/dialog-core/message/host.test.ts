import { describe, expect, it } from 'vitest';
import { canonicalHost, isHost } from '../../../../src/dialog-core/message/host.js';
import { isIPv4, isIPv6, printHost } from '../../../../src/dialog-core/message/index.js';

describe('isIPv4', () => {
  it.each(['0.0.0.0', '192.0.2.1', '255.255.255.255', '010.1.1.1'])('takes %s', (text) => {
    expect(isIPv4(text)).toBe(true);
  });

  it.each(['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.', '.1.2.3', '1..2.3', '1.2.3.0004', 'a.b.c.d', '1.2.3.4 '])(
    'refuses %j',
    (text) => {
      expect(isIPv4(text)).toBe(false);
    },
  );
});

describe('isIPv6', () => {
  it.each([
    '::',
    '::1',
    '1::',
    '2001:db8::9:1',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '::ffff:192.0.2.1',
    '1:2:3:4:5:6:192.0.2.1',
    'ABCD:ef01:2345:6789:abcd:EF01:2345:6789',
  ])('takes %s', (text) => {
    expect(isIPv6(text)).toBe(true);
  });

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '192.0.2.1',
    '::192.0.2.256',
    '192.0.2.1::',
    '1:2:3:4:5:6:7:192.0.2.1',
    '[::1]',
    'fe80::1%lo',
  ])('refuses %j', (text) => {
    expect(isIPv6(text)).toBe(false);
  });
});

it('isHost takes names and addresses, IPv6 with or without brackets', () => {
  for (const text of ['a', 'a.b-c', 'a_b.c', '_sip.example', '1a.b', '192.0.2.1', '::1', '[::1]']) {
    expect(isHost(text), text).toBe(true);
  }
  for (const text of ['', '.', 'a..b', '-a', 'a-', 'a.1', '1.2', 'a b', 'a/b', 'a:5060', '[::1', '::1]', 'ä.com']) {
    expect(isHost(text), text).toBe(false);
  }
});

it('canonicalHost gives equal hosts one form', () => {
  expect(canonicalHost('2001:DB8::')).toBe(canonicalHost('2001:0db8:0:0:0:0:0:0'));
  expect(canonicalHost('Example.COM.')).toBe('example.com');
  expect(canonicalHost('::ffff:1.2.3.4')).not.toBe(canonicalHost('1.2.3.4'));
});

it('printHost puts brackets around IPv6 only', () => {
  expect(['a.b', '192.0.2.1', '::1'].map(printHost)).toEqual(['a.b', '192.0.2.1', '[::1]']);
});
