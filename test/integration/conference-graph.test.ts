/** Gains, whispers, coaches, blocks and priorities in a conference, by the tones that each member hears, in virtual time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Call, Conference, ConferenceOptions, Sessions } from '../../src/api/index.js';
import { medianToneLevelDbfs, sine } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

const toneHz = [500, 750, 1100, 1600];
const levelDb = -26;

let world: VirtualWorld;
let folder: string;
let server: Sessions;
let phones: Call[];
let members: Call[];
let part = 0;

beforeEach(async () => {
  world = virtualWorld();
  folder = await mkdtemp(join(tmpdir(), 'mixminus-graph-'));
  phones = [];
  members = [];
  server = await world.endpoint('10.0.0.100', {
    onIncomingCall: async (incoming) => {
      members.push(await incoming.accept());
    },
  });
});

afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

/** A room in which each of `count` phones plays its own tone. */
async function talking(count: number, options: ConferenceOptions = {}): Promise<Conference> {
  const room = server.conference('graph', options);
  for (let i = 0; i < count; i += 1) {
    const phone = await world.endpoint(`10.0.0.${i + 1}`);
    phones.push(await world.settled(phone.call('sip:graph@10.0.0.100')));
    await world.clock.until(() => members.length > i && members[i]?.state.kind === 'Active');
    room.join(members[i] as Call);
    void phones[i]?.play(sine(toneHz[i] as number, 1000, levelDb), { loop: true });
  }
  await world.clock.advance(400);
  return room;
}

/**
 * By listener, the level of each speaker's tone relative to how it is said, in dB rounded to threes; undefined where it is not heard. (The
 * jitter buffers stretch time while they settle, which costs a tone up to a decibel.)
 */
async function matrix(): Promise<(number | undefined)[][]> {
  part += 1;
  const recordings = phones.map((call, index) => call.record(join(folder, `${index}-${part}.wav`)));
  await world.clock.advance(1200);
  await world.settled(Promise.all(recordings.map((one) => one.stop())));
  return Promise.all(
    recordings.map(async ({ path }) => {
      const bytes = await readFile(path);
      const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
      return toneHz.slice(0, phones.length).map((hz) => {
        const level = medianToneLevelDbfs(pcm.subarray(3200), hz) - levelDb;
        return level < -35 ? undefined : Math.round(level / 3) * 3 + 0;
      });
    }),
  );
}

it('makes members louder and quieter, to all, to themselves and to one', async () => {
  const room = await talking(3);
  const [a, b, c] = members as [Call, Call, Call];
  room.gain(a, { inDb: -6 });
  room.gain(b, { outDb: 6 });
  room.relate(c, b, { gainDb: -9 });
  expect(await matrix()).toEqual([
    [undefined, 0, 0],
    [0, undefined, 6],
    [-6, -9, undefined],
  ]);
  expect([...room.members.values()].map(({ gainInDb, gainOutDb }) => [gainInDb, gainOutDb])).toEqual([
    [-6, 0],
    [0, 6],
    [0, 0],
  ]);
  room.gain(a, { inDb: 0 });
  room.gain(b, { outDb: 0 });
  room.relate(c, b, { hears: false });
  expect(await matrix()).toEqual([
    [undefined, 0, 0],
    [0, undefined, 0],
    [0, undefined, undefined],
  ]);
  room.relate(c, b, undefined);
  expect((await matrix())[2]).toEqual([0, 0, undefined]);
});

it('has a coach whom only the agent hears, a listener whom nobody hears, and a whisper that ends', async () => {
  const room = await talking(3);
  const [coach, agent, customer] = members as [Call, Call, Call];
  room.monitor(coach);
  expect(await matrix()).toEqual([
    [undefined, 0, 0],
    [undefined, undefined, 0],
    [undefined, 0, undefined],
  ]);
  room.coach(coach, agent);
  expect(room.members.get(coach.id)).toMatchObject({ whispering: true, muted: false });
  expect(await matrix()).toEqual([
    [undefined, 0, 0],
    [0, undefined, 0],
    [undefined, 0, undefined],
  ]);
  room.whisper(coach, [agent, customer], { gainDb: -6 });
  expect((await matrix()).map(([heard]) => heard)).toEqual([undefined, -6, -6]);
  // Muted is muted: also for those it whispers to.
  room.mute(coach);
  expect((await matrix()).map(([heard]) => heard)).toEqual([undefined, undefined, undefined]);
  room.mute(coach, false);
  room.whisper(coach);
  expect((await matrix()).map(([heard]) => heard)).toEqual([undefined, 0, 0]);
  expect(room.members.get(coach.id)?.whispering).toBe(false);
});

it('mixes talkers of a higher priority first', async () => {
  const room = await talking(3, { loudest: 1 });
  const [a, b, c] = members as [Call, Call, Call];
  room.leave(a);
  room.leave(b);
  room.leave(c);
  room.join(a);
  room.join(b, { priority: 'emergency', gainDb: -3 });
  room.join(c, { priority: 'low' });
  await world.clock.advance(1000);
  expect(await matrix()).toEqual([
    [undefined, -3, undefined],
    [undefined, undefined, undefined],
    [undefined, -3, undefined],
  ]);
  expect([...room.members.values()].map(({ priority }) => priority)).toEqual(['normal', 'emergency', 'low']);
  // Who always hears a speaker does so whoever is chosen.
  room.relate(b, a, { hears: true });
  expect((await matrix())[1]).toEqual([0, undefined, undefined]);
});

it('refuses with a code, and leaves all as it was', async () => {
  const room = await talking(2);
  const [a, b] = members as [Call, Call];
  const coded = (code: string): unknown => expect.objectContaining({ code });
  expect(() => room.gain(a, { inDb: 30 })).toThrow(coded('ERR_INVALID_ARGUMENT'));
  expect(() => room.relate(a, a, { hears: false })).toThrow(coded('ERR_INVALID_ARGUMENT'));
  expect(() => room.whisper(a, [])).toThrow(coded('ERR_INVALID_ARGUMENT'));
  room.leave(b);
  expect(() => room.relate(a, b, { hears: false })).toThrow(coded('ERR_NOT_FOUND'));
  expect(() => room.coach(b, a)).toThrow(coded('ERR_NOT_FOUND'));
  expect(() => room.join(b, { gainDb: Number.NaN })).toThrow(coded('ERR_INVALID_ARGUMENT'));
  expect(() => room.join(b, { priority: 'lots' as never })).toThrow(coded('ERR_INVALID_ARGUMENT'));
  expect(room.size).toBe(1);
  room.join(b);
  expect(await matrix()).toEqual([
    [undefined, 0],
    [0, undefined],
  ]);
});
