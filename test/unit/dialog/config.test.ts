import { describe, expect, it } from 'vitest';
import { DialogConfigConverter, toHeaders, toListenAddress } from '../../../src/dialog/config.js';

describe('toListenAddress', () => {
  it.each([
    ['udp://0.0.0.0:5060', { transport: 'udp', address: '0.0.0.0', port: 5060 }],
    ['UDP://192.0.2.1', { transport: 'udp', address: '192.0.2.1', port: 5060 }],
    ['udp://[::1]:0', { transport: 'udp', address: '::1', port: 0 }],
    ['tcp://192.0.2.1', { transport: 'tcp', address: '192.0.2.1', port: 5060 }],
    ['tls://[::1]', { transport: 'tls', address: '::1', port: 5061 }],
    ['udp://[2001:db8::1]:5062/', { transport: 'udp', address: '2001:db8::1', port: 5062 }],
  ])('reads %s', (url, expected) => {
    expect(toListenAddress(url)).toEqual(expected);
  });

  it.each([
    '',
    '5060',
    'udp://',
    'udp://host:5060',
    'udp://1.2.3:5060',
    'udp://1.2.3.4:99999',
    'udp://::1:5060',
    'sctp://1.2.3.4:5061',
    'udp://1.2.3.4:5060/x',
  ])('refuses %s, naming it', (url) => {
    expect(() => toListenAddress(url)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(`'${url}'`) }),
    );
  });
});

describe('DialogConfigConverter', () => {
  const params = {
    target: 'sip:bob@example.com;transport=udp',
    from: { uri: 'sip:alice@example.com', displayName: 'Alice' },
    headers: [['X-Account', '7']] as [string, string][],
    proxy: 'sip:proxy.example.com:5080;lr',
  };

  it('turns a call into the terms of the core', () => {
    const invite = new DialogConfigConverter().toInviteParams(params);
    expect(invite.target.host).toBe('example.com');
    expect(invite.from).toMatchObject({ displayName: 'Alice', uri: { user: 'alice' } });
    expect(invite.proxy?.port).toBe(5080);
    expect(invite.headers).toEqual([['X-Account', '7']]);
  });

  it.each(['bob', 'sip:', 'mailto:bob@example.com'])('refuses to call %s', (target) => {
    expect(() => new DialogConfigConverter().toInviteParams({ ...params, target })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_URI', message: expect.stringContaining(target) }),
    );
  });

  it('refuses headers that the stack owns, in either form', () => {
    for (const name of ['Via', 'CSEQ', 'i', 'Contact', 'Content-Length'])
      expect(() => toHeaders([[name, 'x']])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_HEADER' }));
  });

  it('refuses an advertised name that is no address', () => {
    expect(() => new DialogConfigConverter().toCoreConfig({ advertise: 'example.com' })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG' }),
    );
  });
});
