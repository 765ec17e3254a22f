/**
 * Digits of a caller as input: collected up to a length or an end key, and menus of codes. Both read a call's stream of digits and work
 * the same whichever way the digits came.
 */
import type { Clock } from '../base/clock.js';
import type { Emitter } from '../base/emitter.js';
import { SessionError } from '../base/errors.js';

export interface CollectOptions {
  /** Complete with so many digits; default no limit. */
  readonly max?: number | undefined;
  /** Complete with this key, which is left out of the result; default '#', '' for none. */
  readonly until?: string | undefined;
  /** How long to wait for the first digit; default 10 000 ms. */
  readonly firstMs?: number | undefined;
  /** How long to wait for each further one; default 4000 ms. What is there then is the result. */
  readonly betweenMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a call has that digits need of it. */
export interface DigitSource {
  readonly events: Pick<Emitter<{ dtmf: [digit: string, durationMs: number] }>, 'on'>;
  readonly ended: AbortSignal;
  readonly clock: Clock;
}

/**
 * The digits that come from now on, until they are complete or the caller stops. '' when none came in time. Rejects with ERR_ABORTED by
 * `signal`, ERR_CANCELLED when the call ends before, ERR_INVALID_ARGUMENT.
 */
export function collectDigits(call: DigitSource, options: CollectOptions = {}): Promise<string> {
  const { max = Number.POSITIVE_INFINITY, until = '#', firstMs = 10_000, betweenMs = 4000, signal } = options;
  if (!(max > 0) || until.length > 1)
    return Promise.reject(new SessionError('ERR_INVALID_ARGUMENT', 'max is above 0 and until is one key or none'));
  return new Promise((resolve, reject) => {
    let digits = '';
    const stops: (() => void)[] = [];
    const settle = (action: () => void): void => {
      for (const stop of stops.splice(0)) stop();
      cancelTimer();
      action();
    };
    const done = (): void => settle(() => resolve(digits));
    const wait = (ms: number): (() => void) => call.clock.after(ms, done);
    let cancelTimer = wait(firstMs);
    const onAbort = (source: AbortSignal | undefined, error: () => SessionError): void => {
      const abort = (): void => settle(() => reject(error()));
      if (source?.aborted) abort();
      source?.addEventListener('abort', abort, { once: true });
      stops.push(() => source?.removeEventListener('abort', abort));
    };
    onAbort(signal, () => new SessionError('ERR_ABORTED', 'collecting was aborted', { cause: signal?.reason }));
    onAbort(call.ended, () => new SessionError('ERR_CANCELLED', 'the call ended'));
    if (signal?.aborted || call.ended.aborted) return;
    stops.push(
      call.events.on('dtmf', (digit) => {
        if (digit === until) return done();
        digits += digit;
        if (digits.length >= max) return done();
        cancelTimer();
        cancelTimer = wait(betweenMs);
      }),
    );
  });
}

export interface DigitMenuOptions {
  /** A code that nothing longer begins with acts at once, others after this silence; default 2000 ms. */
  readonly betweenMs?: number | undefined;
  /** Digits that begin no code; they are forgotten. */
  readonly onUnknown?: ((digits: string) => void) | undefined;
}

/**
 * Calls the action of a code when its digits have come, until the call ends or what is returned is called. Codes are made of 0–9, A–D, *
 * and #; throws ERR_INVALID_ARGUMENT for others.
 */
export function digitMenu(
  call: DigitSource,
  actions: Readonly<Record<string, () => void>>,
  options: DigitMenuOptions = {},
): () => void {
  const codes = Object.keys(actions);
  for (const code of codes) {
    if (!/^[0-9A-D*#]+$/.test(code))
      throw new SessionError('ERR_INVALID_ARGUMENT', `'${code}' is no code of digits (0–9, A–D, *, #)`);
  }
  let digits = '';
  let cancelTimer = (): void => {};
  const act = (): void => {
    const taken = digits;
    digits = '';
    if (Object.hasOwn(actions, taken)) actions[taken]?.();
    else if (taken !== '') options.onUnknown?.(taken);
  };
  const off = call.events.on('dtmf', (digit) => {
    cancelTimer();
    digits += digit;
    const longer = codes.filter((code) => code.startsWith(digits));
    if (longer.length === 0 || (longer.length === 1 && longer[0] === digits)) act();
    else cancelTimer = call.clock.after(options.betweenMs ?? 2000, act);
  });
  const stop = (): void => {
    off();
    cancelTimer();
    call.ended.removeEventListener('abort', stop);
  };
  call.ended.addEventListener('abort', stop, { once: true });
  return stop;
}
