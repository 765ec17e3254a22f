/**
 * Requests outside any dialog, on their way in: the gate, the checks of RFC 3261 8.2, the load, who it is, and then whoever serves them.
 * Sans-IO; owned by stack.ts.
 */
import { SessionError } from '../base/errors.js';
import { Authenticator } from './authenticator.js';
import type { Core } from './core.js';
import { inspect, inspectLoad, optionsReply } from './dialog/inspection.js';
import { InviteUsage } from './dialog/invite-usage.js';
import { replacedBy } from './dialog/replaces.js';
import type { Reply } from './dialog/reply.js';
import { Gate } from './gate.js';
import type { SipRequest } from './message/index.js';
import type { Replies } from './replies.js';
import type { Services } from './services.js';
import type { Flow, InviteParams, UsageId } from './types.js';

export class Reception {
  readonly #core: Core;
  readonly #replies: Replies;
  readonly #services: Services;
  readonly #authenticator: Authenticator | undefined;
  readonly #gate: Gate;
  #lastUsage = 0;

  constructor(core: Core, replies: Replies, services: Services) {
    this.#core = core;
    this.#replies = replies;
    this.#services = services;
    const { authentication, limits } = core.config;
    this.#gate = new Gate(limits);
    this.#authenticator = authentication && new Authenticator(core, authentication);
  }

  handleLoopDelay(lateMs: number): void {
    this.#gate.handleLoopDelay(lateMs, this.#core.nowMs);
  }

  /** What was found out about a user, or why nothing was. */
  handleUser(key: string, found: Parameters<Authenticator['answer']>[1]): void {
    this.#authenticator?.answer(key, found);
  }

  clear(): void {
    this.#authenticator?.clear();
  }

  /** A call of ours. Throws ERR_LIMIT. */
  call(params: InviteParams): UsageId {
    const core = this.#core;
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

  handle(request: SipRequest, flow: Flow): void {
    const { counters, config, nowMs } = this.#core;
    const verdict = this.#gate.judge(flow.remote.address, nowMs);
    if (verdict !== 'in' || (request.method === 'INVITE' && this.#gate.isOverloaded(nowMs))) {
      counters.refused += 1;
      const headers = [['Retry-After', String(config.limits.retryAfterS)]] as const;
      if (verdict !== 'drop') this.#replies.reply(request, flow, { status: 503, headers });
      return;
    }
    const reply = inspect(this.#core, request, flow, this.#core.registrar !== undefined) ?? this.#replyOutside(request);
    if (reply) this.#replies.reply(request, flow, reply);
    else if (this.#authenticator) this.#authenticator.admit(request, (...who) => this.#admit(request, flow, ...who));
    else this.#admit(request, flow, undefined, undefined);
  }

  /** A request that may come in, or that was refused by the authenticator. */
  #admit(request: SipRequest, flow: Flow, refusal: Reply | undefined, username: string | undefined): void {
    if (refusal) {
      this.#replies.reply(request, flow, refusal);
    } else if (request.method === 'REGISTER' && this.#core.registrar) {
      const reply = this.#core.registrar.handle(request, username, this.#core.nowMs, flow);
      this.#replies.answer(request, flow, reply);
    } else if (!this.#services.admit(request, flow, username)) {
      this.#admitInvite(request, flow);
    }
  }

  #admitInvite(request: SipRequest, flow: Flow): void {
    const replaced = replacedBy(this.#core, request);
    if (replaced && 'status' in replaced) {
      this.#replies.reply(request, flow, replaced);
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
    if (request.method === 'REGISTER' || this.#services.serves(request.method)) return undefined;
    if (request.method !== 'INVITE') return this.#services.refuse(request);
    // 8.1.1.8: an INVITE says where its dialog's requests go.
    return request.contact ? undefined : { status: 400, reason: 'Missing Contact' };
  }
}

/** What has no meaning outside a dialog. */
const insideOnly = new Set(['BYE', 'PRACK', 'UPDATE', 'INFO']);
