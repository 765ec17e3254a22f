/**
 * Audio rooms of sessions: conferences and two-party bridges. Holds their pure state (src/bridge) and hands each change to the media
 * layer as one call. A session is in one room at a time. Called by SessionManager's verbs and by its cleanup.
 */
import { SessionError } from '../base/errors.js';
import { type ConferenceMember, ConferenceState, type Relation, TwoPartyState } from '../bridge/index.js';
import { type Priority, priorities, type Resources, toPriority } from '../coordination/index.js';
import type { RoomChange, RoomPort, SessionEvent, SessionId } from '../session/index.js';

export interface RoomOptions {
  /** Default Infinity. */
  readonly maxMembers?: number | undefined;
  /** How many of the loudest are mixed; default 'all'. */
  readonly loudest?: number | 'all' | undefined;
  /** Nobody hears anybody while no moderator is in; default false. */
  readonly waitForModerator?: boolean | undefined;
}

/** A member as the manager's callers describe it. */
export interface RoomMember extends Omit<ConferenceMember, 'priority'> {
  /** Who is chosen first among those who talk where only the loudest are mixed. */
  readonly priority?: Priority | undefined;
}

/** Throws ERR_INVALID_ARGUMENT for an unknown priority. */
function toMember<M extends Partial<RoomMember>>(member: M): Omit<M, 'priority'> & { readonly priority?: number } {
  const { priority, ...others } = member;
  if (priority === undefined) return others;
  return { ...others, priority: priorities.length - 1 - priorities.indexOf(toPriority(priority)) };
}

type Room =
  | { readonly kind: 'conference'; readonly state: ConferenceState }
  | { readonly kind: 'bridge'; readonly state: TwoPartyState };

export class SessionRooms {
  readonly #media: RoomPort;
  readonly #resources: Resources;
  readonly #publish: (event: SessionEvent) => void;
  readonly #rooms = new Map<string, Room>();
  readonly #roomOf = new Map<SessionId, string>();

  constructor(media: RoomPort, resources: Resources, publish: (event: SessionEvent) => void) {
    this.#media = media;
    this.#resources = resources;
    this.#publish = publish;
  }

  open(roomId: string, options: RoomOptions = {}): void {
    const maxMembers = options.maxMembers ?? Number.POSITIVE_INFINITY;
    const { loudest = 'all', waitForModerator = false } = options;
    if (maxMembers !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxMembers) && maxMembers > 0))
      throw new SessionError('ERR_INVALID_ARGUMENT', `maxMembers: ${maxMembers} is not a whole number above 0`);
    if (loudest !== 'all' && !(Number.isInteger(loudest) && loudest > 0))
      throw new SessionError('ERR_INVALID_ARGUMENT', `loudest: ${loudest} is neither a whole number above 0 nor 'all'`);
    if (this.#rooms.has(roomId)) throw new SessionError('ERR_DUPLICATE', `room ${roomId} is open`);
    this.#media.openRoom(roomId, { loudest });
    this.#rooms.set(roomId, { kind: 'conference', state: new ConferenceState({ maxMembers, waitForModerator }) });
  }

  join(roomId: string, sessionId: SessionId, options: RoomMember): void {
    const member = toMember(options);
    const state = this.#conference(roomId);
    const other = this.#roomOf.get(sessionId);
    if (other !== undefined && other !== roomId)
      throw new SessionError('ERR_INVALID_STATE', 'the call is in another conference or bridge');
    if (other === undefined) this.#takeSlot(sessionId);
    try {
      this.#apply(roomId, state.join(sessionId, member));
    } catch (error) {
      if (other === undefined) this.#resources.giveBack(sessionId, 'mixSlots');
      throw error;
    }
    this.#roomOf.set(sessionId, roomId);
    this.#publish({ type: 'joinedRoom', sessionId, roomId });
  }

  set(roomId: string, sessionId: SessionId, change: Partial<RoomMember>): void {
    this.#apply(roomId, this.#conference(roomId).set(sessionId, toMember(change)));
  }

  /** How `listener` hears `speaker`; undefined: as all do. Throws ERR_NOT_FOUND, ERR_INVALID_ARGUMENT. */
  relate(roomId: string, listener: SessionId, speaker: SessionId, relation: Relation | undefined): void {
    this.#apply(roomId, this.#conference(roomId).relate(listener, speaker, relation));
  }

  /** Only `audience` hears the member, at `gainDb`; undefined: all do. Throws as {@link relate} does. */
  whisper(roomId: string, sessionId: SessionId, audience: readonly SessionId[] | undefined, gainDb = 0): void {
    this.#apply(roomId, this.#conference(roomId).whisper(sessionId, audience, gainDb));
  }

  /** Whether newcomers who are no moderators are kept out. Throws ERR_NOT_FOUND. */
  lock(roomId: string, on: boolean): void {
    this.#conference(roomId).locked = on;
  }

  /** The state of a conference, to read. Throws ERR_NOT_FOUND. */
  conference(
    roomId: string,
  ): Pick<ConferenceState, 'members' | 'edges' | 'exceptions' | 'locked' | 'waiting' | 'hasModerator'> {
    return this.#conference(roomId);
  }

  /** Joins two sessions; ends when either leaves. */
  bridge(roomId: string, a: SessionId, b: SessionId): void {
    const state = new TwoPartyState(a, b);
    for (const one of state.parties) {
      if (this.#roomOf.has(one))
        throw new SessionError('ERR_INVALID_STATE', 'one of the calls is in a conference or bridge already');
    }
    const taken: SessionId[] = [];
    try {
      for (const one of state.parties) {
        this.#takeSlot(one);
        taken.push(one);
      }
      this.#media.openRoom(roomId, { loudest: 'all' });
      this.#rooms.set(roomId, { kind: 'bridge', state });
      this.#apply(roomId, state.join());
    } catch (error) {
      for (const one of taken) this.#resources.giveBack(one, 'mixSlots');
      if (this.#rooms.delete(roomId)) this.#media.closeRoom(roomId);
      throw error;
    }
    for (const sessionId of state.parties) {
      this.#roomOf.set(sessionId, roomId);
      this.#publish({ type: 'joinedRoom', sessionId, roomId });
    }
  }

  /** Takes a session out of its room, if it is in one. */
  leave(sessionId: SessionId): void {
    const roomId = this.#roomOf.get(sessionId);
    if (roomId === undefined) return;
    const room = this.#rooms.get(roomId);
    if (room?.kind === 'bridge') {
      this.close(roomId);
      return;
    }
    this.#roomOf.delete(sessionId);
    if (room) this.#apply(roomId, room.state.leave(sessionId));
    this.#left(roomId, sessionId);
  }

  /** Gives a session's place to another one: in one step of the audio, with the same flags. */
  replace(sessionId: SessionId, by: SessionId): void {
    const roomId = this.#roomOf.get(sessionId);
    const room = roomId === undefined ? undefined : this.#rooms.get(roomId);
    if (roomId === undefined || !room || this.#roomOf.has(by)) return;
    const changes = this.#replaced(roomId, room, sessionId, by);
    if (changes.length === 0) return;
    this.#roomOf.delete(sessionId);
    this.#roomOf.set(by, roomId);
    this.#left(roomId, sessionId);
    this.#takeSlot(by);
    this.#apply(roomId, changes);
    this.#publish({ type: 'joinedRoom', sessionId: by, roomId });
  }

  /** Members part and stay in their calls; idempotent. */
  close(roomId: string): void {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    const members = room.kind === 'bridge' ? room.state.parties : [...room.state.edges.keys()];
    this.#rooms.delete(roomId);
    this.#media.closeRoom(roomId);
    for (const sessionId of members) {
      if (this.#roomOf.delete(sessionId)) this.#left(roomId, sessionId);
    }
  }

  roomOf(sessionId: SessionId): string | undefined {
    return this.#roomOf.get(sessionId);
  }

  has(roomId: string): boolean {
    return this.#rooms.has(roomId);
  }

  get size(): number {
    return this.#rooms.size;
  }

  #replaced(roomId: string, room: Room, sessionId: SessionId, by: SessionId): readonly RoomChange[] {
    if (room.kind === 'conference') return room.state.replace(sessionId, by);
    this.#rooms.set(roomId, { kind: 'bridge', state: room.state.replaced(sessionId, by) });
    return [
      { op: 'remove', sessionId },
      { op: 'add', sessionId: by, muted: false, deaf: false },
    ];
  }

  #left(roomId: string, sessionId: SessionId): void {
    this.#resources.giveBack(sessionId, 'mixSlots');
    this.#publish({ type: 'leftRoom', sessionId, roomId });
  }

  #takeSlot(sessionId: SessionId): void {
    const refusal = this.#resources.lease(sessionId, { mixSlots: 1 });
    if (refusal) throw new SessionError('ERR_LIMIT', `all ${refusal.limit} mix slots are in use`);
  }

  #apply(roomId: string, changes: readonly RoomChange[]): void {
    if (changes.length > 0) this.#media.applyRoom(roomId, changes);
  }

  #conference(roomId: string): ConferenceState {
    const room = this.#rooms.get(roomId);
    if (room?.kind !== 'conference') throw new SessionError('ERR_NOT_FOUND', `there is no conference ${roomId}`);
    return room.state;
  }
}
