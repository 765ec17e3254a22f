/**
 * Events as an async iterable, for `for await`: what arrives between two steps of the loop waits, up to a bound.
 */

/** Unread items past this push out the oldest: a loop that stopped reading must not grow the memory of a long call. */
const maxWaiting = 4096;

export class EventQueue<T> implements AsyncIterableIterator<T> {
  readonly #waiting: T[] = [];
  readonly #readers: ((result: IteratorResult<T, undefined>) => void)[] = [];
  readonly #onEnd: () => void;
  #ended = false;

  /** @param onEnd called once when the iteration is over, by whichever side; not for one that `signal` had ended before it began. */
  constructor(onEnd: () => void, signal?: AbortSignal) {
    this.#onEnd = onEnd;
    this.#ended = signal?.aborted ?? false;
    signal?.addEventListener('abort', () => this.end(), { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(item: T): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader) {
      reader({ done: false, value: item });
      return;
    }
    this.#waiting.push(item);
    if (this.#waiting.length > maxWaiting) this.#waiting.shift();
  }

  /** Items that wait are still read; then the loop ends. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#waiting.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    this.#waiting.length = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
