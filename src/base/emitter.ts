/**
 * A small typed event emitter. Event maps are tuples (`{ dtmf: [digit: string, durationMs: number] }`), dispatch is synchronous
 * and in order of registration, and a listener that throws never breaks the library: the error becomes a process warning and the
 * other listeners still run.
 */

type Listener<A extends readonly unknown[]> = (...args: A) => void;

export class Emitter<M extends { [K in keyof M]: readonly unknown[] }> {
  readonly #listeners = new Map<keyof M, Set<Listener<never>>>();

  /** Adds a listener; the same function is added once. Returns a function that removes it. */
  on<K extends keyof M>(event: K, listener: Listener<M[K]>): () => void {
    let set = this.#listeners.get(event);
    if (!set) {
      set = new Set();
      this.#listeners.set(event, set);
    }
    set.add(listener as Listener<never>);
    return () => this.off(event, listener);
  }

  /** Adds a listener that is removed before its first call. */
  once<K extends keyof M>(event: K, listener: Listener<M[K]>): () => void {
    const remove = this.on(event, (...args) => {
      remove();
      listener(...args);
    });
    return remove;
  }

  off<K extends keyof M>(event: K, listener: Listener<M[K]>): void {
    this.#listeners.get(event)?.delete(listener as Listener<never>);
  }

  /** Calls every listener registered at this moment. */
  emit<K extends keyof M>(event: K, ...args: M[K]): void {
    const set = this.#listeners.get(event);
    if (!set || set.size === 0) return;
    for (const listener of [...set]) {
      try {
        (listener as Listener<M[K]>)(...args);
      } catch (error) {
        warnListener(String(event), error);
      }
    }
  }

  listenerCount(event: keyof M): number {
    return this.#listeners.get(event)?.size ?? 0;
  }

  removeAllListeners(): void {
    this.#listeners.clear();
  }
}

/** Reports an error thrown by user code that the library called, without letting it reach the library. */
export function warnListener(where: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`a listener of '${where}' threw: ${text}`, { code: 'MIXMINUS_LISTENER' });
}
