/**
 * One step of a session: admits an incoming one, asks transition.ts, carries out what it says, gives everything back at the end. The
 * only writer of sessions; called by the event processor with one input at a time, never from inside itself.
 */
import { mediaStats } from '../base/diagnostics.js';
import type { Logger } from '../base/logger.js';
import type { Resources } from '../coordination/index.js';
import {
  type AwaitedVerb,
  type CallStateKind,
  type Effect,
  type ExtraHeaders,
  isTerminal,
  newSession,
  type SessionId,
  type SessionInput,
  transition,
} from '../session/index.js';
import { Admission, type Incoming } from './admission.js';
import { Cleanup } from './cleanup.js';
import { EffectRunner } from './effects.js';
import type { SessionEventProcessor } from './events.js';
import { toEndError, toRefusal, toVerbError } from './failures.js';
import type { SessionGroups } from './groups.js';
import type { SessionRecord, SessionRegistry } from './registry.js';
import type { SessionRooms } from './rooms.js';
import type { SessionTransfers } from './transfers.js';
import type { ManagerParts } from './wiring.js';

/** An end that the other side never confirms is over after this: longer than 64·T1, in which dialog-core settles it by itself. */
const terminateTimeoutMs = 40_000;

export interface StepperParts extends ManagerParts {
  readonly registry: SessionRegistry;
  readonly resources: Resources;
  readonly rooms: SessionRooms;
  readonly groups: SessionGroups;
  readonly events: SessionEventProcessor;
  readonly transfers: SessionTransfers;
  /** A step threw: a defect of ours, told to operators. */
  onDefect(text: string): void;
}

export class SessionStepper {
  readonly #parts: StepperParts;
  readonly #logger: Logger;
  readonly #effects: EffectRunner;
  readonly #cleanup: Cleanup;
  readonly admission: Admission;
  #draining = false;
  #refusedFacts = 0;

  constructor(parts: StepperParts) {
    const { config, dialog, media, resources, events } = parts;
    this.#parts = parts;
    this.admission = new Admission(parts);
    this.#logger = config.logger;
    this.#effects = new EffectRunner({
      dialog: dialog.manager,
      media: media.manager,
      resources,
      logger: config.logger,
      retryAfterS: config.retryAfterS,
      enqueue: (sessionId, input) => events.enqueue(sessionId, input),
    });
    this.#cleanup = new Cleanup(config.clock, (sessionId) => this.#expire(sessionId));
  }

  /** Sessions with a deadline. */
  get deadlines(): number {
    return this.#cleanup.size;
  }

  /** Facts that the table refused: a peer or a core did what it should not. */
  get refusedFacts(): number {
    return this.#refusedFacts;
  }

  /** From now on every incoming call gets 503. */
  drain(): void {
    this.#draining = true;
    for (const sessionId of this.admission.drain()) this.#turnAway(sessionId, this.#parts.config.retryAfterS);
  }

  close(): void {
    this.#cleanup.close();
  }

  /** Takes one input; never throws. An input for a session that is gone is dropped: it came late. */
  step(sessionId: SessionId, input: SessionInput): void {
    try {
      if (input.type === 'incoming') this.#admit(sessionId, input);
      else this.#advance(sessionId, input);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#logger.error({ sessionId, input: input.type, text }, 'a step failed');
      this.#parts.onDefect(text);
    }
  }

  #admit(sessionId: SessionId, fact: Incoming): void {
    const { config, dialog } = this.#parts;
    if (this.#draining) {
      this.#turnAway(sessionId, config.retryAfterS);
      return;
    }
    const decision = this.admission.decide(sessionId, fact);
    if (decision === 'admitted') this.#enter(sessionId, fact);
    else if (decision === 'waiting') {
      dialog.manager.ringSession(sessionId, 182);
      this.#cleanup.set(sessionId, config.waiting.maxMs);
    } else this.#turnAway(sessionId, decision.retryAfterS);
  }

  /** 503 for one that has no session; nothing is kept of it. */
  #turnAway(sessionId: SessionId, retryAfterS: number): void {
    const { dialog } = this.#parts;
    const headers: ExtraHeaders = [['Retry-After', String(retryAfterS)]];
    this.#cleanup.clear(sessionId);
    dialog.manager.rejectSession(sessionId, 503, { headers });
    dialog.manager.forgetSession(sessionId);
  }

  #enter(sessionId: SessionId, fact: Incoming): void {
    const { config, registry, events } = this.#parts;
    const session = newSession({
      id: sessionId,
      direction: 'incoming',
      local: fact.to,
      remote: fact.from,
      target: fact.target,
      createdAtMs: config.clock.wallMs(),
      callId: fact.callId,
      route: fact.route,
      offer: fact.offer,
      replaces: fact.replaces,
      reliable: fact.reliable,
    });
    registry.add(session, fact.message, this.admission.priorityOf(fact));
    this.#cleanup.set(sessionId, config.answerTimeoutMs);
    if (fact.replaces === undefined) {
      events.publish({ type: 'incoming', sessionId });
      return;
    }
    // RFC 3891 3: what names a call by its tags was let in on it; nobody is asked again.
    events.publish({ type: 'replacing', sessionId, replaces: fact.replaces });
    events.enqueue(sessionId, { type: 'accept' });
  }

  #advance(sessionId: SessionId, input: SessionInput): void {
    const { registry, config, events } = this.#parts;
    const record = registry.get(sessionId);
    if (!record) {
      this.#advanceWaiting(sessionId, input);
      return;
    }
    const next = transition(record.session, input, config.clock.nowMs());
    if (!next) {
      this.#refuse(record, input);
      return;
    }
    const before = record.session.state.kind;
    record.session = next.session;
    if ('message' in input && input.message !== undefined && next.session.direction === 'outgoing')
      record.message = input.message;
    this.#watch(record, before);
    for (const effect of next.effects) this.#carryOut(record, effect);
    const isOver = isTerminal(record.session.state) && before !== record.session.state.kind;
    // Listeners of the last events may still look the session up.
    if (isOver) events.afterwards(() => registry.delete(sessionId));
  }

  /** A call without a session may be one that waits for its place: its caller gave up, or its time is over. */
  #advanceWaiting(sessionId: SessionId, input: SessionInput): void {
    const over = input.type === 'cancelledByPeer' || input.type === 'ended' || input.type === 'failed';
    if (!over || !this.admission.giveUp(sessionId)) return;
    this.#cleanup.clear(sessionId);
    this.#parts.dialog.manager.forgetSession(sessionId);
  }

  /** Deadlines follow the state: answering is bounded before the call, ending is bounded after it. */
  #watch(record: SessionRecord, before: CallStateKind): void {
    const { id, state, accepted, direction } = record.session;
    if (state.kind === 'Terminating') {
      if (before !== 'Terminating') this.#cleanup.set(id, terminateTimeoutMs);
    } else if (state.kind === 'Active' || (direction === 'incoming' && accepted)) this.#cleanup.clear(id);
  }

  #carryOut(record: SessionRecord, effect: Effect): void {
    if (effect.type === 'publish') this.#parts.events.publish(effect.event);
    else if (effect.type === 'settle') settle(record, effect.verb, effect.failure && toVerbError(effect.failure));
    else if (effect.type === 'finish') this.#finish(record);
    else if (effect.type === 'sendTransfer') this.#parts.transfers.send(record.session.id, effect.params);
    else if (effect.type === 'takeOver') this.#takeOver(effect.from, record.session.id);
    else this.#effects.run(record.session, effect);
  }

  /** The seat first, so that nobody is without a voice in between, and then the end of who sat there. */
  #takeOver(from: SessionId, to: SessionId): void {
    const { registry, rooms, groups, events } = this.#parts;
    if (!registry.get(from)) return;
    events.publish({ type: 'replaced', sessionId: from, by: to });
    rooms.replace(from, to);
    groups.replace(from, to);
    events.enqueue(from, { type: 'replaced' });
  }

  #finish(record: SessionRecord): void {
    const { dialog, media, rooms, groups, resources, events } = this.#parts;
    const { id, endReason } = record.session;
    rooms.leave(id);
    groups.forget(id);
    if (mediaStats.hasSubscribers) {
      const stats = media.manager.stats(id);
      if (stats) mediaStats.publish({ sessionId: id, stats });
    }
    media.manager.stopMedia(id);
    this.#cleanup.clear(id);
    resources.release(id);
    events.afterwards(() => dialog.manager.forgetSession(id));
    settle(record, 'terminate', undefined);
    const reason = endReason ?? { cause: 'closed', status: undefined, text: 'ended', reason: undefined };
    const error = toEndError(reason, record.message);
    for (const waiter of record.waiters.splice(0)) waiter.reject(error);
    for (let next = this.admission.next(); next; next = this.admission.next()) this.#enter(next.sessionId, next.fact);
  }

  #refuse(record: SessionRecord, input: SessionInput): void {
    const { id, state } = record.session;
    const waiter = record.waiters.find((one) => one.input === input);
    if (waiter) {
      record.waiters.splice(record.waiters.indexOf(waiter), 1);
      waiter.reject(toRefusal(input.type, state.kind));
      return;
    }
    if (input.type === 'transfer') {
      const reason = `not possible in state ${state.kind}`;
      this.#parts.transfers.handleNews(id, { kind: 'refused', status: 500, reason });
      return;
    }
    this.#refusedFacts += 1;
    this.#logger.debug({ sessionId: id, state: state.kind, input: input.type }, 'input refused');
  }

  #expire(sessionId: SessionId): void {
    const { registry, events, config } = this.#parts;
    const session = registry.get(sessionId)?.session;
    if (!session) {
      if (this.admission.giveUp(sessionId)) this.#turnAway(sessionId, config.retryAfterS);
      return;
    }
    const input: SessionInput =
      session.state.kind === 'Terminating'
        ? { type: 'ended', by: 'closed', reason: undefined }
        : { type: 'reject', status: 480, reason: undefined, headers: [] };
    events.enqueue(sessionId, input);
  }
}

/** Resolves or rejects everyone who waits for a verb. */
function settle(record: SessionRecord, verb: AwaitedVerb, error: Error | undefined): void {
  const settled = record.waiters.filter((waiter) => waiter.verb === verb);
  for (const waiter of settled) {
    record.waiters.splice(record.waiters.indexOf(waiter), 1);
    if (error) waiter.reject(error);
    else waiter.resolve();
  }
}
