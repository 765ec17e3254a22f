/**
 * Calling one of several: one after another or all at once, the first to answer wins and the others are cancelled. Used by
 * Sessions.call.
 */
import { SessionError } from '../base/errors.js';
import type { SessionManager } from '../manager/index.js';
import type { ReasonValue } from '../session/index.js';
import type { Call } from './call.js';
import { SipError } from './types.js';

export interface HuntOptions {
  readonly ring: 'series' | 'parallel';
  /** How long each target of a series may ring. */
  readonly ringMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Attempt {
  readonly target: string;
  /** Aborting cancels the attempt. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number | undefined;
  /** Called with the call before anything can happen to it. */
  onCall(call: Call): void;
}

/** RFC 3326 3: what the CANCEL of a loser says, so that its phone lists no missed call. */
export const answeredElsewhere: ReasonValue = { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' };

/**
 * Resolves with the call that was answered first. Rejects with the best of the failures (RFC 3261 16.7, 6): a 6xx, which ends the search,
 * before all others, then the lowest class.
 */
export async function hunt(
  manager: SessionManager,
  groupId: string,
  targets: readonly string[],
  options: HuntOptions,
  dial: (attempt: Attempt) => Promise<Call>,
): Promise<Call> {
  if (targets.length === 0) throw new SessionError('ERR_INVALID_ARGUMENT', 'name at least one target');
  const search = new AbortController();
  const abort = (): void => search.abort(options.signal?.reason);
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  manager.groups.open(groupId, { type: 'hunt' });
  const onCall = (call: Call): void => manager.groups.add(groupId, call.id, 'candidate');
  const one = (target: string, timeoutMs?: number): Promise<Call> =>
    dial({ target, signal: search.signal, timeoutMs, onCall });
  try {
    const winner =
      options.ring === 'series'
        ? await inSeries(targets, (target) => one(target, options.ringMs), search.signal)
        : await inParallel(targets, (target) => one(target), search);
    if (manager.has(winner.id)) {
      manager.groups.setRole(groupId, winner.id, 'winner');
      manager.groups.lead(groupId, winner.id);
    }
    return winner;
  } finally {
    options.signal?.removeEventListener('abort', abort);
    manager.groups.close(groupId);
  }
}

async function inSeries(
  targets: readonly string[],
  dial: (target: string) => Promise<Call>,
  signal: AbortSignal,
): Promise<Call> {
  const failures: unknown[] = [];
  for (const target of targets) {
    try {
      return await dial(target);
    } catch (error) {
      if (signal.aborted || !endsOneAttempt(error)) throw error;
      failures.push(error);
      if (isGlobal(error)) break;
    }
  }
  throw bestFailure(failures);
}

async function inParallel(
  targets: readonly string[],
  dial: (target: string) => Promise<Call>,
  search: AbortController,
): Promise<Call> {
  let winner: Call | undefined;
  const failures: unknown[] = [];
  let fatal: unknown;
  await Promise.all(
    targets.map(async (target) => {
      try {
        const call = await dial(target);
        if (winner) {
          // Its 200 crossed our CANCEL: the call exists and is ended by BYE.
          void call.hangup({ reason: answeredElsewhere });
          return;
        }
        winner = call;
        search.abort();
      } catch (error) {
        if (winner || search.signal.aborted) {
          fatal ??= error;
          return;
        }
        failures.push(error);
        if (isGlobal(error)) search.abort();
        if (!endsOneAttempt(error)) {
          fatal = error;
          search.abort();
        }
      }
    }),
  );
  if (winner) return winner;
  throw failures.length > 0 ? bestFailure(failures) : fatal;
}

/** A refusal or a silence of one target; anything else (a malformed URI, a closed library) would repeat with the next. */
function endsOneAttempt(error: unknown): boolean {
  return error instanceof SipError || (error instanceof SessionError && error.code === 'ERR_TIMEOUT');
}

/** RFC 3261 21.6: nobody else will answer either. */
function isGlobal(error: unknown): boolean {
  return error instanceof SipError && error.status >= 600;
}

function bestFailure(failures: readonly unknown[]): unknown {
  const rank = (error: unknown): number => {
    if (!(error instanceof SipError)) return 4.5;
    return error.status >= 600 ? 0 : Math.floor(error.status / 100);
  };
  return [...failures].sort((a, b) => rank(a) - rank(b))[0];
}
