/**
 * Deadlines of sessions: an incoming call that nobody answers, an end that the other side never confirms. One table and one timer of
 * the clock for all of them.
 */
import { type CancelTimer, type Clock, DeadlineTable } from '../base/clock.js';
import type { SessionId } from '../session/index.js';

export class Cleanup {
  readonly #clock: Clock;
  readonly #expired: (sessionId: SessionId) => void;
  readonly #deadlines = new DeadlineTable<SessionId>();
  #armed: { readonly atMs: number; readonly cancel: CancelTimer } | undefined;

  /** @param expired called once for each deadline that passes. */
  constructor(clock: Clock, expired: (sessionId: SessionId) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** A session has one deadline at a time; a new one replaces it. */
  set(sessionId: SessionId, afterMs: number): void {
    this.#deadlines.set(sessionId, this.#clock.nowMs() + afterMs);
    this.#arm();
  }

  clear(sessionId: SessionId): void {
    this.#deadlines.delete(sessionId);
    this.#arm();
  }

  get size(): number {
    return this.#deadlines.size;
  }

  close(): void {
    this.#deadlines.clear();
    this.#arm();
  }

  /** An armed timer that fires too early costs one look, so it is left alone unless it would be too late. */
  #arm(): void {
    const nextMs = this.#deadlines.nextMs();
    if (nextMs === undefined) {
      this.#armed?.cancel();
      this.#armed = undefined;
      return;
    }
    if (this.#armed && this.#armed.atMs <= nextMs) return;
    this.#armed?.cancel();
    const cancel = this.#clock.after(nextMs - this.#clock.nowMs(), () => {
      this.#armed = undefined;
      this.#expire();
      this.#arm();
    });
    this.#armed = { atMs: nextMs, cancel };
  }

  #expire(): void {
    const nowMs = this.#clock.nowMs();
    for (let id = this.#deadlines.popDue(nowMs); id !== undefined; id = this.#deadlines.popDue(nowMs))
      this.#expired(id);
  }
}
