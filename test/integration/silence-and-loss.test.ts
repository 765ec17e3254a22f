/** What calls send in silence (RFC 3389), and what they prepare for when the other side reports loss; whole endpoints in virtual time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, CodecName, Sessions, SessionsOptions } from '../../src/api/index.js';
import { sine } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;

afterEach(async () => {
  await world.close();
});

interface SeenPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly bytes: number;
}

function watchRtp(from: string): SeenPacket[] {
  const seen: SeenPacket[] = [];
  world.network.tap(({ sip, from: source, data }) => {
    const second = data[1] as number;
    if (sip || source.address !== from || (second >= 192 && second <= 223)) return;
    seen.push({ payloadType: second & 0x7f, marker: second >= 128, bytes: data.length - 12 });
  });
  return seen;
}

async function call(
  codecs: readonly CodecName[],
  callers: SessionsOptions['media'],
  callees: SessionsOptions['media'],
): Promise<{ caller: Call; callee: Call; phone: Sessions }> {
  let answered: Call | undefined;
  const phone = await world.endpoint('10.0.0.1', { codecs, media: callers });
  await world.endpoint('10.0.0.2', {
    codecs,
    media: callees,
    onIncomingCall: async (incoming) => {
      answered = await incoming.accept();
    },
  });
  const caller = await world.settled(phone.call('sip:b@10.0.0.2'));
  await world.clock.until(() => answered?.state.kind === 'Active');
  return { caller, callee: answered as Call, phone };
}

/** A voice as far as a codec goes: harmonics of a gliding pitch in syllables, four a second. What is steady is noise to Opus, and not worth FEC. */
function syllables(): Int16Array {
  let phase = 0;
  return Int16Array.from({ length: 16_000 }, (_, n) => {
    const seconds = n / 8000;
    phase += (130 + 30 * Math.sin(2 * Math.PI * 1.5 * seconds)) / 8000;
    let sum = 0;
    for (let k = 1; k <= 20; k += 1) sum += Math.sin(2 * Math.PI * k * phase) / k;
    return 6000 * sum * Math.max(0, Math.sin(2 * Math.PI * 4 * seconds)) ** 2;
  });
}

describe('silence suppression', () => {
  beforeEach(() => {
    world = virtualWorld();
  });

  const kinds = (seen: readonly SeenPacket[]): { noise: number; audio: number } => ({
    noise: seen.filter(({ payloadType }) => payloadType === 13).length,
    audio: seen.filter(({ payloadType }) => payloadType !== 13).length,
  });

  it.each(['pcmu', 'g722'] as const)('of %s sends talk whole and silence as a packet a second', async (codec) => {
    const { caller, callee } = await call([codec], { silenceSuppression: true }, {});
    await world.clock.advance(1000);
    const sent = watchRtp('10.0.0.1');
    const received = watchRtp('10.0.0.2');
    await world.clock.advance(4000);
    const silent = kinds(sent);
    expect(silent.audio).toBe(0);
    expect(silent.noise).toBeGreaterThanOrEqual(3);
    expect(silent.noise).toBeLessThanOrEqual(5);
    // The other side did not ask for it on its own account.
    expect(kinds(received)).toEqual({ noise: 0, audio: 200 });
    sent.length = 0;
    await world.settled(caller.play(sine(440, 1000, -20)));
    await world.clock.advance(1000);
    const talk = sent.filter(({ payloadType }) => payloadType !== 13);
    expect(talk.length).toBeGreaterThanOrEqual(50);
    expect(talk.length).toBeLessThan(75);
    expect(talk.map(({ marker }) => marker).indexOf(true)).toBe(0);
    expect(talk.filter(({ marker }) => marker)).toHaveLength(1);
    expect(sent.filter(({ payloadType, marker }) => payloadType === 13 && marker)).toEqual([]);
    expect(callee.stats()).toMatchObject({ packetsLost: 0, unknownPayload: 0, malformed: 0, concealedSamples: 0 });
  });

  it('is off where the other side declines it, and by default', async () => {
    await call(['pcmu'], { silenceSuppression: true }, { comfortNoise: false });
    const sent = watchRtp('10.0.0.1');
    await world.clock.advance(1000);
    expect(kinds(sent)).toEqual({ noise: 0, audio: 50 });
    await expect(
      world.endpoint('10.0.0.3', { media: { silenceSuppression: true, comfortNoise: false } }),
    ).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });
});

describe('a lossy network', () => {
  it('is reported, and repaired by the redundancy that Opus then sends', async () => {
    world = virtualWorld({ loss: 0.1 });
    const { caller, callee } = await call(['opus'], {}, { jitter: { fixedMs: 60 } });
    void caller.play(syllables(), { loop: true });
    await world.clock.advance(20_000);
    const before = callee.stats();
    await world.clock.advance(20_000);
    const after = callee.stats();
    const lost = ((after?.packetsLost ?? 0) - (before?.packetsLost ?? 0)) * 960;
    const repaired = (after?.repairedSamples ?? 0) - (before?.repairedSamples ?? 0);
    expect(lost).toBeGreaterThan(50 * 960);
    // What is lost in pauses is not worth redundancy, and of losses in a row only the last one is in the packet behind.
    expect(repaired / lost).toBeGreaterThan(0.4);
    expect(after).toMatchObject({ codec: 'opus', receiveCodec: 'opus' });
  });

  it('is none: no redundancy is sent', async () => {
    world = virtualWorld();
    const { caller, callee } = await call(['opus'], {}, {});
    expect(callee.stats()?.receiveCodec).toBeUndefined();
    void caller.play(sine(440, 1000, -20), { loop: true });
    await world.clock.advance(5000);
    expect(callee.stats()).toMatchObject({ repairedSamples: 0, concealedSamples: 0, receiveCodec: 'opus' });
  });
});
