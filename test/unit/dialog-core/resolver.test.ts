import { beforeEach, describe, expect, test } from 'vitest';
import { seededIds } from '../../../src/base/ids.js';
import { type Hop, hopOf } from '../../../src/dialog-core/dialog/hop.js';
import { parseUri } from '../../../src/dialog-core/index.js';
import { Resolver, targetKey } from '../../../src/dialog-core/resolver.js';
import type {
  AddressRecord,
  NameSource,
  NaptrRecord,
  SrvRecord,
  TransportName,
} from '../../../src/dialog-core/types.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const everything: readonly TransportName[] = ['udp', 'tcp', 'tls'];
let clock: VirtualClock;
let asked: string[];
let zone: Record<string, readonly object[]>;
let resolver: Resolver;

beforeEach(() => {
  clock = new VirtualClock();
  asked = [];
  zone = {};
  const ask =
    <T>(kind: string) =>
    async (name: string): Promise<readonly T[]> => {
      asked.push(`${kind} ${name}`);
      const found = zone[`${kind} ${name}`];
      if (!found) throw new Error('ENOTFOUND');
      return found as readonly T[];
    };
  const names: NameSource = {
    naptr: ask<NaptrRecord>('naptr'),
    srv: ask<SrvRecord>('srv'),
    a: ask<AddressRecord>('a'),
    aaaa: ask<AddressRecord>('aaaa'),
  };
  resolver = new Resolver({ names, clock, ids: seededIds(3), maxNames: 50 });
});

const hop = (uri: string): Hop => hopOf(parseUri(uri) as never) as Hop;
const host = (address: string, ttlS = 300): AddressRecord[] => [{ address, ttlS }];
const srv = (target: string, port: number, priority = 0, weight = 0): SrvRecord => ({
  target,
  port,
  priority,
  weight,
  ttlS: 60,
});
const naptr = (service: string, replacement: string, order = 10, preference = 10): NaptrRecord => ({
  ...{ service, replacement, order, preference },
  flags: 'S',
  ttlS: 60,
});

async function ways(uri: string, usable = everything, family: 4 | 6 | 'both' = 4): Promise<string[]> {
  return (await resolver.locate(hop(uri), usable, family === 'both' ? undefined : family)).map(targetKey);
}

describe('RFC 3263 4', () => {
  test('asks nothing for numeric addresses, and no records but addresses where there is a port', async () => {
    expect(await ways('sip:a@192.0.2.1')).toEqual(['udp 192.0.2.1 5060']);
    expect(asked).toEqual([]);
    zone['a b.example'] = host('192.0.2.2');
    expect(await ways('sip:a@b.example:5070')).toEqual(['udp 192.0.2.2 5070']);
    expect(await ways('sips:a@b.example:5071')).toEqual(['tls 192.0.2.2 5071']);
    expect(asked).toEqual(['a b.example']);
  });

  test('takes the transports of NAPTR that we have, by order and preference, then their SRV', async () => {
    const records = [
      naptr('SIPS+D2T', '_sips._tcp.b.example', 50, 50),
      naptr('SIP+D2T', '_sip._tcp.b.example', 90, 20),
      naptr('SIP+D2U', '_sip._udp.b.example', 90, 10),
      naptr('E2U+email', 'x.example', 1),
    ];
    zone['naptr b.example'] = records;
    zone['srv _sip._udp.b.example'] = [srv('u.b.example', 5062)];
    zone['srv _sip._tcp.b.example'] = [srv('t.b.example', 5063)];
    zone['srv _sips._tcp.b.example'] = [srv('s.b.example', 5064)];
    for (const [name, address] of [
      ['u', '192.0.2.1'],
      ['t', '192.0.2.2'],
      ['s', '192.0.2.3'],
    ])
      zone[`a ${name}.b.example`] = host(address ?? '');
    expect(await ways('sip:b.example')).toEqual(['tls 192.0.2.3 5064', 'udp 192.0.2.1 5062', 'tcp 192.0.2.2 5063']);
    expect(await ways('sip:b.example', ['tcp'])).toEqual(['tcp 192.0.2.2 5063']);
    expect(await ways('sips:b.example')).toEqual(['tls 192.0.2.3 5064']);
    const [first] = await resolver.locate(hop('sips:b.example'), everything, 4);
    expect(first?.serverName).toBe('b.example');
  });

  test('without NAPTR asks for SRV of each transport; of the named one alone where there is one', async () => {
    zone['srv _sip._tcp.b.example'] = [srv('t.b.example', 5063)];
    zone['a t.b.example'] = host('192.0.2.2');
    expect(await ways('sip:b.example')).toEqual(['tcp 192.0.2.2 5063']);
    asked.length = 0;
    await ways('sip:b.example;transport=tcp');
    expect(asked).toEqual([]);
  });

  test('without any of them takes the host itself, at the default port', async () => {
    zone['a b.example'] = host('192.0.2.1');
    zone['aaaa b.example'] = host('2001:db8::1');
    expect(await ways('sip:b.example')).toEqual(['udp 192.0.2.1 5060']);
    expect(await ways('sips:b.example', everything, 'both')).toEqual(['tls 192.0.2.1 5061', 'tls 2001:db8::1 5061']);
    expect(await ways('sip:b.example;transport=tcp', everything, 6)).toEqual(['tcp 2001:db8::1 5060']);
    await expect(ways('sip:nowhere.example')).rejects.toMatchObject({ code: 'ERR_UNRESOLVABLE' });
  });

  test('an SRV record for "." says that there is no such service (RFC 2782)', async () => {
    zone['srv _sip._udp.b.example'] = [srv('.', 0)];
    zone['a b.example'] = host('192.0.2.1');
    await expect(ways('sip:b.example;transport=udp')).rejects.toMatchObject({ code: 'ERR_UNRESOLVABLE' });
  });
});

test('SRV goes by priority, and among equals by weight (RFC 2782)', async () => {
  zone['srv _sip._udp.b.example'] = [
    srv('low', 1, 20),
    srv('heavy', 2, 10, 90),
    srv('light', 3, 10, 10),
    srv('never', 4, 10, 0),
  ];
  for (const name of ['low', 'heavy', 'light', 'never']) zone[`a ${name}`] = host('192.0.2.1');
  const firsts: Record<string, number> = {};
  for (let count = 0; count < 1000; count++) {
    const ports = (await resolver.locate(hop('sip:b.example;transport=udp'), everything, 4)).map(({ port }) => port);
    expect(ports[3]).toBe(1);
    firsts[String(ports[0])] = (firsts[String(ports[0])] ?? 0) + 1;
  }
  expect(firsts['2']).toBeGreaterThan(850);
  expect(firsts['3']).toBeGreaterThan(60);
  expect(firsts['4'] ?? 0).toBeLessThan(40);
});

describe('the cache', () => {
  test('answers at once until the TTL is over, and asks once for all who wait', async () => {
    zone['a b.example'] = host('192.0.2.1', 120);
    const uri = 'sip:b.example:5060';
    await Promise.all([ways(uri), ways(uri)]);
    expect(asked).toHaveLength(1);
    await clock.advance(119_000);
    expect(resolver.locate(hop(uri), everything, 4)).not.toBeInstanceOf(Promise);
    await clock.advance(1001);
    zone['a b.example'] = host('192.0.2.9', 120);
    expect(await ways(uri)).toEqual(['udp 192.0.2.9 5060']);
  });

  test('remembers for a while that there is nothing, and is bounded', async () => {
    zone['a b.example'] = host('192.0.2.1', 3600);
    await ways('sip:b.example');
    const first = asked.length;
    await clock.advance(29_000);
    await ways('sip:b.example');
    expect(asked).toHaveLength(first);
    await clock.advance(2000);
    await ways('sip:b.example');
    expect(asked).toHaveLength(2 * first - 1);
    for (let count = 0; count < 200; count++) await ways(`sip:n${count}.example`).catch(() => {});
    expect(resolver.size).toBe(50);
  });
});

test('a way that failed is tried after the others for a minute', async () => {
  zone['a b.example'] = [...host('192.0.2.1'), ...host('192.0.2.2')];
  resolver.avoid('udp 192.0.2.1 5060');
  expect(await ways('sip:b.example:5060')).toEqual(['udp 192.0.2.2 5060', 'udp 192.0.2.1 5060']);
  await clock.advance(60_001);
  expect(await ways('sip:b.example:5060')).toEqual(['udp 192.0.2.1 5060', 'udp 192.0.2.2 5060']);
});
