import { describe, expect, it } from 'vitest';
import {
  escapeUser,
  makeUri,
  parseUri,
  printUri,
  type SipUri,
  unescapeUser,
} from '../../../../src/dialog-core/message/index.js';

const plain: SipUri = {
  scheme: 'sip',
  user: undefined,
  password: undefined,
  host: 'example.com',
  port: undefined,
  params: new Map(),
  headers: undefined,
  opaque: undefined,
};

describe('parseUri', () => {
  const cases: [text: string, expected: Partial<SipUri>][] = [
    ['sip:example.com', {}],
    ['SIP:Example.COM', {}],
    ['sips:example.com', { scheme: 'sips' }],
    ['sip:alice@example.com', { user: 'alice' }],
    ['sip:alice:secret@example.com', { user: 'alice', password: 'secret' }],
    ['sip:alice:@example.com', { user: 'alice', password: '' }],
    ['sip:example.com:5070', { port: 5070 }],
    ['sip:192.0.2.1:1', { host: '192.0.2.1', port: 1 }],
    ['sip:[2001:DB8::1]:5060', { host: '2001:db8::1', port: 5060 }],
    ['sip:[::ffff:192.0.2.1]', { host: '::ffff:192.0.2.1' }],
    ['sip:host_1.internal', { host: 'host_1.internal' }],
    ['sip:example.com.', { host: 'example.com.' }],
    ['sip:example.com;LR;Transport=TCP', { params: new Map(Object.entries({ lr: '', transport: 'TCP' })) }],
    ['sip:example.com;x=%41%3b', { params: new Map([['x', 'A;']]) }],
    ['sip:example.com;%6Cr', { params: new Map([['lr', '']]) }],
    ['sip:example.com;x=%ff', { params: new Map([['x', '%ff']]) }],
    ['sip:example.com?Subject=a%20b&x=', { headers: 'Subject=a%20b&x=' }],
    ['sip:a;b?c=d@example.com;lr', { user: 'a;b?c=d', params: new Map([['lr', '']]) }],
    ['sip:%61%40@example.com', { user: '%61%40' }],
    ['tel:+1-201-555-0123;x=y', { scheme: 'tel', host: '', opaque: '+1-201-555-0123;x=y' }],
    ['soap.beep://192.0.2.103:3002', { scheme: 'soap.beep', host: '', opaque: '//192.0.2.103:3002' }],
    ['sipx:example.com', { scheme: 'sipx', host: '', opaque: 'example.com' }],
  ];
  it.each(cases)('reads %s', (text, expected) => {
    expect(parseUri(text)).toEqual({ ...plain, ...expected });
  });

  const malformed = [
    '',
    'sip',
    'sip:',
    ':example.com',
    '1sip:example.com',
    '<sip:example.com>',
    ' sip:example.com',
    'sip:example.com ',
    'sip:a b@example.com',
    'sip:@example.com',
    'sip:a@b@example.com',
    'sip:a%4@example.com',
    'sip:a%zz@example.com',
    'sip:ä@example.com',
    'sip:a#b@example.com',
    'sip:a"b@example.com',
    'sip:example..com',
    'sip:.example.com',
    'sip:-example.com',
    'sip:example-.com',
    'sip:exa$mple.com',
    'sip:example.123',
    'sip:1.2.3',
    'sip:1.2.3.256',
    'sip:1.2.3.4.',
    'sip:2001:db8::1',
    'sip:[2001:db8::1',
    'sip:[2001:db8:::1]',
    'sip:[2001:db8::1::]',
    'sip:[1:2:3:4:5:6:7:8:9]',
    'sip:[fe80::1%eth0]',
    'sip:[192.0.2.1]',
    'sip:[]',
    'sip:example.com:',
    'sip:example.com:0',
    'sip:example.com:65536',
    'sip:example.com:5060x',
    'sip:example.com;',
    'sip:example.com;;lr',
    'sip:example.com;=x',
    'sip:example.com;a=',
    'sip:example.com;a=b=c',
    'sip:example.com;lr;LR',
    'sip:example.com;lr;%6cr',
    'sip:example.com; lr',
    'sip:example.com?',
    'sip:example.com?a=b?c#d',
    'tel:',
    'tel:1 2',
    'tel:<1>',
  ];
  it.each(malformed)('refuses %j', (text) => {
    expect(parseUri(text)).toBeUndefined();
  });

  it('takes linear time for many parameters', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `;p${i}`).join('');
    expect(parseUri(`sip:example.com${many}`)?.params.size).toBe(3000);
    expect(parseUri(`sip:example.com${many};P7=x`)).toBeUndefined();
  });
});

describe('printUri', () => {
  it.each([
    'sip:example.com',
    'sips:alice:pw@example.com:5061;transport=tcp;lr?Subject=x',
    'sip:alice@[2001:db8::1]:5060',
    'sip:%61%40@192.0.2.1',
    'tel:+1201;phone-context=x',
  ])('gives back %s', (text) => {
    expect(printUri(parseUri(text)!)).toBe(text);
  });

  it('escapes what a parameter may not hold', () => {
    const uri: SipUri = { ...plain, params: new Map([['x', 'a;b%é']]) };
    expect(printUri(uri)).toBe('sip:example.com;x=a%3Bb%25%C3%A9');
    expect(parseUri(printUri(uri))).toEqual(uri);
  });
});

describe('makeUri', () => {
  it('builds what it is given', () => {
    const uri = makeUri({ user: 'alice smith', host: 'Example.com', port: 5070, params: [['LR', '']] });
    expect(printUri(uri)).toBe('sip:alice%20smith@example.com:5070;lr');
    expect(printUri(makeUri({ scheme: 'sips', host: '2001:db8::1' }))).toBe('sips:[2001:db8::1]');
    expect(makeUri({ host: '[2001:DB8::1]' }).host).toBe('2001:db8::1');
  });

  it.each([
    [{ host: '' }],
    [{ host: 'a b' }],
    [{ host: 'example.com\r\nX: y' }],
    [{ host: 'example.com', port: 0 }],
    [{ host: 'example.com', port: 70_000 }],
    [{ host: 'example.com', port: 1.5 }],
    [{ host: 'example.com', user: '' }],
    [{ host: 'example.com', scheme: 'tel' }],
    [{ host: 'example.com', params: [['', 'x']] as [string, string][] }],
  ])('refuses %j', (parts) => {
    expect(() => makeUri(parts)).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_URI' }));
  });
});

describe('escapes of the user part', () => {
  it('are added and resolved as UTF-8', () => {
    expect(escapeUser("a b@c%d;e?f'é")).toBe("a%20b%40c%25d;e?f'%C3%A9");
    expect(unescapeUser('a%20b%40%C3%A9')).toBe('a b@é');
  });

  it('stay as they are when they make no text', () => {
    expect(unescapeUser('%ff%00')).toBe('%ff%00');
  });

  it('keep a NUL from ending the user part (RFC 4475 3.1.1.4)', () => {
    expect(unescapeUser(parseUri('sip:null-%00-null@example.com')!.user!)).toBe('null-\0-null');
  });
});
