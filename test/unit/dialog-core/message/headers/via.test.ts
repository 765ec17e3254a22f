import { describe, expect, it } from 'vitest';
import { parseVia } from '../../../../../src/dialog-core/message/index.js';

describe('parseVia', () => {
  it('reads every part', () => {
    expect(parseVia('SIP/2.0/UDP Client.Example.com:5070;branch=z9hG4bKx;rport;received=192.0.2.1')).toEqual({
      version: '2.0',
      transport: 'UDP',
      host: 'client.example.com',
      port: 5070,
      branch: 'z9hG4bKx',
      params: new Map(Object.entries({ branch: 'z9hG4bKx', rport: '', received: '192.0.2.1' })),
    });
  });

  it('takes white space where the grammar has it (RFC 4475 3.1.1.1)', () => {
    const via = parseVia(' SIP  / 2.0  /\ttls   [2001:DB8::1] : 5061 ;  branch  =  z9hG4bK9 ');
    expect(via).toMatchObject({ transport: 'TLS', host: '2001:db8::1', port: 5061, branch: 'z9hG4bK9' });
  });

  it('takes a Via without branch, as RFC 2543 wrote it', () => {
    const via = parseVia('SIP/2.0/UDP 192.0.2.1');
    expect(via).toMatchObject({ host: '192.0.2.1', port: undefined, branch: undefined });
    expect(via?.params.size).toBe(0);
  });

  it('keeps `received` as written, with or without brackets (RFC 5118 4.5)', () => {
    for (const address of ['[2001:db8::9:255]', '2001:db8::9:255']) {
      expect(parseVia(`SIP/2.0/UDP [2001:db8::9:1];received=${address};branch=x`)?.params.get('received')).toBe(
        address,
      );
    }
  });

  it('reads a version that is not ours, so that it can be answered', () => {
    expect(parseVia('SIP/7.0/UDP a.com')?.version).toBe('7.0');
  });

  it.each([
    '',
    'SIP/2.0',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0/UDP;branch=x',
    'SIP 2.0 UDP a.com',
    '/2.0/UDP a.com',
    'SIP//UDP a.com',
    'SIP/2.0/ a.com',
    'SIP/2.0/UDPa.com',
    'SIP/2.0/UDP[::1]',
    'SIP/2.0/UDP 2001:db8::1',
    'SIP/2.0/UDP a..com',
    'SIP/2.0/UDP a.com:',
    'SIP/2.0/UDP a.com:0',
    'SIP/2.0/UDP a.com:99999',
    'SIP/2.0/UDP a.com:5060x',
    'SIP/2.0/UDP a.com b.com',
    'SIP/2.0/UDP a.com;',
    'SIP/2.0/UDP a.com;;branch=x',
    'SIP/2.0/UDP a.com;branch',
    'SIP/2.0/UDP a.com;branch=',
    'SIP/2.0/UDP a.com;branch=x;Branch=y',
    'SIP/2.0/UDP a.com;branch=x,SIP/2.0/UDP b.com',
    'SIP/2.0/UDP 192.0.2.15;;,;,,',
  ])('refuses %j', (text) => {
    expect(parseVia(text)).toBeUndefined();
  });
});
