import { expect, it } from 'vitest';
import { splitList } from '../../../../../src/dialog-core/message/index.js';

it.each([
  ['', []],
  ['  ', []],
  ['a', ['a']],
  [' a ', ['a']],
  ['a,b , c', ['a', 'b', 'c']],
  [',a,,b,', ['a', 'b']],
  ['"a,b",c', ['"a,b"', 'c']],
  ['"a\\",b",c', ['"a\\",b"', 'c']],
  ['<sip:a,b@c>;x="1,2", <sip:d>', ['<sip:a,b@c>;x="1,2"', '<sip:d>']],
  ['"<" <sip:a>, b', ['"<" <sip:a>', 'b']],
  ['<sip:"@a>,b', ['<sip:"@a>', 'b']],
  ['a (x, (y, z) w), b', ['a (x, (y, z) w)', 'b']],
  ['a (x\\), y), b', ['a (x\\), y)', 'b']],
  ['a), b', ['a)', 'b']],
  ['"a, b', ['"a, b']],
  ['<a, b', ['<a, b']],
])('splits %j', (text, expected) => {
  expect(splitList(text)).toEqual(expected);
});
