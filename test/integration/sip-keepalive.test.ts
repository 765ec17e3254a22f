/** Keep-alives and overload in virtual time: pings of ours, STUN, a registration whose connection is gone, a late event loop. */
import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.js';
import { parseUri } from '../../src/dialog-core/index.js';
import type { RegistrationState, SipUri } from '../../src/dialog-core/types.js';
import { field, request } from '../support/sip-text.js';
import { type Phone, SipWorld } from '../support/sip-world.js';

let world: SipWorld;
let written: { text: string; atMs: number }[];

beforeEach(() => {
  world = new SipWorld();
  written = [];
  world.streams.tap(({ data }) => written.push({ text: Buffer.from(data).toString(), atMs: world.clock.nowMs() }));
});

const uri = (text: string): SipUri => parseUri(text) as SipUri;
const tcp = (address: string) => ({ listen: [{ transport: 'tcp', address, port: 5060 }] as const });

async function ping(alice: Phone, target: string): Promise<number> {
  let status = 0;
  void alice.endpoint.options({ target: uri(target), from: alice.uri() }).then((result) => {
    status = result.status;
  });
  await world.until(() => status !== 0, 'the answer');
  return status;
}

test('a connection that we opened is pinged, and given up once a peer that answered does not any more', async () => {
  const alice = await world.phone('alice', '10.0.0.1', tcp('10.0.0.1'));
  await world.phone('bob', '10.0.0.2', tcp('10.0.0.2'));
  expect(await ping(alice, 'sip:10.0.0.2;transport=tcp')).toBe(200);
  const begin = world.clock.nowMs();
  written.length = 0;
  await world.advance(250_000);
  const pings = written.filter(({ text }) => text === '\r\n\r\n').map(({ atMs }) => atMs);
  expect(pings.length).toBeGreaterThanOrEqual(2);
  expect((pings[0] ?? 0) - begin).toBeGreaterThanOrEqual(95_000);
  expect((pings[0] ?? 0) - begin).toBeLessThanOrEqual(120_001);
  expect(written.filter(({ text }) => text === '\r\n')).toHaveLength(pings.length);
  expect(world.streams.open).toHaveLength(1);
  world.streams.connections[0]?.accepted.pause();
  await world.advance(131_000);
  expect(world.streams.open).toHaveLength(0);
});

test('a peer that knows no pings keeps its connection', async () => {
  const alice = await world.phone('alice', '10.0.0.1', tcp('10.0.0.1'));
  await world.phone('bob', '10.0.0.2', tcp('10.0.0.2'));
  await ping(alice, 'sip:10.0.0.2;transport=tcp');
  world.streams.connections[0]?.accepted.pause();
  await world.advance(1_000_000);
  expect(world.streams.open).toHaveLength(1);
});

test('a WebSocket is pinged by its own means or not at all', async () => {
  const listen = [{ transport: 'ws', address: '10.0.0.2', port: 80 }] as const;
  const alice = await world.phone('alice', '10.0.0.1');
  await world.phone('bob', '10.0.0.2', { listen });
  expect(await ping(alice, 'sip:10.0.0.2;transport=ws')).toBe(200);
  await world.advance(121_000);
  expect(written.at(-2)?.text).toBe('\r\n\r\n');
  expect(written.at(-1)?.text).toBe('\r\n');
});

test('a registration whose connection is gone is made anew at once (RFC 5626 4.5)', async () => {
  const alice = await world.phone('alice', '10.0.0.1');
  const listen = [{ transport: 'ws', address: '10.0.0.2', port: 80 }] as const;
  const bob = await world.phone('bob', '10.0.0.2', { listen, registrar: {} });
  const states: RegistrationState['kind'][] = [];
  const registrar = uri('sip:10.0.0.2;transport=ws');
  alice.endpoint.register({ aor: uri('sip:alice@10.0.0.2'), registrar }, ({ kind }) => states.push(kind));
  await world.until(() => states.includes('registered'), 'the registration');
  world.streams.connections[0]?.cut();
  await world.advance(100);
  expect(states).toEqual(['registering', 'registered', 'registering', 'registered']);
  expect(bob.endpoint.lookup(uri('sip:alice@10.0.0.2'))).toHaveLength(1);
  expect(world.streams.open).toHaveLength(1);
});

test('STUN on the port of SIP is answered there (RFC 5626 5.4)', async () => {
  const bob = await world.phone('bob', '10.0.0.2');
  const peer = await world.raw('peer', '10.0.0.9', 40_000);
  peer.send(Buffer.from('000100002112a442000102030405060708090a0b', 'hex'), bob);
  await world.advance(50);
  const [answer] = peer.received;
  expect(answer?.remote).toEqual({ address: '10.0.0.2', port: 5060 });
  expect(Buffer.from(answer?.text ?? '').subarray(0, 2)).toEqual(Buffer.from([1, 1]));
  expect(bob.endpoint.counts().received).toBe(0);
});

function invite(number: number): Uint8Array {
  const names = { from: '<sip:p@10.0.0.9>;tag=a', to: '<sip:bob@10.0.0.2>', callId: `c${number}`, cseq: 1 };
  const more = ['Contact: <sip:p@10.0.0.9>'];
  return request({
    method: 'INVITE',
    uri: 'sip:bob@10.0.0.2',
    sentBy: '10.0.0.9:5060',
    branch: `z9hG4bK${number}`,
    ...names,
    more,
  });
}

test('while the event loop is late new calls get 503, those that are there go on, and a second later all is well', async () => {
  let lateMs = 0;
  const { clock } = world;
  const slow: Clock = {
    nowMs: () => clock.nowMs() + lateMs,
    wallMs: () => clock.wallMs(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
  const bob = await world.phone('bob', '10.0.0.2', { clock: slow });
  const peer = await world.raw('peer', '10.0.0.9');
  peer.send(invite(1), bob);
  const { usage } = await bob.take('invite');
  await peer.take('SIP/2.0 100');
  // What was due has not happened for 400 ms.
  lateMs += 400;
  await world.advance(60);
  peer.send(invite(2), bob);
  const refusal = await peer.take('SIP/2.0 503');
  expect(field(refusal, 'Retry-After')).toBe('5');
  expect(bob.left).toEqual([]);
  bob.endpoint.progress(usage, 180);
  await peer.take('SIP/2.0 180');
  expect(bob.endpoint.counts().refused).toBe(1);
  await world.advance(1000);
  peer.send(invite(3), bob);
  await bob.take('invite');
});

test('a source that asks too often is refused, then not heard; its calls go on', async () => {
  const limits = { maxRequestsPerSecond: 1, maxRequestBurst: 2 };
  const bob = await world.phone('bob', '10.0.0.2', { limits });
  const peer = await world.raw('peer', '10.0.0.9');
  for (let number = 1; number <= 6; number++) peer.send(invite(number), bob);
  await world.advance(20);
  expect(peer.left.filter((line) => line.includes('100'))).toHaveLength(2);
  expect(peer.left.filter((line) => line.includes('503'))).toHaveLength(2);
  expect(bob.left).toEqual(['invite', 'invite']);
  expect(bob.endpoint.counts().refused).toBe(4);
});
