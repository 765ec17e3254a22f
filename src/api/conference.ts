/**
 * A conference in the hands of a user: members hear everyone but themselves. A member whose call ends leaves by itself; the conference
 * stays until it is closed.
 */
import { Emitter } from '../base/emitter.js';
import { SessionError } from '../base/errors.js';
import type { RoomOptions, SessionManager } from '../manager/index.js';
import type { Call } from './call.js';

export interface Member {
  readonly call: Call;
  /** Nobody hears this member. */
  readonly muted: boolean;
  /** This member hears nobody. */
  readonly deaf: boolean;
  /** Wall time in milliseconds since the epoch. */
  readonly joinedAtMs: number;
}

export interface ConferenceEvents {
  joined: [member: Member];
  left: [member: Member];
  talking: [member: Member, talking: boolean];
  closed: [];
}

/** `maxMembers` (default no limit) and `loudest` (how many are mixed, default 'all'). */
export type ConferenceOptions = RoomOptions;

export class Conference {
  readonly #manager: SessionManager;
  readonly #members = new Map<string, Member>();
  readonly #onClose: () => void;
  #closed = false;

  readonly name: string;
  readonly options: ConferenceOptions;
  readonly events = new Emitter<ConferenceEvents>();

  /** Made by Sessions only. */
  constructor(manager: SessionManager, name: string, options: ConferenceOptions, onClose: () => void) {
    this.#manager = manager;
    this.#onClose = onClose;
    this.name = name;
    this.options = options;
    manager.rooms.open(this.roomId, options);
  }

  /** Key of the audio room in SessionEvents. */
  get roomId(): string {
    return `conference:${this.name}`;
  }

  /** By call id. */
  get members(): ReadonlyMap<string, Member> {
    return this.#members;
  }

  get size(): number {
    return this.#members.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Brings an established call in; audio flows from the next tick on. Throws ERR_LIMIT when full, ERR_DUPLICATE for a member,
   * ERR_INVALID_STATE for a call that is not established or in another conference.
   */
  join(call: Call, options: { muted?: boolean; deaf?: boolean } = {}): void {
    this.#open();
    const flags = { muted: options.muted ?? false, deaf: options.deaf ?? false };
    const member: Member = { call, ...flags, joinedAtMs: this.#manager.clock.wallMs() };
    const known = this.#members.get(call.id);
    this.#members.set(call.id, known ?? member);
    try {
      this.#manager.joinRoom(this.roomId, call.id, flags);
    } catch (error) {
      if (!known) this.#members.delete(call.id);
      throw error;
    }
  }

  /** Takes a member out; its call goes on. Nothing happens for one who is not a member. */
  leave(call: Call): void {
    if (this.#members.has(call.id)) this.#manager.rooms.leave(call.id);
  }

  /** Throws ERR_NOT_FOUND for one who is not a member. */
  mute(call: Call, on = true): void {
    this.#set(call, { muted: on });
  }

  /** Throws ERR_NOT_FOUND for one who is not a member. */
  deaf(call: Call, on = true): void {
    this.#set(call, { deaf: on });
  }

  /** Members part, their calls go on. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#manager.rooms.close(this.roomId);
    this.#onClose();
    this.events.emit('closed');
  }

  /** Called by Sessions, in the order of the events. */
  handleJoined(call: Call): void {
    // A call that a linked group brought in has passed by `join`.
    const joined = { call, muted: false, deaf: false, joinedAtMs: this.#manager.clock.wallMs() };
    const member = this.#members.get(call.id) ?? joined;
    this.#members.set(call.id, member);
    this.events.emit('joined', member);
  }

  handleLeft(call: Call): void {
    const member = this.#members.get(call.id);
    if (!member) return;
    this.#members.delete(call.id);
    this.events.emit('left', member);
  }

  handleTalking(call: Call, talking: boolean): void {
    const member = this.#members.get(call.id);
    if (member) this.events.emit('talking', member, talking);
  }

  #set(call: Call, change: { muted?: boolean; deaf?: boolean }): void {
    this.#open();
    this.#manager.rooms.set(this.roomId, call.id, change);
    const member = this.#members.get(call.id);
    if (member) this.#members.set(call.id, { ...member, ...change });
  }

  #open(): void {
    if (this.#closed) throw new SessionError('ERR_CLOSED', `conference '${this.name}' is closed`);
  }
}
