import { describe, expect, it } from 'vitest';
import type { Mixer, MixerChange, Stream } from '../../../src/media-core/index.js';
import { sine, toneLevelDbfs } from '../../support/tone.js';
import { codeOf, mediaRig, type Rig, type RtpPeer } from './rig.js';

const tonesHz = [400, 700, 1100, 1700];

interface Room {
  readonly rig: Rig;
  readonly mixer: Mixer;
  readonly peers: readonly RtpPeer[];
  readonly streams: readonly Stream[];
}

function room(count: number, loudest: number | 'all' = 'all'): Room {
  const rig = mediaRig();
  const mixer = rig.engine.createMixer({ loudest });
  const peers = Array.from({ length: count }, () => rig.peer());
  const streams = peers.map((peer) => rig.call(peer));
  mixer.apply(streams.map((stream) => ({ op: 'add', stream, muted: false, deaf: false })));
  return { rig, mixer, peers, streams };
}

const set = (stream: Stream | undefined, muted: boolean, deaf: boolean): MixerChange => ({
  op: 'set',
  stream: stream as Stream,
  muted,
  deaf,
});

/** All talk at once, each with its own tone; the level of each tone in the last 400 ms that each peer heard. */
async function talk({ rig, peers, streams }: Room, ms = 1000): Promise<number[][]> {
  const voices = peers.map((_, index) => sine(tonesHz[index] as number, ms, -20));
  for (let start = 0; start < ms * 8; start += 160) {
    peers.forEach((peer, index) => {
      const pcm = voices[index] as Int16Array;
      void peer.say(streams[index] as Stream, pcm.subarray(start, start + 160));
    });
    await rig.clock.advance(20);
  }
  return peers.map((peer) => tonesHz.slice(0, peers.length).map((hz) => toneLevelDbfs(peer.heard().slice(-3200), hz)));
}

describe('Mixer', () => {
  it('lets each of four hear the other three at their level and not itself', async () => {
    const heard = await talk(room(4));
    heard.forEach((levels, listener) => {
      levels.forEach((level, talker) => {
        if (talker === listener) expect(level).toBeLessThan(-60);
        else expect(level).toBeCloseTo(-20, 0);
      });
    });
  });

  it('mutes, deafens and lets go, in one call each', async () => {
    const group = room(3);
    await talk(group, 400);
    group.mixer.apply([set(group.streams[0], true, false), set(group.streams[1], false, true)]);
    const heard = await talk(group);
    expect(heard[2]?.[0]).toBeLessThan(-60);
    expect(heard[2]?.[1]).toBeCloseTo(-20, 0);
    expect(heard[1]?.[2]).toBeLessThan(-60);
    expect(heard[0]?.[2]).toBeCloseTo(-20, 0);
    group.mixer.apply([{ op: 'remove', stream: group.streams[2] as Stream }]);
    expect(group.mixer.size).toBe(2);
    const without = await talk(group);
    expect(without[2]?.[1]).toBeLessThan(-60);
    expect(without[0]?.[2]).toBeLessThan(-60);
    expect(without[0]?.[1]).toBeCloseTo(-20, 0);
  });

  it('counts its members, also those that close by themselves', async () => {
    const { rig, mixer, streams } = room(3);
    expect(mixer.size).toBe(3);
    (streams[1] as Stream).close();
    expect(mixer.size).toBe(2);
    expect(codeOf(() => mixer.apply([{ op: 'remove', stream: streams[1] as Stream }]))).toBeUndefined();
    expect(codeOf(() => mixer.apply([set(streams[1], true, false)]))).toBe('ERR_CLOSED');
    await rig.clock.advance(20);
    expect(rig.engine.counts()).toMatchObject({ legs: 2, rooms: 1 });
  });

  it('refuses misuse as a whole', () => {
    const { rig, mixer, streams } = room(2);
    const other = rig.engine.createMixer({ loudest: 3 });
    const stranger = rig.call(rig.peer());
    const add = (stream: Stream): MixerChange => ({ op: 'add', stream, muted: false, deaf: false });
    expect(codeOf(() => mixer.apply([add(streams[0] as Stream)]))).toBe('ERR_DUPLICATE');
    expect(codeOf(() => other.apply([add(stranger), add(streams[0] as Stream)]))).toBe('ERR_INVALID_STATE');
    expect(other.size).toBe(0);
    expect(codeOf(() => mixer.apply([add(stranger)]))).toBeUndefined();
    expect(codeOf(() => other.apply([set(stranger, true, true)]))).toBe('ERR_NOT_FOUND');
    expect(mixer.size).toBe(3);
    expect(codeOf(() => rig.engine.createMixer({ loudest: 0 }))).toBe('ERR_INVALID_ARGUMENT');
    expect(codeOf(() => rig.engine.createMixer({ loudest: 1.5 }))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('closes once, and its members may join another', async () => {
    const group = room(2);
    group.mixer.close();
    group.mixer.close();
    expect(group.mixer.closed).toBe(true);
    expect(group.mixer.size).toBe(0);
    expect(codeOf(() => group.mixer.apply([]))).toBe('ERR_CLOSED');
    const next = group.rig.engine.createMixer({ loudest: 'all' });
    next.apply(group.streams.map((stream) => ({ op: 'add', stream, muted: false, deaf: false })));
    const heard = await talk({ ...group, mixer: next });
    expect(heard[0]?.[1]).toBeCloseTo(-20, 0);
    expect(group.rig.engine.counts().rooms).toBe(1);
  });
});
