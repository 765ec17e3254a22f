/**
 * Who hears whom otherwise than all do: a sparse graph of exceptions, by listener. Its cost is that of the exceptions, never N×N. Pure;
 * part of ConferenceState, which knows who is a member.
 */
import { SessionError } from '../base/errors.js';
import type { RoomChange, SessionId } from '../session/index.js';
import type { Edges, Exceptions, Relation } from './types.js';

const leastGainDb = -60;
const mostGainDb = 20;

/** Throws ERR_INVALID_ARGUMENT for what is no gain of −60 to 20 dB. */
export function checkGainDb(name: string, gainDb: number): void {
  if (gainDb >= leastGainDb && gainDb <= mostGainDb) return;
  throw new SessionError('ERR_INVALID_ARGUMENT', `${name}: ${gainDb} is no gain of ${leastGainDb} to ${mostGainDb} dB`);
}

export class HearingGraph {
  readonly #listeners = new Map<SessionId, Map<SessionId, Relation>>();

  get exceptions(): Exceptions {
    return this.#listeners;
  }

  /** Undefined, or a gain of 0 dB alone, ends an exception. Throws ERR_INVALID_ARGUMENT. */
  set(listener: SessionId, speaker: SessionId, relation: Relation | undefined): RoomChange[] {
    if (listener === speaker) throw new SessionError('ERR_INVALID_ARGUMENT', 'nobody hears themself in a conference');
    if (relation?.hears === false && 'gainDb' in relation && relation.gainDb !== undefined)
      throw new SessionError('ERR_INVALID_ARGUMENT', 'who is not heard has no gainDb');
    if (relation && relation.hears !== false) checkGainDb('gainDb', relation.gainDb ?? 0);
    const old = this.#listeners.get(listener)?.get(speaker);
    const change = toChange(listener, speaker, relation);
    const before = toChange(listener, speaker, old);
    if (change.hears === before.hears && change.gainDb === before.gainDb) return [];
    if (!relation || change.hears === 'usual') this.#remove(listener, speaker);
    else this.#put(listener, speaker, relation);
    return [change];
  }

  /** A member has left; the audio has forgotten its exceptions by itself. */
  drop(sessionId: SessionId): void {
    this.#listeners.delete(sessionId);
    for (const listener of [...this.#listeners.keys()]) this.#remove(listener, sessionId);
  }

  /** Another session has taken a member's place; returns its exceptions anew. */
  rename(sessionId: SessionId, by: SessionId): RoomChange[] {
    const changes: RoomChange[] = [];
    for (const [listener, speakers] of [...this.#listeners]) {
      for (const [speaker, relation] of [...speakers]) {
        if (listener !== sessionId && speaker !== sessionId) continue;
        this.#remove(listener, speaker);
        const to = listener === sessionId ? by : listener;
        const from = speaker === sessionId ? by : speaker;
        this.#put(to, from, relation);
        changes.push(toChange(to, from, relation));
      }
    }
    return changes;
  }

  #put(listener: SessionId, speaker: SessionId, relation: Relation): void {
    const speakers = this.#listeners.get(listener) ?? new Map<SessionId, Relation>();
    this.#listeners.set(listener, speakers.set(speaker, relation));
  }

  #remove(listener: SessionId, speaker: SessionId): void {
    const speakers = this.#listeners.get(listener);
    if (speakers?.delete(speaker) && speakers.size === 0) this.#listeners.delete(listener);
  }
}

function toChange(
  sessionId: SessionId,
  speaker: SessionId,
  relation: Relation | undefined,
): Extract<RoomChange, { op: 'relate' }> {
  const base = { op: 'relate', sessionId, speaker } as const;
  if (relation?.hears === false) return { ...base, hears: 'never', gainDb: 0 };
  const gainDb = relation?.gainDb ?? 0;
  if (relation?.hears) return { ...base, hears: 'always', gainDb };
  return { ...base, hears: gainDb === 0 ? 'usual' : 'scaled', gainDb };
}

/** Whether `listener` hears `speaker` under these edges, if the speaker is chosen; nobody hears themself. */
export function hears(
  edges: Edges,
  listener: SessionId,
  speaker: SessionId,
  exceptions: Exceptions = new Map(),
): boolean {
  return gainBetweenDb(edges, listener, speaker, exceptions) !== undefined;
}

/** How loud `speaker` is to `listener`, in dB, if the speaker is chosen; undefined when it is not heard. */
export function gainBetweenDb(
  edges: Edges,
  listener: SessionId,
  speaker: SessionId,
  exceptions: Exceptions = new Map(),
): number | undefined {
  const from = edges.get(speaker);
  const to = edges.get(listener);
  if (listener === speaker || !from || !to || from.muted || to.deaf) return undefined;
  const relation = exceptions.get(listener)?.get(speaker);
  if (relation?.hears === false || (from.apart && !relation?.hears)) return undefined;
  return (from.gainInDb ?? 0) + (to.gainOutDb ?? 0) + (relation?.gainDb ?? 0);
}
