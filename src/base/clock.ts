/**
 * The one clock, and the one table of deadlines. Everything that waits (manager, dialog-core, the engine's manual tick) takes a
 * {@link Clock}; an architecture test forbids timers and wall time anywhere else, so that a whole call can run in virtual time.
 */

/** Stops what {@link Clock.after} started; calling it again, or after the timer fired, does nothing. */
export type CancelTimer = () => void;

export interface Clock {
  /** Monotonic time in milliseconds, with a fraction; its zero is arbitrary. */
  nowMs(): number;
  /** Wall time in milliseconds since the Unix epoch; for what people and protocols read, never for intervals. */
  wallMs(): number;
  /** Calls `callback` once after `delayMs`. A pending timer does not keep the process alive by itself. */
  after(delayMs: number, callback: () => void): CancelTimer;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.max(0, delayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

interface Entry<K> {
  readonly key: K;
  atMs: number;
  /** Its place in the heap. */
  index: number;
}

/**
 * Deadlines by key in one binary heap: thousands of transactions and sessions share one real timer, and re-arming allocates nothing. A
 * key has at most one deadline; setting it again moves it, and deleting it lets go of the key at once.
 */
export class DeadlineTable<K> {
  readonly #heap: Entry<K>[] = [];
  readonly #byKey = new Map<K, Entry<K>>();

  get size(): number {
    return this.#byKey.size;
  }

  /** Sets or replaces the deadline of `key`. */
  set(key: K, atMs: number): void {
    const old = this.#byKey.get(key);
    if (!old) {
      const entry: Entry<K> = { key, atMs, index: this.#heap.length };
      this.#byKey.set(key, entry);
      this.#heap.push(entry);
      this.#rise(entry);
    } else if (old.atMs !== atMs) {
      old.atMs = atMs;
      this.#rise(old);
      this.#sink(old);
    }
  }

  /** Removes the deadline of `key`; true if there was one. */
  delete(key: K): boolean {
    const entry = this.#byKey.get(key);
    if (!entry) return false;
    this.#remove(entry);
    return true;
  }

  get(key: K): number | undefined {
    return this.#byKey.get(key)?.atMs;
  }

  /** The earliest deadline, or undefined when there is none. */
  nextMs(): number | undefined {
    return this.#heap[0]?.atMs;
  }

  /** Removes and returns the key with the earliest deadline if it is due at `nowMs`. */
  popDue(nowMs: number): K | undefined {
    const first = this.#heap[0];
    if (!first || first.atMs > nowMs) return undefined;
    this.#remove(first);
    return first.key;
  }

  clear(): void {
    this.#heap.length = 0;
    this.#byKey.clear();
  }

  #remove(entry: Entry<K>): void {
    this.#byKey.delete(entry.key);
    const last = this.#heap.pop();
    if (!last || last === entry) return;
    this.#place(last, entry.index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry<K>): void {
    while (entry.index > 0) {
      const place = entry.index;
      const above = this.#heap[(place - 1) >> 1] as Entry<K>;
      if (above.atMs <= entry.atMs) return;
      this.#place(entry, above.index);
      this.#place(above, place);
    }
  }

  #sink(entry: Entry<K>): void {
    for (;;) {
      const place = entry.index;
      const left = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      const below = left && right && right.atMs < left.atMs ? right : left;
      if (!below || below.atMs >= entry.atMs) return;
      this.#place(entry, below.index);
      this.#place(below, place);
    }
  }

  #place(entry: Entry<K>, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }
}
