/**
 * The SIP stack without any input or output of its own: datagrams, routes and deadlines go in with their time, datagrams, questions for
 * routes and events come out of `poll`. Single-threaded and deterministic; driven by endpoint.ts, and by tests in virtual time.
 */
import type { ResolvedConfig } from './config.js';
import { Core, type StackOutput } from './core.js';
import { misuse } from './dialog/arguments.js';
import { inspect } from './dialog/inspection.js';
import type { InviteUsage } from './dialog/invite-usage.js';
import { Timer } from './dialog/timer.js';
import { Interceptor } from './interceptor.js';
import {
  type ParseLimits,
  type ParseProblem,
  parseMessage,
  type SipMessage,
  type SipRequest,
  type SipUri,
} from './message/index.js';
import type { MiddlewareVerdict } from './middleware.js';
import { Reception } from './reception.js';
import { CoreRegistration } from './registration.js';
import { Replies } from './replies.js';
import { Services } from './services.js';
import type { StackInput } from './stack-input.js';
import type { Binding, CoreCounts, Flow, InviteParams, RegisterParams, RegistrationState, UsageId } from './types.js';

export class SipStack {
  readonly #core: Core;
  readonly #limits: ParseLimits;
  readonly #replies: Replies;
  readonly #reception: Reception;
  readonly #registrations = new Set<CoreRegistration>();
  readonly #interceptor: Interceptor | undefined;
  /** Everything but calls and registrations; verbs on it happen within {@link at}. */
  readonly services: Services;

  constructor(config: ResolvedConfig) {
    this.#core = new Core(config);
    this.#limits = config.limits;
    if (config.middleware.length > 0)
      this.#interceptor = new Interceptor(this.#core, (...what) => this.#carryOut(...what));
    this.#replies = new Replies(this.#core);
    this.services = new Services(this.#core);
    this.#reception = new Reception(this.#core, this.#replies, this.services);
  }

  /** Takes one input; network input never throws. */
  handle(input: StackInput, nowMs: number): void {
    this.#core.nowMs = nowMs;
    switch (input.type) {
      case 'datagram':
        this.#handleDatagram(input.data, input.flow, input.fault);
        return;
      case 'sendFailed':
        this.#core.transactions.handleSendFailure(input.transaction, input.message);
        return;
      case 'loopDelay':
        this.#reception.handleLoopDelay(input.lateMs);
        return;
      case 'connectionLost':
        this.#core.transactions.handleConnectionLost(input.connection, input.message);
        this.#core.registrar?.handleConnectionLost(input.connection, nowMs);
        for (const each of this.#registrations) each.handleConnectionLost(input.connection);
        return;
      case 'routed':
        this.#core.answerRoute(input.key, input.flow, '');
        return;
      case 'unroutable':
        this.#core.answerRoute(input.key, undefined, input.message);
        return;
      case 'intercepted':
        this.#interceptor?.answer(input.key, input.verdict);
        return;
      case 'user':
        this.#reception.handleUser(input.key, input.secret);
        return;
      case 'userUnknowable':
        this.#reception.handleUser(input.key, { status: 500 });
        return;
    }
  }

  /** The next thing to do, in order; undefined when there is none. */
  poll(): StackOutput | undefined {
    return this.#core.poll();
  }

  /** When {@link handleTimeout} is due next, on the scale of `nowMs`. */
  nextTimeout(): number | undefined {
    return this.#core.deadlines.nextMs();
  }

  handleTimeout(nowMs: number): void {
    const core = this.#core;
    core.nowMs = nowMs;
    for (let due = core.deadlines.popDue(nowMs); due; due = core.deadlines.popDue(nowMs)) {
      if (due instanceof Timer) due.owner.handleTimer(due);
      else core.transactions.handleDue(due);
    }
  }

  // --- verbs ---

  /** Does `act` at that time. */
  at<T>(nowMs: number, act: () => T): T {
    this.#core.nowMs = nowMs;
    return act();
  }

  /** How the verbs of objects that were handed out reach {@link at}. */
  set door(door: <T>(act: () => T) => T) {
    this.#core.door = door;
  }

  invite(params: InviteParams, nowMs: number): UsageId {
    this.#core.nowMs = nowMs;
    return this.#reception.call(params);
  }

  /** The usage of a verb; throws ERR_INVALID_STATE when it is gone. Verbs on it happen at `nowMs`. */
  usage(id: UsageId, nowMs: number): InviteUsage {
    this.#core.nowMs = nowMs;
    const usage = this.#core.store.usage(id);
    if (!usage) throw misuse('ERR_INVALID_STATE', `there is no usage ${id}`);
    return usage;
  }

  register(params: RegisterParams, nowMs: number, onState: (state: RegistrationState) => void): CoreRegistration {
    this.#core.nowMs = nowMs;
    const over = (): void => void this.#registrations.delete(registration);
    const registration = new CoreRegistration(this.#core, params, onState, over);
    this.#registrations.add(registration);
    registration.start();
    return registration;
  }

  unregister(registration: CoreRegistration, nowMs: number): void {
    this.#core.nowMs = nowMs;
    registration.stop();
  }

  lookup(aor: SipUri, nowMs: number): Binding[] | undefined {
    return this.#core.registrar?.lookup(aor, nowMs);
  }

  counts(): CoreCounts {
    const { counters, transactions, store, deadlines } = this.#core;
    return {
      ...counters,
      transactions: transactions.size,
      usages: store.usages,
      dialogs: store.dialogs,
      deadlines: deadlines.size,
      subscriptions: this.services.size,
    };
  }

  /** Ends every usage by 'closed', without a word to the peers, and forgets everything. */
  close(nowMs: number): void {
    this.#core.nowMs = nowMs;
    this.#reception.clear();
    this.#interceptor?.clear();
    for (const registration of [...this.#registrations]) registration.abandon();
    this.services.close();
    this.#core.close();
  }

  // --- what comes in ---

  #handleDatagram(data: Uint8Array, flow: Flow, fault?: ParseProblem): void {
    const { counters, config } = this.#core;
    counters.received += 1;
    // Keep-alives of NAT bindings (RFC 5626 4.4.1 and its UDP forerunners) are no messages.
    if (isBlank(data)) return;
    const parsed = parseMessage(data, this.#limits);
    try {
      if (fault) this.#handleMalformed(fault, parsed.message, flow);
      else if (parsed.ok) this.#handleMessage(parsed.message, flow);
      else this.#handleMalformed(parsed.error, parsed.message, flow);
    } catch (error) {
      // The parser lets nothing through that cannot be handled; should it ever, one message is lost and not the process.
      counters.malformed += 1;
      config.logger.error({ err: error }, 'a SIP message could not be handled');
    }
  }

  #handleMalformed(error: ParseProblem, message: SipMessage | undefined, flow: Flow): void {
    this.#core.counters.malformed += 1;
    // Responses are never answered, nor are ACKs (RFC 3261 17.1.1.3): whatever is wrong with them, they are dropped.
    if (message?.kind !== 'request' || message.method === 'ACK') return;
    this.#replies.reply(message, flow, { status: error.status, reason: error.reason });
  }

  #handleMessage(message: SipMessage, flow: Flow): void {
    const { transactions, counters } = this.#core;
    if (message.kind === 'response') {
      if (!transactions.takeResponse(message)) counters.unmatched += 1;
    } else if (!transactions.takeRequest(message)) {
      this.#handleRequest(message, flow);
    }
  }

  /** A request of which no transaction knows. */
  #handleRequest(request: SipRequest, flow: Flow): void {
    if (request.method === 'ACK') this.#handleAck(request);
    else if (request.method === 'CANCEL') this.#handleCancel(request, flow);
    else if (this.#interceptor) this.#interceptor.take(request, flow);
    else this.#dispatch(request, flow);
  }

  #dispatch(request: SipRequest, flow: Flow): void {
    if (request.toTag !== undefined) this.#handleInDialog(request, flow);
    else this.#reception.handle(request, flow);
  }

  #carryOut(request: SipRequest, flow: Flow, verdict: MiddlewareVerdict): void {
    if (verdict.kind === 'reply' && verdict.failed) this.#core.counters.middlewareErrors += 1;
    if (verdict.kind === 'pass') this.#dispatch(verdict.request, flow);
    else if (verdict.kind === 'drop') this.#core.counters.refused += 1;
    else if (verdict.stateless) this.#replies.reply(request, flow, verdict.reply);
    else this.#replies.answer(request, flow, verdict.reply);
  }

  /** An ACK for a 2xx; one that matches nothing is dropped, for nothing ever answers an ACK. */
  #handleAck(request: SipRequest): void {
    const found = this.#core.store.find(request);
    if (!found?.usage?.takeAck(request)) this.#core.counters.unmatched += 1;
  }

  /** RFC 3261 9.2: 200 when the INVITE is known, whether it can still be stopped or not. */
  #handleCancel(request: SipRequest, flow: Flow): void {
    const invite = this.#core.transactions.cancelled(request);
    if (this.#interceptor?.cancel(request)) {
      this.#replies.answer(request, flow, { status: 200 });
    } else if (invite) {
      const user = invite.server;
      this.#replies.answer(request, flow, { status: 200 }, user?.localTag);
      user?.handleCancel(request);
    } else {
      this.#replies.reply(request, flow, { status: 481 });
    }
  }

  #handleInDialog(request: SipRequest, flow: Flow): void {
    const found = this.#core.store.find(request);
    const refusal = inspect(this.#core, request, flow);
    if (!found && !refusal && request.method === 'NOTIFY' && this.services.handleNotify(request, flow)) return;
    if (!found) this.#replies.reply(request, flow, refusal ?? { status: 481 });
    else if (refusal) this.#replies.answer(request, flow, refusal);
    else if (this.services.handleInside(found, request, flow)) return;
    else if (found.usage) found.usage.handleRequest(found.dialog, request, flow);
    else this.#replies.answer(request, flow, { status: 481 });
  }
}

/** Nothing but line breaks, spaces and zero bytes. */
function isBlank(data: Uint8Array): boolean {
  for (const byte of data) if (byte !== 13 && byte !== 10 && byte !== 0 && byte !== 32) return false;
  return true;
}
