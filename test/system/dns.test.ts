/** Records of DNS by node:dns, from a server of names on loopback; and a call that finds its way by them. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import packet from 'dns-packet';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseUri, SipEndpoint } from '../../src/dialog-core/index.js';
import { DnsNames } from '../../src/dialog-core/transport/dns.js';
import type { SipUri } from '../../src/dialog-core/types.js';

const server = createSocket('udp4');
let zone: packet.Answer[];
let asked: string[];
let servers: string[];

server.on('message', (data, { port, address }) => {
  const { id = 0, questions = [] } = packet.decode(data);
  const [question] = questions;
  if (!question) return;
  asked.push(`${question.type} ${question.name}`);
  const answers = zone.filter(({ name, type }) => name === question.name.toLowerCase() && type === question.type);
  const known = zone.some(({ name }) => name === question.name.toLowerCase());
  // 3: there is no such name (RFC 1035 4.1.1).
  const flags = packet.AUTHORITATIVE_ANSWER | (known ? 0 : 3);
  server.send(packet.encode({ type: 'response', id, flags, questions, answers }), port, address);
});

beforeEach(async () => {
  zone = [];
  asked = [];
  if (servers === undefined) {
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    server.unref();
    servers = [`127.0.0.1:${server.address().port}`];
  }
});

const open: SipEndpoint[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

const system = {
  resolve: async (name: string) => (name === 'hosts.example' ? '127.0.0.9' : Promise.reject(new Error('no'))),
};

test('records come with what is known of their TTL; what DNS does not have, the system may', async () => {
  const names = new DnsNames(system, { servers });
  const data = {
    order: 1,
    preference: 2,
    flags: 's',
    services: 'SIP+D2T',
    regexp: '',
    replacement: '_sip._tcp.b.example',
  };
  zone = [
    { name: 'b.example', type: 'NAPTR', ttl: 5, data },
    {
      name: '_sip._tcp.b.example',
      type: 'SRV',
      ttl: 5,
      data: { priority: 3, weight: 4, port: 5070, target: 't.b.example' },
    },
    { name: 't.b.example', type: 'A', ttl: 77, data: '127.0.0.1' },
  ];
  expect(await names.naptr('b.example')).toMatchObject([{ service: 'SIP+D2T', flags: 's', order: 1, ttlS: 60 }]);
  expect(await names.srv('_sip._tcp.b.example')).toEqual([
    { priority: 3, weight: 4, port: 5070, target: 't.b.example', ttlS: 60 },
  ]);
  expect(await names.a('t.b.example')).toEqual([{ address: '127.0.0.1', ttlS: 77 }]);
  expect(await names.a('hosts.example')).toEqual([{ address: '127.0.0.9', ttlS: 60 }]);
  await expect(names.a('nowhere.example')).rejects.toThrow();
  asked.length = 0;
  expect(await names.srv('_sip._udp.localhost')).toEqual([]);
  expect(asked).toEqual([]);
});

test('a request goes where NAPTR and SRV say', async () => {
  const start = async (transport: 'udp' | 'tcp', config = {}): Promise<SipEndpoint> => {
    const endpoint = new SipEndpoint({ listen: [{ transport, address: '127.0.0.1', port: 0 }], ...config });
    open.push(endpoint);
    await endpoint.start();
    return endpoint;
  };
  const callee = await start('tcp');
  const port = callee.listeners[0]?.local.port ?? 0;
  const data = {
    order: 1,
    preference: 1,
    flags: 's',
    services: 'SIP+D2T',
    regexp: '',
    replacement: '_sip._tcp.b.example',
  };
  zone = [
    { name: 'b.example', type: 'NAPTR', data },
    { name: '_sip._tcp.b.example', type: 'SRV', data: { priority: 1, weight: 1, port, target: 't.b.example' } },
    { name: 't.b.example', type: 'A', ttl: 60, data: '127.0.0.1' },
  ];
  const caller = await start('tcp', { dns: { servers } });
  const uri = (text: string): SipUri => parseUri(text) as SipUri;
  const { status } = await caller.options({ target: uri('sip:b.example'), from: uri('sip:a@a.example') });
  expect(status).toBe(200);
});
