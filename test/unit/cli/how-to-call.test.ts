import { describe, expect, it } from 'vitest';
import { callAddresses, type Interfaces } from '../../../src/cli/how-to-call.js';

const interfaces: Interfaces = {
  lo: [
    { address: '127.0.0.1', family: 'IPv4', internal: true },
    { address: '::1', family: 'IPv6', internal: true },
  ],
  eth0: [
    { address: '192.0.2.5', family: 'IPv4', internal: false },
    { address: 'fe80::1', family: 'IPv6', internal: false },
    { address: '2001:db8::5', family: 'IPv6', internal: false },
  ],
};

const texts = (listen: string[], advertise?: string, from = interfaces): string[] =>
  callAddresses(listen, advertise, from).map(({ from: who, uri }) => `${who}: ${uri}`);

describe('callAddresses', () => {
  it('makes a wildcard concrete, for this machine and for the network', () => {
    expect(texts(['udp://0.0.0.0:5060', 'udp://[::]:5070'])).toEqual([
      'from this machine: sip:lobby@127.0.0.1:5060',
      'from the network: sip:lobby@192.0.2.5:5060',
      'from this machine: sip:lobby@[::1]:5070',
      'from the network: sip:lobby@[2001:db8::5]:5070',
    ]);
  });

  it('leaves the network out where there is none', () => {
    expect(texts(['udp://0.0.0.0:5060'], undefined, {})).toEqual(['from this machine: sip:lobby@127.0.0.1:5060']);
  });

  it('says who can use a single address', () => {
    expect(texts(['udp://127.0.0.1:5060', 'udp://192.0.2.5:5060'])).toEqual([
      'from this machine only: sip:lobby@127.0.0.1:5060',
      'from the network: sip:lobby@192.0.2.5:5060',
    ]);
  });

  it('names the transport where it is not UDP', () => {
    expect(texts(['tcp://127.0.0.1:5060', 'tls://127.0.0.1:5061'])).toEqual([
      'from this machine only: sip:lobby@127.0.0.1:5060;transport=tcp',
      'from this machine only: sip:lobby@127.0.0.1:5061;transport=tls',
    ]);
  });

  it('adds the advertised address, once', () => {
    expect(texts(['udp://0.0.0.0:5060', 'udp://127.0.0.1:5060'], '203.0.113.7')).toEqual([
      'from this machine: sip:lobby@127.0.0.1:5060',
      'from the network: sip:lobby@192.0.2.5:5060',
      'from outside: sip:lobby@203.0.113.7:5060',
    ]);
  });
});
