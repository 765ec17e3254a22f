/**
 * Digits to send as telephone events (RFC 4733): a string as users write it → the engine's events, and what waits for their end. Pure,
 * apart from the promise; used by stream.ts.
 */
import { check } from '../base/assert.js';
import { SessionError } from '../base/errors.js';
import type { NativeTelephoneEvent } from './native.js';
import type { DtmfOptions } from './types.js';

const eventCodes = '0123456789*#ABCD!';
/** `,` as on phones; `w` as in the dial strings of PBXs. */
const pausesMs: Readonly<Record<string, number>> = { ',': 2000, w: 500 };
const mostDigits = 255;
const longestMs = 60_000;

function milliseconds(name: string, value: number, min: number): number {
  const fits = Number.isInteger(value) && value >= min && value <= longestMs;
  check(fits, `${name} must be a whole number of milliseconds from ${min} to ${longestMs}, not ${value}`);
  return value;
}

/** Throws ERR_INVALID_ARGUMENT naming what is wrong. */
export function toTelephoneEvents(digits: string, options: DtmfOptions): NativeTelephoneEvent[] {
  check(digits.length >= 1 && digits.length <= mostDigits, `digits: from 1 to ${mostDigits} at once`);
  // ITU-T Q.24: a receiver takes a tone of 40 ms and a pause of 40 ms; the repeats of an event's end need as much.
  const durationMs = milliseconds('durationMs', options.durationMs ?? 100, 40);
  const gapMs = milliseconds('gapMs', options.gapMs ?? 100, 40);
  const levelDbm0 = options.levelDbm0 ?? -10;
  const fits = Number.isInteger(levelDbm0) && levelDbm0 >= -63 && levelDbm0 <= 0;
  check(fits, `levelDbm0 must be a whole number from -63 to 0, not ${levelDbm0}`);
  return [...digits].map((digit) => {
    const pauseMs = pausesMs[digit.toLowerCase()];
    if (pauseMs !== undefined) return { code: -1, durationMs: pauseMs, gapMs: 0, volume: 0 };
    const code = eventCodes.indexOf(digit.toUpperCase());
    check(code >= 0, `digits: '${digit}' is none of 0-9 * # A-D, ! (flash), comma and w (pauses)`);
    return { code, durationMs, gapMs, volume: -levelDbm0 };
  });
}

/** Promises for the digit sequences of one stream, by the engine's number. */
export class DtmfSendings {
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: SessionError) => void }>();

  whenSent(number: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
  }

  /** The engine says that it is done with them. */
  finish(number: number, completed: boolean): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (completed) waiting?.resolve();
    else waiting?.reject(new SessionError('ERR_ABORTED', 'the call ended, or changed, before all digits were sent'));
  }

  /** The stream is over without a word from the engine. */
  abandon(): void {
    for (const number of [...this.#waiting.keys()]) this.finish(number, false);
  }
}
