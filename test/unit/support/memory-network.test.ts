import { beforeEach, describe, expect, test } from 'vitest';
import type { DatagramSocket } from '../../../src/dialog-core/types.js';
import { MemoryNetwork, type MemoryNetworkOptions, type SeenDatagram } from '../../support/memory-network.js';
import { VirtualClock } from '../../support/virtual-clock.js';

let clock: VirtualClock;
let arrived: { text: string; from: string; atMs: number }[];

beforeEach(() => {
  clock = new VirtualClock();
  arrived = [];
});

async function bound(
  network: MemoryNetwork,
  address: string,
  more: string[] = [],
  bind = address,
): Promise<DatagramSocket> {
  const { datagram } = network.host(address, ...more);
  return await datagram.bind(
    { address: bind, port: 5060 },
    {
      onDatagram: (data, { address: from, port }) =>
        arrived.push({ text: Buffer.from(data).toString(), from: `${from}:${port}`, atMs: clock.nowMs() }),
      onError() {},
    },
  );
}

const ignore = (): void => {};

/** Sends 0, 1, 2 … one a millisecond, and tells what arrived. */
async function stream(options: Partial<MemoryNetworkOptions>, count = 200): Promise<string[]> {
  clock = new VirtualClock();
  arrived = [];
  const network = new MemoryNetwork({ clock, seed: 9, ...options });
  const one = await bound(network, '10.0.0.1');
  await bound(network, '10.0.0.2');
  for (let index = 0; index < count; index += 1) {
    one.send(Buffer.from(String(index)), { address: '10.0.0.2', port: 5060 }, ignore);
    clock.advanceSync(1);
  }
  clock.advanceSync(1000);
  return arrived.map(({ text }) => text);
}

test('a datagram takes its time and keeps its bytes, whatever becomes of the buffer', async () => {
  const network = new MemoryNetwork({ clock, seed: 1, delayMs: 12 });
  const one = await bound(network, '10.0.0.1');
  await bound(network, '10.0.0.2');
  const seen: SeenDatagram[] = [];
  const stop = network.tap((each) => seen.push(each));
  const buffer = Buffer.from('hello');
  one.send(buffer, { address: '10.0.0.2', port: 5060 }, ignore);
  buffer.fill(0);
  clock.advanceSync(11);
  expect(arrived).toEqual([]);
  clock.advanceSync(1);
  expect(arrived).toEqual([{ text: 'hello', from: '10.0.0.1:5060', atMs: 12 }]);
  expect(seen).toMatchObject([{ to: { address: '10.0.0.2', port: 5060 }, sip: true, dropped: false, sentMs: 0 }]);
  stop();
  one.send(Buffer.from('x'), { address: '10.0.0.2', port: 5060 }, ignore);
  expect(seen).toHaveLength(1);
});

describe('faults', () => {
  test('repeat with the seed and differ between seeds', async () => {
    const faults = { loss: 0.2, duplicate: 0.2, reorder: 0.2, jitterMs: 5 };
    const first = await stream(faults);
    expect(await stream(faults)).toEqual(first);
    expect(await stream({ ...faults, seed: 10 })).not.toEqual(first);
  });

  test('happen about as often as asked for', async () => {
    expect(await stream({})).toEqual(Array.from({ length: 200 }, (_, index) => String(index)));
    const lossy = (await stream({ loss: 0.25 }, 1000)).length;
    expect(lossy).toBeGreaterThan(680);
    expect(lossy).toBeLessThan(820);
    const doubled = (await stream({ duplicate: 0.25 }, 1000)).length;
    expect(doubled).toBeGreaterThan(1180);
    expect(doubled).toBeLessThan(1320);
  });

  test('jitter delays but does not reorder, reorder does', async () => {
    const inOrder = (texts: string[]): boolean =>
      texts.every((text, index) => index === 0 || Number(texts[index - 1]) < Number(text));
    expect(inOrder(await stream({ jitterMs: 20 }))).toBe(true);
    expect(inOrder(await stream({ reorder: 0.1 }))).toBe(false);
  });

  test('can be chosen one by one', async () => {
    const network = new MemoryNetwork({ clock, seed: 1 });
    const one = await bound(network, '10.0.0.1');
    await bound(network, '10.0.0.2');
    const send = (text: string): void => one.send(Buffer.from(text), { address: '10.0.0.2', port: 5060 }, ignore);
    network.dropFirst(2, ({ data }) => data[0] === 'a'.charCodeAt(0));
    for (const text of ['a1', 'b1', 'a2', 'a3']) send(text);
    const stop = network.drop(() => true);
    send('b2');
    stop();
    send('b3');
    clock.advanceSync(10);
    expect(arrived.map(({ text }) => text)).toEqual(['b1', 'a3', 'b3']);
  });
});

describe('sockets', () => {
  test('bind to addresses of their host only, once each, and are free again when closed', async () => {
    const network = new MemoryNetwork({ clock, seed: 1 });
    const one = await bound(network, '10.0.0.1');
    await expect(bound(network, '10.0.0.1')).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE' });
    await expect(bound(network, '10.0.0.1', [], '0.0.0.0')).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE' });
    await expect(bound(network, '10.0.0.1', [], '10.0.0.9')).rejects.toMatchObject({
      code: 'ERR_ADDRESS_NOT_AVAILABLE',
    });
    await one.close();
    await bound(network, '10.0.0.1', [], '0.0.0.0');
  });

  test('on a wildcard send from the nearest address of the family', async () => {
    const network = new MemoryNetwork({ clock, seed: 1 });
    const wild = await bound(network, '10.0.0.1', ['192.168.7.1', '2001:db8::1'], '0.0.0.0');
    await bound(network, '192.168.7.9');
    wild.send(Buffer.from('x'), { address: '192.168.7.9', port: 5060 }, ignore);
    clock.advanceSync(10);
    expect(arrived[0]?.from).toBe('192.168.7.1:5060');
    const { datagram } = network.host('10.0.0.1');
    expect(datagram.localAddressFor({ address: '2001:db8::9', port: 1 })).toBe('2001:db8::1');
    expect(network.host('192.168.7.9').datagram.localAddressFor({ address: '::1', port: 1 })).toBeUndefined();
  });

  test('refuse what is too long', async () => {
    const network = new MemoryNetwork({ clock, seed: 1, maxDatagramBytes: 100 });
    const one = await bound(network, '10.0.0.1');
    const errors: Error[] = [];
    one.send(Buffer.alloc(101), { address: '10.0.0.2', port: 5060 }, (error) => errors.push(error));
    await clock.advance(1);
    expect(errors.map((error) => error.message)).toEqual(['send EMSGSIZE']);
  });
});

test('media goes to the engine of the host, SIP does not, and the other way round', async () => {
  const network = new MemoryNetwork({ clock, seed: 1 });
  const got: string[] = [];
  network.host('10.0.0.2').media.attach((local, remote, data) => {
    got.push(`${remote.port}>${local.port} ${Buffer.from(data).toString()}`);
  });
  await bound(network, '10.0.0.2');
  const { media } = network.host('10.0.0.1');
  media.send({ address: '10.0.0.1', port: 4000 }, { address: '10.0.0.2', port: 5060 }, Buffer.from('rtp'));
  clock.advanceSync(10);
  expect(got).toEqual(['4000>5060 rtp']);
  expect(arrived).toEqual([]);
});

test('names resolve as they were entered', async () => {
  const network = new MemoryNetwork({ clock, seed: 1 });
  network.names.set('pbx.example', ['10.0.0.2', '2001:db8::2']);
  const { datagram } = network.host('10.0.0.1');
  expect(await datagram.resolve('pbx.example', 6)).toBe('2001:db8::2');
  expect(await datagram.resolve('10.0.0.7', undefined)).toBe('10.0.0.7');
  await expect(datagram.resolve('other.example', undefined)).rejects.toMatchObject({ code: 'ERR_UNRESOLVABLE' });
});
