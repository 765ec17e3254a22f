import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { levelDbfs, sine, toneLevelDbfs } from '../../support/tone.js';
import { codeOf, mediaRig } from './rig.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mixminus-media-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function samplesOf(path: string): Int16Array {
  const bytes = readFileSync(path);
  expect(bytes.toString('latin1', 0, 4)).toBe('RIFF');
  expect(bytes.readUInt32LE(24)).toBe(8000);
  expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44);
  return new Int16Array(Uint8Array.from(bytes.subarray(44)).buffer);
}

describe('Player', () => {
  it('ends after its last sample, once, and stopping it later does nothing', async () => {
    const rig = mediaRig();
    const stream = rig.call(rig.peer());
    const player = stream.play({ samples: sine(500, 200, -20) });
    let ended = false;
    void player.ended.then(() => {
      ended = true;
    });
    await rig.clock.advance(180);
    expect(ended).toBe(false);
    await rig.clock.advance(60);
    expect(ended).toBe(true);
    player.stop();
    expect(rig.engine.counts().players).toBe(0);
  });

  it('loops until it is stopped, or its stream closes', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer);
    const stopped = stream.play({ samples: sine(500, 100, -20) }, { loop: true });
    await rig.clock.advance(1000);
    expect(toneLevelDbfs(peer.heard().slice(-4000), 500)).toBeCloseTo(-20, 0);
    stopped.stop();
    await rig.clock.advance(40);
    await stopped.ended;
    const cut = stream.play({ samples: sine(500, 100, -20) }, { loop: true });
    stream.close();
    await rig.clock.advance(40);
    await cut.ended;
    cut.stop();
  });

  it('copies the samples', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer);
    const pcm = sine(500, 400, -10);
    stream.play({ samples: pcm });
    pcm.fill(0);
    await rig.clock.advance(300);
    expect(levelDbfs(peer.heard().slice(-1600))).toBeCloseTo(-10, 0);
  });

  it('takes nothing but Int16Array', () => {
    const rig = mediaRig();
    const stream = rig.call(rig.peer());
    expect(codeOf(() => stream.play({ samples: new Float32Array(10) as never }))).toBe('ERR_INVALID_ARGUMENT');
  });
});

describe('Recorder', () => {
  it('writes what the peer says and what it hears', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer);
    stream.play({ samples: sine(900, 1000, -15) }, { loop: true });
    await peer.say(stream, sine(400, 400, -25));
    const received = stream.record(join(folder, 'received.wav'), { source: 'received' });
    const sent = stream.record(join(folder, 'sent.wav'), { source: 'sent' });
    await peer.say(stream, sine(400, 1000, -25));
    const stopping = Promise.all([received.stop(), sent.stop()]);
    await rig.clock.advance(40);
    const results = await stopping;
    for (const result of results) {
      expect(result.droppedSamples).toBe(0);
      const pcm = samplesOf(result.path);
      expect(pcm.length).toBe(result.samples);
      expect(Math.abs(pcm.length - 8000)).toBeLessThanOrEqual(320);
    }
    expect(toneLevelDbfs(samplesOf(received.path).slice(800, 7200), 400)).toBeCloseTo(-25, 0);
    expect(toneLevelDbfs(samplesOf(received.path).slice(800, 7200), 900)).toBeLessThan(-60);
    expect(toneLevelDbfs(samplesOf(sent.path).slice(800, 7200), 900)).toBeCloseTo(-15, 0);
    expect(rig.engine.counts().recorders).toBe(0);
  });

  it('completes the file when the stream or the engine closes first', async () => {
    const rig = mediaRig();
    const first = rig.call(rig.peer());
    const second = rig.call(rig.peer());
    const one = first.record(join(folder, 'one.wav'), { source: 'sent' });
    const two = second.record(join(folder, 'two.wav'), { source: 'sent' });
    await rig.clock.advance(200);
    first.close();
    await rig.clock.advance(40);
    expect(samplesOf((await one.closed).path).length).toBeGreaterThanOrEqual(1280);
    await rig.engine.close();
    expect(samplesOf((await two.closed).path).length).toBeGreaterThanOrEqual(1600);
    expect(await one.stop()).toEqual(await one.closed);
  });

  it('refuses a path that cannot be written', () => {
    const rig = mediaRig();
    const stream = rig.call(rig.peer());
    expect(codeOf(() => stream.record(join(folder, 'no', 'where.wav'), { source: 'sent' }))).toBe('ERR_FILE');
    expect(codeOf(() => stream.record(join(folder, 'a.wav'), { source: 'left' as never }))).toBe(
      'ERR_INVALID_ARGUMENT',
    );
  });
});
