import { beforeAll, describe, expect, it } from 'vitest';
import { loudness, rateHz, toInt16 } from '../../../src/cli/demo-audio.js';
import { finishSound, makeSounds, pilotLevelDb, type Sounds, voices } from '../../../src/cli/demo-sounds.js';
import { failureText, type Heard, judge, type Pilot } from '../../../src/cli/demo-verdict.js';
import { decodePcmu, encodePcmu } from '../../support/pcmu.js';

const pilots: Pilot[] = voices.map(({ name, pilotHz }) => ({ name, frequencyHz: pilotHz, levelDb: pilotLevelDb }));
const notInstalled = (): Promise<never> => Promise.reject(Object.assign(new Error('spawn'), { code: 'ENOENT' }));

/** Sounds that use the whole band in a restless way, as speech does. */
function noisySound(index: number): Int16Array {
  const voice = voices[index]!;
  let state = index + 1;
  const noise = Float64Array.from({ length: 3 * rateHz }, (_, at) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state / 2 ** 32 - 0.5) * (1 + Math.sin(at / (300 + 50 * index)));
  });
  return finishSound(
    voice,
    noise,
    voices.map(({ pilotHz }) => pilotHz),
  );
}

const overLine = (pcm: Int16Array): Int16Array => decodePcmu(encodePcmu(pcm));

/** What a listener hears of the others through two legs of G.711; `gains` multiplies what each speaker adds. */
function hear(sounds: readonly Int16Array[], gains: readonly number[], seconds = 6): Int16Array {
  const said = sounds.map((pcm) => overLine(pcm.subarray(0, seconds * rateHz)));
  const mixed = Float64Array.from({ length: seconds * rateHz }, (_, at) =>
    said.reduce((sum, pcm, index) => sum + (pcm[at] ?? 0) * (gains[index] ?? 0), 0),
  );
  return overLine(toInt16(mixed));
}

let tones: Sounds;
let spoken: Int16Array[];
beforeAll(async () => {
  tones = await makeSounds(notInstalled);
  spoken = voices.map((_, index) => noisySound(index));
});

const failed = (pairs: readonly Heard[]): string[] => pairs.filter(({ ok }) => !ok).map(failureText);

describe('judge', () => {
  it.each(['tones', 'speech'])('finds that each heard exactly the other two, in %s', (kind) => {
    const sounds = kind === 'tones' ? [...tones.pcm.values()] : spoken;
    const recordings = voices.map(({ name }, self) => ({
      name,
      samples: hear(
        sounds,
        voices.map((_, index) => (index === self ? 0 : 1)),
      ),
    }));
    const pairs = judge(recordings, pilots);
    expect(failed(pairs)).toEqual([]);
    expect(pairs.length).toBe(9);
    for (const { shouldHear, levelDb } of pairs) {
      if (shouldHear) expect(Math.abs(levelDb)).toBeLessThan(0.5);
      else expect(levelDb).toBeLessThan(-63);
    }
  });

  it('finds an echo that nobody would notice by ear', () => {
    const [own] = judge([{ name: 'alice', samples: hear(spoken, [10 ** (-50 / 20), 1, 1]) }], pilots);
    expect(own).toMatchObject({ listener: 'alice', speaker: 'alice', ok: false });
    expect(Math.abs((own?.levelDb ?? 0) + 50)).toBeLessThan(3);
    expect(failureText(own!)).toMatch(
      /^alice heard itself: -\d\d\.\d dB against what was sent, at most -60 dB is allowed$/,
    );
  });

  it('finds who is missing, too soft or too loud', () => {
    const pairs = judge([{ name: 'alice', samples: hear(spoken, [0, 0, 0.5]) }], pilots);
    expect(pairs.map(({ ok }) => ok)).toEqual([true, false, false]);
    expect(failed(pairs)[0]).toMatch(/^alice did not hear bob well enough: -\d+\.\d dB against what was sent$/);
    expect(pairs[2]?.levelDb).toBeCloseTo(-6, 0);
    const loud = judge([{ name: 'alice', samples: hear(spoken, [0, 2, 1]) }], pilots);
    expect(failed(loud)[0]).toMatch(/^alice heard bob too loud: [56]\.\d dB/);
  });

  it('does not mind a slip of the jitter buffer or a lost packet', () => {
    const whole = hear(spoken, [0, 1, 1]);
    const slipped = new Int16Array(whole.length);
    slipped.set(whole.subarray(0, 20_000));
    slipped.set(whole.subarray(20_101), 20_000);
    slipped.fill(0, 31_000, 31_160);
    expect(failed(judge([{ name: 'alice', samples: slipped }], pilots))).toEqual([]);
  });

  it('does not judge a recording that is too short', () => {
    const pairs = judge([{ name: 'bob', samples: new Int16Array(rateHz) }], pilots);
    expect(pairs.every(({ ok }) => !ok)).toBe(true);
    expect(failed(pairs)[0]).toBe('the recording of what bob heard is too short to judge');
  });
});

describe('makeSounds', () => {
  it('takes tones where espeak-ng is missing or fails, and says so', async () => {
    expect(tones).toMatchObject({ kind: 'tones', why: 'espeak-ng is not installed' });
    const failing = await makeSounds(() => Promise.reject(new Error('no voice\nat all')));
    expect(failing).toMatchObject({ kind: 'tones', why: 'espeak-ng failed: no voice' });
  });

  it('makes ten seconds that loop without a seam in the pilot, and never reach half of full scale', () => {
    for (const pcm of [...tones.pcm.values(), ...spoken]) {
      expect(pcm.length).toBe(10 * rateHz);
      expect(pcm.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThan(16_384);
    }
    for (const { pilotHz } of voices) expect((pilotHz * 10) % 1).toBeCloseTo(0, 6);
  });

  it('gives each voice its own pilot and no other', () => {
    [...tones.pcm.values()].forEach((pcm, self) => {
      pilots.forEach((pilot, index) => {
        const [heard] = judge([{ name: 'nobody', samples: pcm }], [pilot]);
        if (index === self) expect(heard?.levelDb).toBeCloseTo(0, 1);
        else expect(heard?.levelDb).toBeLessThan(-60);
      });
      expect(loudness(pcm)).toBeGreaterThan(-30);
    });
  });
});
