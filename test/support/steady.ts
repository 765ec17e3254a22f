/**
 * Judging recordings of steady sound that were made in real time: the part after the sound begins, in half-second windows of which the
 * median counts, so that a frame that a busy machine lost or delayed does not decide. Pure.
 */
import { levelDbfs, toneLevelDbfs, toneRateHz } from './tone.js';

const windowSamples = toneRateHz / 2;

/** `lengthMs` of the recording from `skipMs` after its first 20 ms above −50 dBFS; throws when there is not so much. */
export function steadyPart(recording: Int16Array, lengthMs: number, skipMs = 300): Int16Array {
  const onset = soundBegins(recording) + (skipMs * toneRateHz) / 1000;
  const end = onset + (lengthMs * toneRateHz) / 1000;
  if (end > recording.length) {
    const have = Math.round((recording.length - onset) / (toneRateHz / 1000));
    throw new Error(`${lengthMs} ms of steady sound were wanted, ${have} ms are in the recording`);
  }
  return recording.subarray(onset, end);
}

/** Level of a tone in dBFS: the median of the windows. Tones that are 8 Hz or more away do not count. */
export function steadyToneDbfs(sound: Int16Array, frequencyHz: number): number {
  return median(windows(sound).map((window) => toneLevelDbfs(window, frequencyHz)));
}

/**
 * How much of a tone that should not be there is in the sound, in dBFS, for what `tonesHz` leave of it. The windows are taken with one
 * phase for all, so that the tone would add up where the noise of the codec does not: it can be seen 40 dB below that noise.
 */
export function steadyLeakDbfs(sound: Int16Array, frequencyHz: number, tonesHz: readonly number[]): number {
  const step = (2 * Math.PI * frequencyHz) / toneRateHz;
  const parts = windows(sound).map((window, index) => {
    const rest = Float64Array.from(window);
    removeTones(rest, tonesHz);
    return correlate(rest, step, index * windowSamples);
  });
  return 20 * Math.log10(Math.hypot(median(parts.map(([a]) => a)), median(parts.map(([, b]) => b))) / 32_767);
}

/** Level in dBFS of all that is not one of the tones: the median of the windows. */
export function steadyNoiseDbfs(sound: Int16Array, tonesHz: readonly number[]): number {
  const rests = windows(sound).map((window) => {
    const rest = Float64Array.from(window);
    removeTones(rest, tonesHz);
    return Int16Array.from(rest, Math.round);
  });
  return median(rests.map(levelDbfs));
}

function soundBegins(recording: Int16Array): number {
  const frame = toneRateHz / 50;
  for (let at = 0; at + frame <= recording.length; at += frame) {
    if (levelDbfs(recording.subarray(at, at + frame)) > -50) return at;
  }
  throw new Error(`the recording of ${recording.length} samples is silent`);
}

function windows(sound: Int16Array): Int16Array[] {
  const count = Math.floor(sound.length / windowSamples);
  return Array.from({ length: count }, (_, index) =>
    sound.subarray(index * windowSamples, (index + 1) * windowSamples),
  );
}

function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = ascending[ascending.length >> 1];
  if (middle === undefined) throw new Error('there is less than half a second of sound');
  return middle;
}

/** Takes the best sine of each frequency away, one after another; the second round takes what tones had hidden of each other. */
function removeTones(samples: Float64Array, tonesHz: readonly number[]): void {
  for (const tone of [...tonesHz, ...tonesHz]) {
    const step = (2 * Math.PI * tone) / toneRateHz;
    const [a, b] = correlate(samples, step, 0);
    for (let index = 0; index < samples.length; index += 1) {
      samples[index]! -= a * Math.sin(step * index) + b * Math.cos(step * index);
    }
  }
}

/** Amplitudes of sine and cosine whose phase is 0 at `start` samples before the first. */
function correlate(samples: Float64Array, stepRad: number, start: number): [sine: number, cosine: number] {
  let [a, b] = [0, 0];
  for (const [index, sample] of samples.entries()) {
    a += sample * Math.sin(stepRad * (start + index));
    b += sample * Math.cos(stepRad * (start + index));
  }
  return [(2 * a) / samples.length, (2 * b) / samples.length];
}
