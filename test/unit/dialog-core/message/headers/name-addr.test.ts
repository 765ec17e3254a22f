import { describe, expect, it } from 'vitest';
import { makeUri, type NameAddr, parseNameAddr, printNameAddr } from '../../../../../src/dialog-core/message/index.js';

type Short = [displayName: string | undefined, uriText: string, params: Record<string, string>];

function short(address: NameAddr | undefined): Short | undefined {
  return address && [address.displayName, address.uriText, Object.fromEntries(address.params)];
}

describe('parseNameAddr', () => {
  const cases: [text: string, expected: Short][] = [
    ['<sip:a@b.com>', [undefined, 'sip:a@b.com', {}]],
    ['sip:a@b.com', [undefined, 'sip:a@b.com', {}]],
    ['sip:a@b.com;tag=1', [undefined, 'sip:a@b.com', { tag: '1' }]],
    ['<sip:a@b.com;lr>;tag=1', [undefined, 'sip:a@b.com;lr', { tag: '1' }]],
    ['Alice <sip:a@b.com>', ['Alice', 'sip:a@b.com', {}]],
    ['Alice<sip:a@b.com>', ['Alice', 'sip:a@b.com', {}]],
    ['A. B.  C <sip:a@b.com>', ['A. B.  C', 'sip:a@b.com', {}]],
    ['"Watson, T." <sip:a@b.com>', ['Watson, T.', 'sip:a@b.com', {}]],
    ['"say \\"hi\\\\" \t<sip:a@b.com>', ['say "hi\\', 'sip:a@b.com', {}]],
    ['"" <sip:a@b.com>', ['', 'sip:a@b.com', {}]],
    ['"Jörg 大" <sip:a@b.com>', ['Jörg 大', 'sip:a@b.com', {}]],
    ['"a\\ö" <sip:a@b.com>', ['aö', 'sip:a@b.com', {}]],
    [' <sip:a@b.com> ; Tag = x ; q=0.5 ', [undefined, 'sip:a@b.com', { tag: 'x', q: '0.5' }]],
    ['<sip:a@b.com>;x="a;b,c>\\"";lr', [undefined, 'sip:a@b.com', { x: 'a;b,c>"', lr: '' }]],
    ['<sip:a@b.com?Subject=x>', [undefined, 'sip:a@b.com?Subject=x', {}]],
    ['<tel:+1201>', [undefined, 'tel:+1201', {}]],
    ['<sip:a,b@c.com>', [undefined, 'sip:a,b@c.com', {}]],
  ];
  it.each(cases)('reads %j', (text, expected) => {
    expect(short(parseNameAddr(text))).toEqual(expected);
  });

  it('gives the parsed URI too', () => {
    expect(parseNameAddr('"A" <sip:a@[::1]:5070>;tag=1')?.uri).toMatchObject({ user: 'a', host: '::1', port: 5070 });
  });

  it.each([
    '',
    ' ',
    '*',
    'Alice',
    '<>',
    '<sip:a@b.com',
    'sip:a@b.com>',
    '< sip:a@b.com>',
    '<sip:a@b.com >',
    '<sip:a@b.com>x',
    '<sip:a@b.com>;',
    '<sip:a@b.com>;;tag=1',
    '<sip:a@b.com>;tag=',
    '<sip:a@b.com>;tag=1;TAG=2',
    '<sip:a@b.com>;=1',
    '<sip:a@b.com>;a=b c',
    '<sip:a@b.com>;a="b',
    '<sip:a@b.com>, <sip:c@d.com>',
    'Bell, A <sip:a@b.com>',
    '"A <sip:a@b.com>',
    '"A" B <sip:a@b.com>',
    '"A" sip:a@b.com',
    '"A\u0001" <sip:a@b.com>',
    '"A\\\n" <sip:a@b.com>',
    '"A\\\r" <sip:a@b.com>',
    '"A\\',
    'Jörg <sip:a@b.com>',
    'sip:a@b.com?Subject=x',
    'sip:a@b.com tag=1',
    'Alice sip:a@b.com',
  ])('refuses %j', (text) => {
    expect(parseNameAddr(text)).toBeUndefined();
  });
});

describe('printNameAddr', () => {
  it('writes brackets, quotes and parameters as needed', () => {
    const uri = makeUri({ user: 'a', host: '::1' });
    expect(printNameAddr({ uri })).toBe('<sip:a@[::1]>');
    expect(printNameAddr({ uri, displayName: 'Alice', params: [['tag', 'x']] })).toBe('Alice <sip:a@[::1]>;tag=x');
    expect(printNameAddr({ uri: 'sip:a@b.com', displayName: 'A "B" \\' })).toBe('"A \\"B\\" \\\\" <sip:a@b.com>');
    expect(printNameAddr({ uri: 'sip:a@b.com', displayName: '', params: [['ob', '']] })).toBe('<sip:a@b.com>;ob');
    expect(printNameAddr({ uri: 'sip:a@b.com', params: [['x', 'a b']] })).toBe('<sip:a@b.com>;x="a b"');
  });

  it.each(['Alice Smith', '', 'Jörg', '"', 'a\\', 'a\tb', 'bell\u0007', '大'])(
    'can be read back: %j',
    (displayName) => {
      const read = parseNameAddr(printNameAddr({ uri: 'sip:a@b.com', displayName, params: [['x', displayName]] }));
      expect(read?.displayName ?? '').toBe(displayName);
      expect(read?.params.get('x')).toBe(displayName);
    },
  );

  it.each([
    [{ uri: 'sip:a@b.com>;tag=evil' }],
    [{ uri: 'sip:a b@c.com' }],
    [{ uri: 'sip:a@b.com\r\nX: y' }],
    [{ uri: 'sip:a@b.com', displayName: 'a\r\nX: y' }],
    [{ uri: 'sip:a@b.com', displayName: 'a\nb' }],
    [{ uri: 'sip:a@b.com', params: [['a', 'b\r\nX: y']] as [string, string][] }],
    [{ uri: 'sip:a@b.com', params: [['a b', 'c']] as [string, string][] }],
  ])('refuses %j', (parts) => {
    expect(() => printNameAddr(parts)).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_HEADER' }));
  });
});
