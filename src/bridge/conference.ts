/**
 * A conference as state: who is in the room, muted, deaf or a moderator, whether it is locked or waits, and how many may be in. It joins
 * audio by describing it: `edges` says who hears whom, and each verb returns what it changed of that, which the manager hands to the
 * media layer in one call. No handles, no I/O.
 */
import { SessionError } from '../base/errors.js';
import type { RoomChange, SessionId } from '../session/index.js';
import type { ConferenceMember, ConferenceRules, Edges, MemberFlags } from './types.js';

/** Each verb changes the state and returns the changes of edges that it made, in the order in which they apply. */
export class ConferenceState {
  readonly rules: ConferenceRules;
  readonly #members = new Map<SessionId, ConferenceMember>();
  /** What the audio was last told of each member. */
  readonly #edges = new Map<SessionId, MemberFlags>();
  #moderators = 0;
  #locked = false;

  constructor(rules: ConferenceRules) {
    this.rules = rules;
  }

  get size(): number {
    return this.#members.size;
  }

  get members(): ReadonlyMap<SessionId, ConferenceMember> {
    return this.#members;
  }

  get locked(): boolean {
    return this.#locked;
  }

  /** Nobody but moderators comes in while it is locked; who is in stays. */
  set locked(on: boolean) {
    this.#locked = on;
  }

  /** Members neither hear nor are heard until a moderator is there. */
  get waiting(): boolean {
    return (this.rules.waitForModerator ?? false) && this.#moderators === 0;
  }

  get hasModerator(): boolean {
    return this.#moderators > 0;
  }

  has(sessionId: SessionId): boolean {
    return this.#members.has(sessionId);
  }

  /** Throws ERR_DUPLICATE for a member, ERR_REJECTED for one who is no moderator while locked, ERR_LIMIT for one too many. */
  join(sessionId: SessionId, member: ConferenceMember): RoomChange[] {
    if (this.#members.has(sessionId)) throw new SessionError('ERR_DUPLICATE', 'the call is in the conference already');
    if (this.#locked && !member.moderator) throw new SessionError('ERR_REJECTED', 'the conference is locked');
    if (this.#members.size >= this.rules.maxMembers)
      throw new SessionError('ERR_LIMIT', `the conference is full (${this.rules.maxMembers} members)`);
    return this.#put(sessionId, undefined, member);
  }

  /** No change for one who is not a member. */
  leave(sessionId: SessionId): RoomChange[] {
    return this.#put(sessionId, this.#members.get(sessionId), undefined);
  }

  /** Gives a member's place and flags to another session; the caller changes the audio. Nothing for one who is not a member. */
  replace(sessionId: SessionId, by: SessionId): void {
    const flags = this.#members.get(sessionId);
    if (!flags) return;
    this.#members.delete(sessionId);
    this.#members.set(by, flags);
  }

  /** Throws ERR_NOT_FOUND for one who is not a member. */
  set(sessionId: SessionId, change: Partial<ConferenceMember>): RoomChange[] {
    const old = this.#members.get(sessionId);
    if (!old) throw new SessionError('ERR_NOT_FOUND', 'the call is not in the conference');
    return this.#put(sessionId, old, { ...old, ...change });
  }

  /** Who hears whom now. */
  get edges(): Edges {
    return this.#edges;
  }

  /** Everybody's edges change when the room begins or ends to wait, otherwise those of one member. */
  #put(sessionId: SessionId, old: ConferenceMember | undefined, member: ConferenceMember | undefined): RoomChange[] {
    const waited = this.waiting;
    this.#moderators += Number(member?.moderator ?? false) - Number(old?.moderator ?? false);
    if (member) this.#members.set(sessionId, member);
    else this.#members.delete(sessionId);
    const first = this.#difference(sessionId, member);
    if (this.waiting === waited) return first;
    return [...first, ...[...this.#members].flatMap(([id, one]) => this.#difference(id, one))];
  }

  #difference(sessionId: SessionId, member: ConferenceMember | undefined): RoomChange[] {
    const old = this.#edges.get(sessionId);
    if (!member) return this.#edges.delete(sessionId) ? [{ op: 'remove', sessionId }] : [];
    const flags = { muted: member.muted || this.waiting, deaf: member.deaf || this.waiting };
    if (old && old.muted === flags.muted && old.deaf === flags.deaf) return [];
    this.#edges.set(sessionId, flags);
    return [{ op: old ? 'set' : 'add', sessionId, ...flags }];
  }
}

/** Whether `listener` hears `speaker` under these edges; nobody hears themself. */
export function hears(edges: Edges, listener: SessionId, speaker: SessionId): boolean {
  const from = edges.get(speaker);
  const to = edges.get(listener);
  return listener !== speaker && from !== undefined && to !== undefined && !from.muted && !to.deaf;
}
