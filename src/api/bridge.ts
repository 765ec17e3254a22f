/**
 * Two calls joined, in the hands of a user. Ends when either call ends or leaves; the other goes on alone.
 */
import type { SessionManager } from '../manager/index.js';
import type { Call } from './call.js';

export class TwoPartyBridge {
  readonly #manager: SessionManager;
  readonly #roomId: string;
  readonly calls: readonly [Call, Call];

  /** Made by Sessions only. Throws ERR_INVALID_STATE for a call that is not established or is joined with others. */
  constructor(manager: SessionManager, roomId: string, a: Call, b: Call) {
    this.#manager = manager;
    this.#roomId = roomId;
    this.calls = [a, b];
    manager.bridgeSessions(roomId, a.id, b.id);
  }

  get closed(): boolean {
    return !this.#manager.rooms.has(this.#roomId);
  }

  /** Parts the two; both calls go on. Idempotent. */
  close(): void {
    this.#manager.rooms.close(this.#roomId);
  }
}
