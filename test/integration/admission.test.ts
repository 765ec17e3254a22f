/** Who is let in when not everybody can be, in virtual time: waiting by priority, preemption, shares, mix slots, bandwidth. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Call, IncomingCall, SessionsOptions } from '../../src/api/index.js';
import { expectNothingLeft } from '../support/nothing-left.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;

beforeEach(() => {
  world = virtualWorld();
});

afterEach(async () => {
  await world.close();
});

async function server(options: SessionsOptions) {
  const calls: Call[] = [];
  const asked: IncomingCall[] = [];
  const bob = await world.endpoint('10.0.0.2', {
    onIncomingCall: async (incoming) => {
      asked.push(incoming);
      calls.push(await incoming.accept());
    },
    ...options,
  });
  return { bob, calls, asked };
}

const withPriority = (value: string) => ({ headers: [['Resource-Priority', value]] as const });

it('lets callers wait in the order of their priority, and turns away who waited too long', async () => {
  const { bob, asked } = await server({
    limits: { maxCalls: 1, waiting: { max: 3, maxMs: 10_000 } },
    priority: { resourcePriority: true },
  });
  const alice = await world.endpoint('10.0.0.1');
  const first = await world.settled(alice.call('sip:b@10.0.0.2'));
  const answered: string[] = [];
  const progress: number[] = [];
  const waits = [
    ['normal', {}],
    ['urgent', withPriority('dsn.flash')],
    ['high', withPriority('ets.4')],
  ] as const;
  const calling = waits.map(async ([name, options]) => {
    const call = await alice.call('sip:b@10.0.0.2', { ...options, onProgress: ({ status }) => progress.push(status) });
    answered.push(name);
    return call;
  });
  const all = Promise.allSettled(calling);
  await world.clock.advance(100);
  expect(progress).toEqual([182, 182, 182]);
  expect(bob.counts().waiting).toBe(3);
  await expect(world.settled(alice.call('sip:b@10.0.0.2'))).rejects.toMatchObject({ status: 503, retryAfterS: 5 });

  await world.settled(first.hangup());
  const urgent = await world.settled(calling[1] as Promise<Call>);
  expect(asked.map(({ priority }) => priority)).toEqual(['normal', 'urgent']);
  await world.settled(urgent.hangup());
  await world.settled(calling[2] as Promise<Call>);
  await world.clock.advance(11_000);
  expect(answered).toEqual(['urgent', 'high']);
  await expect(calling[0]).rejects.toMatchObject({ status: 503, retryAfterS: 5 });
  expect(bob.counts().waiting).toBe(0);
  await all;
  await world.settled((await (calling[2] as Promise<Call>)).hangup());
  await expectNothingLeft(world.clock, alice, bob);
});

it('forgets a caller that gives up while waiting, and turns away who waits when it closes', async () => {
  const { bob } = await server({ limits: { maxCalls: 1, waiting: { max: 2 } } });
  const alice = await world.endpoint('10.0.0.1');
  await world.settled(alice.call('sip:b@10.0.0.2'));
  const impatient = new AbortController();
  const gone = alice.call('sip:b@10.0.0.2', { signal: impatient.signal });
  const late = alice.call('sip:b@10.0.0.2');
  const outcomes = Promise.allSettled([gone, late]);
  await world.clock.advance(100);
  expect(bob.counts().waiting).toBe(2);
  impatient.abort();
  await expect(world.settled(gone)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  expect(bob.counts().waiting).toBe(1);
  await world.settled(bob.close());
  await world.settled(outcomes);
  await expect(late).rejects.toMatchObject({ status: 503 });
});

it('ends the lowest call for a higher one where the policy says so (RFC 4411), never an equal', async () => {
  const { bob, calls } = await server({
    limits: { maxCalls: 2 },
    priority: { resourcePriority: true, preempt: true },
  });
  const alice = await world.endpoint('10.0.0.1');
  const low = await world.settled(alice.call('sip:b@10.0.0.2'));
  const high = await world.settled(alice.call('sip:b@10.0.0.2', withPriority('dsn.immediate')));
  await expect(world.settled(alice.call('sip:b@10.0.0.2'))).rejects.toMatchObject({ status: 503 });
  const emergency = await world.settled(alice.call('sip:b@10.0.0.2', withPriority('esnet.4')));
  await world.settled(low.finished);
  expect(low.endReason).toMatchObject({ cause: 'remote-hangup', reason: { protocol: 'preemption', cause: 1 } });
  expect([high.state.kind, emergency.state.kind]).toEqual(['Active', 'Active']);
  await world.clock.advance(50);
  expect(calls.filter(({ state }) => state.kind === 'Active')).toHaveLength(2);
  await world.settled(Promise.all([high.hangup(), emergency.hangup()]));
  await expectNothingLeft(world.clock, alice, bob);
});

it('does not believe Resource-Priority unless it is told to', async () => {
  await server({ limits: { maxCalls: 1 }, priority: { preempt: true } });
  const alice = await world.endpoint('10.0.0.1');
  await world.settled(alice.call('sip:b@10.0.0.2'));
  const liar = alice.call('sip:b@10.0.0.2', withPriority('esnet.4'));
  await expect(world.settled(liar)).rejects.toMatchObject({ status: 503 });
});

it('places an outgoing call of higher priority in the place of a lower one', async () => {
  await server({});
  const alice = await world.endpoint('10.0.0.1', { limits: { maxCalls: 1 }, priority: { preempt: true } });
  const background = await world.settled(alice.call('sip:b@10.0.0.2', { priority: 'background' }));
  await world.settled(alice.call('sip:b@10.0.0.2'));
  await world.settled(background.finished);
  await expect(world.settled(alice.call('sip:b@10.0.0.2'))).rejects.toMatchObject({ code: 'ERR_LIMIT', status: 503 });
});

it('bounds the calls of one user and of one address', async () => {
  const { bob } = await server({ limits: { callsPerUser: 1, callsPerPeer: 2 } });
  const alice = await world.endpoint('10.0.0.1');
  const one = await world.settled(alice.call('sip:b@10.0.0.2', { from: 'sip:one@Example.com' }));
  const again = alice.call('sip:b@10.0.0.2', { from: 'sip:one@example.com;x=y' });
  await expect(world.settled(again)).rejects.toMatchObject({ status: 503, retryAfterS: 5 });
  const two = await world.settled(alice.call('sip:b@10.0.0.2', { from: 'sip:two@example.com' }));
  const third = alice.call('sip:b@10.0.0.2', { from: 'sip:three@example.com' });
  await expect(world.settled(third)).rejects.toMatchObject({ status: 503 });
  const carol = await world.endpoint('10.0.0.3');
  const other = await world.settled(carol.call('sip:b@10.0.0.2', { from: 'sip:three@example.com' }));
  await world.settled(Promise.all([one, two, other].map((call) => call.hangup())));
  await expectNothingLeft(world.clock, alice, bob, carol);
});

it('bounds places in rooms and the bandwidth of all calls', async () => {
  const { bob, calls } = await server({ codecs: ['pcmu'], limits: { mixSlots: 2, bandwidthKbps: 240 } });
  const alice = await world.endpoint('10.0.0.1');
  const outs: Call[] = [];
  for (let i = 0; i < 3; i += 1) outs.push(await world.settled(alice.call('sip:b@10.0.0.2')));
  await expect(world.settled(alice.call('sip:b@10.0.0.2'))).rejects.toMatchObject({ status: 503, retryAfterS: 5 });
  const [a, b, c] = calls as [Call, Call, Call];
  const room = bob.conference('r');
  room.join(a);
  room.join(b);
  expect(() => room.join(c)).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
  expect(() => bob.bridge(b, c)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
  room.leave(a);
  expect(() => bob.bridge(a, c)).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
  room.join(c);
  room.close();
  const bridge = bob.bridge(a, b);
  bridge.close();
  await world.settled(Promise.all(outs.map((call) => call.hangup())));
  await expectNothingLeft(world.clock, alice, bob);
});
