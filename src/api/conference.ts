/**
 * A conference in the hands of a user: members hear everyone but themselves. A member whose call ends leaves by itself; the conference
 * stays until it is closed, or until its last moderator has left where that is asked for.
 */
import { Emitter } from '../base/emitter.js';
import { SessionError } from '../base/errors.js';
import { FloorState, type RoomOptions, type SessionManager } from '../manager/index.js';
import type { ReasonValue } from '../session/index.js';
import type { Call } from './call.js';
import type { CallOptions } from './options.js';

export interface Member {
  readonly call: Call;
  /** Nobody hears this member. */
  readonly muted: boolean;
  /** This member hears nobody. */
  readonly deaf: boolean;
  readonly moderator: boolean;
  /** Wall time in milliseconds since the epoch. */
  readonly joinedAtMs: number;
}

export interface ConferenceEvents {
  joined: [member: Member];
  left: [member: Member];
  /** Muted, deaf or made a moderator, or no longer. */
  changed: [member: Member];
  talking: [member: Member, talking: boolean];
  /** Who has the floor; undefined when they have left and nobody talks. */
  activeSpeaker: [member: Member | undefined];
  /** Members hear each other only while a moderator is in: it begins to wait, or ends to. */
  waiting: [waiting: boolean];
  locked: [locked: boolean];
  closed: [];
}

/** `maxMembers` (default no limit), `loudest` (how many are mixed, default 'all'), `waitForModerator` (default false), and: */
export interface ConferenceOptions extends RoomOptions {
  /** What {@link Conference.admits} compares with; digits, so that a caller can key them in. Default: everybody may come in. */
  readonly pin?: string | undefined;
  /** The conference closes when its last moderator leaves, and the calls of its members end; default false. */
  readonly endWithModerator?: boolean | undefined;
}

export interface JoinOptions {
  readonly muted?: boolean | undefined;
  readonly deaf?: boolean | undefined;
  readonly moderator?: boolean | undefined;
}

/** What a conference needs of the library around it. */
export interface ConferenceParts {
  call(target: string | readonly string[], options: CallOptions | undefined): Promise<Call>;
  onClose(): void;
}

/** RFC 3326: what the BYE of a member says whose conference has ended. */
const endedReason: ReasonValue = { protocol: 'SIP', cause: 410, text: 'The conference has ended' };

export class Conference {
  readonly #manager: SessionManager;
  readonly #members = new Map<string, Member>();
  readonly #parts: ConferenceParts;
  readonly #floor = new FloorState();
  #waiting: boolean;
  #closed = false;

  readonly name: string;
  readonly options: ConferenceOptions;
  readonly events = new Emitter<ConferenceEvents>();

  /** Made by Sessions only. */
  constructor(manager: SessionManager, name: string, options: ConferenceOptions, parts: ConferenceParts) {
    const { pin } = options;
    if (pin !== undefined && !/^[0-9A-D*#]{1,32}$/.test(pin))
      throw new SessionError('ERR_INVALID_ARGUMENT', 'pin: one to 32 digits (0–9, A–D, *, #)');
    this.#manager = manager;
    this.#parts = parts;
    this.name = name;
    this.options = options;
    manager.rooms.open(this.roomId, options);
    this.#waiting = this.#state.waiting;
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

  get locked(): boolean {
    return !this.#closed && this.#state.locked;
  }

  /** Whether members wait in silence for a moderator. */
  get waiting(): boolean {
    return !this.#closed && this.#state.waiting;
  }

  /** Who has the floor: who talked while nobody else did, until they are silent and another talks. */
  get activeSpeaker(): Member | undefined {
    return this.#floor.holder === undefined ? undefined : this.#members.get(this.#floor.holder);
  }

  /** Whether someone who says `pin` may come in: true where none is set. Takes the same time for every wrong one of a length. */
  admits(pin: string): boolean {
    const { pin: own } = this.options;
    if (own === undefined) return true;
    let different = own.length ^ pin.length;
    for (let i = 0; i < own.length; i += 1) different |= own.charCodeAt(i) ^ (pin.charCodeAt(i) | 0);
    return different === 0;
  }

  /**
   * Brings an established call in; audio flows from the next tick on. Throws ERR_LIMIT when full, ERR_REJECTED when locked and the call
   * is not a moderator's, ERR_DUPLICATE for a member, ERR_INVALID_STATE for a call that is not established or in another conference.
   */
  join(call: Call, options: JoinOptions = {}): void {
    this.#open();
    const { muted = false, deaf = false, moderator = false } = options;
    const member: Member = { call, muted, deaf, moderator, joinedAtMs: this.#manager.clock.wallMs() };
    const known = this.#members.get(call.id);
    this.#members.set(call.id, known ?? member);
    try {
      this.#manager.joinRoom(this.roomId, call.id, { muted, deaf, moderator });
    } catch (error) {
      if (!known) this.#members.delete(call.id);
      throw error;
    }
  }

  /** Calls someone in; resolves when they are. Rejects as {@link import('./sessions.js').Sessions.call} and {@link join} do; a call that cannot join is hung up. */
  async dialOut(target: string | readonly string[], options: { call?: CallOptions } & JoinOptions = {}): Promise<Call> {
    this.#open();
    const call = await this.#parts.call(target, { focus: true, ...options.call });
    try {
      this.join(call, options);
    } catch (error) {
      await call.hangup();
      throw error;
    }
    return call;
  }

  /** Takes a member out; its call goes on. Nothing happens for one who is not a member. */
  leave(call: Call): void {
    if (this.#members.has(call.id)) this.#manager.rooms.leave(call.id);
  }

  /** Takes a member out and hangs up. Nothing happens for one who is not a member. */
  async kick(call: Call, options: { reason?: ReasonValue } = {}): Promise<void> {
    if (!this.#members.has(call.id)) return;
    this.leave(call);
    await call.hangup(options);
  }

  /** Takes a member over into another conference. Throws what joining that one throws, and then the member is where it was. */
  move(call: Call, to: Conference, options: JoinOptions = {}): void {
    const member = this.#member(call);
    this.leave(call);
    try {
      to.join(call, { moderator: member.moderator, muted: member.muted, deaf: member.deaf, ...options });
    } catch (error) {
      this.join(call, member);
      throw error;
    }
  }

  /** Throws ERR_NOT_FOUND for one who is not a member. */
  mute(call: Call, on = true): void {
    this.#set(call, { muted: on });
  }

  /** Everybody but moderators is muted, or nobody is. */
  muteAll(on = true): void {
    for (const { call, moderator } of [...this.#members.values()]) if (!moderator || !on) this.mute(call, on);
  }

  /** Throws ERR_NOT_FOUND for one who is not a member. */
  deaf(call: Call, on = true): void {
    this.#set(call, { deaf: on });
  }

  /** Throws ERR_NOT_FOUND for one who is not a member. */
  setModerator(call: Call, on = true): void {
    this.#set(call, { moderator: on });
    this.#settleModerators(!on);
  }

  /** From now on only moderators come in; who is in stays. */
  lock(on = true): void {
    this.#open();
    if (this.#state.locked === on) return;
    this.#manager.rooms.lock(this.roomId, on);
    this.events.emit('locked', on);
  }

  /** Members part, their calls go on. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#manager.rooms.close(this.roomId);
    this.#parts.onClose();
    this.events.emit('closed');
  }

  /** Called by Sessions, in the order of the events. */
  handleJoined(call: Call): void {
    // A call that a linked group brought in has passed by `join`.
    const flags = { muted: false, deaf: false, moderator: false };
    const member = this.#members.get(call.id) ?? { call, ...flags, joinedAtMs: this.#manager.clock.wallMs() };
    this.#members.set(call.id, member);
    this.events.emit('joined', member);
    this.#settleModerators(false);
  }

  /** `by` takes the place of `call`, flags and time included; both events follow. */
  handleReplaced(call: Call, by: Call): void {
    const member = this.#members.get(call.id);
    if (member) this.#members.set(by.id, { ...member, call: by });
  }

  handleLeft(call: Call): void {
    const member = this.#members.get(call.id);
    if (!member) return;
    this.#members.delete(call.id);
    this.events.emit('left', member);
    if (this.#floor.leave(call.id)) this.events.emit('activeSpeaker', this.activeSpeaker);
    this.#settleModerators(member.moderator);
  }

  handleTalking(call: Call, talking: boolean): void {
    const member = this.#members.get(call.id);
    if (!member) return;
    this.events.emit('talking', member, talking);
    // Who is not heard takes no floor.
    const heard = talking && !member.muted && !this.waiting;
    if (this.#floor.handleTalking(call.id, heard)) this.events.emit('activeSpeaker', this.activeSpeaker);
  }

  /** After a change of who moderates: the end of waiting or its begin, or the end of all. */
  #settleModerators(oneLess: boolean): void {
    if (this.#closed) return;
    const { waiting } = this;
    if (waiting !== this.#waiting) {
      this.#waiting = waiting;
      this.events.emit('waiting', waiting);
    }
    if (!oneLess || !this.options.endWithModerator || this.#state.hasModerator) return;
    const calls = [...this.#members.values()].map(({ call }) => call);
    this.close();
    for (const call of calls) void call.hangup({ reason: endedReason });
  }

  #set(call: Call, change: { muted?: boolean; deaf?: boolean; moderator?: boolean }): void {
    this.#open();
    this.#manager.rooms.set(this.roomId, call.id, change);
    const old = this.#members.get(call.id);
    if (!old) return;
    const member = { ...old, ...change };
    this.#members.set(call.id, member);
    this.events.emit('changed', member);
    if (change.muted && this.#floor.handleTalking(call.id, false))
      this.events.emit('activeSpeaker', this.activeSpeaker);
  }

  #member(call: Call): Member {
    const member = this.#members.get(call.id);
    if (!member) throw new SessionError('ERR_NOT_FOUND', 'the call is not in the conference');
    return member;
  }

  get #state(): ReturnType<SessionManager['rooms']['conference']> {
    return this.#manager.rooms.conference(this.roomId);
  }

  #open(): void {
    if (this.#closed) throw new SessionError('ERR_CLOSED', `conference '${this.name}' is closed`);
  }
}
