import { describe, expect, it } from 'vitest';
import {
  CALL_ID,
  CONTENT_LENGTH,
  canonicalName,
  isList,
  isSingle,
  nameCount,
  nameNumber,
  nameNumberAt,
  UNKNOWN,
  VIA,
} from '../../../../../src/dialog-core/message/headers/names.js';

function byBytes(name: string): number {
  const bytes = Buffer.from(`x${name}: `);
  return nameNumberAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 1, 1 + name.length);
}

describe('header names', () => {
  it('are found by text and by bytes in any case', () => {
    for (let number = 1; number < nameCount; number++) {
      const name = canonicalName(number);
      for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
        expect([spelling, nameNumber(spelling), byBytes(spelling)]).toEqual([spelling, number, number]);
      }
    }
  });

  // RFC 3261 7.3.3 and the registry of header fields.
  it.each([
    ['a', 'Accept-Contact'],
    ['b', 'Referred-By'],
    ['c', 'Content-Type'],
    ['d', 'Request-Disposition'],
    ['e', 'Content-Encoding'],
    ['f', 'From'],
    ['i', 'Call-ID'],
    ['j', 'Reject-Contact'],
    ['k', 'Supported'],
    ['l', 'Content-Length'],
    ['m', 'Contact'],
    ['o', 'Event'],
    ['r', 'Refer-To'],
    ['s', 'Subject'],
    ['t', 'To'],
    ['u', 'Allow-Events'],
    ['v', 'Via'],
    ['x', 'Session-Expires'],
    ['y', 'Identity'],
  ])('have the compact form %s for %s', (letter, name) => {
    for (const form of [letter, letter.toUpperCase()]) {
      expect(canonicalName(nameNumber(form))).toBe(name);
      expect(byBytes(form)).toBe(nameNumber(name));
    }
  });

  it.each(['X-Unknown', 'Vix', 'Vi', 'Viaa', 'z', '1', 'Call_ID', 'CallxID', 'C%6Fntact', 'Content-Lengtg'])(
    'do not know %s',
    (name) => {
      expect(nameNumber(name)).toBe(UNKNOWN);
      expect(byBytes(name)).toBe(UNKNOWN);
    },
  );

  it('say which are lists and which may come only once', () => {
    expect([VIA, nameNumber('Allow'), nameNumber('Record-Route')].map(isList)).toEqual([true, true, true]);
    expect([CALL_ID, nameNumber('Date'), nameNumber('WWW-Authenticate'), UNKNOWN].some(isList)).toBe(false);
    expect([CALL_ID, CONTENT_LENGTH, nameNumber('Expires'), nameNumber('Date')].every(isSingle)).toBe(true);
    expect([VIA, nameNumber('Authorization'), nameNumber('User-Agent'), UNKNOWN].some(isSingle)).toBe(false);
  });
});
