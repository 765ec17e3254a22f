/** RFC 3263 4.3 in virtual time: a name with two servers, of which the first is silent, overloaded, or not there at all. */
import { beforeEach, expect, test } from 'vitest';
import { parseUri } from '../../src/dialog-core/index.js';
import type { NameSource, SipUri } from '../../src/dialog-core/types.js';
import { field, response } from '../support/sip-text.js';
import { type Phone, SipWorld, sdp } from '../support/sip-world.js';

let world: SipWorld;
const target = parseUri('sip:bob@pair.example') as SipUri;

const srv = (priority: number) => ({ priority, weight: 0, port: 5060, target: `s${priority}.example`, ttlS: 60 });
const names = (transport: 'udp' | 'tcp'): NameSource => ({
  naptr: async () => [],
  srv: async (name) => (name === `_sip._${transport}.pair.example` ? [srv(2), srv(1)] : []),
  a: async (name) => [{ address: `10.0.1.${name.slice(1, 2)}`, ttlS: 60 }],
  aaaa: async () => [],
});

beforeEach(() => {
  world = new SipWorld();
});

async function caller(transport: 'udp' | 'tcp' = 'udp'): Promise<Phone> {
  const listen = [{ transport, address: '10.0.0.1', port: 5060 }] as const;
  return world.phone('alice', '10.0.0.1', { listen, dns: { names: names(transport) } });
}

async function callee(transport: 'udp' | 'tcp' = 'udp'): Promise<Phone> {
  return world.phone('second', '10.0.1.2', { listen: [{ transport, address: '10.0.1.2', port: 5060 }] });
}

test('an INVITE that gets 503 goes to the next, with a branch of its own and all else the same', async () => {
  const [alice, second] = [await caller(), await callee()];
  const first = await world.raw('first', '10.0.1.1');
  const usage = await alice.call(target);
  const invite = await first.take('INVITE');
  first.send(response(invite, '503 Service Unavailable', { toTag: 'x', more: ['Retry-After: 5'] }), alice);
  const { request, usage: theirs } = await second.take('invite');
  expect(request.topVia.branch).not.toBe(/branch=([^;\s]+)/.exec(field(invite, 'Via') ?? '')?.[1]);
  for (const name of ['Call-ID', 'From', 'CSeq', 'Contact']) expect(request.header(name)).toBe(field(invite, name));
  expect(request.bodyText()).toBe('v=0\r\n');
  second.endpoint.accept(theirs, { body: sdp });
  await alice.take('answered');
  alice.endpoint.ack(usage);
  await second.take('acked');
});

test('one that is silent costs its 32 s once: the next call goes to the other at once', async () => {
  const [alice, second] = [await caller(), await callee()];
  await alice.call(target);
  const begin = world.clock.nowMs();
  const { usage } = await second.take('invite');
  expect(world.clock.nowMs() - begin).toBeGreaterThanOrEqual(32_000);
  second.endpoint.reject(usage, 486);
  await alice.take('failed');
  const again = world.clock.nowMs();
  await alice.call(target);
  await second.take('invite');
  expect(world.clock.nowMs() - again).toBeLessThan(50);
});

test('a connection that is refused, and a request that is no INVITE', async () => {
  const alice = await caller('tcp');
  await callee('tcp');
  const asking = alice.endpoint.options({ target, from: alice.uri() });
  let status = 0;
  void asking.then((result) => {
    status = result.status;
  });
  await world.until(() => status !== 0, 'the answer');
  expect(status).toBe(200);
});

test('when all have failed the call fails as the last one did', async () => {
  const alice = await caller();
  const peers = [await world.raw('first', '10.0.1.1'), await world.raw('second', '10.0.1.2')];
  await alice.call(target);
  for (const peer of peers) {
    const invite = await peer.take('INVITE');
    peer.send(response(invite, '503 Service Unavailable', { toTag: 'x' }), alice);
    await peer.take('ACK');
  }
  expect(await alice.take('failed')).toMatchObject({ cause: 'response', status: 503 });
  expect(alice.endpoint.counts().usages).toBe(0);
});

test('a call that was cancelled does not go on to the next', async () => {
  const alice = await caller();
  await callee();
  const first = await world.raw('first', '10.0.1.1');
  const usage = await alice.call(target);
  const invite = await first.take('INVITE');
  alice.endpoint.cancel(usage);
  first.send(response(invite, '503 Service Unavailable', { toTag: 'x' }), alice);
  expect(await alice.take('failed')).toMatchObject({ status: 503 });
  await world.advance(1000);
  expect(world.ladder.filter((line) => line.includes('second'))).toEqual([]);
});
