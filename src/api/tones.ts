/**
 * Tones as users name them → the steps that a player plays. Pure; used by Call.
 */
import { SessionError } from '../base/errors.js';
import type { ToneStep } from '../media/index.js';

export interface ToneOptions {
  /** One or two frequencies that sound together. */
  readonly frequenciesHz: readonly number[];
  /** Lengths of sound and silence in turn, repeated; without it the tone does not pause. */
  readonly cadenceMs?: readonly number[] | undefined;
  /** Default: until it is stopped. */
  readonly durationMs?: number | undefined;
  /** Of each frequency; default −13 dBFS. */
  readonly levelDbfs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DtmfToneOptions {
  /** Length of each digit; default 100 ms. */
  readonly onMs?: number | undefined;
  /** Pause behind each digit; default 100 ms. */
  readonly offMs?: number | undefined;
  /** Of each of the two tones; default −10 dBFS. */
  readonly levelDbfs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A day: a step that nobody waits for the end of. */
const endlessMs = 86_400_000;
const lowHz = [697, 770, 852, 941] as const;
const highHz = [1209, 1336, 1477, 1633] as const;
/** ITU-T Q.23: rows are the low frequencies, columns the high ones. */
const keys = '123A456B789C*0#D';

export function toToneSteps(tone: ToneOptions): { steps: ToneStep[]; loop: boolean } {
  const { frequenciesHz, cadenceMs, durationMs, levelDbfs } = tone;
  if (frequenciesHz.length < 1 || frequenciesHz.length > 2)
    throw new SessionError('ERR_INVALID_ARGUMENT', 'frequenciesHz: a tone has one or two frequencies');
  if (cadenceMs && (cadenceMs.length === 0 || !cadenceMs.every((ms) => Number.isInteger(ms) && ms > 0)))
    throw new SessionError('ERR_INVALID_ARGUMENT', 'cadenceMs: whole numbers of milliseconds above 0 are wanted');
  const sound = (ms: number): ToneStep => ({ frequenciesHz, levelDbfs, durationMs: ms });
  if (!cadenceMs) return { steps: [sound(durationMs ?? endlessMs)], loop: durationMs === undefined };
  const round = cadenceMs.map((ms, index): ToneStep => (index % 2 === 0 ? sound(ms) : pause(ms)));
  if (durationMs === undefined) return { steps: round, loop: true };
  return { steps: cut(round, durationMs), loop: false };
}

function cut(round: readonly ToneStep[], durationMs: number): ToneStep[] {
  const steps: ToneStep[] = [];
  for (let left = durationMs, at = 0; left > 0; at += 1) {
    const step = round[at % round.length] as ToneStep;
    steps.push({ ...step, durationMs: Math.min(step.durationMs, left) });
    left -= step.durationMs;
  }
  return steps;
}

export function toDtmfSteps(digits: string, options: DtmfToneOptions): ToneStep[] {
  const { onMs = 100, offMs = 100, levelDbfs = -10 } = options;
  return [...digits.toUpperCase()].flatMap((digit) => {
    const key = keys.indexOf(digit);
    if (key < 0)
      throw new SessionError('ERR_INVALID_ARGUMENT', `'${digit}' is no DTMF digit; there are 0–9, *, #, A–D`);
    const frequenciesHz = [lowHz[key >> 2] as number, highHz[key & 3] as number];
    return [{ frequenciesHz, levelDbfs, durationMs: onMs }, pause(offMs)];
  });
}

function pause(ms: number): ToneStep {
  return { frequenciesHz: [], durationMs: ms };
}
