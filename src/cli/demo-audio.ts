/**
 * The little signal processing that the demo needs to make its sounds and to judge its recordings: tones, notches, resampling, the level
 * at one frequency. Pure; mono, at 8 kHz unless said otherwise. The library's own audio runs natively and shares nothing with this, so
 * that the judge is independent.
 */

export const rateHz = 8000;
const fullScale = 32768;

/** Decibels below a sine of full scale → its amplitude in sample units. */
export function amplitudeOf(levelDb: number): number {
  return fullScale * 10 ** (levelDb / 20);
}

/** Adds a sine that starts with phase zero. */
export function addTone(samples: Float64Array, frequencyHz: number, levelDb: number): void {
  const amplitude = amplitudeOf(levelDb);
  const step = (2 * Math.PI * frequencyHz) / rateHz;
  for (let index = 0; index < samples.length; index += 1)
    samples[index] = at(samples, index) + amplitude * Math.sin(step * index);
}

/**
 * Level of one frequency in decibels below a sine of full scale, by a Goertzel filter under a Hann window. The window keeps what is
 * more than a few hertz away (two bins of 8000 / length Hz) out by far more than the 60 dB that the demo asks.
 */
export function levelAt(samples: ArrayLike<number>, frequencyHz: number): number {
  const length = samples.length;
  if (length === 0) return Number.NEGATIVE_INFINITY;
  const angle = (2 * Math.PI * frequencyHz) / rateHz;
  const coefficient = 2 * Math.cos(angle);
  let previous = 0;
  let before = 0;
  let windowSum = 0;
  for (let index = 0; index < length; index += 1) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / length);
    windowSum += window;
    const now = at(samples, index) * window + coefficient * previous - before;
    before = previous;
    previous = now;
  }
  const power = previous * previous + before * before - coefficient * previous * before;
  return 20 * Math.log10((2 * Math.sqrt(Math.max(0, power))) / windowSum / fullScale);
}

/** Root mean square in decibels below a sine of full scale. */
export function loudness(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < samples.length; index += 1) sum += at(samples, index) ** 2;
  return 20 * Math.log10((Math.SQRT2 * Math.sqrt(sum / Math.max(1, samples.length))) / fullScale);
}

/** Takes a narrow band around a frequency out; twice, for depth a little beside it. */
export function notch(samples: Float64Array, frequencyHz: number, widthHz = 8): void {
  const radius = 1 - (Math.PI * widthHz) / rateHz;
  const cosine = 2 * Math.cos((2 * Math.PI * frequencyHz) / rateHz);
  for (let pass = 0; pass < 2; pass += 1) {
    let [x1, x2, y1, y2] = [0, 0, 0, 0];
    for (let index = 0; index < samples.length; index += 1) {
      const x = at(samples, index);
      const y = x - cosine * x1 + x2 + radius * cosine * y1 - radius * radius * y2;
      [x2, x1, y2, y1] = [x1, x, y1, y];
      samples[index] = y;
    }
  }
}

/** From any rate to 8 kHz by a windowed sinc of 16 zero crossings a side, low-passed at 3.6 kHz. */
export function toTelephoneRate(samples: ArrayLike<number>, fromHz: number): Float64Array {
  const ratio = fromHz / rateHz;
  const cutoff = Math.min(0.45, (0.45 * fromHz) / rateHz) / Math.max(1, ratio);
  const reach = Math.ceil(16 * Math.max(1, ratio));
  const out = new Float64Array(Math.floor(samples.length / ratio));
  for (let index = 0; index < out.length; index += 1) {
    const centre = index * ratio;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let tap = first; tap <= last; tap += 1) {
      const away = tap - centre;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * away) / reach);
      const sinc = away === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * away) / (Math.PI * away);
      sum += at(samples, tap) * sinc * window;
    }
    out[index] = sum;
  }
  return out;
}

/** Scales to a loudness, but never above a peak; both in decibels below full scale. */
export function normalise(samples: Float64Array, loudnessDb: number, peakDb: number): void {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  if (peak === 0) return;
  const gain = Math.min(10 ** ((loudnessDb - loudness(samples)) / 20), amplitudeOf(peakDb) / peak);
  for (let index = 0; index < samples.length; index += 1) samples[index] = at(samples, index) * gain;
}

export function toInt16(samples: Float64Array): Int16Array {
  return Int16Array.from(samples, (sample) => Math.max(-fullScale, Math.min(fullScale - 1, Math.round(sample))));
}

/** Element access within bounds that the loops above keep. */
function at(samples: ArrayLike<number>, index: number): number {
  return samples[index] as number;
}
