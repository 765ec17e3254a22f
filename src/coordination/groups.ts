/**
 * Sessions that belong together, as pure state: who is in a group, in which role, who leads, how few and how many it may have, and the
 * audio room that goes with it. Each verb returns what happened, as events; manager/groups.ts tells them and keeps the rooms in step.
 */
import { SessionError } from '../base/errors.js';
import type { SessionId } from '../session/index.js';
import { comparePriority, type Priority } from './priority.js';

export type GroupType = 'conference' | 'transfer' | 'bridge' | 'consultation' | 'queue' | 'hunt' | 'custom';

/** How the next leader is found when the one that led has left. */
export type Election =
  /** Nobody leads until someone is named. */
  | 'none'
  /** Who has been in the group longest. */
  | 'oldest'
  /** The highest priority, and among equals who has been in longest. */
  | 'priority';

export interface GroupOptions {
  readonly type: GroupType;
  /** Fewer members, once it had as many, end the group. Default by type: 2 for bridge, transfer and consultation, else 0. */
  readonly min?: number | undefined;
  /** Default by type: 2 for bridge and consultation, 3 for transfer, else no limit. */
  readonly max?: number | undefined;
  /** Default 'oldest'; for hunt and queue 'none'. */
  readonly election?: Election | undefined;
}

export interface GroupMember {
  readonly sessionId: SessionId;
  /** `member`, or what the group's user calls it: `transferor`, `agent`, `consulted` … */
  readonly role: string;
  readonly priority: Priority;
  readonly joinedAtMs: number;
}

export type GroupEnd =
  /** By its user. */
  | 'closed'
  /** Fewer members than `min`. */
  | 'too-few';

export type GroupEvent =
  | { readonly type: 'joined'; readonly groupId: string; readonly member: GroupMember }
  | { readonly type: 'left'; readonly groupId: string; readonly member: GroupMember }
  | { readonly type: 'roleChanged'; readonly groupId: string; readonly member: GroupMember }
  | {
      readonly type: 'leaderChanged';
      readonly groupId: string;
      readonly leader: SessionId | undefined;
      readonly previous: SessionId | undefined;
    }
  /** It has as many members as `min` asks for, for the first time. */
  | { readonly type: 'ready'; readonly groupId: string }
  /** Always the last; those who were still in have left before. */
  | { readonly type: 'closed'; readonly groupId: string; readonly by: GroupEnd };

const defaults: Readonly<Record<GroupType, { min: number; max: number; election: Election }>> = {
  conference: { min: 0, max: Number.POSITIVE_INFINITY, election: 'oldest' },
  transfer: { min: 2, max: 3, election: 'oldest' },
  bridge: { min: 2, max: 2, election: 'oldest' },
  consultation: { min: 2, max: 2, election: 'oldest' },
  queue: { min: 0, max: Number.POSITIVE_INFINITY, election: 'none' },
  hunt: { min: 0, max: Number.POSITIVE_INFINITY, election: 'none' },
  custom: { min: 0, max: Number.POSITIVE_INFINITY, election: 'oldest' },
};

export class GroupState {
  readonly id: string;
  readonly type: GroupType;
  readonly min: number;
  readonly max: number;
  readonly election: Election;
  readonly #members = new Map<SessionId, GroupMember>();
  #leader: SessionId | undefined;
  #ready = false;
  #closed = false;

  /** Throws ERR_INVALID_ARGUMENT for limits that are no whole numbers or that contradict each other. */
  constructor(id: string, options: GroupOptions) {
    const { min, max, election } = defaults[options.type];
    this.id = id;
    this.type = options.type;
    this.min = options.min ?? min;
    this.max = options.max ?? max;
    this.election = options.election ?? election;
    if (!(Number.isInteger(this.min) && this.min >= 0))
      throw new SessionError('ERR_INVALID_ARGUMENT', `min: ${this.min} is not a whole number of at least 0`);
    if (this.max !== Number.POSITIVE_INFINITY && !(Number.isInteger(this.max) && this.max > 0))
      throw new SessionError('ERR_INVALID_ARGUMENT', `max: ${this.max} is not a whole number above 0`);
    if (this.min > this.max)
      throw new SessionError('ERR_INVALID_ARGUMENT', `a group of at least ${this.min} and at most ${this.max}`);
  }

  get members(): ReadonlyMap<SessionId, GroupMember> {
    return this.#members;
  }

  get leader(): SessionId | undefined {
    return this.#leader;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Throws ERR_DUPLICATE for a member, ERR_LIMIT for one too many, ERR_CLOSED. */
  add(member: GroupMember): GroupEvent[] {
    this.#open();
    if (this.#members.has(member.sessionId))
      throw new SessionError('ERR_DUPLICATE', `the call is in group '${this.id}' already`);
    if (this.#members.size >= this.max)
      throw new SessionError('ERR_LIMIT', `group '${this.id}' is full (${this.max} members)`);
    this.#members.set(member.sessionId, member);
    const events: GroupEvent[] = [{ type: 'joined', groupId: this.id, member }];
    if (this.#leader === undefined) events.push(...this.#elect());
    if (!this.#ready && this.#members.size >= this.min) {
      this.#ready = true;
      events.push({ type: 'ready', groupId: this.id });
    }
    return events;
  }

  /** Nothing happens for one who is not a member. */
  remove(sessionId: SessionId): GroupEvent[] {
    const member = this.#members.get(sessionId);
    if (!member) return [];
    this.#members.delete(sessionId);
    const events: GroupEvent[] = [{ type: 'left', groupId: this.id, member }];
    if (this.#ready && this.#members.size < this.min) return [...events, ...this.close('too-few')];
    return this.#leader === sessionId ? [...events, ...this.#elect()] : events;
  }

  /** Gives a member's place, role and lead to another session. Nothing happens for one who is not a member. */
  replace(sessionId: SessionId, by: SessionId): GroupEvent[] {
    const member = this.#members.get(sessionId);
    if (!member || this.#members.has(by)) return [];
    const next = { ...member, sessionId: by };
    const order = [...this.#members.values()].map((each) => (each === member ? next : each));
    this.#members.clear();
    for (const each of order) this.#members.set(each.sessionId, each);
    const events: GroupEvent[] = [
      { type: 'joined', groupId: this.id, member: next },
      { type: 'left', groupId: this.id, member },
    ];
    return this.#leader === sessionId ? [...events, ...this.#setLeader(by)] : events;
  }

  /** Names who leads. Throws ERR_NOT_FOUND for one who is not a member. */
  lead(sessionId: SessionId): GroupEvent[] {
    this.#member(sessionId);
    return this.#setLeader(sessionId);
  }

  /** Throws ERR_NOT_FOUND for one who is not a member. */
  setRole(sessionId: SessionId, role: string): GroupEvent[] {
    const member = { ...this.#member(sessionId), role };
    this.#members.set(sessionId, member);
    return [{ type: 'roleChanged', groupId: this.id, member }];
  }

  /** Everybody leaves. Idempotent. */
  close(by: GroupEnd = 'closed'): GroupEvent[] {
    if (this.#closed) return [];
    this.#closed = true;
    const left = [...this.#members.values()].map((member): GroupEvent => ({ type: 'left', groupId: this.id, member }));
    this.#members.clear();
    this.#leader = undefined;
    return [...left, { type: 'closed', groupId: this.id, by }];
  }

  #elect(): GroupEvent[] {
    if (this.election === 'none') return this.#setLeader(undefined);
    // Members stand in the order in which they came, and sorting keeps it among equals.
    const order = [...this.#members.values()];
    if (this.election === 'priority') order.sort((a, b) => comparePriority(a.priority, b.priority));
    return this.#setLeader(order[0]?.sessionId);
  }

  #setLeader(leader: SessionId | undefined): GroupEvent[] {
    const previous = this.#leader;
    if (leader === previous) return [];
    this.#leader = leader;
    return [{ type: 'leaderChanged', groupId: this.id, leader, previous }];
  }

  #member(sessionId: SessionId): GroupMember {
    const member = this.#members.get(sessionId);
    if (!member) throw new SessionError('ERR_NOT_FOUND', `the call is not in group '${this.id}'`);
    return member;
  }

  #open(): void {
    if (this.#closed) throw new SessionError('ERR_CLOSED', `group '${this.id}' is closed`);
  }
}
