/**
 * One dialog of a subscription of ours (RFC 6665 4.1.2): made by a NOTIFY, refreshed before its time is over, ended by the notifier's word, by
 * ours, or by silence. A SUBSCRIBE that forked has several. Owned by subscribe-uac.ts.
 */
import type { ClientAuth } from '../auth.js';
import type { HeaderList, SipRequest, SipResponse } from '../message/index.js';
import type { SubscriptionEnd } from '../service-types.js';
import { patienceMs } from '../transaction/timers.js';
import type { ClientUser } from '../transaction/transaction.js';
import type { Flow } from '../types.js';
import type { CoreContext } from './context.js';
import { Dialog, requestUri } from './dialog.js';
import { answer, sendInDialog } from './send.js';
import type { DialogTenant } from './store.js';
import { deltaSeconds, readEvent, readSubscriptionState, type SubscriptionState } from './subscription-headers.js';
import { Timer, type TimerOwner } from './timer.js';

/** However short a time is granted, SUBSCRIBEs do not come faster. */
const shortestWaitMs = 5000;

export interface BranchUser {
  readonly event: { readonly name: string; readonly id: string | undefined };
  /** Headers of every SUBSCRIBE but Expires and Contact. */
  readonly headers: HeaderList;
  readonly expiresS: number;
  handleNotify(branch: SubscribeBranch, state: SubscriptionState, request: SipRequest): void;
  /** Once, and then nothing more. */
  handleBranchEnd(branch: SubscribeBranch, end: SubscriptionEnd): void;
}

export class SubscribeBranch implements DialogTenant, ClientUser, TimerOwner {
  readonly dialog: Dialog;
  readonly #core: CoreContext;
  readonly #user: BranchUser;
  readonly #timer: Timer;
  #waitsFor: 'refresh' | 'notify' | 'expiry' = 'expiry';
  #expiresAtMs = 0;
  #leaving = false;
  #over = false;

  constructor(core: CoreContext, dialog: Dialog, user: BranchUser) {
    this.#core = core;
    this.dialog = dialog;
    this.#user = user;
    this.#timer = new Timer(core.deadlines, this);
    core.store.addTenant(dialog, this);
  }

  takeRequest(_dialog: Dialog, request: SipRequest, flow: Flow): boolean {
    if (request.method !== 'NOTIFY' || this.#over) return false;
    const event = readEvent(request);
    if (event?.name !== this.#user.event.name || event.id !== this.#user.event.id) return false;
    const state = readSubscriptionState(request);
    if (!state) {
      answer(this.#core, request, flow, { status: 400, reason: 'Missing Subscription-State' });
      return true;
    }
    answer(this.#core, request, flow, { status: 200 });
    this.dialog.refreshTarget(request.contact);
    this.#user.handleNotify(this, state, request);
    // Who asked for 0 s has got what it wanted (RFC 6665 4.4.3).
    if (state.state === 'terminated' || this.#user.expiresS === 0) {
      this.#end({ by: 'notifier', reason: state.reason, retryAfterS: state.retryAfterS });
    } else if (!this.#leaving && !this.#over) {
      this.#grant(state.expiresS ?? this.#leftS() ?? this.#user.expiresS);
    }
    return true;
  }

  /** A SUBSCRIBE in the dialog; the notifier owes a NOTIFY for it (RFC 6665 4.1.2.2). */
  refresh(): void {
    if (!this.#leaving) this.#subscribe(this.#user.expiresS);
  }

  leave(): void {
    if (this.#leaving || this.#over) return;
    this.#leaving = true;
    this.#subscribe(0);
  }

  abandon(): void {
    this.#end({ by: 'closed' });
  }

  handleResponse(response: SipResponse): void {
    const { status } = response;
    if (status < 200 || this.#over) return;
    if (this.#leaving) {
      // Timer N rules over the last NOTIFY; where the notifier knows nothing of us, there is none.
      if (status >= 300) this.#end({ by: 'us' });
    } else if (status === 481 || status === 408) {
      this.#end({ by: 'timeout' });
    } else if (status < 300) {
      this.#expiresAtMs = this.#core.nowMs + 1000 * (deltaSeconds(response.header('expires')) ?? this.#user.expiresS);
    } else {
      // RFC 6665 4.1.2.2: what was granted before stays until its time is over.
      this.#wait('expiry', this.#expiresAtMs);
    }
  }

  handleNoResponse(): void {
    if (!this.#over) this.#end(this.#leaving ? { by: 'us' } : { by: 'timeout' });
  }

  handleTimer(): void {
    if (this.#waitsFor === 'refresh') this.refresh();
    else this.#end(this.#leaving ? { by: 'us' } : { by: 'timeout' });
  }

  #subscribe(expiresS: number): void {
    const { nowMs, config } = this.#core;
    this.#wait('notify', nowMs + patienceMs(config.timers));
    const headers = [...this.#user.headers, ['Contact', this.dialog.contact], ['Expires', String(expiresS)]] as const;
    sendInDialog(this.#core, this.dialog, { method: 'SUBSCRIBE', headers: headers as HeaderList }, this);
  }

  /** The time left begins anew with every NOTIFY that says so; refreshed is at 80 to 90 % of it, by less than a minute's end. */
  #grant(expiresS: number): void {
    const { nowMs, config } = this.#core;
    this.#expiresAtMs = nowMs + 1000 * expiresS;
    const share = 80 + (config.ids.uint32() % 1001) / 100;
    this.#wait('refresh', nowMs + Math.max(10 * expiresS * share, shortestWaitMs));
  }

  #leftS(): number | undefined {
    const leftMs = this.#expiresAtMs - this.#core.nowMs;
    return leftMs > 0 ? Math.ceil(leftMs / 1000) : undefined;
  }

  #wait(what: 'refresh' | 'notify' | 'expiry', atMs: number): void {
    this.#waitsFor = what;
    this.#timer.set(Math.max(atMs, this.#core.nowMs + 1));
  }

  #end(end: SubscriptionEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.clear();
    this.#core.store.removeTenant(this.dialog, this);
    this.#user.handleBranchEnd(this, end);
  }
}

/** The dialog that a NOTIFY makes for the subscriber (RFC 6665 4.4.1): we are the one who is asked, though the first request was ours. */
export function dialogOfNotify(
  request: SipRequest,
  ours: {
    readonly localSeq: number;
    readonly contact: string;
    readonly flow: Flow;
    readonly auth: ClientAuth | undefined;
  },
): Dialog {
  return new Dialog({
    ...ours,
    callId: request.callId,
    localTag: request.toTag ?? '',
    remoteTag: request.fromTag ?? '',
    localAddress: request.header('to') ?? '',
    remoteAddress: request.header('from') ?? '',
    remoteSeq: request.cseq.number,
    remoteTarget: request.contact ? requestUri(request.contact.uri) : requestUri(request.from.uri),
    routeSet: request.headerValues('record-route'),
    direct: false,
  });
}
