/** The back-to-back user agent in virtual time: two calls joined, refused, given up and transferred together. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type Call,
  type Connection,
  type ConnectOptions,
  connect,
  type IncomingCall,
  type Sessions,
} from '../../src/api/index.js';
import { expectNothingLeft } from '../support/nothing-left.js';
import { sine } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;
let alice: Sessions;
let between: Sessions;
let options: ConnectOptions;
let connections: Connection[];
let failures: unknown[];

beforeEach(async () => {
  world = virtualWorld();
  options = {};
  connections = [];
  failures = [];
  alice = await world.endpoint('10.0.0.1');
  between = await world.endpoint('10.0.0.2', {
    onIncomingCall: async (incoming) => {
      try {
        connections.push(await connect(between, incoming, `sip:${incoming.targetUser}@10.0.0.3`, options));
      } catch (error) {
        failures.push(error);
      }
    },
  });
});

afterEach(async () => {
  await world.close();
});

const phone = (decide: (incoming: IncomingCall) => unknown, address = '10.0.0.3'): Promise<Sessions> =>
  world.endpoint(address, {
    onIncomingCall: async (incoming) => {
      await decide(incoming);
    },
  });

it('joins two calls, passes headers and identity, and ends them together with the reason', async () => {
  const into: Call[] = [];
  let invite: IncomingCall | undefined;
  const bob = await phone(async (incoming) => {
    invite = incoming;
    incoming.ring();
    into.push(await incoming.accept());
  });
  options = {
    passHeaders: ['X-Account'],
    headers: (incoming) => [['X-Original-Call', incoming.message.callId]],
  };
  const progress: number[] = [];
  const out = await world.settled(
    alice.call('sip:bob@10.0.0.2', {
      from: 'sip:alice@10.0.0.1',
      displayName: 'Alice',
      headers: [['X-Account', '42']],
      onProgress: ({ status }) => progress.push(status),
    }),
  );
  await world.clock.advance(100);
  expect(progress).toEqual([180]);
  expect(invite?.from).toEqual({ uri: 'sip:alice@10.0.0.1', displayName: 'Alice' });
  expect([invite?.message.header('X-Account'), invite?.message.header('X-Original-Call')]).toEqual(['42', out.callId]);
  const callee = into[0] as Call;
  void out.play(sine(440, 10_000, -15));
  await world.clock.advance(1000);
  expect(callee.stats()?.levelInDbov).toBeGreaterThan(-25);
  await world.settled(out.hangup({ reason: { protocol: 'Q.850', cause: 16, text: 'bye' } }));
  await world.settled(callee.finished);
  expect(callee.endReason).toMatchObject({ cause: 'remote-hangup', reason: { protocol: 'Q.850', cause: 16 } });
  await world.settled((connections[0] as Connection).ended);
  await expectNothingLeft(world.clock, alice, between, bob);
});

it('sends digits of one side on to the other, in their order, unless it is told not to', async () => {
  const into: Call[] = [];
  await phone(async (incoming) => into.push(await incoming.accept()));
  const out = await world.settled(alice.call('sip:bob@10.0.0.2'));
  await world.clock.advance(100);
  const digits: string[] = [];
  into[0]?.events.on('dtmf', (digit) => digits.push(digit));
  out.events.on('dtmf', (digit) => digits.push(`back ${digit}`));
  await world.settled(out.sendDtmf('12#'));
  await world.clock.advance(2000);
  await world.settled((into[0] as Call).sendDtmf('9', { via: 'info' }));
  await world.clock.advance(1000);
  expect(digits).toEqual(['1', '2', '#', 'back 9']);
  options = { dtmf: false };
  const other = await world.settled(alice.call('sip:bob@10.0.0.2'));
  await world.clock.advance(100);
  into[1]?.events.on('dtmf', (digit) => digits.push(digit));
  await world.settled(other.sendDtmf('5'));
  await world.clock.advance(1000);
  expect(digits).toHaveLength(4);
});

it('refuses the caller as the callee refused, with what is its own business kept', async () => {
  await phone((incoming) => {
    if (incoming.targetUser === 'busy') incoming.reject(486, { reason: 'On The Phone', retryAfterS: 9 });
    else if (incoming.targetUser === 'moved') incoming.redirect('sip:x@10.0.0.9');
    else incoming.ring();
  });
  const busy = alice.call('sip:busy@10.0.0.2');
  await expect(world.settled(busy)).rejects.toMatchObject({ status: 486, reason: 'On The Phone', retryAfterS: 9 });
  await expect(world.settled(alice.call('sip:moved@10.0.0.2'))).rejects.toMatchObject({ status: 480 });
  options = { call: { timeoutMs: 3000 } };
  await expect(world.settled(alice.call('sip:slow@10.0.0.2'))).rejects.toMatchObject({ status: 408 });
  expect(failures).toHaveLength(3);
  await expectNothingLeft(world.clock, alice, between);
});

it('cancels the call that rings when the caller gives up', async () => {
  const ended: string[] = [];
  const bob = await phone((incoming) => {
    incoming.ring();
    incoming.signal.addEventListener('abort', () => ended.push('cancelled'));
  });
  const patience = new AbortController();
  const calling = alice.call('sip:bob@10.0.0.2', { signal: patience.signal });
  const outcome = Promise.allSettled([calling]);
  await world.clock.advance(500);
  patience.abort();
  await world.settled(outcome);
  await world.clock.advance(500);
  expect(ended).toEqual(['cancelled']);
  await expectNothingLeft(world.clock, alice, between, bob);
});

it('follows a transfer: the new call takes the place, the other side stays', async () => {
  const into: Call[] = [];
  const bob = await phone(async (incoming) => into.push(await incoming.accept()));
  const carol = await phone(async (incoming) => into.push(await incoming.accept()), '10.0.0.4');
  const out = await world.settled(alice.call('sip:bob@10.0.0.2'));
  await world.clock.advance(100);
  const first = into[0] as Call;
  const outcome = await world.settled(first.transfer('sip:carol@10.0.0.4'));
  expect(outcome.kind).toBe('answered');
  await world.settled(first.finished);
  await world.clock.advance(500);
  const second = into[1] as Call;
  void second.play(sine(440, 5000, -15));
  await world.clock.advance(1000);
  expect(out.stats()?.levelInDbov).toBeGreaterThan(-25);
  expect(connections[0]?.callee.remote.uri).toBe('sip:carol@10.0.0.4');
  await world.settled(second.hangup());
  await world.settled(out.finished);
  await expectNothingLeft(world.clock, alice, between, bob, carol);
});

it('declines transfers where it is told to', async () => {
  options = { refer: 'decline' };
  const into: Call[] = [];
  await phone(async (incoming) => into.push(await incoming.accept()));
  await world.settled(alice.call('sip:bob@10.0.0.2'));
  await world.clock.advance(100);
  const outcome = await world.settled((into[0] as Call).transfer('sip:carol@10.0.0.4'));
  expect(outcome).toMatchObject({ kind: 'failed', status: 603 });
});
