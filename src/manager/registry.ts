/**
 * All live sessions with what the manager keeps beside each: the verbs that wait and the peer's messages. Written by the manager's
 * steps only.
 */
import type { Occupant, Priority } from '../coordination/index.js';
import { type AwaitedVerb, isTerminal, type Session, type SessionId, type SessionInput } from '../session/index.js';

export interface Waiter {
  readonly verb: AwaitedVerb;
  /** The verb as it was queued, so that its refusal reaches who asked; undefined for one who only waits. */
  readonly input: SessionInput | undefined;
  resolve(): void;
  reject(error: Error): void;
}

export interface SessionRecord {
  session: Session;
  readonly waiters: Waiter[];
  /** The INVITE of an incoming call; the last final response of an outgoing one. */
  message: unknown;
  /** Fixed at admission. */
  readonly priority: Priority;
}

export class SessionRegistry {
  readonly #records = new Map<SessionId, SessionRecord>();
  #emptied: (() => void)[] = [];

  add(session: Session, message: unknown, priority: Priority): SessionRecord {
    const record: SessionRecord = { session, waiters: [], message, priority };
    this.#records.set(session.id, record);
    return record;
  }

  get(sessionId: SessionId): SessionRecord | undefined {
    return this.#records.get(sessionId);
  }

  delete(sessionId: SessionId): void {
    this.#records.delete(sessionId);
    if (this.#records.size > 0) return;
    const waiting = this.#emptied;
    this.#emptied = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves when no session is left. */
  whenEmpty(): Promise<void> {
    if (this.#records.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  ids(): SessionId[] {
    return [...this.#records.keys()];
  }

  /** Sessions that hold a place, with what decides whether they keep it; those that are ending hold none. */
  *occupants(): IterableIterator<Occupant<SessionId>> {
    for (const [key, { session, priority }] of this.#records) {
      if (session.state.kind === 'Terminating' || isTerminal(session.state)) continue;
      yield { key, priority, sinceMs: session.createdAtMs };
    }
  }

  get size(): number {
    return this.#records.size;
  }
}
