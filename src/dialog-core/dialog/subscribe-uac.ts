/**
 * A subscription of ours (RFC 6665 4.1): SUBSCRIBE until a NOTIFY makes a dialog or timer N says that none will, a branch for each dialog of a
 * fork, and again from the start where the notifier's reason invites to it. Made and owned by services.ts.
 */
import { ClientAuth } from '../auth.js';
import type { Core } from '../core.js';
import type { HeaderList, SipRequest } from '../message/index.js';
import { newThread, OutsideRequest, type RequestThread } from '../outside-request.js';
import type { SubscribeParams, Subscription, SubscriptionEnd, SubscriptionNews } from '../service-types.js';
import { detached } from '../transaction/matching.js';
import { patienceMs } from '../transaction/timers.js';
import type { Flow, OptionsResult } from '../types.js';
import { checkBody, checkCredentials, checkHeaders, misuse } from './arguments.js';
import { contactOf } from './context.js';
import { type Way, wayTo } from './preloaded.js';
import { type BranchUser, dialogOfNotify, SubscribeBranch } from './subscribe-branch.js';
import { deltaSeconds, printEvent, readEvent, type SubscriptionState } from './subscription-headers.js';
import { Timer, type TimerOwner } from './timer.js';

const maxBranches = 8;
const weekS = 604_800;
/** Waits before subscribing anew: at once first, then longer and longer up to half an hour. */
const maxRetryS = 1800;

export interface SubscriptionHost {
  /** NOTIFYs to this Call-ID and tag that belong to no dialog go to `subscriber`. */
  await(callId: string, localTag: string, subscriber: SubscribeUac): void;
  forget(callId: string, localTag: string): void;
  /** The subscription is over. */
  remove(subscriber: SubscribeUac): void;
}

export class SubscribeUac implements Subscription, BranchUser, TimerOwner {
  readonly event: { readonly name: string; readonly id: string | undefined };
  readonly headers: HeaderList;
  expiresS: number;
  readonly #core: Core;
  readonly #host: SubscriptionHost;
  readonly #params: SubscribeParams;
  readonly #tell: (news: SubscriptionNews) => void;
  readonly #way: Way;
  readonly #auth: ClientAuth | undefined;
  readonly #branches = new Map<string, SubscribeBranch>();
  readonly #timer: Timer;
  #thread: RequestThread | undefined;
  #contact = '';
  #state: 'asking' | 'on' | 'waiting' | 'leaving' | 'over' = 'asking';
  #retries = 0;
  #beganAtMs = 0;

  /** Throws for parameters that cannot be sent. */
  constructor(core: Core, host: SubscriptionHost, params: SubscribeParams, onNews: (news: SubscriptionNews) => void) {
    const { event, id, accept, expiresS = 3600, headers = [], body, auth } = params;
    checkHeaders(headers);
    checkBody(body);
    checkCredentials(auth);
    if (!/^[\w.!%*+`'~-]+$/.test(event) || (id !== undefined && !/^[\w.!%*+`'~-]+$/.test(id))) {
      throw misuse('ERR_INVALID_ARGUMENT', `'${event}' names no event package, or '${id}' is no token`);
    }
    if (!(Number.isInteger(expiresS) && expiresS >= 0 && expiresS <= weekS)) {
      throw misuse('ERR_INVALID_ARGUMENT', `expiresS must be a whole number up to ${weekS}, not ${expiresS}`);
    }
    const types: HeaderList = accept ? [['Accept', accept.join(', ')]] : [];
    checkHeaders(types);
    this.event = { name: event, id };
    this.headers = [['Event', printEvent(this.event)], ...types, ...headers];
    this.expiresS = expiresS;
    this.#core = core;
    this.#host = host;
    this.#params = params;
    this.#way = wayTo(core, params.target, params);
    this.#auth = auth && new ClientAuth(auth, core.config.ids);
    this.#timer = new Timer(core.deadlines, this);
    this.#tell = (news) => core.tell(() => onNews(news));
  }

  /** The first SUBSCRIBE, also after {@link SubscriptionNews} 'retrying'. */
  start(): void {
    this.#state = 'asking';
    this.#beganAtMs = this.#core.nowMs;
    this.#thread = newThread(this.#core, this.#auth);
    this.#host.await(this.#thread.callId, this.#thread.fromTag, this);
    this.#subscribe(this.#thread);
  }

  refresh(): void {
    this.#core.door(() => {
      for (const branch of this.#branches.values()) branch.refresh();
    });
  }

  close(): void {
    if (this.#state === 'over' || this.#state === 'leaving') return;
    this.#core.door(() => {
      const was = this.#state;
      this.#state = 'leaving';
      if (was === 'waiting') this.#end({ by: 'us' });
      // Without a branch the SUBSCRIBE is still on its way: the NOTIFY that it brings is answered by unsubscribing.
      for (const branch of [...this.#branches.values()]) branch.leave();
    });
  }

  /** The core closes. */
  abandon(): void {
    this.#end({ by: 'closed' });
  }

  /** A NOTIFY outside the dialogs that we know: the SUBSCRIBE's own, or that of another branch (RFC 6665 4.1.2.4, 4.4.1). */
  takeNotify(request: SipRequest, flow: Flow): boolean {
    const event = readEvent(request);
    const fits = event?.name === this.event.name && event.id === this.event.id;
    if (!this.#thread || !fits || !request.fromTag || this.#branches.size >= maxBranches) return false;
    const { sequence } = this.#thread;
    const dialog = dialogOfNotify(request, { localSeq: sequence, contact: this.#contact, flow, auth: this.#auth });
    const branch = new SubscribeBranch(this.#core, dialog, this);
    this.#branches.set(detached(request.fromTag), branch);
    this.#timer.clear();
    if (this.#state === 'asking') this.#state = 'on';
    branch.takeRequest(dialog, request, flow);
    if (this.#state === 'leaving') branch.leave();
    return true;
  }

  handleNotify(branch: SubscribeBranch, state: SubscriptionState, request: SipRequest): void {
    const { expiresS } = state;
    this.#tell({ kind: 'notified', branch: branch.dialog.remoteTag, state: state.state, expiresS, request });
  }

  handleBranchEnd(branch: SubscribeBranch, end: SubscriptionEnd): void {
    this.#branches.delete(branch.dialog.remoteTag);
    if (this.#branches.size > 0 || this.#state === 'over') return;
    if (this.#state === 'leaving') this.#end({ by: 'us' });
    else this.#endOrRetry(end);
  }

  /** Timer N of the first SUBSCRIBE, or the end of a wait. */
  handleTimer(): void {
    if (this.#state === 'waiting') this.start();
    else if (this.#state === 'leaving') this.#end({ by: 'us' });
    else this.#endOrRetry({ by: 'timeout' });
  }

  #subscribe(thread: RequestThread): void {
    const { nowMs, config } = this.#core;
    this.#timer.set(nowMs + patienceMs(config.timers));
    const { target, from, to, body } = this.#params;
    const headers = (flow: Flow): HeaderList => {
      this.#contact = contactOf(this.#core, flow, from.user, target.scheme === 'sips');
      return [...this.headers, ['Contact', this.#contact], ['Expires', String(this.expiresS)]];
    };
    const params = { method: 'SUBSCRIBE', target, from, headers, body, way: this.#way };
    const done = (result: OptionsResult): void => {
      if (thread === this.#thread) this.#handleResult(result);
    };
    new OutsideRequest(this.#core, thread, { ...params, ...(to && { to }) }, done).start();
  }

  #handleResult({ status, reason, response }: OptionsResult): void {
    if (this.#state === 'over') return;
    if (status < 300) {
      const expiresS = deltaSeconds(response?.header('expires')) ?? this.expiresS;
      if (this.#state === 'asking' || this.#state === 'on') this.#tell({ kind: 'accepted', expiresS });
      return;
    }
    // A NOTIFY has come all the same: one branch of the fork took it.
    if (this.#branches.size > 0) return;
    const wantedS = status === 423 ? deltaSeconds(response?.header('min-expires')) : undefined;
    if (wantedS !== undefined && wantedS > this.expiresS && wantedS <= weekS && this.#state === 'asking') {
      this.expiresS = wantedS;
      if (this.#thread) this.#subscribe(this.#thread);
    } else {
      this.#end(this.#state === 'leaving' ? { by: 'us' } : { by: 'refusal', status, reason, response });
    }
  }

  #endOrRetry(end: SubscriptionEnd): void {
    const waitS = this.#params.resubscribe === false || this.expiresS === 0 ? undefined : invitesIn(end);
    if (waitS === undefined) {
      this.#end(end);
      return;
    }
    this.#forget();
    const longAgo = this.#core.nowMs - this.#beganAtMs > 60_000;
    this.#retries = longAgo ? 0 : this.#retries + 1;
    const retryS = Math.max(waitS, Math.min(maxRetryS, this.#retries < 2 ? 0 : 2 ** Math.min(this.#retries, 11)));
    this.#state = 'waiting';
    this.#timer.set(this.#core.nowMs + 1000 * retryS);
    this.#tell({ kind: 'retrying', retryS, end });
  }

  #end(end: SubscriptionEnd): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#timer.clear();
    this.#forget();
    for (const branch of [...this.#branches.values()]) branch.abandon();
    this.#tell({ kind: 'ended', end });
    this.#host.remove(this);
  }

  #forget(): void {
    if (this.#thread) this.#host.forget(this.#thread.callId, this.#thread.fromTag);
    this.#thread = undefined;
  }
}

/** Seconds until subscribing again makes sense; undefined: never (RFC 6665 4.1.3). */
function invitesIn(end: SubscriptionEnd): number | undefined {
  if (end.by === 'timeout') return 30;
  if (end.by !== 'notifier') return undefined;
  switch (end.reason) {
    case 'rejected':
    case 'noresource':
    case 'invariant':
      return undefined;
    case 'deactivated':
    case 'timeout':
      return 0;
    case 'probation':
    case 'giveup':
      return Math.min(end.retryAfterS ?? 30, weekS);
    default:
      return Math.min(end.retryAfterS ?? 0, weekS);
  }
}
