/**
 * Who has the floor: the active speaker of a room. Whoever talks while nobody else does takes it and keeps it until they are silent and
 * someone else talks; a cough into somebody's sentence moves nothing. Pure, fed with the begin and end of talking.
 */
import type { SessionId } from '../session/index.js';

export class FloorState {
  /** In the order in which they began. */
  readonly #talking = new Set<SessionId>();
  #holder: SessionId | undefined;

  /** Undefined before anybody has talked and after the holder has left. */
  get holder(): SessionId | undefined {
    return this.#holder;
  }

  get talking(): ReadonlySet<SessionId> {
    return this.#talking;
  }

  /** Returns whether the floor has gone to another. */
  handleTalking(sessionId: SessionId, talking: boolean): boolean {
    if (talking) this.#talking.add(sessionId);
    else this.#talking.delete(sessionId);
    return this.#settle();
  }

  /** Returns whether the floor has gone to another. */
  leave(sessionId: SessionId): boolean {
    this.#talking.delete(sessionId);
    if (this.#holder !== sessionId) return false;
    this.#holder = undefined;
    this.#settle();
    return true;
  }

  #settle(): boolean {
    if (this.#holder !== undefined && this.#talking.has(this.#holder)) return false;
    const [next] = this.#talking;
    if (next === undefined || next === this.#holder) return false;
    this.#holder = next;
    return true;
  }
}
