import { describe, expect, it } from 'vitest';
import { parseWav, readPcm16 } from '../../../src/cli/wav.js';
import { makeWav } from './wav-bytes.js';

describe('parseWav', () => {
  it('finds format and samples behind other chunks', () => {
    expect(parseWav(makeWav({ rateHz: 44_100, channels: 2, extraChunk: true }))).toMatchObject({
      ok: true,
      rateHz: 44_100,
      channels: 2,
      bits: 16,
      frames: 40,
    });
  });

  it('takes a stream of unknown length to the end of the file', () => {
    expect(parseWav(makeWav({ dataBytes: 0x7ffff000 }))).toMatchObject({ ok: true, frames: 80 });
  });

  it.each([
    [new Uint8Array(0), 'is not a WAV file'],
    [Buffer.from('RIFX\0\0\0\0WAVE'), 'is not a WAV file'],
    [Buffer.from('RIFF\0\0\0\0WAVE'), 'no data chunk'],
    [makeWav().subarray(0, 30), 'no data chunk'],
    [Buffer.from('RIFF\0\0\0\0WAVEdata\0\0\0\0'), 'without a format chunk before its sound'],
    [makeWav({ format: 85 }), 'holds a sound format that cannot be played (WAVE format 85, 16 bits)'],
    [makeWav({ bits: 12 }), 'cannot be played (WAVE format 1, 12 bits)'],
    [makeWav({ channels: 0 }), 'has 0 channels'],
    [makeWav({ channels: 9 }), 'has 9 channels'],
    [makeWav({ rateHz: 300 }), 'has 300 samples a second'],
    [makeWav({ samples: new Int16Array(0) }), 'holds no sound'],
  ])('says what is wrong (%#)', (bytes, problem) => {
    const result = parseWav(bytes);
    expect(result.ok ? '' : result.problem).toContain(problem);
  });

  it('never reads outside of a file cut anywhere', () => {
    const whole = makeWav({ extraChunk: true, samples: new Int16Array(4) });
    for (let length = 0; length <= whole.length; length += 1)
      expect(() => parseWav(whole.slice(0, length))).not.toThrow();
  });
});

describe('readPcm16', () => {
  it('returns the first channel', () => {
    const samples = Int16Array.of(1, -1, 2, -2, -32768, 0);
    expect(readPcm16(makeWav({ channels: 2, samples }))).toEqual({
      rateHz: 8000,
      samples: Int16Array.of(1, 2, -32768),
    });
  });

  it('refuses what our recorder does not write', () => {
    expect(() => readPcm16(makeWav({ bits: 8 }))).toThrow('is not 16-bit PCM');
    expect(() => readPcm16(new Uint8Array(4))).toThrow('the recording is not a WAV file');
  });
});
