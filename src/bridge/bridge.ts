/**
 * Two calls joined, as state: a room of exactly two that ends when one of them does. It joins audio; it translates no events.
 */
import { SessionError } from '../base/errors.js';
import type { RoomChange, SessionId } from '../session/index.js';

export class TwoPartyState {
  readonly parties: readonly [SessionId, SessionId];

  /** Throws ERR_INVALID_ARGUMENT for a call with itself. */
  constructor(a: SessionId, b: SessionId) {
    if (a === b) throw new SessionError('ERR_INVALID_ARGUMENT', 'a call cannot be bridged with itself');
    this.parties = [a, b];
  }

  /** The same with `by` in the place of one of the two. */
  replaced(sessionId: SessionId, by: SessionId): TwoPartyState {
    const [a, b] = this.parties;
    return a === sessionId ? new TwoPartyState(by, b) : new TwoPartyState(a, by);
  }

  /** What joins the two in an empty room. */
  join(): RoomChange[] {
    return this.parties.map((sessionId) => ({ op: 'add', sessionId, muted: false, deaf: false }));
  }
}
