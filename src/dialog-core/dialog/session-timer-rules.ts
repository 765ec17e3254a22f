/**
 * What two sides agree on about a session timer (RFC 4028), as pure functions over the headers of one request and its 2xx. Called by
 * session-timer.ts, which keeps time, and by inspection.ts.
 */
import type { SipRequest, SipResponse } from '../message/index.js';
import { parseMinSE, parseSessionExpires, type SessionExpires } from '../message/index.js';
import type { SessionTimerConfig } from '../types.js';
import { hasTag } from './context.js';

/** A timer in force: how long a session lives without a refresh, and whether we refresh it. */
export interface TimerTerms {
  readonly intervalS: number;
  readonly weRefresh: boolean;
}

/** What the 2xx says beside the terms. */
export interface ServerTerms extends TimerTerms {
  /** The peer knows of session timers, so that `Require: timer` is no riddle to it. */
  readonly peerSupports: boolean;
}

/** RFC 4028 5: where a message has no Min-SE, 90 s. */
export const leastMinSeS = 90;

/** The Min-SE of a 422 for a request that asks for too short a session (RFC 4028 8.1, 9); undefined when it does not. */
export function tooShort(request: SipRequest, config: SessionTimerConfig | undefined): number | undefined {
  const asked = sessionExpires(request);
  // 9: only a caller that knows the extension can do something about a 422.
  if (!config || !asked || !hasTag(request, 'supported', 'timer')) return undefined;
  return asked.intervalS < config.minSeS ? config.minSeS : undefined;
}

/**
 * The terms of our 2xx (RFC 4028 9, table 2), or undefined for a session without a timer: then the peer asked for none and knows of none.
 * `keptRole` is who refreshes already, which a refresh does not change.
 */
export function serverTerms(
  request: SipRequest,
  config: SessionTimerConfig,
  weRefreshed: boolean | undefined,
): ServerTerms | undefined {
  const asked = sessionExpires(request);
  const peerSupports = hasTag(request, 'supported', 'timer') || hasTag(request, 'require', 'timer');
  if (!asked && !peerSupports) return undefined;
  const least = Math.max(config.minSeS, minSe(request));
  // The interval may be shortened, but not below the Min-SE of anybody on the way.
  const intervalS = Math.max(least, asked ? Math.min(asked.intervalS, config.expiresS) : config.expiresS);
  // A proxy may ask for a timer that the caller does not know: then the refreshes are ours (table 2, first row).
  if (!peerSupports) return { intervalS, weRefresh: true, peerSupports };
  if (asked?.refresher) return { intervalS, weRefresh: asked.refresher === 'uas', peerSupports };
  return { intervalS, weRefresh: weRefreshed ?? config.refresher === 'local', peerSupports };
}

/** The terms of the peer's 2xx to our request; undefined when there is no timer (RFC 4028 7.2). */
export function clientTerms(response: SipResponse): TimerTerms | undefined {
  const agreed = sessionExpires(response);
  if (!agreed || agreed.intervalS < 1) return undefined;
  // A refresher must be named (9). Where none is, the side that asked for the timer keeps it going.
  return { intervalS: agreed.intervalS, weRefresh: agreed.refresher !== 'uas' };
}

/** What to ask for after a 422: its Min-SE, when that is more than was asked for; otherwise there is no use in trying again (7.3). */
export function afterTooShort(response: SipResponse, askedS: number): number | undefined {
  const value = response.header('min-se');
  const least = value === undefined ? undefined : parseMinSE(value);
  return least !== undefined && least > askedS && least <= 604_800 ? least : undefined;
}

/** RFC 4028 10: BYE leaves this long before the end, 32 s or a third of the session. */
export function marginMs({ intervalS }: TimerTerms): number {
  return Math.min(32_000, (intervalS * 1000) / 3);
}

/** The greater of what a request asks for (RFC 4028 5). */
function minSe(message: SipRequest): number {
  const value = message.header('min-se');
  return (value === undefined ? undefined : parseMinSE(value)) ?? leastMinSeS;
}

function sessionExpires(message: SipRequest | SipResponse): SessionExpires | undefined {
  const value = message.header('session-expires');
  return value === undefined ? undefined : parseSessionExpires(value);
}
