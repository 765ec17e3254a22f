import { describe, expect, it } from 'vitest';
import { parseParams, printParams } from '../../../../../src/dialog-core/message/index.js';

describe('parseParams', () => {
  const cases: [text: string, expected: Record<string, string>][] = [
    ['', {}],
    ['  ', {}],
    [';a', { a: '' }],
    [';A=B', { a: 'B' }],
    [';a=b;c="d"', { a: 'b', c: 'd' }],
    [' ; a = b ; c ', { a: 'b', c: '' }],
    [';a=""', { a: '' }],
    [';a="x;\\"y\\\\=é"', { a: 'x;"y\\=é' }],
    [';a=[2001:db8::1];b=192.0.2.1', { a: '[2001:db8::1]', b: '192.0.2.1' }],
    [";fromParam''~+*_!.-%=x", { "fromparam''~+*_!.-%": 'x' }],
  ];
  it.each(cases)('reads %j', (text, expected) => {
    expect(Object.fromEntries(parseParams(text) ?? [['refused', text]])).toEqual(expected);
  });

  it.each(['a=b', ';', ';;a', ';a=', ';a=b=c', ';a b', ';a="b', ';a=b,c', ';a;A', ';a=1;b=2;a=3', ';ä=1', ';a=ä'])(
    'refuses %j',
    (text) => {
      expect(parseParams(text)).toBeUndefined();
    },
  );

  it('finds a name that comes twice among many', () => {
    const many = Array.from({ length: 2000 }, (_, i) => `;p${i}=${i}`).join('');
    expect(parseParams(many)?.get('p1999')).toBe('1999');
    expect(parseParams(`${many};P3`)).toBeUndefined();
  });

  it('takes linear time for any number of names', () => {
    // In pairs this would take minutes.
    const many = Array.from({ length: 200_000 }, (_, i) => `;${i.toString(36)}`).join('');
    expect(parseParams(many)?.size).toBe(200_000);
  });
});

it('printParams quotes values that are no token, and they read back', () => {
  const params: [string, string][] = [
    ['a', ''],
    ['b', 'token'],
    ['c', 'two words'],
    ['d', '"\\'],
  ];
  expect(printParams(params)).toBe(';a;b=token;c="two words";d="\\"\\\\"');
  expect([...parseParams(printParams(params))!]).toEqual(params);
});
