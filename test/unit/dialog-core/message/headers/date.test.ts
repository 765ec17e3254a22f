import { expect, it } from 'vitest';
import { isSipDate } from '../../../../../src/dialog-core/message/headers/date.js';

function check(text: string): boolean {
  const bytes = Buffer.from(`(${text})`);
  return isSipDate(bytes, 1, bytes.length - 1);
}

it('takes the form of RFC 3261 20.17', () => {
  expect(check('Sat, 13 Nov 2010 23:29:00 GMT')).toBe(true);
  expect(check('sat, 13 nov 2010 23:29:00 gmt')).toBe(true);
});

it.each([
  '',
  'Fri, 01 Jan 2010 16:00:00 EST',
  'Fri, 01 Jan 2010 16:00:00 UTC',
  'Fri, 01 Jan 2010 16:00:00',
  'Fri, 1 Jan 2010 16:00:00 GMT',
  'Fri 01 Jan 2010 16:00:00 GMT',
  'Fri, 01 Foo 2010 16:00:00 GMT',
  '2010-01-01T16:00:00Z',
])('refuses %j', (text) => {
  expect(check(text)).toBe(false);
});
