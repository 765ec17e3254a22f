/** The endpoint on real sockets, on loopback. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/base/logger.js';
import { type DialogCoreConfig, type DialogCoreEvent, makeUri, SipEndpoint } from '../../src/dialog-core/index.js';
import { UdpNetwork } from '../../src/dialog-core/transport/udp.js';
import { sdp } from '../support/sip-world.js';

interface Phone {
  readonly endpoint: SipEndpoint;
  readonly port: number;
  /** The next event, which must be of that type. */
  next<T extends DialogCoreEvent['type']>(type: T): Promise<Extract<DialogCoreEvent, { type: T }>>;
}

const open: SipEndpoint[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

async function phone(address: string, config: Partial<DialogCoreConfig> = {}): Promise<Phone> {
  const endpoint = new SipEndpoint({ listen: [{ transport: 'udp', address, port: 0 }], ...config });
  open.push(endpoint);
  const events: DialogCoreEvent[] = [];
  let wake: () => void = () => {};
  endpoint.onEvent((event) => {
    events.push(event);
    wake();
  });
  await endpoint.start();
  const next: Phone['next'] = async (type) => {
    while (events.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const event = events.shift() as DialogCoreEvent;
    if (event.type !== type) throw new Error(`${event.type} instead of ${type}`);
    return event as Extract<DialogCoreEvent, { type: typeof type }>;
  };
  return { endpoint, port: endpoint.listeners[0]?.local.port ?? 0, next };
}

/** A whole call from `from` to `to`, who is reached at `address`. */
async function call(from: Phone, to: Phone, address: string): Promise<{ advertised: string; contact: string }> {
  const target = makeUri({ user: 'room', host: address, port: to.port });
  const usage = from.endpoint.invite({ target, from: { uri: makeUri({ user: 'us', host: 'example.org' }) } });
  const { advertised } = await from.next('routed');
  from.endpoint.sendInvite(usage, sdp);
  const invite = await to.next('invite');
  expect(invite.request.bodyText()).toBe('v=0\r\n');
  expect(invite.flow.remote).toEqual({ address: advertised, port: from.port });
  to.endpoint.progress(invite.usage, 180);
  await from.next('provisional');
  await to.next('pracked');
  to.endpoint.accept(invite.usage, { body: sdp });
  await from.next('answered');
  from.endpoint.ack(usage);
  await to.next('acked');
  to.endpoint.bye(invite.usage);
  await from.next('ended');
  await to.next('ended');
  expect(to.endpoint.counts()).toMatchObject({
    usages: 0,
    dialogs: 0,
    malformed: 0,
    unmatched: 0,
    middlewareErrors: 0,
    retransmissionsOut: 0,
  });
  return { advertised, contact: invite.request.header('contact') ?? '' };
}

describe('a call', () => {
  test('over IPv4', async () => {
    const from = await phone('127.0.0.1');
    const { advertised, contact } = await call(from, await phone('127.0.0.2'), '127.0.0.2');
    expect(advertised).toBe('127.0.0.1');
    expect(contact).toBe(`<sip:127.0.0.1:${from.port}>`);
  });

  test('over IPv6', async () => {
    const from = await phone('::1');
    const { advertised, contact } = await call(from, await phone('::1'), '::1');
    expect(advertised).toBe('::1');
    expect(contact).toBe(`<sip:[::1]:${from.port}>`);
  });

  test('between wildcards: what is written is the address of the route', async () => {
    const from = await phone('0.0.0.0');
    const { advertised, contact } = await call(from, await phone('0.0.0.0'), '127.0.0.1');
    expect(advertised).toBe('127.0.0.1');
    expect(contact).toBe(`<sip:127.0.0.1:${from.port}>`);
    const six = await phone('::');
    expect((await call(six, await phone('::'), '::1')).advertised).toBe('::1');
  });

  test('by host name', async () => {
    const from = await phone('127.0.0.1');
    expect((await call(from, await phone('127.0.0.1'), 'localhost')).advertised).toBe('127.0.0.1');
  });

  test('that nobody hears ends by the timers of the machine', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const from = await phone('127.0.0.1', { timers: { t1Ms: 5, t2Ms: 40 } });
    const target = makeUri({ host: '127.0.0.1', port: silent.address().port });
    const usage = from.endpoint.invite({ target, from: { uri: target } });
    await from.next('routed');
    from.endpoint.sendInvite(usage);
    expect(await from.next('failed')).toMatchObject({ cause: 'timeout', status: 408 });
    expect(from.endpoint.counts().sent).toBeGreaterThan(2);
    expect(from.endpoint.counts().sent).toBeLessThanOrEqual(7);
    silent.close();
  });

  test('whose INVITE is too big for a datagram fails at once', async () => {
    const from = await phone('127.0.0.1');
    const usage = from.endpoint.invite({
      target: makeUri({ host: '127.0.0.1', port: 9 }),
      from: { uri: makeUri({ host: 'example.org' }) },
    });
    await from.next('routed');
    from.endpoint.sendInvite(usage, { contentType: 'application/sdp', data: Buffer.alloc(70_000, 'x') });
    const failed = await from.next('failed');
    expect(failed).toMatchObject({ cause: 'transport', status: 503 });
    expect(failed.reason).toContain('EMSGSIZE');
  });
});

describe('starting and stopping', () => {
  test('a busy port is ERR_ADDRESS_IN_USE and names the address', async () => {
    const { port } = await phone('127.0.0.1');
    const other = new SipEndpoint({ listen: [{ transport: 'udp', address: '127.0.0.1', port }] });
    await expect(other.start()).rejects.toMatchObject({
      code: 'ERR_ADDRESS_IN_USE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  test('a foreign address is ERR_ADDRESS_NOT_AVAILABLE, and what was bound before is released', async () => {
    const { port, endpoint } = await phone('127.0.0.1');
    await endpoint.close();
    const listen = [
      { transport: 'udp', address: '127.0.0.1', port },
      { transport: 'udp', address: '192.0.2.1', port: 0 },
    ] as const;
    await expect(new SipEndpoint({ listen }).start()).rejects.toMatchObject({ code: 'ERR_ADDRESS_NOT_AVAILABLE' });
    const again = new SipEndpoint({ listen: listen.slice(0, 1) });
    open.push(again);
    await again.start();
  });

  test('close releases the port', async () => {
    const { port, endpoint } = await phone('127.0.0.1');
    await endpoint.close();
    await endpoint.close();
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    socket.close();
  });
});

describe('the network of the machine', () => {
  let network: UdpNetwork;

  beforeEach(() => {
    network = new UdpNetwork(systemClock, silentLogger);
  });

  test('knows the local address of a route, from its cache the second time', async () => {
    const first = network.localAddressFor({ address: '127.0.0.9', port: 5060 });
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toBe('127.0.0.1');
    expect(network.localAddressFor({ address: '127.0.0.9', port: 7000 })).toBe('127.0.0.1');
    expect(await network.localAddressFor({ address: '::1', port: 5060 })).toBe('::1');
  });

  test('forgets a route after a while', async () => {
    let nowMs = 0;
    const aging = new UdpNetwork({ ...systemClock, nowMs: () => nowMs }, silentLogger);
    await aging.localAddressFor({ address: '127.0.0.9', port: 5060 });
    nowMs = 29_999;
    expect(aging.localAddressFor({ address: '127.0.0.9', port: 5060 })).toBe('127.0.0.1');
    nowMs = 30_001;
    expect(aging.localAddressFor({ address: '127.0.0.9', port: 5060 })).toBeInstanceOf(Promise);
    await aging.localAddressFor({ address: '127.0.0.9', port: 5060 });
  });

  test('has no address for what cannot be reached, and asks again the next time', async () => {
    const broadcast = { address: '255.255.255.255', port: 5060 };
    expect(await network.localAddressFor(broadcast)).toBeUndefined();
    expect(await network.localAddressFor(broadcast)).toBeUndefined();
    expect(network.localAddressFor(broadcast)).toBeInstanceOf(Promise);
  });

  test('resolves names by family, and says when it cannot', async () => {
    expect(await network.resolve('localhost', 4)).toBe('127.0.0.1');
    await expect(network.resolve('no-such-host.invalid', undefined)).rejects.toMatchObject({
      code: 'ERR_UNRESOLVABLE',
    });
  });

  test('warns once when the system grants a small receive buffer', async () => {
    const warnings: object[] = [];
    const warned = new UdpNetwork(systemClock, { ...silentLogger, warn: (fields) => warnings.push(fields) });
    const handlers = { onDatagram() {}, onError() {} };
    const sockets = [];
    for (let index = 0; index < 2; index += 1)
      sockets.push(await warned.bind({ address: '127.0.0.1', port: 0 }, handlers));
    // As root, or with a raised rmem_max, nothing is amiss.
    expect(warnings.length).toBeLessThanOrEqual(1);
    for (const fields of warnings) expect(fields).toMatchObject({ wantedBytes: 4_194_304 });
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});
