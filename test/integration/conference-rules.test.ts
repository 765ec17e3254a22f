/** Who may come into a conference, who leads it, and what becomes of its members, in virtual time. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Call, Sessions } from '../../src/api/index.js';
import { expectNothingLeft } from '../support/nothing-left.js';
import { sine } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;
let phones: Sessions;
let bob: Sessions;
let into: Call[];

beforeEach(async () => {
  world = virtualWorld();
  into = [];
  phones = await world.endpoint('10.0.0.1', {
    onIncomingCall: async (incoming) => {
      await incoming.accept();
    },
  });
  bob = await world.endpoint('10.0.0.2', {
    onIncomingCall: async (incoming) => {
      into.push(await incoming.accept());
    },
  });
});

afterEach(async () => {
  await world.close();
});

/** So many calls from phones; what the phones hold, and what the conference's side holds. */
async function connect(count: number): Promise<{ outs: Call[]; members: Call[] }> {
  const outs: Call[] = [];
  const from = into.length;
  for (let i = 0; i < count; i += 1) outs.push(await world.settled(phones.call('sip:room@10.0.0.2')));
  await world.clock.advance(50);
  return { outs, members: into.slice(from) };
}

it('waits for a moderator and tells it', async () => {
  const { outs, members } = await connect(3);
  const [a, b, m] = members as [Call, Call, Call];
  const room = bob.conference('r', { waitForModerator: true });
  const told: unknown[] = [];
  room.events.on('waiting', (waiting) => told.push(waiting));
  room.join(a);
  room.join(b);
  void outs[0]?.play(sine(440, 60_000));
  await world.clock.advance(1000);
  expect(room.waiting).toBe(true);
  expect(outs[1]?.stats()?.levelInDbov).toBeLessThan(-60);
  room.join(m, { moderator: true });
  await world.clock.advance(500);
  expect(outs[1]?.stats()?.levelInDbov).toBeGreaterThan(-30);
  room.setModerator(m, false);
  await world.clock.advance(500);
  expect(outs[1]?.stats()?.levelInDbov).toBeLessThan(-60);
  expect(told).toEqual([false, true]);
});

it('ends with its last moderator where that is asked for', async () => {
  const { outs, members } = await connect(3);
  const [a, m, n] = members as [Call, Call, Call];
  const room = bob.conference('r', { endWithModerator: true });
  for (const call of [m, n]) room.join(call, { moderator: true });
  room.join(a);
  await world.settled((outs[1] as Call).hangup());
  await world.clock.advance(100);
  expect(room.closed).toBe(false);
  await world.settled((outs[2] as Call).hangup());
  await world.settled((outs[0] as Call).finished);
  expect(room.closed).toBe(true);
  expect(outs[0]?.endReason).toMatchObject({ cause: 'remote-hangup', reason: { cause: 410 } });
  await expectNothingLeft(world.clock, phones, bob);
});

it('is locked but for moderators, kicks, mutes all, and moves members', async () => {
  const { outs, members } = await connect(3);
  const [a, b, m] = members as [Call, Call, Call];
  const room = bob.conference('r');
  const other = bob.conference('other', { maxMembers: 1 });
  const told: string[] = [];
  room.events.on('locked', (locked) => told.push(`locked ${locked}`));
  room.events.on('changed', ({ muted }) => told.push(`muted ${muted}`));
  room.join(a);
  room.lock();
  room.lock();
  expect(() => room.join(b)).toThrow(expect.objectContaining({ code: 'ERR_REJECTED' }));
  expect(room.members.has(b.id)).toBe(false);
  room.join(m, { moderator: true });
  room.lock(false);
  room.join(b);
  room.muteAll();
  expect([...room.members.values()].map(({ muted }) => muted)).toEqual([true, false, true]);
  expect(told).toEqual(['locked true', 'locked false', 'muted true', 'muted true']);

  room.move(a, other);
  expect([other.members.get(a.id)?.muted, room.size]).toEqual([true, 2]);
  expect(() => room.move(b, other)).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
  expect(room.members.has(b.id)).toBe(true);
  expect(() => room.move(a, other)).toThrow(expect.objectContaining({ code: 'ERR_NOT_FOUND' }));
  await world.settled(room.kick(b, { reason: { protocol: 'SIP', cause: 403, text: 'kicked' } }));
  await world.settled((outs[1] as Call).finished);
  expect(outs[1]?.endReason?.reason?.cause).toBe(403);
});

it('follows the active speaker', async () => {
  const { outs, members } = await connect(2);
  const [a, b] = members as [Call, Call];
  const room = bob.conference('r');
  for (const call of members) room.join(call);
  const speakers: (Call | undefined)[] = [];
  room.events.on('activeSpeaker', (member) => speakers.push(member?.call));
  // The noise floor of the detector settles before anybody talks.
  await world.clock.advance(1000);
  await world.settled((outs[0] as Call).play(sine(440, 1500, -12)));
  await world.clock.advance(1500);
  await world.settled((outs[1] as Call).play(sine(440, 1500, -12)));
  await world.clock.advance(1500);
  expect(speakers).toEqual([a, b]);
  expect(room.activeSpeaker?.call).toBe(b);
  room.leave(b);
  expect(room.activeSpeaker).toBeUndefined();
});

it('calls people in, and hangs up who cannot come in', async () => {
  const room = bob.conference('r', { maxMembers: 1 });
  const call = await world.settled(room.dialOut('sip:someone@10.0.0.1', { moderator: true }));
  expect(room.members.get(call.id)).toMatchObject({ moderator: true });
  await expect(world.settled(room.dialOut('sip:other@10.0.0.1'))).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  await world.clock.advance(1000);
  expect([bob.calls.size, phones.calls.size]).toEqual([1, 1]);
});

it('knows its PIN', () => {
  const room = bob.conference('r', { pin: '1234' });
  expect(['1234', '1235', '123', '12345', ''].map((pin) => room.admits(pin))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
  expect(bob.conference('open').admits('')).toBe(true);
  expect(() => bob.conference('x', { pin: 'secret' })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
  );
  expect(bob.conferences.has('x')).toBe(false);
});
