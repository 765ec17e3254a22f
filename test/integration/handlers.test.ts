/** The stock handlers with real calls in virtual time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AutoAnswerHandler,
  type Call,
  CompositeHandler,
  QueueHandler,
  RoutingHandler,
  type Sessions,
} from '../../src/api/index.js';
import { expectNothingLeft } from '../support/nothing-left.js';
import { sine } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;
let alice: Sessions;

beforeEach(async () => {
  world = virtualWorld();
  alice = await world.endpoint('10.0.0.1');
});

afterEach(async () => {
  await world.close();
});

describe('AutoAnswerHandler', () => {
  it('answers at once or after ringing, and hangs up when its user fails', async () => {
    const at = new AutoAnswerHandler();
    const later = new AutoAnswerHandler({ afterMs: 2000 });
    const failing = new AutoAnswerHandler({
      onCall: () => {
        throw new Error('of the user');
      },
    });
    const bob = await world.endpoint('10.0.0.2', {
      onIncomingCall: new RoutingHandler([
        { exact: 'at', handler: at },
        { exact: 'later', handler: later },
        { exact: 'failing', handler: failing },
      ]),
    });
    const progress: number[] = [];
    const first = await world.settled(alice.call('sip:at@10.0.0.2'));
    const before = world.clock.nowMs();
    const second = await world.settled(
      alice.call('sip:later@10.0.0.2', { onProgress: ({ status }) => progress.push(status) }),
    );
    expect(progress).toEqual([180]);
    expect(world.clock.nowMs() - before).toBeGreaterThanOrEqual(2000);
    const third = await world.settled(alice.call('sip:failing@10.0.0.2'));
    await world.settled(third.finished);
    // Nobody decides: the default of a handler that passes.
    await expect(world.settled(alice.call('sip:nobody@10.0.0.2'))).rejects.toMatchObject({ status: 480 });
    const gone = new AbortController();
    const given = alice.call('sip:later@10.0.0.2', { signal: gone.signal });
    const outcome = Promise.allSettled([given]);
    await world.clock.advance(500);
    gone.abort();
    await world.settled(outcome);
    await world.settled(Promise.all([first.hangup(), second.hangup()]));
    await expectNothingLeft(world.clock, alice, bob);
  });
});

describe('QueueHandler', () => {
  it('tells positions, plays music, and serves in the order of arrival and priority', async () => {
    const queue = new QueueHandler({ maxWaiting: 3, music: sine(400, 8000, -12) });
    const told: string[] = [];
    queue.events.on('waiting', ({ incoming }, at) => told.push(`${incoming.from.displayName} waits ${at}`));
    queue.events.on('position', ({ incoming }, at) => told.push(`${incoming.from.displayName} at ${at}`));
    queue.events.on('served', ({ incoming }) => told.push(`${incoming.from.displayName} served`));
    queue.events.on('left', ({ incoming }, why) => told.push(`${incoming.from.displayName} ${why}`));
    const bob = await world.endpoint('10.0.0.2', {
      onIncomingCall: new CompositeHandler(queue, (incoming) => incoming.reject(486, { retryAfterS: 60 })),
      priority: { resourcePriority: true },
    });
    const dial = (displayName: string, priority?: string): Promise<Call> =>
      world.settled(
        alice.call('sip:q@10.0.0.2', {
          displayName,
          headers: priority === undefined ? [] : [['Resource-Priority', priority]],
        }),
      );
    const a = await dial('a');
    const b = await dial('b');
    const c = await dial('c', 'dsn.flash');
    await expect(dial('d')).rejects.toMatchObject({ status: 486, retryAfterS: 60 });
    expect(told).toEqual(['a waits 1', 'b waits 2', 'c waits 1', 'a at 2', 'b at 3']);
    await world.clock.advance(500);
    expect(a.stats()?.levelInDbov).toBeGreaterThan(-20);

    told.length = 0;
    const first = await world.settled(queue.next());
    await world.settled(a.hangup());
    const second = await world.settled(queue.next());
    expect(told).toEqual(['c served', 'a at 1', 'b at 2', 'a abandoned', 'b at 1', 'b served']);
    expect([first.remote.displayName, second.remote.displayName]).toEqual(['c', 'b']);
    await world.clock.advance(500);
    expect(b.stats()?.levelInDbov).toBeLessThan(-60);
    expect(queue.size).toBe(0);
    await world.settled(Promise.all([b.hangup(), c.hangup()]));
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('lets agents wait, and lets go of agents and callers', async () => {
    const queue = new QueueHandler({ maxWaitMs: 5000 });
    const bob = await world.endpoint('10.0.0.2', { onIncomingCall: queue });
    const bored = new AbortController();
    const aborted = queue.next({ signal: bored.signal });
    const served = queue.next();
    bored.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const a = await world.settled(alice.call('sip:q@10.0.0.2'));
    expect((await world.settled(served)).state.kind).toBe('Active');
    const b = await world.settled(alice.call('sip:q@10.0.0.2'));
    await world.settled(b.finished);
    expect(b.endReason).toMatchObject({ cause: 'remote-hangup' });
    const c = await world.settled(alice.call('sip:q@10.0.0.2'));
    queue.close();
    await world.settled(c.finished);
    await expect(queue.next()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(world.settled(alice.call('sip:q@10.0.0.2'))).rejects.toMatchObject({ status: 480 });
    await world.settled(a.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('may let callers ring until they are served', async () => {
    const queue = new QueueHandler({ answer: false, maxWaitMs: 5000 });
    const bob = await world.endpoint('10.0.0.2', { onIncomingCall: queue });
    const calling = alice.call('sip:q@10.0.0.2');
    const late = alice.call('sip:q@10.0.0.2');
    const outcome = Promise.allSettled([late]);
    await world.clock.advance(1000);
    expect(queue.callers.map(({ call }) => call)).toEqual([undefined, undefined]);
    const agent = await world.settled(queue.next());
    const call = await world.settled(calling);
    expect(agent.state.kind).toBe('Active');
    await world.settled(outcome);
    await expect(late).rejects.toMatchObject({ status: 480 });
    await world.settled(call.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('refuses limits that make no sense', () => {
    expect(() => new QueueHandler({ maxWaiting: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
    expect(() => new QueueHandler({ maxWaitMs: -1 })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
