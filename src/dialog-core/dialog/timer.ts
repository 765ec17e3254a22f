/**
 * One deadline of the dialog layer, re-armed as often as its owner likes; the moment itself stands in the table that the whole core
 * shares. Fired by stack.ts.
 */
import type { DeadlineTable } from '../../base/clock.js';

export interface TimerOwner {
  handleTimer(timer: Timer): void;
}

export class Timer {
  readonly owner: TimerOwner;
  readonly #deadlines: Pick<DeadlineTable<Timer>, 'set' | 'delete'>;

  constructor(deadlines: Pick<DeadlineTable<Timer>, 'set' | 'delete'>, owner: TimerOwner) {
    this.#deadlines = deadlines;
    this.owner = owner;
  }

  set(atMs: number): void {
    this.#deadlines.set(this, atMs);
  }

  clear(): void {
    this.#deadlines.delete(this);
  }
}
