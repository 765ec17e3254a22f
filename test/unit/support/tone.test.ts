import { describe, expect, it } from 'vitest';
import { levelDbfs, mixed, sine, snrDb, ToneSource, toneLevelDbfs } from '../../support/tone.js';

describe('ToneSource', () => {
  it('goes on where it ended', () => {
    const source = new ToneSource(997, -6, 1);
    const parts = [source.next(160), source.next(7), source.next(833)].flatMap((part) => [...part]);
    expect(Int16Array.from(parts)).toEqual(new ToneSource(997, -6, 1).next(1000));
  });

  it('reaches full scale at 0 dBFS', () => {
    expect(Math.max(...sine(1000, 100, 0))).toBe(32_767);
  });
});

describe('levels', () => {
  it.each([0, -6, -20, -60])('of a tone of %i dBFS', (level) => {
    const tone = sine(437, 1000, level);
    expect(levelDbfs(tone)).toBeCloseTo(level, 1);
    expect(toneLevelDbfs(tone, 437)).toBeCloseTo(level, 1);
  });

  it('of silence', () => {
    const silence = new Int16Array(800);
    expect(levelDbfs(silence)).toBe(Number.NEGATIVE_INFINITY);
    expect(levelDbfs(new Int16Array(0))).toBe(Number.NEGATIVE_INFINITY);
    expect(toneLevelDbfs(silence, 437)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('finds each of several tones at its own level, and another nowhere', () => {
    const chord = mixed(sine(400, 1000, -20), sine(550, 1000, -12, 1), sine(1210, 1000, -30, 2));
    expect(toneLevelDbfs(chord, 400)).toBeCloseTo(-20, 1);
    expect(toneLevelDbfs(chord, 550)).toBeCloseTo(-12, 1);
    expect(toneLevelDbfs(chord, 1210)).toBeCloseTo(-30, 1);
    expect(toneLevelDbfs(chord, 700)).toBeLessThan(-100);
    expect(toneLevelDbfs(chord, 558)).toBeLessThan(-95);
  });

  it('mixes with one saturation', () => {
    expect(mixed(sine(1000, 10, 0), sine(1000, 10, 0)).every((sample) => Math.abs(sample) <= 32_768)).toBe(true);
    const three = mixed(Int16Array.of(30_000, 1), Int16Array.of(30_000, 2), Int16Array.of(-30_000, 3));
    expect(three).toEqual(Int16Array.of(30_000, 6));
  });
});

describe('snrDb', () => {
  it('is that of rounding for a clean tone', () => {
    expect(snrDb(sine(437, 1000, -6, 0.3), 437)).toBeGreaterThan(85);
  });

  it('is the ratio of two tones', () => {
    expect(snrDb(mixed(sine(437, 1000, -10), sine(1000, 1000, -40)), 437)).toBeCloseTo(30, 1);
  });

  it('sees a lost frame that no level shows', () => {
    const tone = sine(437, 1020, -6);
    const torn = Int16Array.from([...tone.subarray(0, 4000), ...tone.subarray(4160)]);
    expect(levelDbfs(torn)).toBeCloseTo(-6, 1);
    expect(snrDb(torn, 437)).toBeLessThan(10);
  });
});
