/**
 * Who heard whom, judged from the recordings alone by the pilot tone in each caller's sound. Pure; demo.ts asks at the end, and for the
 * live table each half second.
 */
import { levelAt, rateHz } from './demo-audio.js';

/** A caller must hear the others as loud as they were sent, within this. */
export const toleranceDb = 3;
/** And itself not at all: G.711's noise, read through the judge's narrow filter, lies lower. */
export const absentDb = -60;
/** What silence is written as. */
const lowestDb = -120;

const heardBlockSeconds = 1;
/** Longer, since the noise within the filter is lower the longer it listens. */
const absentBlockSeconds = 2;
/** Less is too short to judge. */
export const leastSeconds = 2;

export interface Recorded {
  readonly name: string;
  /** What this caller heard while all were in the room; mono, 8 kHz. */
  readonly samples: Int16Array;
}

export interface Pilot {
  readonly name: string;
  readonly frequencyHz: number;
  /** As it was sent. */
  readonly levelDb: number;
}

export interface Heard {
  readonly listener: string;
  readonly speaker: string;
  /** Level against what was sent: about 0 for one who is heard. */
  readonly levelDb: number;
  readonly shouldHear: boolean;
  readonly ok: boolean;
}

/** Every pair of a listener and a speaker, the listener itself included. */
export function judge(recordings: readonly Recorded[], pilots: readonly Pilot[]): Heard[] {
  return recordings.flatMap((recorded) => pilots.map((pilot) => judgePair(recorded, pilot)));
}

function judgePair({ name, samples }: Recorded, pilot: Pilot): Heard {
  const shouldHear = name !== pilot.name;
  const pair = { listener: name, speaker: pilot.name, shouldHear };
  if (samples.length < leastSeconds * rateHz) return { ...pair, levelDb: Number.NEGATIVE_INFINITY, ok: false };
  // Of the others the median: a slip of the jitter buffer turns the phase of the pilot, which would cancel it over the whole recording but
  // spoils one block only. Of itself the lower quartile: a lost packet is a click, which has a little of every frequency; an echo is
  // there all the time.
  const levels = blockLevels(samples, pilot, shouldHear ? heardBlockSeconds : absentBlockSeconds);
  const levelDb = levels[Math.floor(levels.length * (shouldHear ? 0.5 : 0.25))] ?? lowestDb;
  return { ...pair, levelDb, ok: shouldHear ? Math.abs(levelDb) <= toleranceDb : levelDb <= absentDb };
}

/** Levels against what was sent, of blocks that overlap by half; ascending. */
function blockLevels(samples: Int16Array, pilot: Pilot, seconds: number): number[] {
  const length = seconds * rateHz;
  const levels: number[] = [];
  for (let start = 0; start + length <= samples.length; start += length / 2) {
    const levelDb = levelAt(samples.subarray(start, start + length), pilot.frequencyHz) - pilot.levelDb;
    levels.push(Math.max(levelDb, lowestDb));
  }
  return levels.sort((a, b) => a - b);
}

/** One sentence about a pair that is not as it should be. */
export function failureText({ listener, speaker, levelDb, shouldHear }: Heard): string {
  if (levelDb === Number.NEGATIVE_INFINITY) return `the recording of what ${listener} heard is too short to judge`;
  const level = `${levelDb.toFixed(1)} dB against what was sent`;
  if (!shouldHear) return `${listener} heard itself: ${level}, at most ${absentDb} dB is allowed`;
  return levelDb < -toleranceDb
    ? `${listener} did not hear ${speaker} well enough: ${level}`
    : `${listener} heard ${speaker} too loud: ${level}`;
}
