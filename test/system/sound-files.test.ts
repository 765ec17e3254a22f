/**
 * Sound files judged by programs that we did not write: recordings by opusinfo, opusdec and soxi; files by opusenc and sox as what is
 * played. The call runs in virtual time, the programs are real.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, RecordOptions } from '../../src/api/index.js';
import { sine, toneLevelDbfs } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;
let folder: string;
let out: Call;
let into: Call;

beforeEach(async () => {
  world = virtualWorld();
  folder = await mkdtemp(join(tmpdir(), 'mixminus-files-'));
  const alice = await world.endpoint('10.0.0.1');
  const accepted: Promise<Call>[] = [];
  await world.endpoint('10.0.0.2', { onIncomingCall: (incoming) => void accepted.push(incoming.accept()) });
  out = await world.settled(alice.call('sip:bob@10.0.0.2'));
  into = await world.settled(accepted[0] as Promise<Call>);
});

afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Two seconds of both sides; what bob says is 500 Hz, what he hears 1000 Hz. */
async function record(name: string, options: RecordOptions): Promise<{ path: string; samples: number }> {
  const recording = out.record(join(folder, name), options);
  void into.play(sine(500, 3000, -16));
  void out.play(sine(1000, 3000, -10));
  await world.clock.advance(2000);
  return world.settled(recording.stop());
}

async function pcmOf(path: string): Promise<Int16Array> {
  const bytes = await readFile(path);
  return new Int16Array(Uint8Array.from(bytes).buffer);
}

describe('recordings', () => {
  it('opusinfo finds nothing wrong with an Ogg Opus recording, and opusdec hears both sides', async () => {
    const { path, samples } = await record('both.opus', { stereo: true, rateHz: 16_000 });
    const info = run('opusinfo', path);
    expect(info).not.toMatch(/WARNING|error/i);
    expect(info).toMatch(/Channels: 2/);
    expect(info).toMatch(/Original sample rate: 16000\s?Hz/);
    run('opusdec', '--quiet', '--force-wav', '--no-dither', path, join(folder, 'both.wav'));
    for (const [channel, hz, db] of [
      [1, 500, -16],
      [2, 1000, -10],
    ] as const) {
      const raw = join(folder, `${channel}.raw`);
      run('sox', join(folder, 'both.wav'), '-t', 'raw', '-e', 'signed', '-b', '16', raw, 'remix', String(channel));
      const pcm = await pcmOf(raw);
      // opusdec goes back to the rate that was recorded at.
      expect(pcm.length).toBe(samples);
      expect(Math.abs(toneLevelDbfs(pcm.slice(8000, 24_000), hz, 16_000) - db)).toBeLessThan(1);
    }
  });

  it('soxi reads the header of a WAV recording, also of one that is still being made', async () => {
    const { path, samples } = await record('one.wav', { rateHz: 24_000 });
    expect(run('soxi', '-s', path).trim()).toBe(String(samples));
    expect(run('soxi', '-r', path).trim()).toBe('24000');
    const open = out.record(join(folder, 'open.wav'), { rateHz: 8000 });
    await world.clock.advance(5000);
    const there = Number(run('soxi', '-s', open.path));
    expect(there).toBeGreaterThanOrEqual(8000 * 3.9);
    expect(there).toBeLessThanOrEqual(8000 * 5);
    await world.settled(open.stop());
  });
});

describe('sounds made by others', () => {
  it.each([
    ['16 bit, 44.1 kHz', ['-b', '16', '-r', '44100', '-c', '1'], 'a.wav'],
    ['24 bit, stereo, 48 kHz', ['-b', '24', '-r', '48000', '-c', '2'], 'b.wav'],
    ['32 bit', ['-b', '32', '-r', '16000', '-c', '1'], 'c.wav'],
    ['float', ['-e', 'floating-point', '-b', '32', '-r', '22050', '-c', '1'], 'd.wav'],
    ['8 bit', ['-b', '8', '-r', '8000', '-c', '1'], 'e.wav'],
    ['µ-law', ['-e', 'u-law', '-r', '8000', '-c', '1'], 'f.wav'],
    ['A-law', ['-e', 'a-law', '-r', '8000', '-c', '2'], 'g.wav'],
  ])('WAV of %s is heard as it is', async (_, format, name) => {
    const path = join(folder, name);
    run('sox', '-n', ...format, path, 'synth', '1', 'sine', '700', 'gain', '-12');
    await expectTone(path);
  });

  it.each([['2.5'], ['20'], ['60']])('Ogg Opus of opusenc in frames of %s ms is heard as it is', async (frame) => {
    const wav = join(folder, 'in.wav');
    run('sox', '-n', '-b', '16', '-r', '48000', '-c', '2', wav, 'synth', '1', 'sine', '700', 'gain', '-12');
    const path = join(folder, 'in.opus');
    run('opusenc', '--quiet', '--bitrate', '64', '--framesize', frame, wav, path);
    await expectTone(path);
  });
});

/** A second of 700 Hz at −12 dBFS arrives at the other side. */
async function expectTone(path: string): Promise<void> {
  const chunks: Int16Array[] = [];
  into.audio.readable().on('data', (chunk: Int16Array) => chunks.push(chunk));
  const startMs = world.clock.nowMs();
  await world.settled(out.play(path));
  expect(world.clock.nowMs() - startMs).toBeGreaterThanOrEqual(980);
  expect(world.clock.nowMs() - startMs).toBeLessThanOrEqual(1060);
  await world.clock.advance(200);
  const pcm = Int16Array.from(chunks.flatMap((chunk) => [...chunk]));
  const begin = pcm.findIndex((sample) => Math.abs(sample) > 500);
  expect(Math.abs(toneLevelDbfs(pcm.slice(begin + 800, begin + 7200), 700) - -12)).toBeLessThan(1);
}
