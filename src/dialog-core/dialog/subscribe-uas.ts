/**
 * A subscription to us (RFC 6665 4.2): state goes out in NOTIFYs, one at a time and the newest only; the subscriber refreshes or leaves by
 * SUBSCRIBE; what is not refreshed ends. Lives in a dialog as any other usage does. Made by subscribe-request.ts and refer-uas.ts.
 */
import { warnListener } from '../../base/emitter.js';
import type { Core } from '../core.js';
import type { SipRequest, SipResponse } from '../message/index.js';
import type { Notifier, NotifierEnd, NotifierEvents, TerminationReason } from '../service-types.js';
import type { ClientUser } from '../transaction/transaction.js';
import type { Body, Flow } from '../types.js';
import { checkBody } from './arguments.js';
import type { Dialog } from './dialog.js';
import { answer, sendInDialog } from './send.js';
import type { DialogTenant } from './store.js';
import { deltaSeconds, type EventHeader, printEvent, readEvent } from './subscription-headers.js';
import { Timer, type TimerOwner } from './timer.js';

/** Shorter subscriptions are refused with 423; only such as are below an hour may be (RFC 6665 4.2.1.1). */
export const minExpiresS = 60;
export const maxExpiresS = 86_400;

/** Refusals of a NOTIFY after which there is no use in another (RFC 5057 5.1 with RFC 6665 4.2.2). */
const fatal = new Set([404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

interface Ending {
  readonly end: NotifierEnd;
  readonly reason: TerminationReason;
  readonly retryAfterS?: number | undefined;
}

export class SubscribeUas implements Notifier, DialogTenant, ClientUser, TimerOwner {
  readonly #core: Core;
  readonly #dialog: Dialog;
  readonly #event: EventHeader;
  readonly #events: NotifierEvents;
  readonly #over: () => void;
  readonly #expiry: Timer;
  #state: 'active' | 'pending' = 'active';
  #expiresAtMs = 0;
  #body: Body | undefined;
  #busy = false;
  #stale = false;
  #ending: Ending | undefined;
  #gone = false;

  constructor(
    core: Core,
    parts: { readonly dialog: Dialog; readonly event: EventHeader; readonly events: NotifierEvents },
    over: () => void,
  ) {
    this.#core = core;
    this.#dialog = parts.dialog;
    this.#event = parts.event;
    this.#events = parts.events;
    this.#over = over;
    this.#expiry = new Timer(core.deadlines, this);
    core.store.addTenant(parts.dialog, this);
  }

  get state(): 'active' | 'pending' | 'terminated' {
    return this.#ending ? 'terminated' : this.#state;
  }

  /** The first NOTIFY; one for 0 s is the last, too (RFC 6665 4.4.3). */
  begin(expiresS: number, state: 'active' | 'pending', body: Body | undefined): void {
    this.#state = state;
    this.#body = body;
    this.#extend(expiresS);
    if (expiresS === 0) this.#finish({ end: 'unsubscribed', reason: 'timeout' });
    else this.#send();
  }

  notify(body?: Body, options: { readonly state?: 'active' | 'pending' | undefined } = {}): void {
    checkBody(body);
    if (this.#ending) return;
    this.#core.door(() => {
      this.#body = body;
      this.#state = options.state ?? this.#state;
      this.#send();
    });
  }

  terminate(
    reason: TerminationReason = 'noresource',
    options: { readonly retryAfterS?: number | undefined; readonly body?: Body | undefined } = {},
  ): void {
    checkBody(options.body);
    if (this.#ending) return;
    this.#core.door(() => {
      this.#body = options.body ?? this.#body;
      this.#finish({ end: 'terminated', reason, retryAfterS: options.retryAfterS });
    });
  }

  takeRequest(_dialog: Dialog, request: SipRequest, flow: Flow): boolean {
    if (request.method !== 'SUBSCRIBE' || this.#ending) return false;
    const event = readEvent(request);
    if (event?.name !== this.#event.name || event.id !== this.#event.id) return false;
    const asked = deltaSeconds(request.header('expires')) ?? 3600;
    if (asked > 0 && asked < minExpiresS) {
      answer(this.#core, request, flow, { status: 423, headers: [['Min-Expires', String(minExpiresS)]] });
      return true;
    }
    const granted = Math.min(asked, maxExpiresS);
    const headers = [['Contact', this.#dialog.contact] as const, ['Expires', String(granted)] as const];
    answer(this.#core, request, flow, { status: 200, headers });
    this.#dialog.refreshTarget(request.contact);
    if (granted === 0) {
      this.#finish({ end: 'unsubscribed', reason: 'timeout' });
    } else {
      this.#extend(granted);
      // A state that the user sends on hearing this takes the place of the one that waits.
      this.#core.tell(() => this.#events.onRefresh?.(request));
      this.#send();
    }
    return true;
  }

  handleResponse(response: SipResponse): void {
    if (response.status >= 200) this.#handleAnswer(fatal.has(response.status));
  }

  handleNoResponse(): void {
    this.#handleAnswer(true);
  }

  /** The time granted is over. */
  handleTimer(): void {
    if (!this.#ending) this.#finish({ end: 'expired', reason: 'timeout' });
  }

  abandon(): void {
    if (!this.#ending) this.#tellEnd('closed');
    this.#ending ??= { end: 'closed', reason: 'noresource' };
    this.#remove();
  }

  #handleAnswer(isFatal: boolean): void {
    this.#busy = false;
    if (this.#gone) return;
    if (isFatal && !this.#ending) {
      this.#ending = { end: 'unreachable', reason: 'timeout' };
      this.#tellEnd('unreachable');
      this.#remove();
    } else if (this.#stale && !isFatal) {
      this.#send();
    } else if (this.#ending) {
      this.#remove();
    }
  }

  #finish(ending: Ending): void {
    this.#ending = ending;
    this.#expiry.clear();
    this.#tellEnd(ending.end);
    this.#send();
  }

  /** RFC 6665 4.2.2: a state is not sent while one is on its way, or they could overtake each other. */
  #send(): void {
    this.#stale = this.#busy;
    if (this.#busy) return;
    this.#busy = true;
    const headers: [string, string][] = [
      ['Event', printEvent(this.#event)],
      ['Subscription-State', this.#printState()],
      ['Contact', this.#dialog.contact],
    ];
    sendInDialog(this.#core, this.#dialog, { method: 'NOTIFY', headers, body: this.#body }, this);
  }

  #printState(): string {
    if (this.#ending) {
      const { reason, retryAfterS } = this.#ending;
      return `terminated;reason=${reason}${retryAfterS === undefined ? '' : `;retry-after=${retryAfterS}`}`;
    }
    const leftS = Math.max(0, Math.ceil((this.#expiresAtMs - this.#core.nowMs) / 1000));
    return `${this.#state};expires=${leftS}`;
  }

  #extend(expiresS: number): void {
    this.#expiresAtMs = this.#core.nowMs + 1000 * expiresS;
    this.#expiry.set(this.#expiresAtMs);
  }

  #tellEnd(end: NotifierEnd): void {
    this.#core.tell(() => {
      try {
        this.#events.onEnd?.(end);
      } catch (error) {
        warnListener('subscription', error);
      }
    });
  }

  #remove(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#expiry.clear();
    this.#core.store.removeTenant(this.#dialog, this);
    this.#over();
  }
}
