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
import type { Priority, Relation } from './types.js';

export interface Member {
  readonly call: Call;
  /** Nobody hears this member. */
  readonly muted: boolean;
  /** This member hears nobody. */
  readonly deaf: boolean;
  readonly moderator: boolean;
  /** Only those hear this member whom it whispers to. */
  readonly whispering: boolean;
  /** How loud this member is to the others, in dB. */
  readonly gainInDb: number;
  /** How loud the others are to this member, in dB. */
  readonly gainOutDb: number;
  /** Who is mixed first among those who talk. */
  readonly priority: Priority;
  /** Wall time in milliseconds since the epoch. */
  readonly joinedAtMs: number;
}

export interface ConferenceEvents {
  joined: [member: Member];
  left: [member: Member];
  /** Muted, deaf, louder, whispering or made a moderator, or no longer. */
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
  /** How loud the member is to the others: −60…20 dB, default 0. */
  readonly gainDb?: number | undefined;
  /** How loud the others are to the member: −60…20 dB, default 0. */
  readonly outDb?: number | undefined;
  /** Where only the `loudest` are mixed, those of a higher priority come first as long as they talk; default: the call's own. */
  readonly priority?: Priority | undefined;
}

/** Gains in dB, −60…20; what is left out stays as it is. */
export interface MemberGain {
  /** How loud the member is to the others. */
  readonly inDb?: number | undefined;
  /** How loud the others are to the member. What is played to it stays as loud as it is. */
  readonly outDb?: number | undefined;
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
   * is not a moderator's, ERR_DUPLICATE for a member, ERR_INVALID_STATE for a call that is not established or in another conference,
   * ERR_INVALID_ARGUMENT for a gain out of range.
   */
  join(call: Call, options: JoinOptions = {}): void {
    this.#open();
    const { muted = false, deaf = false, moderator = false, gainDb: gainInDb = 0, outDb: gainOutDb = 0 } = options;
    const priority = options.priority ?? this.#priorityOf(call);
    const settings = { muted, deaf, moderator, gainInDb, gainOutDb, priority };
    const member: Member = { call, ...settings, whispering: false, joinedAtMs: this.#manager.clock.wallMs() };
    const known = this.#members.get(call.id);
    this.#members.set(call.id, known ?? member);
    try {
      this.#manager.joinRoom(this.roomId, call.id, settings);
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
      to.join(call, { ...toJoin(member), ...options });
    } catch (error) {
      this.join(call, toJoin(member));
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

  /**
   * Makes a member louder or quieter to the others, or the others to it; heard within 20 ms, without a click. Throws ERR_NOT_FOUND for one
   * who is not a member, ERR_INVALID_ARGUMENT for a gain outside −60…20 dB.
   */
  gain(call: Call, { inDb, outDb }: MemberGain): void {
    const inwards = inDb === undefined ? {} : { gainInDb: inDb };
    this.#set(call, outDb === undefined ? inwards : { ...inwards, gainOutDb: outDb });
  }

  /**
   * Decides how one member hears another: `{ hears: false }` never, `{ gainDb }` so much louder or quieter than all do, `{ hears: true }`
   * always, even when the speaker is not among the loudest or whispers to others (but not when muted); undefined as all do. Costs nothing
   * for members without such exceptions. Throws ERR_NOT_FOUND for one who is not a member, ERR_INVALID_ARGUMENT for a member with itself or
   * a gain outside −60…20 dB.
   */
  relate(listener: Call, speaker: Call, relation: Relation | undefined): void {
    this.#open();
    this.#manager.rooms.relate(this.roomId, listener.id, speaker.id, relation);
  }

  /**
   * Only `to` hear `call` from now on, everybody else as if it were muted; without `to` all hear it again. It goes on hearing all. When a
   * listener leaves, the others remain; nobody remaining hears it then. Throws as {@link relate} does.
   */
  whisper(call: Call, to?: Call | readonly Call[], options: { readonly gainDb?: number } = {}): void {
    this.#open();
    const audience = to === undefined ? undefined : [to].flat().map(({ id }) => id);
    this.#manager.rooms.whisper(this.roomId, call.id, audience, options.gainDb);
    this.#note(call, { whispering: audience !== undefined });
  }

  /** `coach` hears all and speaks to `trainee` alone: whispers to it and is not muted. Throws as {@link relate} does. */
  coach(coach: Call, trainee: Call, options: { readonly gainDb?: number } = {}): void {
    this.whisper(coach, trainee, options);
    this.#set(coach, { muted: false, deaf: false });
  }

  /** `call` hears all and is heard by nobody, nor whispers: a listener. Take it back with {@link mute}. Throws as {@link mute} does. */
  monitor(call: Call): void {
    this.whisper(call);
    this.#set(call, { muted: true, deaf: false });
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
    const flags = { muted: false, deaf: false, moderator: false, whispering: false, gainInDb: 0, gainOutDb: 0 };
    const fresh: Member = {
      call,
      ...flags,
      priority: this.#priorityOf(call),
      joinedAtMs: this.#manager.clock.wallMs(),
    };
    const member = this.#members.get(call.id) ?? fresh;
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
    const heard = talking && !member.muted && !member.whispering && !this.waiting;
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

  #set(call: Call, change: Partial<Omit<Member, 'call' | 'whispering' | 'joinedAtMs'>>): void {
    this.#open();
    this.#manager.rooms.set(this.roomId, call.id, change);
    this.#note(call, change);
  }

  #note(call: Call, change: Partial<Member>): void {
    const old = this.#members.get(call.id);
    if (!old) return;
    const member = { ...old, ...change };
    this.#members.set(call.id, member);
    this.events.emit('changed', member);
    if ((change.muted || change.whispering) && this.#floor.handleTalking(call.id, false))
      this.events.emit('activeSpeaker', this.activeSpeaker);
  }

  #member(call: Call): Member {
    const member = this.#members.get(call.id);
    if (!member) throw new SessionError('ERR_NOT_FOUND', 'the call is not in the conference');
    return member;
  }

  /** What the call itself has; one that is over is refused by what follows. */
  #priorityOf(call: Call): Priority {
    return this.#manager.has(call.id) ? this.#manager.priorityOf(call.id) : 'normal';
  }

  get #state(): ReturnType<SessionManager['rooms']['conference']> {
    return this.#manager.rooms.conference(this.roomId);
  }

  #open(): void {
    if (this.#closed) throw new SessionError('ERR_CLOSED', `conference '${this.name}' is closed`);
  }
}

/** What a member takes along into another conference: its exceptions stay behind, since they are about those who do. */
function toJoin({ muted, deaf, moderator, gainInDb: gainDb, gainOutDb: outDb, priority }: Member): JoinOptions {
  return { muted, deaf, moderator, gainDb, outDb, priority };
}
