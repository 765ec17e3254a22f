/**
 * A REFER of ours inside a call (RFC 3515 2.4) and the subscription that it brings without a SUBSCRIBE: what the peer's own request meets
 * comes back in NOTIFYs. It outlives the call (RFC 5057). Made by services.ts.
 */
import type { Core } from '../core.js';
import type { HeaderList, SipRequest, SipResponse } from '../message/index.js';
import { reasonPhrase } from '../message/index.js';
import type { ReferNews, ReferParams } from '../service-types.js';
import { patienceMs } from '../transaction/timers.js';
import type { ClientUser, NoResponseCause } from '../transaction/transaction.js';
import type { Flow } from '../types.js';
import type { Dialog } from './dialog.js';
import { answer, sendInDialog } from './send.js';
import { readSipFrag } from './sipfrag.js';
import type { DialogTenant } from './store.js';
import { readEvent, readSubscriptionState } from './subscription-headers.js';
import { Timer, type TimerOwner } from './timer.js';

export class ReferUac implements DialogTenant, ClientUser, TimerOwner {
  readonly #core: Core;
  readonly #dialog: Dialog;
  readonly #onNews: (news: ReferNews) => void;
  readonly #over: () => void;
  readonly #timer: Timer;
  /** CSeq of the REFER as first sent; one that had to prove who it is from has a higher one. */
  #sequence = 0;
  #state: 'asking' | 'subscribed' | 'answered' | 'over' = 'asking';
  #silent = false;

  constructor(core: Core, dialog: Dialog, onNews: (news: ReferNews) => void, over: () => void) {
    this.#core = core;
    this.#dialog = dialog;
    this.#onNews = onNews;
    this.#over = over;
    this.#timer = new Timer(core.deadlines, this);
  }

  start({ referTo, norefersub = false, headers = [] }: ReferParams): void {
    this.#core.store.addTenant(this.#dialog, this);
    const own: HeaderList = [
      ['Refer-To', referTo],
      ['Contact', this.#dialog.contact],
      ...(norefersub ? [['Refer-Sub', 'false'] as const] : []),
      ...headers,
    ];
    this.#sequence = this.#dialog.localSeq + 1;
    sendInDialog(this.#core, this.#dialog, { method: 'REFER', headers: own }, this);
  }

  /** Nothing is told any more; what the peer still says is answered. */
  stop(): void {
    this.#silent = true;
  }

  abandon(): void {
    this.#tell({ kind: 'lost' });
    this.#end();
  }

  takeRequest(_dialog: Dialog, request: SipRequest, flow: Flow): boolean {
    if (request.method !== 'NOTIFY' || this.#state === 'over') return false;
    const event = readEvent(request);
    // RFC 3515 2.4.6: id is the CSeq of the REFER; a notifier may leave it out for the first of a dialog.
    if (event?.name !== 'refer' || (event.id !== undefined && !this.#isOurs(event.id))) return false;
    const state = readSubscriptionState(request);
    if (!state) {
      answer(this.#core, request, flow, { status: 400, reason: 'Missing Subscription-State' });
      return true;
    }
    answer(this.#core, request, flow, { status: 200 });
    this.#dialog.refreshTarget(request.contact);
    this.#handleFragment(request);
    if (state.state === 'terminated') this.#handleTerminated();
    else this.#timer.set(this.#core.nowMs + 1000 * Math.min(state.expiresS ?? 180, 3600) + 2000);
    return true;
  }

  handleResponse(response: SipResponse): void {
    const { status, reason } = response;
    if (status < 200 || this.#state === 'over' || this.#state === 'answered') return;
    if (status >= 300) {
      this.#tell({ kind: 'refused', status, reason, response });
      this.#end();
      return;
    }
    // RFC 4488 4: only a response that says so makes no subscription.
    const subscribed = response.header('refer-sub')?.trim().toLowerCase() !== 'false';
    this.#tell({ kind: 'accepted', subscribed });
    if (!subscribed) this.#end();
    // RFC 6665 4.1.2.4 timer N: a NOTIFY must come at once.
    else if (this.#state === 'asking') this.#timer.set(this.#core.nowMs + patienceMs(this.#core.config.timers));
  }

  handleNoResponse(cause: NoResponseCause, message: string): void {
    if (this.#state !== 'asking') return;
    const status = cause === 'timeout' ? 408 : 503;
    this.#tell({
      kind: 'refused',
      status,
      reason: cause === 'timeout' ? reasonPhrase(408) : message,
      response: undefined,
    });
    this.#end();
  }

  /** No NOTIFY came, or no final one in the time that the notifier gave itself. */
  handleTimer(): void {
    if (this.#state !== 'answered') this.#tell({ kind: 'lost' });
    this.#end();
  }

  #isOurs(id: string): boolean {
    const number = Number(id);
    return number >= this.#sequence && number <= this.#sequence + 5 && this.#isOnly(number);
  }

  /** Two REFERs of one dialog have two numbers; a repetition with credentials takes the next one that is free. */
  #isOnly(number: number): boolean {
    for (const other of this.#core.store.tenants(this.#dialog)) {
      if (
        other instanceof ReferUac &&
        other !== this &&
        other.#sequence > this.#sequence &&
        other.#sequence <= number
      ) {
        return false;
      }
    }
    return true;
  }

  #handleFragment(request: SipRequest): void {
    const fragment = readSipFrag(request);
    if (this.#state === 'asking') this.#state = 'subscribed';
    if (!fragment || this.#state === 'answered') return;
    const { status, reason } = fragment;
    if (status < 200) {
      this.#tell({ kind: 'progress', status, reason });
    } else {
      this.#tell({ kind: 'final', status, reason });
      this.#state = 'answered';
    }
  }

  #handleTerminated(): void {
    if (this.#state !== 'answered') this.#tell({ kind: 'lost' });
    this.#end();
  }

  #tell(news: ReferNews): void {
    if (!this.#silent) this.#core.tell(() => this.#onNews(news));
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#timer.clear();
    this.#core.store.removeTenant(this.#dialog, this);
    this.#over();
  }
}
