/**
 * What the three callers of the demo say: speech by espeak-ng where it is installed, otherwise tones; and in each sound the quiet pilot
 * tone by which its maker is recognised in the recordings of the others. Runs espeak-ng as a child process; demo.ts asks once.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { addTone, normalise, notch, rateHz, toInt16, toTelephoneRate } from './demo-audio.js';
import { readPcm16 } from './wav.js';

export interface Voice {
  readonly name: string;
  readonly text: string;
  /** Arguments for espeak-ng. */
  readonly espeak: readonly string[];
  /** Instead of speech. */
  readonly toneHz: number;
  /**
   * The pilot. All three are hums that lie below the voices and that small loudspeakers do not even play. They keep away from multiples
   * of 50 Hz, where the 20 ms framing would show, and from each other's intermodulation (2a − b, a + b − c). On a grid of 0.1 Hz, so that
   * they loop seamlessly.
   */
  readonly pilotHz: number;
}

export const voices: readonly Voice[] = [
  {
    name: 'alice',
    text: 'Good morning, this is Alice. I am in the room, and I can hear both of you very well.',
    espeak: ['-v', 'en+f2', '-p', '65', '-s', '165'],
    toneHz: 440,
    pilotHz: 61.7,
  },
  {
    name: 'bob',
    text: 'Hello, Bob speaking. My voice goes to the two others, and never back to me.',
    espeak: ['-v', 'en+m3', '-p', '30', '-s', '150'],
    toneHz: 554.4,
    pilotHz: 75.3,
  },
  {
    name: 'carol',
    text: 'Carol here. Three people talk at the same time, and nobody hears an echo.',
    espeak: ['-v', 'en-us+f4', '-p', '85', '-s', '180'],
    toneHz: 659.3,
    pilotHz: 93.1,
  },
];

/** More than 70 dB above what is left of the noise of G.711 within the judge's filter over six seconds. */
export const pilotLevelDb = -21;
const voiceLoudnessDb = -25;
/** Two voices and their pilots together stay below full scale, or clipping would change the pilots' levels. */
const voicePeakDb = -8.5;
/** Ten seconds hold a whole number of periods of every pilot. */
const loopSeconds = 10;
const pauseSeconds = 0.4;

export interface Sounds {
  readonly kind: 'speech' | 'tones';
  /** Why it is not speech. */
  readonly why: string | undefined;
  /** By name: ten seconds of mono PCM at 8 kHz, to be looped. */
  readonly pcm: ReadonlyMap<string, Int16Array>;
}

/** Makes all sounds, of one kind. `speak` is replaced in tests. */
export async function makeSounds(speak = speakWithEspeak): Promise<Sounds> {
  const pilots = voices.map(({ pilotHz }) => pilotHz);
  const finish = (voice: Voice, once: Float64Array): [string, Int16Array] => [
    voice.name,
    finishSound(voice, once, pilots),
  ];
  try {
    const spoken = await Promise.all(voices.map(speak));
    return {
      kind: 'speech',
      why: undefined,
      pcm: new Map(voices.map((voice, index) => finish(voice, spoken[index]!))),
    };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = missing ? 'espeak-ng is not installed' : `espeak-ng failed: ${firstLine(error)}`;
    return { kind: 'tones', why, pcm: new Map(voices.map((voice) => finish(voice, pulses(voice.toneHz)))) };
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

async function speakWithEspeak({ espeak, text }: Voice): Promise<Float64Array> {
  const folder = await mkdtemp(join(tmpdir(), 'mixminus-speech-'));
  try {
    const file = join(folder, 'speech.wav');
    await promisify(execFile)('espeak-ng', [...espeak, '-w', file, text], { timeout: 20_000 });
    const { samples, rateHz: fromHz } = readPcm16(await readFile(file));
    return toTelephoneRate(samples, fromHz);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A tone of half a second that swells and fades, so that a click does not blur its spectrum. */
function pulses(frequencyHz: number): Float64Array {
  const samples = new Float64Array(rateHz / 2);
  addTone(samples, frequencyHz, -12);
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = samples[index]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * index) / samples.length));
  }
  return samples;
}

/** Repeats a sound to the length of the loop, makes room for the pilots in its spectrum, and adds its own. */
export function finishSound(voice: Voice, once: Float64Array, pilots: readonly number[]): Int16Array {
  const loop = new Float64Array(loopSeconds * rateHz);
  const period = once.length + pauseSeconds * rateHz;
  // The end of the loop stays silent where a repetition would not end in time, unless there is none yet.
  for (let start = 0; start === 0 || start + once.length <= loop.length; start += period) {
    loop.set(once.subarray(0, loop.length - start), start);
  }
  normalise(loop, voiceLoudnessDb, voicePeakDb);
  for (const pilotHz of pilots) notch(loop, pilotHz);
  addTone(loop, voice.pilotHz, pilotLevelDb);
  return toInt16(loop);
}
