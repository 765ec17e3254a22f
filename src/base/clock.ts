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
  readonly atMs: number;
  live: boolean;
}

/**
 * Deadlines by key in one binary heap: thousands of transactions and sessions share one real timer, and re-arming allocates one
 * small entry. A key has at most one deadline; setting it again replaces the old one, whose entry is dropped when it surfaces.
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
    if (old) {
      if (old.atMs === atMs) return;
      old.live = false;
    }
    const entry: Entry<K> = { key, atMs, live: true };
    this.#byKey.set(key, entry);
    this.#push(entry);
    this.#compact();
  }

  /** Removes the deadline of `key`; true if there was one. */
  delete(key: K): boolean {
    const entry = this.#byKey.get(key);
    if (!entry) return false;
    entry.live = false;
    this.#byKey.delete(key);
    this.#compact();
    return true;
  }

  get(key: K): number | undefined {
    return this.#byKey.get(key)?.atMs;
  }

  /** The earliest deadline, or undefined when there is none. */
  nextMs(): number | undefined {
    this.#dropDead();
    return this.#heap[0]?.atMs;
  }

  /** Removes and returns the key with the earliest deadline if it is due at `nowMs`. */
  popDue(nowMs: number): K | undefined {
    this.#dropDead();
    const first = this.#heap[0];
    if (!first || first.atMs > nowMs) return undefined;
    this.#popHeap();
    this.#byKey.delete(first.key);
    return first.key;
  }

  clear(): void {
    this.#heap.length = 0;
    this.#byKey.clear();
  }

  #dropDead(): void {
    while (this.#heap[0] && !this.#heap[0].live) this.#popHeap();
  }

  /** Dead entries of long timers would pile up (a 32 s timer deleted after 1 s): rebuild when they outnumber the live ones. */
  #compact(): void {
    if (this.#heap.length < 64 || this.#heap.length < 2 * this.#byKey.size) return;
    const live = this.#heap.filter((entry) => entry.live);
    this.#heap.length = 0;
    for (const entry of live) this.#push(entry);
  }

  #push(entry: Entry<K>): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry<K>;
      if (above.atMs <= entry.atMs) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #popHeap(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && right.atMs < (heap[child] as Entry<K>).atMs) child += 1;
      const below = heap[child] as Entry<K>;
      if (below.atMs >= last.atMs) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
