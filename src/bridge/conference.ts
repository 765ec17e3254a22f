/**
 * A conference as state: who is in the room, muted or deaf, and how many may be. It joins audio by describing it: `edges` says who
 * hears whom, and each verb returns what it changed of that, which the manager hands to the media layer in one call. No handles, no I/O.
 */
import { SessionError } from '../base/errors.js';
import type { RoomChange, SessionId } from '../session/index.js';
import type { Edges, MemberFlags } from './types.js';

export interface ConferenceLimits {
  /** Members at once; Infinity for no limit. */
  readonly maxMembers: number;
}

/** Each verb changes the state and returns the changes of edges that it made, in the order in which they apply. */
export class ConferenceState {
  readonly limits: ConferenceLimits;
  readonly #members = new Map<SessionId, MemberFlags>();

  constructor(limits: ConferenceLimits) {
    this.limits = limits;
  }

  get size(): number {
    return this.#members.size;
  }

  has(sessionId: SessionId): boolean {
    return this.#members.has(sessionId);
  }

  /** Throws ERR_DUPLICATE for a member and ERR_LIMIT for one too many. */
  join(sessionId: SessionId, flags: MemberFlags): RoomChange[] {
    if (this.#members.has(sessionId)) throw new SessionError('ERR_DUPLICATE', 'the call is in the conference already');
    if (this.#members.size >= this.limits.maxMembers)
      throw new SessionError('ERR_LIMIT', `the conference is full (${this.limits.maxMembers} members)`);
    this.#members.set(sessionId, flags);
    return [{ op: 'add', sessionId, ...flags }];
  }

  /** No change for one who is not a member. */
  leave(sessionId: SessionId): RoomChange[] {
    return this.#members.delete(sessionId) ? [{ op: 'remove', sessionId }] : [];
  }

  /** Throws ERR_NOT_FOUND for one who is not a member. */
  set(sessionId: SessionId, change: Partial<MemberFlags>): RoomChange[] {
    const old = this.#members.get(sessionId);
    if (!old) throw new SessionError('ERR_NOT_FOUND', 'the call is not in the conference');
    const flags = { ...old, ...change };
    if (flags.muted === old.muted && flags.deaf === old.deaf) return [];
    this.#members.set(sessionId, flags);
    return [{ op: 'set', sessionId, ...flags }];
  }

  get edges(): Edges {
    return this.#members;
  }
}

/** Whether `listener` hears `speaker` under these edges; nobody hears themself. */
export function hears(edges: Edges, listener: SessionId, speaker: SessionId): boolean {
  const from = edges.get(speaker);
  const to = edges.get(listener);
  return listener !== speaker && from !== undefined && to !== undefined && !from.muted && !to.deaf;
}
