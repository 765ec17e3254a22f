/**
 * Calls that belong together, in the hands of a user: roles, a leader, limits, and an audio room that follows the members. A call that
 * ends leaves by itself.
 */
import { Emitter } from '../base/emitter.js';
import { SessionError } from '../base/errors.js';
import type { GroupEnd, GroupEvent, GroupOptions, GroupState, GroupType } from '../coordination/index.js';
import type { SessionManager } from '../manager/index.js';
import type { Call } from './call.js';
import type { Conference } from './conference.js';

export interface CallGroupEvents {
  joined: [call: Call, role: string];
  left: [call: Call, role: string];
  roleChanged: [call: Call, role: string];
  /** Undefined: nobody leads. */
  leaderChanged: [leader: Call | undefined];
  /** It has as many members as `min` asks for. */
  ready: [];
  closed: [by: GroupEnd];
}

export class CallGroup {
  readonly #manager: SessionManager;
  readonly #state: GroupState;
  readonly #calls = new Map<string, Call>();
  readonly #onClose: () => void;

  readonly name: string;
  readonly events = new Emitter<CallGroupEvents>();

  /** Made by Sessions only. */
  constructor(manager: SessionManager, name: string, options: GroupOptions, onClose: () => void) {
    this.#manager = manager;
    this.#onClose = onClose;
    this.name = name;
    this.#state = manager.groups.open(name, options);
  }

  get type(): GroupType {
    return this.#state.type;
  }

  /** In the order in which they joined. */
  get members(): readonly { readonly call: Call; readonly role: string }[] {
    return [...this.#state.members.values()].flatMap(({ sessionId, role }) => {
      const call = this.#calls.get(sessionId);
      return call ? [{ call, role }] : [];
    });
  }

  get size(): number {
    return this.#state.members.size;
  }

  get leader(): Call | undefined {
    return this.#state.leader === undefined ? undefined : this.#calls.get(this.#state.leader);
  }

  get closed(): boolean {
    return this.#state.closed;
  }

  /**
   * Takes a call in. Throws ERR_DUPLICATE for a member, ERR_LIMIT for one too many, ERR_NOT_FOUND for a call that is over, ERR_CLOSED;
   * where a conference is linked also what joining that throws.
   */
  add(call: Call, options: { role?: string } = {}): void {
    this.#open();
    const known = this.#calls.has(call.id);
    this.#calls.set(call.id, call);
    try {
      this.#manager.groups.add(this.name, call.id, options.role);
    } catch (error) {
      if (!known) this.#calls.delete(call.id);
      throw error;
    }
  }

  /** Nothing happens for one who is not a member; the call goes on. */
  remove(call: Call): void {
    if (!this.closed) this.#manager.groups.remove(this.name, call.id);
  }

  /** Names who leads. Throws ERR_NOT_FOUND for one who is not a member. */
  lead(call: Call): void {
    this.#open();
    this.#manager.groups.lead(this.name, call.id);
  }

  /** Throws ERR_NOT_FOUND for one who is not a member. */
  setRole(call: Call, role: string): void {
    this.#open();
    this.#manager.groups.setRole(this.name, call.id, role);
  }

  /** Members join the conference now, later members when they come in; who leaves the group leaves it. Throws what joining throws. */
  link(conference: Conference): void {
    this.#open();
    this.#manager.groups.link(this.name, conference.roomId);
  }

  /** Members part, their calls go on. Idempotent. */
  close(): void {
    this.#manager.groups.close(this.name);
  }

  /** `by` takes the place of `call`; the events of that follow. */
  handleReplaced(call: Call, by: Call): void {
    if (this.#calls.has(call.id)) this.#calls.set(by.id, by);
  }

  /** Called by Sessions, in the order of the events. */
  handleEvent(event: GroupEvent): void {
    if (event.type === 'joined' || event.type === 'left' || event.type === 'roleChanged') {
      const call = this.#calls.get(event.member.sessionId);
      if (event.type === 'left') this.#calls.delete(event.member.sessionId);
      if (call) this.events.emit(event.type, call, event.member.role);
    } else if (event.type === 'leaderChanged') {
      this.events.emit('leaderChanged', event.leader === undefined ? undefined : this.#calls.get(event.leader));
    } else if (event.type === 'ready') this.events.emit('ready');
    else {
      this.events.emit('closed', event.by);
      this.#onClose();
    }
  }

  #open(): void {
    if (this.closed) throw new SessionError('ERR_CLOSED', `group '${this.name}' is closed`);
  }
}
