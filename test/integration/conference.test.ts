/** A conference of several endpoints in virtual time: who hears whom, by the tones that arrive. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, Conference, Sessions } from '../../src/api/index.js';
import { medianToneLevelDbfs, sine } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

const toneHz = [500, 750, 1100, 1600];
const levelDb = -20;
/** Levels are measured by phase, which a jitter buffer that adapts would turn. */
const media = { jitter: { fixedMs: 40 } };

let world: VirtualWorld;
let folder: string;
let server: Sessions;
let room: Conference;
const log: string[] = [];

beforeEach(async () => {
  world = virtualWorld();
  folder = await mkdtemp(join(tmpdir(), 'mixminus-room-'));
  log.length = 0;
  server = await world.endpoint('10.0.0.100', {
    media,
    onIncomingCall: async (incoming) => {
      room.join(await incoming.accept());
    },
  });
  room = server.conference('lobby');
  room.events.on('joined', ({ call }) => log.push(`joined ${call.remote.uri}`));
  room.events.on('left', ({ call }) => log.push(`left ${call.remote.uri}`));
});

afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

async function member(index: number): Promise<Call> {
  const phone = await world.endpoint(`10.0.0.${index + 1}`, { media });
  const call = await world.settled(phone.call('sip:lobby@10.0.0.100', { from: `sip:m${index}@10.0.0.${index + 1}` }));
  await world.clock.until(
    () => [...server.calls.values()].filter(({ state }) => state.kind === 'Active').length > index,
  );
  void call.play(sine(toneHz[index] as number, 1000, levelDb), { loop: true });
  return call;
}

/** Level of each tone, in dB, that each call hears over `ms`. */
async function heard(calls: readonly Call[], ms = 1500): Promise<number[][]> {
  const recordings = calls.map((call, index) =>
    call.record(join(folder, `${index}-${log.length}.wav`), { rateHz: 8000 }),
  );
  await world.clock.advance(ms);
  await world.settled(Promise.all(recordings.map((one) => one.stop())));
  const levels: number[][] = [];
  for (const { path } of recordings) {
    const bytes = await readFile(path);
    const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length)).subarray(
      2400,
    );
    levels.push(toneHz.map((hz) => medianToneLevelDbfs(pcm, hz)));
  }
  return levels;
}

function expectHears(levels: number[][], listener: number, speakers: readonly number[]): void {
  toneHz.forEach((_, speaker) => {
    const level = levels[listener]?.[speaker] as number;
    const what = `listener ${listener}, speaker ${speaker}`;
    if (speakers.includes(speaker)) expect(Math.abs(level - levelDb), what).toBeLessThan(1);
    else expect(level, what).toBeLessThan(levelDb - 40);
  });
}

describe('a conference', () => {
  it('lets each hear all others at their level and not themself', async () => {
    const calls = [await member(0), await member(1), await member(2), await member(3)];
    expect(room.size).toBe(4);
    await world.clock.advance(200);
    const levels = await heard(calls);
    expectHears(levels, 0, [1, 2, 3]);
    expectHears(levels, 1, [0, 2, 3]);
    expectHears(levels, 2, [0, 1, 3]);
    expectHears(levels, 3, [0, 1, 2]);
  });

  it('follows mute, deaf, joining and leaving', async () => {
    const calls = [await member(0), await member(1), await member(2)];
    const members = [...room.members.values()].map(({ call }) => call);
    await world.clock.advance(200);
    room.mute(members[0] as Call);
    room.deaf(members[1] as Call);
    await world.clock.advance(100);
    const levels = await heard(calls);
    expectHears(levels, 0, [1, 2]);
    expectHears(levels, 1, []);
    expectHears(levels, 2, [1]);
    room.mute(members[0] as Call, false);
    room.deaf(members[1] as Call, false);
    await world.settled((calls[2] as Call).hangup());
    await world.clock.advance(200);
    expect(log.slice(-1)).toEqual(['left sip:m2@10.0.0.3']);
    const after = await heard(calls.slice(0, 2));
    expectHears(after, 0, [1]);
    expectHears(after, 1, [0]);
  });

  it('parts when closed: calls go on in silence', async () => {
    const calls = [await member(0), await member(1)];
    room.close();
    expect(room.size).toBe(0);
    await world.clock.advance(200);
    const levels = await heard(calls);
    expectHears(levels, 0, []);
    expectHears(levels, 1, []);
    expect(calls.map((call) => call.state.kind)).toEqual(['Active', 'Active']);
    expect(() => room.join(calls[0] as Call)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });

  it('bridges two calls until one ends', async () => {
    room.close();
    room = server.conference('lobby');
    const calls = [await member(0), await member(1)];
    const [a, b] = [...server.calls.values()] as [Call, Call];
    room.leave(a);
    room.leave(b);
    const bridge = server.bridge(a, b);
    expect(() => server.bridge(a, b)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    await world.clock.advance(200);
    const levels = await heard(calls);
    expectHears(levels, 0, [1]);
    expectHears(levels, 1, [0]);
    await world.settled(a.hangup());
    expect(bridge.closed).toBe(true);
    expect(b.state.kind).toBe('Active');
  });

  it('hears within two ticks after the last of many joins', async () => {
    const calls = [await member(0)];
    await world.clock.advance(300);
    const joined = await member(1);
    calls.push(joined);
    const first = calls[0] as Call;
    const path = join(folder, 'late.wav');
    const recording = first.record(path, { rateHz: 8000 });
    await world.clock.advance(400);
    await world.settled(recording.stop());
    const bytes = await readFile(path);
    const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
    // From the first packet of the new member to its sound at the other: jitter buffers of both legs (40 ms each), network, two ticks.
    const onset = pcm.findIndex((sample) => Math.abs(sample) > 500);
    expect(onset).toBeGreaterThan(0);
    expect(onset / 8).toBeLessThan(250);
  });
});
