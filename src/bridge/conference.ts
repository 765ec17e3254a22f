/**
 * A conference as state: who is in the room, muted, deaf or a moderator, whether it is locked or waits, and how many may be in. It joins
 * audio by describing it: `edges` and `exceptions` say who hears whom, and each verb returns what it changed of that, which the manager hands to the
 * media layer in one call. No handles, no I/O.
 */
import { SessionError } from '../base/errors.js';
import type { RoomChange, SessionId } from '../session/index.js';
import { checkGainDb, HearingGraph } from './hearing.js';
import type { ConferenceMember, ConferenceRules, Edges, Exceptions, MemberFlags, Relation } from './types.js';

const mostPriority = 5;

/** Each verb changes the state and returns the changes of edges that it made, in the order in which they apply. */
export class ConferenceState {
  readonly rules: ConferenceRules;
  readonly #members = new Map<SessionId, ConferenceMember>();
  /** What the audio was last told of each member. */
  readonly #edges = new Map<SessionId, MemberFlags>();
  readonly #hearing = new HearingGraph();
  /** Who hears a member that speaks to a few only. */
  readonly #audiences = new Map<SessionId, ReadonlySet<SessionId>>();
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

  /**
   * Throws ERR_DUPLICATE for a member, ERR_REJECTED for one who is no moderator while locked, ERR_LIMIT for one too many,
   * ERR_INVALID_ARGUMENT for a gain or priority out of range.
   */
  join(sessionId: SessionId, member: ConferenceMember): RoomChange[] {
    checkMember(member);
    if (this.#members.has(sessionId)) throw new SessionError('ERR_DUPLICATE', 'the call is in the conference already');
    if (this.#locked && !member.moderator) throw new SessionError('ERR_REJECTED', 'the conference is locked');
    if (this.#members.size >= this.rules.maxMembers)
      throw new SessionError('ERR_LIMIT', `the conference is full (${this.rules.maxMembers} members)`);
    return this.#put(sessionId, undefined, member);
  }

  /** No change for one who is not a member. */
  leave(sessionId: SessionId): RoomChange[] {
    this.#hearing.drop(sessionId);
    this.#audiences.delete(sessionId);
    return this.#put(sessionId, this.#members.get(sessionId), undefined);
  }

  /** Gives a member's place, flags and exceptions to another session, at one tick. Nothing for one who is not a member. */
  replace(sessionId: SessionId, by: SessionId): RoomChange[] {
    const member = this.#members.get(sessionId);
    const flags = this.#edges.get(sessionId);
    if (!member || !flags) return [];
    this.#members.delete(sessionId);
    this.#members.set(by, member);
    this.#edges.delete(sessionId);
    this.#edges.set(by, flags);
    for (const [speaker, audience] of [...this.#audiences]) {
      this.#audiences.delete(speaker);
      const renamed = [...audience].map((listener) => (listener === sessionId ? by : listener));
      this.#audiences.set(speaker === sessionId ? by : speaker, new Set(renamed));
    }
    return [
      { op: 'remove', sessionId },
      { op: 'add', sessionId: by, ...flags },
      ...this.#hearing.rename(sessionId, by),
    ];
  }

  /** Throws ERR_NOT_FOUND for one who is not a member, ERR_INVALID_ARGUMENT for a gain or priority out of range. */
  set(sessionId: SessionId, change: Partial<ConferenceMember>): RoomChange[] {
    const old = this.#member(sessionId);
    const member = { ...old, ...change };
    checkMember(member);
    return this.#put(sessionId, old, member);
  }

  /**
   * How `listener` hears `speaker` from now on, otherwise than all do; undefined: as all do. Throws ERR_NOT_FOUND for one who is not a
   * member, ERR_INVALID_ARGUMENT for a gain out of range or a member with itself.
   */
  relate(listener: SessionId, speaker: SessionId, relation: Relation | undefined): RoomChange[] {
    this.#member(listener);
    this.#member(speaker);
    return this.#hearing.set(listener, speaker, relation);
  }

  /**
   * Only `audience` hears the member from now on, at `gainDb`; undefined: all do. Throws as {@link relate} does, and then nothing has
   * changed.
   */
  whisper(sessionId: SessionId, audience: readonly SessionId[] | undefined, gainDb = 0): RoomChange[] {
    const member = this.#member(sessionId);
    checkGainDb('gainDb', gainDb);
    if (audience?.length === 0 || audience?.includes(sessionId))
      throw new SessionError('ERR_INVALID_ARGUMENT', 'an audience is one or more other members');
    for (const listener of audience ?? []) this.#member(listener);
    const before = this.#audiences.get(sessionId) ?? new Set<SessionId>();
    const now = new Set(audience);
    if (audience) this.#audiences.set(sessionId, now);
    else this.#audiences.delete(sessionId);
    const changes = this.#put(sessionId, member, { ...member, apart: audience !== undefined });
    for (const listener of before)
      if (!now.has(listener) && this.#members.has(listener))
        changes.push(...this.#hearing.set(listener, sessionId, undefined));
    for (const listener of now) changes.push(...this.#hearing.set(listener, sessionId, { hears: true, gainDb }));
    return changes;
  }

  /** Who hears whom now, but for the exceptions. */
  get edges(): Edges {
    return this.#edges;
  }

  /** Who hears whom otherwise than all do. */
  get exceptions(): Exceptions {
    return this.#hearing.exceptions;
  }

  #member(sessionId: SessionId): ConferenceMember {
    const member = this.#members.get(sessionId);
    if (!member) throw new SessionError('ERR_NOT_FOUND', 'the call is not in the conference');
    return member;
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
    const { apart, gainInDb, gainOutDb, priority } = member;
    const { waiting } = this;
    const flags: MemberFlags = {
      ...{ muted: member.muted || waiting, deaf: member.deaf || waiting },
      ...{ apart, gainInDb, gainOutDb, priority },
    };
    if (old && sameFlags(old, flags)) return [];
    this.#edges.set(sessionId, flags);
    return [{ op: old ? 'set' : 'add', sessionId, ...flags }];
  }
}

function checkMember({ gainInDb = 0, gainOutDb = 0, priority = 0 }: ConferenceMember): void {
  checkGainDb('gainInDb', gainInDb);
  checkGainDb('gainOutDb', gainOutDb);
  if (Number.isInteger(priority) && priority >= 0 && priority <= mostPriority) return;
  throw new SessionError('ERR_INVALID_ARGUMENT', `priority: ${priority} is no whole number of 0 to ${mostPriority}`);
}

function sameFlags(a: MemberFlags, b: MemberFlags): boolean {
  if (a.muted !== b.muted || a.deaf !== b.deaf || (a.apart ?? false) !== (b.apart ?? false)) return false;
  const numbers = ['gainInDb', 'gainOutDb', 'priority'] as const;
  return numbers.every((name) => (a[name] ?? 0) === (b[name] ?? 0));
}
