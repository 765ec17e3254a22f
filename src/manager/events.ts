/**
 * The one queue. Inputs of sessions (facts and verbs) are taken one at a time, each a synchronous step, so that every session has one
 * writer and a listener that calls a verb only adds to the queue. What steps publish is told to subscribers after the step, in order,
 * each event once; nothing is dropped or merged. One FIFO serves all sessions: each keeps its own order, and events keep theirs across
 * sessions.
 */
import { callEvents } from '../base/diagnostics.js';
import { warnListener } from '../base/emitter.js';
import type { SessionEvent, SessionId, SessionInput } from '../session/index.js';

export type { SessionEvent } from '../session/index.js';

type Outgoing = SessionEvent | (() => void);

export class SessionEventProcessor {
  readonly #step: (sessionId: SessionId, input: SessionInput) => void;
  readonly #inputs: { sessionId: SessionId; input: SessionInput }[] = [];
  readonly #outgoing: Outgoing[] = [];
  readonly #subscribers = new Set<(event: SessionEvent) => void>();
  #running = false;

  /** @param step takes one input; it must not throw. */
  constructor(step: (sessionId: SessionId, input: SessionInput) => void) {
    this.#step = step;
  }

  /** Appends an input; it is taken at once unless a step or a listener is running now. */
  enqueue(sessionId: SessionId, input: SessionInput): void {
    this.#inputs.push({ sessionId, input });
    this.#run();
  }

  /** Called by steps: tells subscribers after the step. Outside of a step it is told at once. */
  publish(event: SessionEvent): void {
    this.#outgoing.push(event);
    this.#run();
  }

  /** Runs `action` after everything published so far was told; for dropping what listeners may still want to read. */
  afterwards(action: () => void): void {
    this.#outgoing.push(action);
    this.#run();
  }

  /** Subscribers are called in order of subscription; one that throws is reported and harms nobody. Returns the unsubscription. */
  subscribe(subscriber: (event: SessionEvent) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#outgoing.length > 0 || this.#inputs.length > 0) {
        this.#tell();
        const next = this.#inputs.shift();
        if (next) this.#step(next.sessionId, next.input);
      }
    } finally {
      this.#running = false;
    }
  }

  #tell(): void {
    for (let out = this.#outgoing.shift(); out; out = this.#outgoing.shift()) {
      if (typeof out === 'function') {
        out();
        continue;
      }
      if (callEvents.hasSubscribers) callEvents.publish(out);
      for (const subscriber of [...this.#subscribers]) {
        try {
          subscriber(out);
        } catch (error) {
          warnListener(`SessionEvent ${out.type}`, error);
        }
      }
    }
  }
}
