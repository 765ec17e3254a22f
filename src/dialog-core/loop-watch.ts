/**
 * How far behind we are: a timer that should have fired and has not is as late as everything else, and datagrams may have waited longer
 * still (transport/queue-probe.ts). Ticks while there is traffic and sleeps without, so that an idle endpoint costs nothing. Used by shell.ts.
 */
import type { CancelTimer, Clock } from '../base/clock.js';

const tickMs = 50;
/** How long it goes on ticking after the last message. */
const lingerMs = 1000;

export class LoopWatch {
  readonly #clock: Clock;
  readonly #onDelay: (lateMs: number) => void;
  readonly #queueMs: () => number;
  #cancel: CancelTimer | undefined;
  #untilMs = 0;

  constructor(clock: Clock, queueMs: () => number, onDelay: (lateMs: number) => void) {
    this.#clock = clock;
    this.#queueMs = queueMs;
    this.#onDelay = onDelay;
  }

  /** There is traffic. */
  handleTraffic(): void {
    const nowMs = this.#clock.nowMs();
    this.#untilMs = nowMs + lingerMs;
    if (!this.#cancel) this.#tick(nowMs + tickMs);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }

  #tick(dueMs: number): void {
    this.#cancel = this.#clock.after(tickMs, () => {
      const nowMs = this.#clock.nowMs();
      this.#cancel = undefined;
      this.#onDelay(Math.max(0, nowMs - dueMs, this.#queueMs()));
      if (nowMs < this.#untilMs) this.#tick(nowMs + tickMs);
    });
  }
}
