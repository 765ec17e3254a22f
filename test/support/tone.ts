/**
 * Tones and how to find them again. Pure. 0 dBFS is a sine whose peak is 32767, so that a tone's level and the level of its samples are
 * the same number. Analysis works on a whole recording at once; cut it to the steady part first.
 */

/** The rate of every recording in these tests, unless a function is told otherwise. */
export const toneRateHz = 8000;

const fullScale = 32_767;

/** A sine that goes on where the last call ended. */
export class ToneSource {
  readonly #step: number;
  readonly #amplitude: number;
  #phaseRad: number;

  constructor(frequencyHz: number, levelDbfs = -20, phaseRad = 0, rateHz: number = toneRateHz) {
    this.#step = (2 * Math.PI * frequencyHz) / rateHz;
    this.#amplitude = fullScale * 10 ** (levelDbfs / 20);
    this.#phaseRad = phaseRad;
  }

  next(samples: number): Int16Array {
    const pcm = new Int16Array(samples);
    for (let index = 0; index < samples; index += 1) {
      pcm[index] = Math.round(this.#amplitude * Math.sin(this.#phaseRad + this.#step * index));
    }
    this.#phaseRad = (this.#phaseRad + this.#step * samples) % (2 * Math.PI);
    return pcm;
  }
}

/** `durationMs` of a sine. */
export function sine(frequencyHz: number, durationMs: number, levelDbfs = -20, phaseRad = 0): Int16Array {
  return new ToneSource(frequencyHz, levelDbfs, phaseRad).next((durationMs * toneRateHz) / 1000);
}

/** Sum of signals of equal length, saturated once. */
export function mixed(...signals: readonly Int16Array[]): Int16Array {
  const length = Math.min(...signals.map((signal) => signal.length));
  return Int16Array.from({ length }, (_, index) => {
    const sum = signals.reduce((total, signal) => total + (signal[index] as number), 0);
    return Math.max(-32_768, Math.min(32_767, sum));
  });
}

/** RMS of the samples in dBFS; −Infinity for silence or nothing. */
export function levelDbfs(pcm: Int16Array): number {
  let energy = 0;
  for (const sample of pcm) energy += sample * sample;
  return pcm.length === 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10((2 * energy) / pcm.length / fullScale ** 2);
}

/**
 * Level in dBFS of the tone at `frequencyHz` within the recording, by Goertzel's algorithm over a Blackman–Harris window: tones four
 * bins (4 / seconds of recording, in Hz) or more away leak less than −90 dB into it, so that "absent" can be told from "faint".
 */
export function toneLevelDbfs(pcm: Int16Array, frequencyHz: number, rateHz: number = toneRateHz): number {
  const turn = (2 * Math.PI * frequencyHz) / rateHz;
  const coefficient = 2 * Math.cos(turn);
  let last = 0;
  let before = 0;
  let weight = 0;
  for (const [index, sample] of pcm.entries()) {
    const gain = blackmanHarris(index, pcm.length);
    weight += gain;
    const now = gain * sample + coefficient * last - before;
    before = last;
    last = now;
  }
  const power = last * last + before * before - coefficient * last * before;
  return 20 * Math.log10((2 * Math.sqrt(Math.max(0, power))) / weight / fullScale);
}

function blackmanHarris(index: number, length: number): number {
  const angle = (2 * Math.PI * (index + 0.5)) / length;
  return 0.35875 - 0.48829 * Math.cos(angle) + 0.14128 * Math.cos(2 * angle) - 0.01168 * Math.cos(3 * angle);
}

/**
 * Power of the tone against everything that is not the tone, in dB. The tone is fitted by least squares (any phase and amplitude), so a
 * jump in time, a repeated or a missing frame counts as noise.
 */
export function snrDb(pcm: Int16Array, frequencyHz: number, rateHz: number = toneRateHz): number {
  const step = (2 * Math.PI * frequencyHz) / rateHz;
  let [ss, cc, sc, xs, xc, xx] = [0, 0, 0, 0, 0, 0];
  for (const [index, sample] of pcm.entries()) {
    const s = Math.sin(step * index);
    const c = Math.cos(step * index);
    ss += s * s;
    cc += c * c;
    sc += s * c;
    xs += sample * s;
    xc += sample * c;
    xx += sample * sample;
  }
  const determinant = ss * cc - sc * sc;
  const a = (xs * cc - xc * sc) / determinant;
  const b = (xc * ss - xs * sc) / determinant;
  const explained = a * xs + b * xc;
  return 10 * Math.log10(explained / Math.max(xx - explained, Number.MIN_VALUE));
}

/**
 * The same as the median over pieces of 80 ms, of tones 50 Hz or more apart: what a jitter buffer that stretches time does to the phase of
 * a tone does not count.
 */
export function medianToneLevelDbfs(pcm: Int16Array, frequencyHz: number, rateHz: number = toneRateHz): number {
  const piece = (rateHz * 80) / 1000;
  const levels: number[] = [];
  for (let at = 0; at + piece <= pcm.length; at += piece)
    levels.push(toneLevelDbfs(pcm.subarray(at, at + piece), frequencyHz, rateHz));
  levels.sort((a, b) => a - b);
  return levels[levels.length >> 1] ?? Number.NEGATIVE_INFINITY;
}
