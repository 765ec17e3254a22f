/** Every codec and packet length through whole endpoints in virtual time, and a room in which they meet. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, CodecName, Sessions } from '../../src/api/index.js';
import { sine, toneLevelDbfs } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

const levelDb = -20;
/** Of RTP (not of samples). */
const clockHz: Readonly<Record<CodecName, number>> = { opus: 48_000, g722: 8000, pcmu: 8000, pcma: 8000, l16: 16_000 };

let world: VirtualWorld;
let folder: string;
let files = 0;

beforeEach(async () => {
  world = virtualWorld();
  folder = await mkdtemp(join(tmpdir(), 'mixminus-codecs-'));
});

afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

/** What each call hears in a second and a half, after the first third of it. */
async function heard(calls: readonly Call[]): Promise<Int16Array[]> {
  files += 1;
  const recordings = calls.map((call, index) => call.record(join(folder, `${files}-${index}.wav`), { rateHz: 8000 }));
  await world.clock.advance(1500);
  await world.settled(Promise.all(recordings.map((one) => one.stop())));
  return Promise.all(
    recordings.map(async ({ path }) => {
      const bytes = await readFile(path);
      return new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length)).subarray(4000);
    }),
  );
}

function expectTone(pcm: Int16Array | undefined, hz: number): void {
  expect(Math.abs(toneLevelDbfs(pcm as Int16Array, hz) - levelDb), `${hz} Hz`).toBeLessThan(1);
}

/** Headers of the RTP packets that one address sends. */
function watchRtp(from: string): { payloadType: number; timestamp: number; marker: boolean }[] {
  const seen: { payloadType: number; timestamp: number; marker: boolean }[] = [];
  world.network.tap(({ sip, from: source, data }) => {
    const second = data[1] as number;
    if (sip || source.address !== from || (second >= 192 && second <= 223)) return;
    const timestamp = new DataView(data.buffer, data.byteOffset).getUint32(4);
    seen.push({ payloadType: second & 0x7f, timestamp, marker: second >= 128 });
  });
  return seen;
}

interface Pair {
  readonly caller: Call;
  readonly callee: Call;
}

async function call(codecs: CodecName[], callerPtimeMs: number, calleePtimeMs: number): Promise<Pair> {
  let answered: Call | undefined;
  const a = await world.endpoint('10.0.0.1', { media: { ptimeMs: callerPtimeMs } });
  await world.endpoint('10.0.0.2', {
    media: { ptimeMs: calleePtimeMs },
    onIncomingCall: async (incoming) => {
      answered = await incoming.accept({ codecs });
    },
  });
  const caller = await world.settled(a.call('sip:b@10.0.0.2', { codecs }));
  await world.clock.until(() => answered?.state.kind === 'Active');
  return { caller, callee: answered as Call };
}

describe('a call', () => {
  const lengths = (codec: CodecName): number[] => (codec === 'opus' ? [10, 20, 40, 60] : [10, 20, 30, 40, 50, 60]);
  const cases = (['opus', 'g722', 'pcmu', 'pcma', 'l16'] as const).flatMap((codec) =>
    lengths(codec).map((ptimeMs) => [codec, ptimeMs] as const),
  );

  it.each(cases)('in %s with packets of %i ms carries tones both ways at their level', async (codec, ptimeMs) => {
    const { caller, callee } = await call([codec], ptimeMs, ptimeMs);
    expect([caller.codec, callee.codec]).toEqual([codec, codec]);
    const sent = watchRtp('10.0.0.1');
    void caller.play(sine(440, 1000, levelDb), { loop: true });
    void callee.play(sine(1100, 1000, levelDb), { loop: true });
    const [callers, callees] = await heard([caller, callee]);
    expectTone(callees, 440);
    expectTone(callers, 1100);
    // L16 at 16 kHz: 32 bytes a millisecond, so that no more than 40 ms fit into a datagram.
    const used = codec === 'l16' ? Math.min(ptimeMs, 40) : ptimeMs;
    const step = (clockHz[codec] / 1000) * used;
    const steps = sent.slice(1).map(({ timestamp }, index) => (timestamp - (sent[index]?.timestamp ?? 0)) >>> 0);
    expect(new Set(steps)).toEqual(new Set([step]));
    expect(sent.filter(({ marker }) => marker).length).toBeLessThanOrEqual(1);
    expect(callee.stats()).toMatchObject({ concealedSamples: 0, packetsLost: 0, discarded: 0 });
  });

  it('sends packets of the length that the other side asks for', async () => {
    await call(['pcmu'], 20, 40);
    const [long, short] = [watchRtp('10.0.0.1'), watchRtp('10.0.0.2')];
    await world.clock.advance(1000);
    expect([long.length, short.length]).toEqual([25, 50]);
  });

  it('takes the best codec that both have, and of one call those that it was given', async () => {
    const codecs: (string | undefined)[] = [];
    await world.endpoint('10.0.0.2', {
      codecs: undefined,
      onIncomingCall: async (incoming) => {
        const asked = incoming.targetUser === 'plain' ? { codecs: ['pcma', 'pcmu'] as const } : {};
        codecs.push((await incoming.accept(asked)).codec);
      },
    });
    const phone: Sessions = await world.endpoint('10.0.0.1', { codecs: undefined });
    const best = await world.settled(phone.call('sip:best@10.0.0.2'));
    const plain = await world.settled(phone.call('sip:plain@10.0.0.2'));
    const wide = await world.settled(phone.call('sip:wide@10.0.0.2', { codecs: ['g722'] }));
    expect([best.codec, plain.codec, wide.codec]).toEqual(['opus', 'pcmu', 'g722']);
    await world.clock.until(() => codecs.length === 3);
    expect(codecs).toEqual(['opus', 'pcmu', 'g722']);
    await expect(phone.call('sip:b@10.0.0.2', { codecs: ['g729' as CodecName] })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining("'g729' is not available; there are"),
    });
    await expect(world.settled(phone.call('sip:plain@10.0.0.2', { codecs: ['l16'] }))).rejects.toMatchObject({
      status: 488,
    });
  });

  it('keeps its codec and payload types through hold and resume', async () => {
    const { caller, callee } = await call(['opus', 'pcmu'], 20, 20);
    const sent = watchRtp('10.0.0.1');
    void caller.play(sine(440, 1000, levelDb), { loop: true });
    await world.clock.advance(500);
    const [before] = sent;
    await world.settled(caller.hold());
    await world.settled(caller.resume());
    expect([caller.codec, callee.codec]).toEqual(['opus', 'opus']);
    const [pcm] = await heard([callee]);
    expectTone(pcm, 440);
    expect(new Set(sent.map(({ payloadType }) => payloadType))).toEqual(new Set([before?.payloadType]));
  });
});

describe('a room of phones with different codecs', () => {
  const members: readonly { codec: CodecName; ptimeMs: number; hz: number }[] = [
    { codec: 'opus', ptimeMs: 20, hz: 500 },
    { codec: 'g722', ptimeMs: 30, hz: 750 },
    { codec: 'pcmu', ptimeMs: 20, hz: 1100 },
    { codec: 'l16', ptimeMs: 10, hz: 1600 },
    { codec: 'opus', ptimeMs: 60, hz: 2200 },
  ];

  it('lets each hear all others within 1 dB, and not themself', async () => {
    const server = await world.endpoint('10.0.0.100', {
      codecs: ['opus', 'g722', 'pcmu', 'l16'],
      // Five tones at once are more than 32 kbit/s of Opus carry to the decibel.
      media: { opus: { bitrateBps: 96_000 } },
      onIncomingCall: async (incoming) => {
        server.conference('lobby').join(await incoming.accept());
      },
    });
    const calls: Call[] = [];
    for (const [index, { codec, ptimeMs, hz }] of members.entries()) {
      const phone = await world.endpoint(`10.0.0.${index + 1}`, {
        codecs: [codec],
        media: { ptimeMs, opus: { bitrateBps: 96_000 } },
      });
      const one = await world.settled(phone.call('sip:lobby@10.0.0.100'));
      expect(one.codec).toBe(codec);
      void one.play(sine(hz, 1000, levelDb), { loop: true });
      calls.push(one);
    }
    await world.clock.until(() => server.conference('lobby').members.size === members.length);
    await world.clock.advance(500);
    const all = await heard(calls);
    for (const [listener, pcm] of all.entries()) {
      for (const [speaker, { hz }] of members.entries()) {
        if (speaker === listener) expect(toneLevelDbfs(pcm, hz), `own ${hz} Hz`).toBeLessThan(levelDb - 35);
        else expectTone(pcm, hz);
      }
    }
  });
});
