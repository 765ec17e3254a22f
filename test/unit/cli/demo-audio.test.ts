import { describe, expect, it } from 'vitest';
import {
  addTone,
  amplitudeOf,
  levelAt,
  loudness,
  normalise,
  notch,
  rateHz,
  toInt16,
  toTelephoneRate,
} from '../../../src/cli/demo-audio.js';

function tone(frequencyHz: number, levelDb: number, seconds = 1): Float64Array {
  const samples = new Float64Array(seconds * rateHz);
  addTone(samples, frequencyHz, levelDb);
  return samples;
}

describe('levelAt', () => {
  it('reads the level of a tone', () => {
    expect(levelAt(tone(1000, -20), 1000)).toBeCloseTo(-20, 2);
    expect(levelAt(tone(61.7, -27), 61.7)).toBeCloseTo(-27, 2);
    expect(loudness(tone(1000, -20))).toBeCloseTo(-20, 2);
  });

  it('does not see what is ten hertz away', () => {
    expect(levelAt(tone(1010, 0, 2), 1000)).toBeLessThan(-80);
  });

  it('is silent on silence', () => {
    expect(levelAt(new Float64Array(0), 1000)).toBe(Number.NEGATIVE_INFINITY);
    expect(levelAt(new Float64Array(800), 1000)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('notch', () => {
  it('takes one frequency out and leaves its surroundings', () => {
    const samples = tone(1000, -10, 2);
    addTone(samples, 3000, -10);
    addTone(samples, 3200, -10);
    notch(samples, 3000, 60);
    const steady = samples.subarray(rateHz);
    expect(levelAt(steady, 3000)).toBeLessThan(-90);
    expect(Math.abs(levelAt(steady, 1000) + 10)).toBeLessThan(0.5);
    expect(Math.abs(levelAt(steady, 3200) + 10)).toBeLessThan(1);
  });
});

describe('toTelephoneRate', () => {
  it('keeps what a telephone carries and drops what would fold back', () => {
    const fromHz = 22_050;
    const samples = Float64Array.from({ length: 2 * fromHz }, (_, index) => {
      const phase = (2 * Math.PI * index) / fromHz;
      return amplitudeOf(-12) * (Math.sin(1000 * phase) + Math.sin(5000 * phase));
    });
    const resampled = toTelephoneRate(samples, fromHz);
    expect(resampled.length).toBe(2 * rateHz);
    expect(levelAt(resampled, 1000)).toBeCloseTo(-12, 1);
    // 5000 Hz would appear as 3000 Hz.
    expect(levelAt(resampled, 3000)).toBeLessThan(-70);
  });

  it('raises a lower rate', () => {
    const samples = Float64Array.from(
      { length: 4000 },
      (_, index) => amplitudeOf(-12) * Math.sin((Math.PI * index) / 8),
    );
    const resampled = toTelephoneRate(samples, 4000);
    expect(resampled.length).toBe(8000);
    expect(levelAt(resampled, 250)).toBeCloseTo(-12, 0);
  });
});

describe('normalise', () => {
  it('reaches the loudness unless the peak forbids it', () => {
    const soft = tone(500, -40);
    normalise(soft, -24, -8);
    expect(loudness(soft)).toBeCloseTo(-24, 2);
    const spiky = tone(500, -60);
    spiky[100] = 20_000;
    normalise(spiky, -24, -8);
    expect(Math.max(...spiky)).toBeCloseTo(amplitudeOf(-8), 0);
    const silent = new Float64Array(10);
    normalise(silent, -24, -8);
    expect(silent).toEqual(new Float64Array(10));
  });
});

describe('toInt16', () => {
  it('rounds and saturates', () => {
    expect(toInt16(Float64Array.of(0.6, -0.6, 40_000, -40_000))).toEqual(Int16Array.of(1, -1, 32_767, -32_768));
  });
});
