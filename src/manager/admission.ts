/**
 * Who is let in. An incoming call takes its place at once, takes the place of a lower call (where the policy says so), waits in a line
 * ordered by priority, or is refused with 503 and Retry-After. Synchronous bookkeeping; called by the steps of stepper.ts, which alone
 * make and end sessions.
 */
import { chooseVictim, fromResourcePriority, type Priority, type Refusal, WaitingLine } from '../coordination/index.js';
import type { SipRequest } from '../dialog/index.js';
import type { DialogFact, ReasonValue, SessionId } from '../session/index.js';
import type { StepperParts } from './stepper.js';

export type Incoming = Extract<DialogFact, { type: 'incoming' }>;

/** What becomes of a newcomer. */
export type Decision = 'admitted' | 'waiting' | Refusal;

/** RFC 4411 5.1: the session was ended for a call of higher priority. */
export const preemptionReason: ReasonValue = { protocol: 'preemption', cause: 1, text: 'UA Preemption' };

export class Admission {
  readonly #parts: StepperParts;
  readonly #waiting = new Map<SessionId, Incoming>();
  readonly #line: WaitingLine<SessionId>;

  constructor(parts: StepperParts) {
    this.#parts = parts;
    this.#line = new WaitingLine(parts.config.waiting.max);
  }

  /** Incoming calls that wait for a place. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Decides about an incoming call; one that waits is kept until {@link next}, {@link giveUp} or {@link drain}. */
  decide(sessionId: SessionId, fact: Incoming): Decision {
    const priority = this.priorityOf(fact);
    const refusal = this.lease(sessionId, priority, { user: toUser(fact.from.uri), peer: fact.peer });
    if (!refusal) return 'admitted';
    if (refusal.kind !== 'sessions' || !this.#line.add(sessionId, priority)) return refusal;
    this.#waiting.set(sessionId, fact);
    return 'waiting';
  }

  /** A place for a call, taken from a lower one when all are in use and the policy allows it. */
  lease(
    sessionId: SessionId,
    priority: Priority,
    holder: { user?: string | undefined; peer?: string | undefined },
  ): Refusal | undefined {
    const { resources, config } = this.#parts;
    const refusal = resources.lease(sessionId, { sessions: 1 }, holder);
    if (refusal?.kind !== 'sessions' || !config.preempt || !this.#preempt(priority)) return refusal;
    return resources.lease(sessionId, { sessions: 1 }, holder);
  }

  /** What the request asks for by RFC 4412, where the configuration trusts it. */
  priorityOf(fact: Incoming): Priority {
    if (!this.#parts.config.resourcePriority) return 'normal';
    return fromResourcePriority((fact.message as SipRequest).headerValues('Resource-Priority')) ?? 'normal';
  }

  /** The next who may come in, with its place taken; undefined when nobody waits or nothing is free. */
  next(): { sessionId: SessionId; fact: Incoming } | undefined {
    const { resources } = this.#parts;
    for (let id = this.#line.first(); id !== undefined; id = this.#line.first()) {
      const fact = this.#waiting.get(id);
      if (!resources.hasRoom('sessions')) return undefined;
      this.giveUp(id);
      const holder = fact && { user: toUser(fact.from.uri), peer: fact.peer };
      if (fact && !resources.lease(id, { sessions: 1 }, holder)) return { sessionId: id, fact };
    }
    return undefined;
  }

  /** It waits no longer; true if it did. */
  giveUp(sessionId: SessionId): boolean {
    this.#waiting.delete(sessionId);
    return this.#line.remove(sessionId);
  }

  /** Everybody who waits, who then waits no longer. */
  drain(): SessionId[] {
    const all = this.#line.keys();
    for (const id of all) this.giveUp(id);
    return all;
  }

  /** Ends the call that loses least, if there is a lower one; its place is free at once, its ending takes what it takes. */
  #preempt(priority: Priority): boolean {
    const { registry, resources, events } = this.#parts;
    const victim = chooseVictim(registry.occupants(), priority);
    if (victim === undefined) return false;
    resources.giveBack(victim, 'sessions');
    events.enqueue(victim, { type: 'terminate', reason: preemptionReason });
    return true;
  }
}

/** An address of record as a key: scheme, user and host without parameters, the host in lower case (RFC 3261 19.1.4). */
function toUser(uri: string): string {
  const match = /^sips?:(?:([^@;?]*)@)?([^;?]+)/i.exec(uri);
  return match ? `${match[1] ?? ''}@${(match[2] ?? '').toLowerCase()}` : uri;
}
