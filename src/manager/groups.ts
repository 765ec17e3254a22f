/**
 * Groups of sessions: holds their pure state (src/coordination), takes ended sessions out, and lets a group's audio room follow its
 * members. What happens is told in order with the events of sessions. Called by SessionManager's users and by its cleanup.
 */
import { Emitter } from '../base/emitter.js';
import { SessionError } from '../base/errors.js';
import { type GroupEvent, type GroupOptions, GroupState, type Priority } from '../coordination/index.js';
import type { SessionId } from '../session/index.js';

export interface GroupsParts {
  /** Joins a session with a room; throws as SessionManager.joinRoom does. */
  join(roomId: string, sessionId: SessionId): void;
  /** Takes a session out of a room, if it is in that one. */
  leave(roomId: string, sessionId: SessionId): void;
  /** Throws ERR_NOT_FOUND for a session that is gone. */
  priorityOf(sessionId: SessionId): Priority;
  nowMs(): number;
  /** Runs after what was published before has been told. */
  afterwards(action: () => void): void;
}

export class SessionGroups {
  readonly #parts: GroupsParts;
  readonly #groups = new Map<string, GroupState>();
  readonly #roomOf = new Map<string, string>();
  readonly #groupsOf = new Map<SessionId, Set<string>>();

  readonly events = new Emitter<{ group: [event: GroupEvent] }>();

  constructor(parts: GroupsParts) {
    this.#parts = parts;
  }

  /** Throws ERR_DUPLICATE for a name in use, ERR_INVALID_ARGUMENT. */
  open(groupId: string, options: GroupOptions): GroupState {
    if (this.#groups.has(groupId)) throw new SessionError('ERR_DUPLICATE', `group '${groupId}' exists`);
    const group = new GroupState(groupId, options);
    this.#groups.set(groupId, group);
    return group;
  }

  /** Throws ERR_DUPLICATE, ERR_LIMIT, ERR_NOT_FOUND; where a room is linked, what joining it throws, and then nothing has changed. */
  add(groupId: string, sessionId: SessionId, role = 'member'): void {
    const group = this.#group(groupId);
    const member = { sessionId, role, priority: this.#parts.priorityOf(sessionId), joinedAtMs: this.#parts.nowMs() };
    const events = group.add(member);
    const roomId = this.#roomOf.get(groupId);
    try {
      if (roomId !== undefined) this.#parts.join(roomId, sessionId);
    } catch (error) {
      group.remove(sessionId);
      throw error;
    }
    this.#entriesOf(sessionId).add(groupId);
    this.#tell(events);
  }

  remove(groupId: string, sessionId: SessionId): void {
    this.#apply(this.#group(groupId), (group) => group.remove(sessionId));
  }

  lead(groupId: string, sessionId: SessionId): void {
    this.#apply(this.#group(groupId), (group) => group.lead(sessionId));
  }

  setRole(groupId: string, sessionId: SessionId, role: string): void {
    this.#apply(this.#group(groupId), (group) => group.setRole(sessionId, role));
  }

  /** The room that members of the group are in from now on. Throws ERR_INVALID_STATE for a group that has one; what joining throws. */
  link(groupId: string, roomId: string): void {
    const group = this.#group(groupId);
    if (this.#roomOf.has(groupId)) throw new SessionError('ERR_INVALID_STATE', `group '${groupId}' has a room`);
    const joined: SessionId[] = [];
    try {
      for (const sessionId of group.members.keys()) {
        this.#parts.join(roomId, sessionId);
        joined.push(sessionId);
      }
    } catch (error) {
      for (const sessionId of joined) this.#parts.leave(roomId, sessionId);
      throw error;
    }
    this.#roomOf.set(groupId, roomId);
  }

  /** Idempotent. */
  close(groupId: string): void {
    const group = this.#groups.get(groupId);
    if (group) this.#apply(group, () => group.close());
  }

  get(groupId: string): GroupState | undefined {
    return this.#groups.get(groupId);
  }

  /** Names of the groups that a session is in. */
  groupsOf(sessionId: SessionId): string[] {
    return [...(this.#groupsOf.get(sessionId) ?? [])];
  }

  /** Another session takes the place of this one in all its groups; their rooms are changed before. */
  replace(sessionId: SessionId, by: SessionId): void {
    for (const groupId of this.groupsOf(sessionId)) {
      this.#entriesOf(by).add(groupId);
      this.#apply(this.#group(groupId), (group) => group.replace(sessionId, by));
    }
  }

  /** The session is over: it leaves all its groups. */
  forget(sessionId: SessionId): void {
    for (const groupId of this.groupsOf(sessionId)) this.remove(groupId, sessionId);
  }

  get size(): number {
    return this.#groups.size;
  }

  #apply(group: GroupState, verb: (group: GroupState) => GroupEvent[]): void {
    const events = verb(group);
    const roomId = this.#roomOf.get(group.id);
    for (const event of events) {
      if (event.type !== 'left') continue;
      const { sessionId } = event.member;
      const entries = this.#groupsOf.get(sessionId);
      entries?.delete(group.id);
      if (entries?.size === 0) this.#groupsOf.delete(sessionId);
      if (roomId !== undefined) this.#parts.leave(roomId, sessionId);
    }
    if (group.closed) {
      this.#groups.delete(group.id);
      this.#roomOf.delete(group.id);
    }
    this.#tell(events);
  }

  #tell(events: readonly GroupEvent[]): void {
    for (const event of events) this.#parts.afterwards(() => this.events.emit('group', event));
  }

  #entriesOf(sessionId: SessionId): Set<string> {
    const known = this.#groupsOf.get(sessionId);
    if (known) return known;
    const entries = new Set<string>();
    this.#groupsOf.set(sessionId, entries);
    return entries;
  }

  #group(groupId: string): GroupState {
    const group = this.#groups.get(groupId);
    if (!group) throw new SessionError('ERR_NOT_FOUND', `there is no group '${groupId}'`);
    return group;
  }
}
