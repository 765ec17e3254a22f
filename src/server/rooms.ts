/**
 * The rule of the conference server: whoever calls sip:<room>@host is in that room. A room appears with its first caller and goes with
 * its last. Runs on the event loop, keeps no audio; server.ts hands it every incoming call.
 */
import { type Call, type Clock, type Conference, type IncomingCall, type Sessions, SipError } from '../api/index.js';
import type { Caller, ServerEvent } from './events.js';
import { roomName } from './room-name.js';

/** Seconds in Retry-After of the 486 for a full room: people leave at no known time, so a guess that keeps phones from hammering. */
const fullRoomRetryS = 30;

export interface RoomsParts {
  readonly sessions: Pick<Sessions, 'conference' | 'manager'>;
  readonly maxMembers: number;
  readonly loudest: number | 'all';
  readonly clock: Clock;
  readonly report: (event: ServerEvent) => void;
}

interface Room {
  readonly conference: Conference;
  /** When each call joined, monotonic. */
  readonly joinedAtMs: Map<string, number>;
}

export class Rooms {
  readonly #parts: RoomsParts;
  readonly #rooms = new Map<string, Room>();
  /** Callers being answered, by room: they have their seat already. */
  readonly #expected = new Map<string, number>();

  constructor(parts: RoomsParts) {
    this.#parts = parts;
  }

  get conferences(): Conference[] {
    return [...this.#rooms.values()].map((room) => room.conference);
  }

  /** The room that a URI names by its user part, if anybody is in it. */
  find(user: string): Conference | undefined {
    const named = roomName(user);
    return named.ok ? this.#rooms.get(named.name)?.conference : undefined;
  }

  /** Answers the call and seats it, or turns it away. Never rejects on what a caller does. */
  async handle(incoming: IncomingCall): Promise<void> {
    const named = roomName(incoming.targetUser);
    if (!named.ok) return this.#refuse(incoming, 404, named.reason);
    const { name } = named;
    if (this.#occupied(name) >= this.#parts.maxMembers) {
      return this.#refuse(incoming, 486, 'Room Is Full', fullRoomRetryS);
    }
    const call = await this.#answer(incoming, name);
    if (call) await this.#seat(call, name);
  }

  #occupied(name: string): number {
    return (this.#rooms.get(name)?.conference.size ?? 0) + (this.#expected.get(name) ?? 0);
  }

  #refuse(incoming: IncomingCall, status: number, reason: string, retryAfterS?: number): void {
    incoming.reject(status, { reason, ...(retryAfterS === undefined ? {} : { retryAfterS }) });
    const { target, from } = incoming;
    this.#parts.report({ event: 'refused', target, from: from.uri, status, reason });
  }

  /** The answered call, or undefined when the caller gave up or the answer failed. The seat is kept meanwhile. */
  async #answer(incoming: IncomingCall, name: string): Promise<Call | undefined> {
    this.#expected.set(name, (this.#expected.get(name) ?? 0) + 1);
    try {
      return await incoming.accept({ focus: true });
    } catch (error) {
      const whom = { target: incoming.target, from: incoming.from.uri };
      const reason = error instanceof Error ? error.message : String(error);
      const status = error instanceof SipError ? error.status : 500;
      const gaveUp = error instanceof SipError && error.code === 'ERR_CANCELLED';
      this.#parts.report(gaveUp ? { event: 'gaveUp', ...whom } : { event: 'refused', ...whom, status, reason });
      return undefined;
    } finally {
      // The caller of this function goes on in the same turn, so nobody can take the seat between here and the join.
      const left = (this.#expected.get(name) ?? 1) - 1;
      if (left === 0) this.#expected.delete(name);
      else this.#expected.set(name, left);
    }
  }

  async #seat(call: Call, name: string): Promise<void> {
    if (call.ended.aborted) return;
    try {
      this.#room(name).conference.join(call);
    } catch (error) {
      // The room would otherwise stay open without ever having had a member.
      this.#closeIfEmpty(name);
      const message = `${call.remote.uri} could not join ${name}: ${error instanceof Error ? error.message : String(error)}`;
      this.#parts.report({ event: 'warning', code: 'join-failed', message });
      await call.hangup({ reason: { protocol: 'SIP', cause: 500, text: 'could not join the room' } });
    }
  }

  #room(name: string): Room {
    const existing = this.#rooms.get(name);
    if (existing) return existing;
    const { sessions, maxMembers, loudest } = this.#parts;
    const conference = sessions.conference(name, { maxMembers, loudest });
    const room: Room = { conference, joinedAtMs: new Map() };
    this.#rooms.set(name, room);
    this.#parts.report({ event: 'room', room: name, state: 'opened' });
    conference.events.on('joined', ({ call }) => this.#joined(name, room, call));
    conference.events.on('left', ({ call }) => this.#left(name, room, call));
    return room;
  }

  #joined(name: string, room: Room, call: Call): void {
    room.joinedAtMs.set(call.id, this.#parts.clock.nowMs());
    const members = room.conference.size;
    this.#parts.report({ event: 'joined', room: name, ...callerOf(call), codec: call.codec, members });
  }

  #left(name: string, room: Room, call: Call): void {
    const now = this.#parts.clock.nowMs();
    const durationMs = Math.round(now - (room.joinedAtMs.get(call.id) ?? now));
    room.joinedAtMs.delete(call.id);
    const members = room.conference.size;
    // A member leaves its room just before its call is over, when the session knows why already and the call does not yet say so.
    const reason = call.endReason ?? this.#parts.sessions.manager.get(call.id)?.endReason;
    this.#parts.report({ event: 'left', room: name, ...callerOf(call), reason, durationMs, members });
    this.#closeIfEmpty(name);
  }

  #closeIfEmpty(name: string): void {
    const room = this.#rooms.get(name);
    if (!room || room.conference.size > 0) return;
    this.#rooms.delete(name);
    room.conference.close();
    this.#parts.report({ event: 'room', room: name, state: 'closed' });
  }
}

export function callerOf(call: Call): Caller {
  return { id: call.id, from: call.remote.uri, displayName: call.remote.displayName };
}
