/**
 * What the stack does besides calls: requests of any method both ways, subscriptions of both roles, transfers, publications. Sans-IO as
 * the stack is, which owns it and hands it the requests that belong here.
 */

import { warnListener } from '../base/emitter.js';
import { SessionError } from '../base/errors.js';
import { ClientAuth } from './auth.js';
import type { Core } from './core.js';
import { checkBody, checkCredentials, checkHeaders, misuse } from './dialog/arguments.js';
import { acceptedType, contactOf, newTag } from './dialog/context.js';
import type { Dialog } from './dialog/dialog.js';
import type { InviteFailure } from './dialog/outgoing-invite.js';
import { wayTo } from './dialog/preloaded.js';
import { ReferUac } from './dialog/refer-uac.js';
import { ReferUas } from './dialog/refer-uas.js';
import { printReplaces } from './dialog/replaces.js';
import type { Reply } from './dialog/reply.js';
import { answer, sendInDialog } from './dialog/send.js';
import type { Found } from './dialog/store.js';
import { SubscribeRequest } from './dialog/subscribe-request.js';
import { SubscribeUac, type SubscriptionHost } from './dialog/subscribe-uac.js';
import { maxExpiresS, minExpiresS } from './dialog/subscribe-uas.js';
import { deltaSeconds, type EventHeader, readEvent } from './dialog/subscription-headers.js';
import type { HeaderList, SipRequest, SipResponse } from './message/index.js';
import { parseNameAddr, reasonPhrase } from './message/index.js';
import { newThread, OutsideRequest } from './outside-request.js';
import { CorePublication } from './publication.js';
import { ServedRequest } from './served-request.js';
import type {
  InsideParams,
  PublicationState,
  PublishParams,
  ReferNews,
  ReferParams,
  RequestHandler,
  RequestParams,
  RequestResult,
  SubscribeParams,
  SubscriptionHandler,
  SubscriptionNews,
} from './service-types.js';
import type { Flow, UsageId } from './types.js';

/** Methods that the core serves itself, and those that have rules of their own. */
const reserved = new Set([
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'NOTIFY',
  'SUBSCRIBE',
  'REFER',
  'PRACK',
  'UPDATE',
]);
const token = /^[\w.!%*+`'~-]+$/;

export class Services implements SubscriptionHost {
  readonly #core: Core;
  readonly #handlers = new Map<string, RequestHandler>();
  readonly #packages = new Map<string, SubscriptionHandler>();
  readonly #awaiting = new Map<string, SubscribeUac>();
  readonly #subscribers = new Set<SubscribeUac>();
  readonly #publications = new Set<CorePublication>();
  /** Subscriptions to us and REFERs of both directions. */
  #tenants = 0;
  #lastRefer = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Live subscriptions of both roles, transfers and publications. */
  get size(): number {
    return this.#subscribers.size + this.#tenants + this.#publications.size;
  }

  // --- verbs ---

  request(params: RequestParams, done: (result: RequestResult) => void): void {
    const core = this.#core;
    const { method, target, from, to, proxy, headers = [], body, auth } = params;
    if (!token.test(method) || ['INVITE', 'ACK', 'CANCEL', 'BYE'].includes(method)) {
      throw misuse('ERR_INVALID_ARGUMENT', `a request outside of calls cannot be ${method}`);
    }
    checkHeaders(headers, true);
    checkBody(body);
    checkCredentials(auth);
    const way = wayTo(core, target, { proxy });
    const thread = newThread(core, auth && new ClientAuth(auth, core.config.ids));
    const own = (flow: Flow): HeaderList =>
      method === 'OPTIONS'
        ? [
            ['Contact', contactOf(core, flow, from.user)],
            ['Accept', acceptedType],
          ]
        : [];
    const all = { method, target, from, way, body, headers: (flow: Flow) => [...own(flow), ...headers] };
    new OutsideRequest(core, thread, { ...all, ...(to && { to }) }, done).start();
  }

  requestInside(
    usage: UsageId,
    { method, headers = [], body }: InsideParams,
    done: (result: RequestResult) => void,
  ): void {
    // OPTIONS may be asked at any time (RFC 3261 11.2); it is only not to be taken over.
    if (!token.test(method) || (reserved.has(method) && method !== 'OPTIONS')) {
      throw misuse('ERR_INVALID_ARGUMENT', `${method} is not a request to make by hand inside a call`);
    }
    checkHeaders(headers);
    checkBody(body);
    const finish = (failure: InviteFailure): void => {
      const { status, reason, response } = failure;
      done({ status, reason, response });
      this.#core.store.usage(usage)?.endIfGone(failure);
    };
    const user = {
      handleResponse(response: SipResponse): void {
        const { status, reason } = response;
        if (status >= 200) finish({ cause: 'response', status, reason, response });
      },
      handleNoResponse(cause: 'timeout' | 'transport', message: string): void {
        const isLate = cause === 'timeout';
        const reason = isLate ? reasonPhrase(408) : message;
        finish({ cause, status: isLate ? 408 : 503, reason, response: undefined });
      },
    };
    sendInDialog(this.#core, this.#dialogOf(usage), { method, headers, body }, user);
  }

  serve(method: string, handler: RequestHandler): () => void {
    if (!token.test(method) || reserved.has(method)) {
      throw misuse('ERR_INVALID_ARGUMENT', `${method} cannot be taken over`);
    }
    if (this.#handlers.has(method)) throw misuse('ERR_DUPLICATE', `${method} is taken over already`);
    this.#handlers.set(method, handler);
    this.#core.methods.add(method);
    return () => {
      if (this.#handlers.get(method) !== handler) return;
      this.#handlers.delete(method);
      this.#core.methods.remove(method);
    };
  }

  servePackage(event: string, handler: SubscriptionHandler): () => void {
    if (!token.test(event) || event === 'refer') {
      throw misuse('ERR_INVALID_ARGUMENT', `'${event}' is no event package to serve`);
    }
    if (this.#packages.has(event)) throw misuse('ERR_DUPLICATE', `the event package ${event} is served already`);
    this.#packages.set(event, handler);
    this.#core.methods.addPackage(event);
    return () => {
      if (this.#packages.get(event) !== handler) return;
      this.#packages.delete(event);
      this.#core.methods.removePackage(event);
    };
  }

  subscribe(params: SubscribeParams, onNews: (news: SubscriptionNews) => void): SubscribeUac {
    this.#checkRoom();
    const subscriber = new SubscribeUac(this.#core, this, params, onNews);
    this.#subscribers.add(subscriber);
    subscriber.start();
    return subscriber;
  }

  publish(params: PublishParams, onState: (state: PublicationState) => void): CorePublication {
    this.#checkRoom();
    const publication = new CorePublication(this.#core, params, onState, () => this.#publications.delete(publication));
    this.#publications.add(publication);
    publication.start();
    return publication;
  }

  refer(usage: UsageId, params: ReferParams, onNews: (news: ReferNews) => void): () => void {
    if (!parseNameAddr(params.referTo))
      throw misuse('ERR_INVALID_URI', `'${params.referTo}' is no address to refer to`);
    checkHeaders([['Refer-To', params.referTo], ...(params.headers ?? [])]);
    const dialog = this.#dialogOf(usage);
    this.#checkRoom();
    this.#tenants += 1;
    const refer = new ReferUac(this.#core, dialog, onNews, () => this.#release());
    refer.start(params);
    return () => refer.stop();
  }

  dialogOf(usage: UsageId): { replaces: string; remoteTarget: string } {
    const dialog = this.#dialogOf(usage);
    return { replaces: printReplaces(dialog), remoteTarget: dialog.remoteTarget };
  }

  close(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.abandon();
    for (const publication of [...this.#publications]) publication.abandon();
    for (const tenant of this.#core.store.allTenants()) tenant.abandon();
    this.#awaiting.clear();
  }

  // --- what comes in ---

  /** A request in a dialog; false for one that is the call's own affair. */
  handleInside(found: Found, request: SipRequest, flow: Flow): boolean {
    const { method } = request;
    const handler = this.#handlers.get(method);
    const isOurs =
      method === 'NOTIFY' || method === 'SUBSCRIBE' || method === 'REFER' || (handler && method !== 'INFO');
    if (!isOurs) return false;
    const { dialog, usage } = found;
    const { number } = request.cseq;
    // RFC 3261 12.2.2.
    if (dialog.remoteSeq !== undefined && number < dialog.remoteSeq) {
      answer(this.#core, request, flow, { status: 500, reason: 'CSeq Out of Order' });
      return true;
    }
    dialog.remoteSeq = number;
    if (method === 'REFER') this.#handleRefer(found, request, flow);
    else if (handler && usage) this.#hand(handler, { request, flow, toTag: '', username: undefined, usage: usage.id });
    else if (![...found.tenants].some((tenant) => tenant.takeRequest(dialog, request, flow))) {
      // A NOTIFY of a further subscription may use the Call-ID of one that we know (RFC 6665 4.1.3).
      answer(this.#core, request, flow, { status: 481 });
    }
    return true;
  }

  /** A NOTIFY that belongs to no dialog: perhaps the first of a subscription. */
  handleNotify(request: SipRequest, flow: Flow): boolean {
    const subscriber = this.#awaiting.get(`${request.callId} ${request.toTag ?? ''}`);
    return subscriber?.takeNotify(request, flow) === true;
  }

  /** Why a request outside any dialog cannot be had; undefined when {@link admit} takes it. */
  refuse(request: SipRequest): Reply | undefined {
    switch (request.method) {
      // RFC 6665 4.1.3: there is no subscription that it could be for.
      case 'NOTIFY':
        return { status: 481 };
      // A REFER without a call would have us call whomever a stranger names; declined (RFC 3515 5.1).
      case 'REFER':
        return { status: 603 };
      case 'SUBSCRIBE':
        return this.#refuseSubscribe(request);
      default:
        return undefined;
    }
  }

  /** A request outside any dialog that has passed {@link refuse}; false when nobody takes its method. */
  admit(request: SipRequest, flow: Flow, username: string | undefined): boolean {
    if (request.method === 'SUBSCRIBE') {
      this.#admitSubscribe(request, flow, username);
      return true;
    }
    const handler = this.#handlers.get(request.method);
    if (!handler) return false;
    this.#hand(handler, { request, flow, toTag: newTag(this.#core), username, usage: undefined });
    return true;
  }

  /** Whether somebody has taken the method over. */
  serves(method: string): boolean {
    return this.#handlers.has(method);
  }

  await(callId: string, localTag: string, subscriber: SubscribeUac): void {
    this.#awaiting.set(`${callId} ${localTag}`, subscriber);
  }

  forget(callId: string, localTag: string): void {
    this.#awaiting.delete(`${callId} ${localTag}`);
  }

  remove(subscriber: SubscribeUac): void {
    this.#subscribers.delete(subscriber);
  }

  #refuseSubscribe(request: SipRequest): Reply | undefined {
    const event = readEvent(request);
    const { methods, config, counters } = this.#core;
    if (!event || !this.#packages.has(event.name)) return { status: 489, headers: methods.allowEvents };
    if (!request.contact) return { status: 400, reason: 'Missing Contact' };
    const asked = deltaSeconds(request.header('expires'));
    if (asked !== undefined && asked > 0 && asked < minExpiresS) {
      return { status: 423, headers: [['Min-Expires', String(minExpiresS)]] };
    }
    if (this.size < config.limits.maxSubscriptions) return undefined;
    counters.refused += 1;
    return { status: 503, headers: [['Retry-After', String(config.limits.retryAfterS)]] };
  }

  #admitSubscribe(request: SipRequest, flow: Flow, username: string | undefined): void {
    const event = readEvent(request) as EventHeader;
    const handler = this.#packages.get(event.name);
    const expiresS = Math.min(deltaSeconds(request.header('expires')) ?? 3600, maxExpiresS);
    this.#tenants += 1;
    const incoming = { request, flow, username, event, expiresS };
    const subscription = new SubscribeRequest(this.#core, incoming, () => this.#release());
    this.#core.tell(() => {
      guard(
        `SUBSCRIBE ${event.name}`,
        () => handler?.(subscription),
        () => subscription.decided || subscription.reject(500),
      );
    });
  }

  #hand(handler: RequestHandler, incoming: ConstructorParameters<typeof ServedRequest>[1]): void {
    const served = new ServedRequest(this.#core, incoming);
    this.#core.tell(() => {
      guard(
        incoming.request.method,
        () => handler(served),
        () => served.answered || served.respond(500),
      );
    });
  }

  /** RFC 3515 2.4.2: one Refer-To, and something to do for it. */
  #handleRefer({ dialog, usage }: Found, request: SipRequest, flow: Flow): void {
    const values = request.headerValues('refer-to');
    const target = values.length === 1 ? parseNameAddr(values[0] ?? '') : undefined;
    if (!usage || usage.phase === 'ending') answer(this.#core, request, flow, { status: 481 });
    else if (!target) answer(this.#core, request, flow, { status: 400, reason: 'One Refer-To Needed' });
    else if (this.size >= this.#core.config.limits.maxSubscriptions) answer(this.#core, request, flow, { status: 503 });
    else {
      this.#lastRefer += 1;
      this.#tenants += 1;
      dialog.refreshTarget(request.contact);
      const refer = new ReferUas(this.#core, this.#lastRefer, { request, flow, dialog }, () => this.#release());
      this.#core.emit({ type: 'refer', usage: usage.id, refer });
    }
  }

  #release(): void {
    this.#tenants -= 1;
  }

  #dialogOf(usage: UsageId): Dialog {
    const dialog = this.#core.store.usage(usage)?.establishedDialog;
    if (!dialog) throw misuse('ERR_INVALID_STATE', `usage ${usage} is not established`);
    return dialog;
  }

  #checkRoom(): void {
    const { maxSubscriptions } = this.#core.config.limits;
    if (this.size < maxSubscriptions) return;
    throw new SessionError('ERR_LIMIT', `no more than ${maxSubscriptions} subscriptions at a time`);
  }
}

/** A handler is somebody else's code: what it throws stays here, and the peer is not left without an answer. */
function guard(where: string, act: () => void, otherwise: () => unknown): void {
  try {
    act();
  } catch (error) {
    warnListener(where, error);
    otherwise();
  }
}
