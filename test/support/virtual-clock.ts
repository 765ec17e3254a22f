/**
 * A clock whose time moves only when a test says so. Timers run in order of their time and, at the same time, of their setting. `advance`
 * lets every promise chain settle after each timer, so that a whole call of two endpoints runs in milliseconds, the same each time.
 */
import type { CancelTimer, Clock } from '../../src/base/clock.js';

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  callback: (() => void) | undefined;
}

/** 2026-01-01T00:00:00Z: what {@link VirtualClock.wallMs} says at time zero. */
export const wallStartMs = 1_767_225_600_000;

const settleTurn = setImmediate;

/** Resolves when every promise chain that needs no timer and no I/O has run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => settleTurn(resolve));
}

export class VirtualClock implements Clock {
  #nowMs = 0;
  #sequence = 0;
  readonly #heap: Timer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return wallStartMs + this.#nowMs;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    this.#sequence += 1;
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence, callback };
    this.#push(timer);
    return () => {
      timer.callback = undefined;
    };
  }

  /** Timers that are set and were neither cancelled nor run. */
  get pending(): number {
    return this.#heap.filter((timer) => timer.callback !== undefined).length;
  }

  /** Time of the earliest timer, or undefined. */
  get nextMs(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.atMs;
  }

  /** Moves time forward by `ms`, running what falls due, and lets promise chains settle before, between and after. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let timer = this.#takeDue(endMs); timer; timer = this.#takeDue(endMs)) {
      this.#run(timer);
      await settle();
    }
    this.#nowMs = endMs;
  }

  /** Like {@link advance} for code without promises. */
  advanceSync(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let timer = this.#takeDue(endMs); timer; timer = this.#takeDue(endMs)) this.#run(timer);
    this.#nowMs = endMs;
  }

  /** Advances in steps of `stepMs` until `condition` holds; throws after `limitMs`. */
  async until(condition: () => boolean, limitMs = 60_000, stepMs = 1): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    await settle();
    while (!condition()) {
      if (this.#nowMs >= endMs) throw new Error(`the condition did not hold within ${limitMs} ms of virtual time`);
      await this.advance(Math.min(stepMs, endMs - this.#nowMs));
    }
  }

  #run(timer: Timer): void {
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    timer.callback?.();
  }

  #takeDue(endMs: number): Timer | undefined {
    this.#dropCancelled();
    const first = this.#heap[0];
    if (!first || first.atMs > endMs) return undefined;
    this.#pop();
    return first;
  }

  #dropCancelled(): void {
    while (this.#heap[0] && this.#heap[0].callback === undefined) this.#pop();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Timer;
      if (isBefore(above, timer)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Timer)) child += 1;
      const below = heap[child] as Timer;
      if (isBefore(last, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs !== b.atMs ? a.atMs < b.atMs : a.sequence < b.sequence;
}
