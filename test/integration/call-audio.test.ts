/** PCM between JavaScript and calls, sounds and recordings, in virtual time: streams of 20 ms, barge-in, and those who do not keep up. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AudioReadable, AudioWritable, Call, Sessions } from '../../src/api/index.js';
import { levelDbfs, sine, ToneSource, toneLevelDbfs } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';
import { makeWav } from '../unit/cli/wav-bytes.js';

let world: VirtualWorld;
let folder: string;

beforeEach(async () => {
  world = virtualWorld();
  folder = await mkdtemp(join(tmpdir(), 'mixminus-audio-'));
});

afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

async function connect(): Promise<{ alice: Sessions; out: Call; into: Call }> {
  const alice = await world.endpoint('10.0.0.1');
  const accepted: Promise<Call>[] = [];
  await world.endpoint('10.0.0.2', { onIncomingCall: (incoming) => void accepted.push(incoming.accept()) });
  const out = await world.settled(alice.call('sip:bob@10.0.0.2'));
  const into = await world.settled(accepted[0] as Promise<Call>);
  return { alice, out, into };
}

/** Collects what a readable gives, as it comes. */
function collect(readable: AudioReadable): { readonly pcm: Int16Array } {
  const chunks: Int16Array[] = [];
  readable.on('data', (chunk: Int16Array) => chunks.push(chunk));
  return {
    get pcm() {
      return Int16Array.from(chunks.flatMap((chunk) => [...chunk]));
    },
  };
}

/** Frequency of a clean tone: where its level is greatest, to a tenth of a hertz. */
function frequencyOf(pcm: Int16Array, aboutHz: number, rateHz: number): number {
  let [best, bestDb] = [0, Number.NEGATIVE_INFINITY];
  for (let hz = aboutHz - 5; hz <= aboutHz + 5; hz += 0.1) {
    const db = toneLevelDbfs(pcm, hz, rateHz);
    if (db > bestDb) [best, bestDb] = [hz, db];
  }
  return best;
}

async function speak(writable: AudioWritable, ticks: number, tone: ToneSource): Promise<void> {
  for (let i = 0; i < ticks; i += 1) {
    writable.write(tone.next(writable.rateHz / 50));
    await world.clock.advance(20);
  }
}

/** When a level is first seen, in samples; −1: never. */
function firstLoud(pcm: Int16Array, above = 500): number {
  return pcm.findIndex((sample) => Math.abs(sample) > above);
}

describe('PCM in and out', () => {
  it.each([8000, 16_000, 24_000, 48_000])('a tone written at %i Hz is the same tone at the peer', async (rateHz) => {
    const { out, into } = await connect();
    const heard = collect(into.audio.readable({ rateHz: 16_000 }));
    const writable = out.audio.writable({ rateHz });
    await speak(writable, 75, new ToneSource(1000, -12, 0, rateHz));
    await world.clock.advance(200);
    const begin = firstLoud(heard.pcm) + 1600;
    const steady = heard.pcm.slice(begin, begin + 16_000);
    expect(Math.abs(toneLevelDbfs(steady, 1000, 16_000) - -12)).toBeLessThan(1);
    expect(Math.abs(frequencyOf(steady, 1000, 16_000) - 1000)).toBeLessThan(1);
    expect(writable.underruns).toBe(1); // the end
  });

  it('tells marks when they are played, says drained, and finishes at the end', async () => {
    const { out } = await connect();
    const writable = out.audio.writable({ rateHz: 16_000, bufferMs: 2000, prebufferMs: 0 });
    const told: [string, number][] = [];
    const startMs = world.clock.nowMs();
    const note = (name: string): number => told.push([name, world.clock.nowMs() - startMs]);
    writable.on('mark', note);
    writable.on('drained', () => note('drained'));
    writable.on('finish', () => note('finish'));
    writable.write(sine16(200));
    writable.mark('first');
    writable.write(sine16(300));
    out.audio.mark('second');
    await world.clock.advance(1000);
    expect(told.map(([name]) => name)).toEqual(['first', 'second', 'drained']);
    expect(told[0]?.[1]).toBeGreaterThanOrEqual(180);
    expect(told[0]?.[1]).toBeLessThanOrEqual(230);
    expect(told[1]?.[1]).toBeGreaterThanOrEqual(480);
    expect(told[1]?.[1]).toBeLessThanOrEqual(530);
    writable.end(sine16(100));
    await world.clock.advance(200);
    expect(told.at(-1)?.[0]).toBe('finish');
    expect(() => writable.mark('late')).toThrow('has ended');
  });

  it('clear is heard within a tick, forgets marks, and what is written after it is played', async () => {
    const { out, into } = await connect();
    const heard = collect(into.audio.readable());
    const writable = out.audio.writable({ rateHz: 8000, bufferMs: 500, prebufferMs: 0 });
    const marks: string[] = [];
    writable.on('mark', (name) => marks.push(name));
    for (let i = 0; i < 100; i += 1) writable.write(sine(1000, 20, -10)); // two seconds, most of it in Node's queue
    writable.mark('never');
    await world.clock.advance(600);
    const sent = collect(out.audio.readable({ source: 'sent' }));
    await world.clock.advance(100);
    const clearedAt = sent.pcm.length;
    expect(out.audio.clear()).toEqual(['never']);
    await world.clock.advance(200);
    const after = sent.pcm.slice(clearedAt);
    const silence = after.findIndex((_, index) => after.slice(index, index + 160).every((sample) => sample === 0));
    expect(silence).toBeGreaterThanOrEqual(0);
    expect(silence).toBeLessThanOrEqual(160); // one tick
    expect(levelDbfs(after.slice(320))).toBe(Number.NEGATIVE_INFINITY);
    expect(writable.underruns).toBe(0);
    writable.write(sine(700, 400, -10));
    writable.mark('after');
    await world.clock.advance(700);
    expect(marks).toEqual(['after']);
    expect(toneLevelDbfs(heard.pcm.slice(-4800, -2400), 700)).toBeGreaterThan(-20);
  });

  it('holds a writer back at bufferMs', async () => {
    const { out } = await connect();
    const writable = out.audio.writable({ rateHz: 8000, bufferMs: 100 });
    let written = 0;
    while (writable.write(new Int16Array(160))) written += 20;
    expect(written).toBeGreaterThanOrEqual(100);
    expect(written).toBeLessThanOrEqual(140);
    let drained = false;
    writable.once('drain', () => {
      drained = true;
    });
    await world.clock.advance(300);
    expect(drained).toBe(true);
  });

  it('a consumer that stops reading delays nothing, and loses the oldest', async () => {
    const { out, into } = await connect();
    const readable = into.audio.readable({ rateHz: 8000, bufferMs: 200 });
    const stalled = into.audio.readable({ rateHz: 16_000, bufferMs: 200 });
    const heard = collect(readable);
    void out.play(sine(1000, 3000, -10));
    await world.clock.advance(3000);
    expect(heard.pcm.length).toBeGreaterThanOrEqual(8000 * 2.9);
    expect(readable.droppedSamples).toBe(0);
    expect(stalled.droppedSamples).toBeGreaterThan(16_000 * 2.5);
    expect(stalled.droppedSamples).toBeLessThanOrEqual(16_000 * 2.9);
    expect(out.stats()?.packetsSent).toBeGreaterThan(145);
    // What it gets when it comes back is the latest.
    const late = collect(stalled);
    await world.clock.advance(100);
    expect(late.pcm.length).toBeLessThanOrEqual(16_000 * 0.4);
  });

  it('a producer that starves is silence, counted, and goes on', async () => {
    const { out, into } = await connect();
    const heard = collect(into.audio.readable());
    const writable = out.audio.writable({ rateHz: 8000, prebufferMs: 0 });
    const tone = new ToneSource(1000, -10);
    await speak(writable, 10, tone);
    await world.clock.advance(500);
    await speak(writable, 10, tone);
    await world.clock.advance(200);
    expect(writable.underruns).toBe(2);
    expect(writable.starvedMs).toBeGreaterThanOrEqual(400);
    const begin = firstLoud(heard.pcm);
    expect(levelDbfs(heard.pcm.slice(begin + 2400, begin + 5000))).toBeLessThan(-50);
    expect(levelDbfs(heard.pcm.slice(begin + 5900, begin + 6700))).toBeGreaterThan(-13);
  });

  it('is an async iterable and a web stream, ends with the call, and gives Buffers on request', async () => {
    const { alice, out, into } = await connect();
    let iterated = 0;
    const iterating = (async () => {
      for await (const chunk of into.audio.readable({ as: 'buffer' })) iterated += (chunk as Buffer).length;
    })();
    const web = Readable.toWeb(into.audio.readable()).getReader();
    const first = web.read();
    const speaking = Writable.toWeb(out.audio.writable({ rateHz: 24_000 })).getWriter();
    void speaking.write(new Int16Array(480));
    void speaking.write(Buffer.alloc(961)); // an odd byte waits for its other half
    void speaking.write(Uint8Array.of(0));
    await world.clock.advance(200);
    expect((await first).value).toBeInstanceOf(Int16Array);
    const writable = out.audio.writable();
    await world.settled(out.hangup());
    await world.settled(iterating);
    await world.clock.advance(50);
    expect(iterated).toBeGreaterThan(16 * 160);
    expect(writable.destroyed).toBe(true);
    expect(() => out.audio.readable()).toThrow('no media');
    await world.clock.advance(40_000);
    expect(alice.counts().media).toMatchObject({ legs: 0, players: 0, recorders: 0, readers: 0 });
  });

  it('is destroyed by a signal, and refuses rates that it does not have', async () => {
    const { alice, out } = await connect();
    const abort = new AbortController();
    const readable = out.audio.readable({ signal: abort.signal });
    const writable = out.audio.writable({ signal: abort.signal });
    const errors: string[] = [];
    for (const stream of [readable, writable]) stream.on('error', (error) => errors.push(error.name));
    abort.abort();
    await world.clock.advance(100);
    expect(errors).toEqual(['AbortError', 'AbortError']);
    expect(alice.counts().media).toMatchObject({ players: 0, readers: 0 });
    expect(() => out.audio.readable({ rateHz: 44_100 })).toThrow('8000, 16000, 24000 or 48000');
    expect(() => out.audio.writable({ bufferMs: 1 })).toThrow('at least 20');
  });
});

function sine16(durationMs: number): Int16Array {
  return new ToneSource(1000, -10, 0, 16_000).next(durationMs * 16);
}

describe('sounds', () => {
  it('plays a file, its bytes, and a Node or web stream of it, at any rate', async () => {
    const { out, into } = await connect();
    const path = join(folder, 'a.wav');
    const wav = makeWav({ rateHz: 44_100, samples: new ToneSource(800, -10, 0, 44_100).next(44_100 / 2) });
    await writeFile(path, wav);
    const sources = [
      () => path,
      () => wav,
      () => createReadStream(path, { highWaterMark: 1000 }),
      () => new Blob([Uint8Array.from(wav)]).stream(),
    ];
    for (const source of sources) {
      const heard = collect(into.audio.readable());
      let done = false;
      const played = out.play(source()).then(() => {
        done = true;
      });
      // Real input and output in virtual time: the bytes come when they come.
      for (let i = 0; i < 500 && !done; i += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        await world.clock.advance(5);
      }
      await world.settled(played);
      await world.clock.advance(200);
      // All of it was heard: half a second of the tone, whatever pauses a slow disk made in it.
      const { pcm } = heard;
      expect(levelDbfs(pcm) + 10 * Math.log10(pcm.length / 4000)).toBeCloseTo(-10, 0);
      if (sources.indexOf(source) > 1) continue;
      const begin = firstLoud(pcm);
      expect(toneLevelDbfs(pcm.slice(begin + 400, begin + 3200), 800)).toBeCloseTo(-10, 0);
      expect(levelDbfs(pcm.slice(begin + 4400))).toBeLessThan(-60);
    }
  });

  it('begins where it is told, seeks, loops with a gain, and stops', async () => {
    const { out, into } = await connect();
    const heard = collect(into.audio.readable());
    const halves = Int16Array.of(...sine(600, 2000, -10), ...sine(1200, 2000, -10));
    const playing = out.play(halves, { startMs: 1800, loop: true, gainDb: -6 });
    await world.clock.advance(1000);
    expect(toneLevelDbfs(heard.pcm.slice(-2400), 1200)).toBeCloseTo(-16, 0);
    playing.seek(500);
    await world.clock.advance(600);
    expect(toneLevelDbfs(heard.pcm.slice(-2400), 600)).toBeCloseTo(-16, 0);
    playing.stop();
    await world.settled(playing);
    await world.clock.advance(200);
    expect(levelDbfs(heard.pcm.slice(-800))).toBeLessThan(-60);
  });

  it('says what is wrong with a file', async () => {
    const { out } = await connect();
    const text = join(folder, 'text.wav');
    await writeFile(text, 'hello, this is no sound');
    await expect(world.settled(out.play(join(folder, 'none.wav')))).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(world.settled(out.play(text))).rejects.toThrow(`${text} is neither a WAVE nor an Ogg Opus file`);
    await expect(world.settled(out.play(folder))).rejects.toMatchObject({ code: 'ERR_FILE' });
    const broken = Readable.from([Buffer.from('RIFF')]);
    broken.destroy(new Error('the network is down'));
    await expect(world.settled(out.play(broken))).rejects.toThrow('the network is down');
    await expect(world.settled(out.play(Readable.from([]), { loop: true }))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    await expect(world.settled(out.play(42 as never))).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('plays tones in a cadence and digits as DTMF', async () => {
    const { out, into } = await connect();
    const heard = collect(into.audio.readable());
    await world.settled(out.playTone({ frequenciesHz: [350, 440], cadenceMs: [200, 100], durationMs: 500 }));
    await world.settled(out.playDtmf('5', { onMs: 200, offMs: 50 }));
    await world.clock.advance(200);
    const begin = firstLoud(heard.pcm, 200);
    const part = (fromMs: number, toMs: number): Int16Array => heard.pcm.slice(begin + fromMs * 8, begin + toMs * 8);
    for (const hz of [350, 440]) expect(toneLevelDbfs(part(20, 180), hz)).toBeCloseTo(-13, 0);
    expect(levelDbfs(part(220, 280))).toBeLessThan(-60);
    for (const hz of [350, 440]) expect(toneLevelDbfs(part(320, 480), hz)).toBeCloseTo(-13, 0);
    const digit = heard.pcm.slice(firstLoud(heard.pcm.slice(begin + 4200), 200) + begin + 4200);
    for (const hz of [770, 1336]) expect(toneLevelDbfs(digit.slice(160, 1440), hz)).toBeCloseTo(-10, 0);
    expect(() => out.playDtmf('5x')).toThrow("'X' is no DTMF digit");
  });
});

describe('recordings', () => {
  it('keeps both sides aligned in stereo', async () => {
    const { out, into } = await connect();
    const recording = into.record(join(folder, 'both.wav'), { stereo: true, rateHz: 8000 });
    void out.play(sine(1000, 800, -10));
    void into.play(sine(500, 800, -16));
    await world.clock.advance(1500);
    const result = await world.settled(recording.stop());
    expect(result).toMatchObject({ rateHz: 8000, droppedSamples: 0 });
    expect(Math.abs(result.samples - 12_000)).toBeLessThanOrEqual(320);
    const bytes = await readFile(recording.path);
    expect(bytes.readUInt16LE(22)).toBe(2);
    const interleaved = new Int16Array(Uint8Array.from(bytes.subarray(44)).buffer);
    const left = interleaved.filter((_, index) => index % 2 === 0);
    const right = interleaved.filter((_, index) => index % 2 === 1);
    expect(left.length).toBe(result.samples);
    expect(toneLevelDbfs(left.slice(1600, 5600), 1000)).toBeCloseTo(-10, 0);
    expect(toneLevelDbfs(left.slice(1600, 5600), 500)).toBeLessThan(-60);
    expect(toneLevelDbfs(right.slice(1600, 5600), 500)).toBeCloseTo(-16, 0);
  });

  it('Ogg Opus in, Ogg Opus out', async () => {
    const { out, into } = await connect();
    const path = join(folder, 'tone.opus');
    const first = into.record(path, { rateHz: 16_000 });
    void out.play(sine(1000, 2000, -10));
    await world.clock.advance(2000);
    const result = await world.settled(first.stop());
    expect(result.rateHz).toBe(16_000);
    const heard = collect(out.audio.readable());
    await world.settled(into.play(path, { startMs: 500 }), 5000);
    await world.clock.advance(100);
    expect(Math.abs(toneLevelDbfs(heard.pcm.slice(4000, 8000), 1000) - -10)).toBeLessThan(1);
    expect(Math.abs(frequencyOf(heard.pcm.slice(4000, 8000), 1000, 8000) - 1000)).toBeLessThan(1);
  });

  it('ends with ERR_LIMIT at maxBytes and with ERR_FILE on a full disk, and the call goes on', async () => {
    const { out, into } = await connect();
    const small = into.record(join(folder, 'small.wav'), { maxBytes: 10_000, rateHz: 8000 });
    const failed: string[] = [];
    small.closed.catch((error) => failed.push(error.code));
    const abort = new AbortController();
    const stopped = into.record(join(folder, 'stopped.wav'), { signal: abort.signal, rateHz: 8000 });
    await world.clock.advance(1000);
    abort.abort();
    await world.clock.advance(100);
    expect((await stopped.closed).samples).toBeGreaterThan(7500);
    expect(failed).toEqual(['ERR_LIMIT']);
    const bytes = await readFile(join(folder, 'small.wav'));
    expect(bytes.length).toBeLessThanOrEqual(10_000);
    expect(bytes.length).toBeGreaterThan(9600);
    expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44);
    expect(() => into.record('/dev/full')).toThrow('No space left on device');
    expect(out.state.kind).toBe('Active');
  });
});
