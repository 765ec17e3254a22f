import { beforeEach, describe, expect, test } from 'vitest';
import { seededIds } from '../../../../src/base/ids.js';
import { silentLogger } from '../../../../src/base/logger.js';
import { defaultLimits } from '../../../../src/dialog-core/index.js';
import { plainNames } from '../../../../src/dialog-core/transport/dns.js';
import { Transport } from '../../../../src/dialog-core/transport/transport.js';
import type { DatagramSocket, Flow, ListenAddress } from '../../../../src/dialog-core/types.js';
import { MemoryNetwork } from '../../../support/memory-network.js';
import { MemoryStreams } from '../../../support/memory-stream.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

let clock: VirtualClock;
let network: MemoryNetwork;
let received: { text: string; flow: Flow }[];
let problems: string[];

beforeEach(() => {
  clock = new VirtualClock();
  network = new MemoryNetwork({ clock, seed: 1 });
  received = [];
  problems = [];
});

function transport(addresses: readonly string[]): Transport {
  const [first = '', ...more] = addresses;
  const datagrams = network.host(first, ...more).datagram;
  const streams = new MemoryStreams(clock).host(first, ...more);
  const parts = {
    datagrams,
    streams,
    clock,
    logger: silentLogger,
    limits: defaultLimits,
    ids: seededIds(5),
    names: plainNames(datagrams),
  };
  return new Transport(parts, {
    onConnectionLost() {},
    onMessage: (data, flow) => received.push({ text: Buffer.from(data).toString(), flow }),
    onSocketRestored: (listener) => problems.push(`${listener} restored`),
    onSocketError: (listener, message) => problems.push(`${listener} ${message}`),
  });
}

function on(...addresses: string[]): ListenAddress[] {
  return addresses.map((address) => ({ transport: 'udp', address, port: 5060 }));
}

async function stranger(address: string): Promise<DatagramSocket> {
  return await network.host(address).datagram.bind({ address, port: 7000 }, { onDatagram() {}, onError() {} });
}

function say(from: DatagramSocket, text: string, address: string): void {
  from.send(Buffer.from(text), { address, port: 5060 }, () => {});
}

describe('flows of what comes in', () => {
  test('on a bound address have that address', async () => {
    await transport(['10.0.0.1']).bind(on('10.0.0.1'));
    say(await stranger('10.0.0.9'), 'hello', '10.0.0.1');
    await clock.advance(10);
    expect(received).toEqual([
      {
        text: 'hello',
        flow: {
          transport: 'udp',
          listener: 0,
          local: { address: '10.0.0.1', port: 5060 },
          remote: { address: '10.0.0.9', port: 7000 },
        },
      },
    ]);
  });

  test.each([
    ['0.0.0.0', '192.168.7.9', '192.168.7.1'],
    ['0.0.0.0', '10.0.0.9', '10.0.0.1'],
    ['::', '2001:db8:1:2::9', '2001:db8:1:2::1'],
  ])('on %s have the address of the route to %s', async (wildcard, from, local) => {
    await transport(['10.0.0.1', '192.168.7.1', '2001:db8:1:2::1']).bind(on(wildcard));
    say(await stranger(from), 'hello', local);
    await clock.advance(10);
    expect(received.map(({ flow }) => flow.local)).toEqual([{ address: local, port: 5060 }]);
  });

  test('datagrams of a peer wait in order until its route is known, others do not wait for it', async () => {
    network = new MemoryNetwork({ clock, seed: 1, routeDelayMs: 50 });
    await transport(['10.0.0.1']).bind(on('0.0.0.0'));
    const one = await stranger('10.0.0.8');
    const two = await stranger('10.0.0.9');
    say(one, 'a', '10.0.0.1');
    await clock.advance(30);
    say(one, 'b', '10.0.0.1');
    say(two, 'c', '10.0.0.1');
    await clock.advance(30);
    expect(received.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(received[1]?.flow).toMatchObject({ local: { address: '10.0.0.1' }, remote: { address: '10.0.0.8' } });
    await clock.advance(30);
    expect(received.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  });

  test('a flood that waits is bounded: 64 datagrams a peer, 256 peers', async () => {
    network = new MemoryNetwork({ clock, seed: 1, routeDelayMs: 50 });
    await transport(['10.0.0.1']).bind(on('0.0.0.0'));
    const one = await stranger('10.0.0.8');
    for (let index = 0; index < 200; index += 1) say(one, String(index), '10.0.0.1');
    for (let index = 0; index < 600; index += 1) {
      say(await stranger(`10.${1 + (index >> 8)}.${index & 255}.1`), 'x', '10.0.0.1');
    }
    await clock.advance(100);
    const perPeer = new Map<string, number>();
    for (const { flow } of received) perPeer.set(flow.remote.address, (perPeer.get(flow.remote.address) ?? 0) + 1);
    expect(perPeer.get('10.0.0.8')).toBe(64);
    expect(perPeer.size).toBe(256);
  });
});

describe('flows of what goes out', () => {
  test('leave by a listener of the family that reaches there', async () => {
    const it = transport(['127.0.0.1', '10.0.0.1', '::1', '2001:db8::1']);
    await it.bind(on('127.0.0.1', '10.0.0.1', '::1', '2001:db8::1'));
    const listenerFor = async (host: string, preferred?: number): Promise<number> =>
      (await it.route({ transport: 'udp', host, port: 5060 }, preferred)).listener;
    expect(await listenerFor('127.0.0.9')).toBe(0);
    expect(await listenerFor('10.0.0.9')).toBe(1);
    expect(await listenerFor('10.0.0.9', 0)).toBe(1);
    expect(await listenerFor('::1', 3)).toBe(2);
    expect(await listenerFor('2001:db8::9', 3)).toBe(3);
  });

  test('prefer the listener that is asked for', async () => {
    const it = transport(['10.0.0.1', '10.0.0.2']);
    await it.bind(on('10.0.0.1', '10.0.0.2'));
    expect((await it.route({ transport: 'udp', host: '10.0.0.9', port: 5060 }, 1)).local.address).toBe('10.0.0.2');
    expect((await it.route({ transport: 'udp', host: '10.0.0.9', port: 5060 }, undefined)).local.address).toBe(
      '10.0.0.1',
    );
  });

  test('on a wildcard have the address of the route', async () => {
    const it = transport(['10.0.0.1', '192.168.7.1']);
    await it.bind(on('0.0.0.0'));
    expect((await it.route({ transport: 'udp', host: '192.168.7.9', port: 5070 }, undefined)).local).toEqual({
      address: '192.168.7.1',
      port: 5060,
    });
  });

  test('resolve names to the family that there is', async () => {
    network.names.set('both.example', ['10.0.0.9', '2001:db8::9']);
    const four = transport(['10.0.0.1']);
    await four.bind(on('10.0.0.1'));
    expect((await four.route({ transport: 'udp', host: 'both.example', port: 5060 }, undefined)).remote.address).toBe(
      '10.0.0.9',
    );
    const six = transport(['2001:db8::1']);
    await six.bind(on('::'));
    expect((await six.route({ transport: 'udp', host: 'both.example', port: 5060 }, undefined)).remote.address).toBe(
      '2001:db8::9',
    );
    await expect(six.route({ transport: 'udp', host: 'none.example', port: 5060 }, undefined)).rejects.toMatchObject({
      code: 'ERR_UNRESOLVABLE',
    });
  });

  test('of the other family do not exist', async () => {
    const it = transport(['10.0.0.1']);
    await it.bind(on('10.0.0.1'));
    await expect(it.route({ transport: 'udp', host: '2001:db8::9', port: 5060 }, undefined)).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
    });
  });
});

describe('binding', () => {
  test('is all or none', async () => {
    const taken = await network
      .host('10.0.0.2')
      .datagram.bind({ address: '10.0.0.2', port: 5060 }, { onDatagram() {}, onError() {} });
    network.host('10.0.0.2');
    const host = transport(['10.0.0.1', '10.0.0.3']);
    await expect(host.bind(on('10.0.0.1', '10.0.0.77'))).rejects.toMatchObject({ code: 'ERR_ADDRESS_NOT_AVAILABLE' });
    // The first address is free again.
    await transport(['10.0.0.1']).bind(on('10.0.0.1'));
    const other = transport(['10.0.0.2']);
    await expect(other.bind(on('10.0.0.2'))).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE' });
    await taken.close();
  });

  test('takes a free port for 0 and tells it', async () => {
    const it = transport(['10.0.0.1']);
    await it.bind([{ transport: 'udp', address: '10.0.0.1', port: 0 }]);
    expect(it.listeners[0]?.local.port).toBeGreaterThan(0);
  });

  test('after close nothing is handed on', async () => {
    network = new MemoryNetwork({ clock, seed: 1, routeDelayMs: 50 });
    const it = transport(['10.0.0.1']);
    await it.bind(on('0.0.0.0'));
    say(await stranger('10.0.0.9'), 'late', '10.0.0.1');
    await clock.advance(10);
    await it.close();
    await clock.advance(100);
    expect(received).toEqual([]);
  });
});

describe('a listener whose socket fails', () => {
  test('is bound again, later and later, and loses nothing but what came meanwhile', async () => {
    const inner = network.host('10.0.0.1').datagram;
    let fail: (error: Error) => void = () => {};
    let refusals = 2;
    let binds = 0;
    const datagrams: typeof inner = {
      ...inner,
      async bind(local, handlers) {
        binds += 1;
        if (binds > 1 && refusals > 0) {
          refusals -= 1;
          throw new Error('no address yet');
        }
        fail = handlers.onError;
        return inner.bind(local, handlers);
      },
    };
    const streams = new MemoryStreams(clock).host('10.0.0.1');
    const parts = {
      datagrams,
      streams,
      clock,
      logger: silentLogger,
      limits: defaultLimits,
      ids: seededIds(5),
      names: plainNames(datagrams),
    };
    const subject = new Transport(parts, {
      onConnectionLost() {},
      onMessage: (data, flow) => received.push({ text: Buffer.from(data).toString(), flow }),
      onSocketRestored: (listener) => problems.push(`${listener} restored`),
      onSocketError: (listener, message) => problems.push(`${listener} ${message}`),
    });
    await subject.bind([{ transport: 'udp', address: '10.0.0.1', port: 5060 }]);
    fail(new Error('ENETDOWN'));
    fail(new Error('ENETDOWN'));
    expect(problems).toEqual(['0 ENETDOWN']);
    const flow = { transport: 'udp', listener: 0, local: { address: '10.0.0.1', port: 5060 } } as const;
    const remote = { address: '10.0.0.9', port: 5060 };
    subject.send({ ...flow, remote }, Buffer.from('lost'), () => problems.push('unsendable'));
    await clock.advance(100 + 200);
    expect(problems).toEqual(['0 ENETDOWN']);
    await clock.advance(400);
    expect(problems).toEqual(['0 ENETDOWN', '0 restored']);
    const heard: string[] = [];
    await network.host(remote.address).datagram.bind(remote, {
      onDatagram: (data) => heard.push(Buffer.from(data).toString()),
      onError() {},
    });
    subject.send({ ...flow, remote }, Buffer.from('again'), () => {});
    await clock.advance(10);
    expect(heard).toEqual(['again']);
    await subject.close();
  });
});
