/**
 * The SIP stack without any input or output of its own: datagrams, routes and deadlines go in with their time, datagrams, questions for
 * routes and events come out of `poll`. Single-threaded and deterministic; driven by endpoint.ts, and by tests in virtual time.
 */
import { SessionError } from '../base/errors.js';
import { Authenticator } from './authenticator.js';
import type { ResolvedConfig } from './config.js';
import { Core, type StackOutput } from './core.js';
import { misuse } from './dialog/arguments.js';
import { serverName } from './dialog/context.js';
import { inspect, inspectLoad, optionsReply } from './dialog/inspection.js';
import { InviteUsage } from './dialog/invite-usage.js';
import { replacedBy } from './dialog/replaces.js';
import { printReply, type Reply, replyFlow, replyHead } from './dialog/reply.js';
import { answer } from './dialog/send.js';
import { Timer } from './dialog/timer.js';
import { Gate } from './gate.js';
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
import { CoreRegistration } from './registration.js';
import { Services } from './services.js';
import { StatelessTags } from './stateless-tags.js';
import type { Transaction } from './transaction/transaction.js';
import type {
  Binding,
  CoreCounts,
  Flow,
  InviteParams,
  RegisterParams,
  RegistrationState,
  UsageId,
  UserSecret,
} from './types.js';

/** What the shell tells. */
export type StackInput =
  /** A datagram, or a message of a stream; `fault` where the stream could not be read on. */
  | {
      readonly type: 'datagram';
      readonly data: Uint8Array;
      readonly flow: Flow;
      readonly fault?: ParseProblem | undefined;
    }
  /** The system refused a datagram of this transaction. */
  | { readonly type: 'sendFailed'; readonly transaction: Transaction; readonly message: string }
  /** The event loop was so late. */
  | { readonly type: 'loopDelay'; readonly lateMs: number }
  | { readonly type: 'connectionLost'; readonly connection: number; readonly message: string }
  | { readonly type: 'routed'; readonly key: string; readonly flow: Flow }
  | { readonly type: 'unroutable'; readonly key: string; readonly message: string }
  | { readonly type: 'intercepted'; readonly key: string; readonly verdict: MiddlewareVerdict }
  | { readonly type: 'user'; readonly key: string; readonly secret: UserSecret | undefined }
  /** The user could not be looked for. */
  | { readonly type: 'userUnknowable'; readonly key: string };

export class SipStack {
  readonly #core: Core;
  readonly #limits: ParseLimits;
  readonly #stateless: StatelessTags;
  readonly #authenticator: Authenticator | undefined;
  readonly #registrations = new Set<CoreRegistration>();
  readonly #gate: Gate;
  readonly #interceptor: Interceptor | undefined;
  /** Everything but calls and registrations; verbs on it happen within {@link at}. */
  readonly services: Services;
  #lastUsage = 0;

  constructor(config: ResolvedConfig) {
    this.#core = new Core(config);
    this.#limits = config.limits;
    this.#gate = new Gate(config.limits);
    if (config.middleware.length > 0)
      this.#interceptor = new Interceptor(this.#core, (...what) => this.#carryOut(...what));
    this.#stateless = new StatelessTags(config.ids);
    this.services = new Services(this.#core);
    this.#authenticator = config.authentication && new Authenticator(this.#core, config.authentication);
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
        this.#gate.handleLoopDelay(input.lateMs, nowMs);
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
        this.#authenticator?.answer(input.key, input.secret);
        return;
      case 'userUnknowable':
        this.#authenticator?.answer(input.key, { status: 500 });
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
    const core = this.#core;
    core.nowMs = nowMs;
    const { maxUsages, maxTransactions } = core.config.limits;
    if (core.store.usages >= maxUsages || core.transactions.size >= maxTransactions) {
      throw new SessionError(
        'ERR_LIMIT',
        `no more than ${maxUsages} usages or ${maxTransactions} transactions at a time`,
      );
    }
    this.#lastUsage += 1;
    return InviteUsage.call(core, this.#lastUsage, params).id;
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
    this.#authenticator?.clear();
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
    this.#reply(message, flow, { status: error.status, reason: error.reason });
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
    else this.#handleOutside(request, flow);
  }

  #carryOut(request: SipRequest, flow: Flow, verdict: MiddlewareVerdict): void {
    if (verdict.kind === 'pass') this.#dispatch(verdict.request, flow);
    else if (verdict.kind === 'drop') this.#core.counters.refused += 1;
    else if (verdict.stateless) this.#reply(request, flow, verdict.reply);
    else answer(this.#core, request, flow, this.#signed(verdict.reply), this.#stateless.tagFor(request));
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
      answer(this.#core, request, flow, { status: 200 }, this.#stateless.tagFor(request));
    } else if (invite) {
      const user = invite.server;
      answer(this.#core, request, flow, { status: 200 }, user?.localTag ?? this.#stateless.tagFor(request));
      user?.handleCancel(request);
    } else {
      this.#reply(request, flow, { status: 481 });
    }
  }

  #handleInDialog(request: SipRequest, flow: Flow): void {
    const found = this.#core.store.find(request);
    const refusal = inspect(this.#core, request, flow);
    if (!found && !refusal && request.method === 'NOTIFY' && this.services.handleNotify(request, flow)) return;
    if (!found) this.#reply(request, flow, refusal ?? { status: 481 });
    else if (refusal) answer(this.#core, request, flow, this.#signed(refusal));
    else if (this.services.handleInside(found, request, flow)) return;
    else if (found.usage) found.usage.handleRequest(found.dialog, request, flow);
    else answer(this.#core, request, flow, this.#signed({ status: 481 }));
  }

  #handleOutside(request: SipRequest, flow: Flow): void {
    const { counters, config, nowMs } = this.#core;
    const verdict = this.#gate.judge(flow.remote.address, nowMs);
    if (verdict !== 'in' || (request.method === 'INVITE' && this.#gate.isOverloaded(nowMs))) {
      counters.refused += 1;
      const headers = [['Retry-After', String(config.limits.retryAfterS)]] as const;
      if (verdict !== 'drop') this.#reply(request, flow, { status: 503, headers });
      return;
    }
    const reply = inspect(this.#core, request, flow, this.#core.registrar !== undefined) ?? this.#replyOutside(request);
    if (reply) this.#reply(request, flow, reply);
    else if (this.#authenticator) this.#authenticator.admit(request, (...who) => this.#admit(request, flow, ...who));
    else this.#admit(request, flow, undefined, undefined);
  }

  /** A request that may come in, or that was refused by the authenticator. */
  #admit(request: SipRequest, flow: Flow, refusal: Reply | undefined, username: string | undefined): void {
    if (refusal) {
      this.#reply(request, flow, refusal);
    } else if (request.method === 'REGISTER' && this.#core.registrar) {
      const reply = this.#core.registrar.handle(request, username, this.#core.nowMs, flow);
      answer(this.#core, request, flow, this.#signed(reply), this.#stateless.tagFor(request));
    } else if (!this.services.admit(request, flow, username)) {
      this.#admitInvite(request, flow);
    }
  }

  #admitInvite(request: SipRequest, flow: Flow): void {
    const replaced = replacedBy(this.#core, request);
    if (replaced && 'status' in replaced) {
      this.#reply(request, flow, replaced);
    } else {
      this.#lastUsage += 1;
      InviteUsage.take(this.#core, this.#lastUsage, request, flow, replaced?.id);
    }
  }

  /** What a request outside any dialog is answered without further ado; undefined for one that may come in: INVITE, REGISTER. */
  #replyOutside(request: SipRequest): Reply | undefined {
    const core = this.#core;
    if (insideOnly.has(request.method)) return { status: 481 };
    // RFC 3261 8.2.2.2; an OPTIONS leaves no transaction that a second one could merge with.
    if (core.transactions.isMerged(request)) return { status: 482 };
    const full = inspectLoad(core);
    if (full) {
      core.counters.refused += 1;
      return full;
    }
    if (request.method === 'OPTIONS') return optionsReply(core, this.#core.registrar !== undefined);
    if (request.method === 'REGISTER' || this.services.serves(request.method)) return undefined;
    if (request.method !== 'INVITE') return this.services.refuse(request);
    // 8.1.1.8: an INVITE says where its dialog's requests go.
    return request.contact ? undefined : { status: 400, reason: 'Missing Contact' };
  }

  /** Answers without keeping anything (RFC 3261 8.2.7): a repeated request gets the same answer again, since it is made of the request. */
  #reply(request: SipRequest, flow: Flow, reply: Reply): void {
    const head = replyHead(request, flow.remote, this.#stateless.tagFor(request));
    this.#core.send(replyFlow(request, flow), printReply(head, this.#signed(reply)));
  }

  #signed(reply: Reply): Reply {
    return { ...reply, headers: [...(reply.headers ?? []), ...serverName(this.#core)] };
  }
}

/** What has no meaning outside a dialog. */
const insideOnly = new Set(['BYE', 'PRACK', 'UPDATE', 'INFO']);

/** Nothing but line breaks, spaces and zero bytes. */
function isBlank(data: Uint8Array): boolean {
  for (const byte of data) if (byte !== 13 && byte !== 10 && byte !== 0 && byte !== 32) return false;
  return true;
}
