/**
 * Lengths of the transaction timers (RFC 3261 table 4, RFC 6026 8). Pure; called by layer.ts and, for the
 * 2xx of 13.3.1.4, by the INVITE server side of the dialog layer.
 */
import type { TimerConfig } from '../types.js';
import type { ExpiryTimer, RetransmitTimer } from './transitions.js';

/** 64·T1: how long one side may keep repeating itself. */
export function patienceMs(timers: TimerConfig): number {
  return 64 * timers.t1Ms;
}

/** First interval of a retransmission timer. */
export function firstIntervalMs(timer: RetransmitTimer, timers: TimerConfig): number {
  return timer === 'E2' ? timers.t2Ms : timers.t1Ms;
}

/** The interval after `intervalMs`: timer A doubles without an end (17.1.1.2), the others up to T2 (17.1.2.2, 17.2.1, 13.3.1.4). */
export function nextIntervalMs(timer: RetransmitTimer, intervalMs: number, timers: TimerConfig): number {
  return timer === 'A' ? 2 * intervalMs : Math.min(2 * intervalMs, timers.t2Ms);
}

/** Timer D is "at least 32 s" in the RFC, which is 64·T1 at the default T1; taken as such so that short test timers shorten it too. */
export function expiryMs(timer: ExpiryTimer, timers: TimerConfig, reliable: boolean): number {
  // What waits for repetitions only has nothing to wait for where nothing is repeated.
  if (reliable && (timer === 'D' || timer === 'I' || timer === 'J' || timer === 'K')) return 0;
  return timer === 'I' || timer === 'K' ? timers.t4Ms : patienceMs(timers);
}
