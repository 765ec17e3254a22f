/**
 * One INVITE of ours on its way to a final response, the first of a call or a later one: CANCEL and when it may go (RFC 3261 9.1), how long
 * it may ring (timer C), what counts as failure. What a 2xx means is for its user: invite-uac.ts or reinvite.ts.
 */
import { reasonPhrase, type SipResponse } from '../message/index.js';
import { cancelFor } from '../transaction/derived.js';
import { patienceMs } from '../transaction/timers.js';
import type { ClientUser, NoResponseCause, Transaction } from '../transaction/transaction.js';
import type { FailureCause, Flow, ReasonHeader } from '../types.js';
import { type CoreContext, reasonHeaders } from './context.js';
import { indifferent } from './send.js';
import { Timer, type TimerOwner } from './timer.js';

export interface InviteFailure {
  readonly cause: FailureCause;
  readonly status: number;
  readonly reason: string;
  readonly response: SipResponse | undefined;
}

export interface OutgoingInviteUser {
  /** 101–199. */
  handleProvisional(response: SipResponse): void;
  /** Every 2xx: the first, those of further branches, and each of them again. */
  handleSuccess(response: SipResponse): void;
  /** Once, and then nothing more. */
  handleFailure(failure: InviteFailure): void;
}

export class OutgoingInvite implements ClientUser, TimerOwner {
  readonly #core: CoreContext;
  readonly #user: OutgoingInviteUser;
  #transaction: Transaction | undefined;
  #provisional = false;
  #final = false;
  #cancel: 'no' | 'wanted' | 'sent' = 'no';
  #cancelReason: ReasonHeader | undefined;
  #rangTooLong = false;
  readonly #timer: Timer;

  constructor(core: CoreContext, user: OutgoingInviteUser) {
    this.#core = core;
    this.#user = user;
    this.#timer = new Timer(core.deadlines, this);
  }

  start(branch: string, bytes: Uint8Array, flow: Flow): void {
    this.#transaction = this.#core.transactions.request('INVITE', branch, bytes, flow, this);
  }

  /** True from {@link start} on. */
  get started(): boolean {
    return this.#transaction !== undefined;
  }

  /** True while there is no final response. */
  get pending(): boolean {
    return !this.#final;
  }

  /** How the INVITE has failed if it was cancelled, whatever the response says. */
  get cancelled(): InviteFailure | undefined {
    if (this.#cancel === 'no') return undefined;
    const status = this.#rangTooLong ? 408 : 487;
    const cause = this.#rangTooLong ? 'timeout' : 'cancelled';
    return { cause, status, reason: reasonPhrase(status), response: undefined };
  }

  /** Sends CANCEL now, or when the first provisional response allows it: before that the peer might get the CANCEL first (9.1). */
  cancel(reason: ReasonHeader | undefined): void {
    if (this.#final || this.#cancel !== 'no') return;
    this.#cancel = 'wanted';
    this.#cancelReason = reason;
    if (this.#provisional) this.#sendCancel();
  }

  /** Lets go of it: nothing but a 2xx is told any more. Its transaction goes on by itself, but not beyond 64·T1. */
  drop(): void {
    if (this.#final) return;
    this.#final = true;
    if (this.#transaction) this.#timer.set(this.#core.nowMs + patienceMs(this.#core.config.timers));
    else this.#timer.clear();
  }

  handleResponse(response: SipResponse): void {
    if (response.status >= 200) this.#handleFinal(response);
    else if (!this.#final) this.#handleProvisional(response);
  }

  #handleProvisional(response: SipResponse): void {
    const first = !this.#provisional;
    this.#provisional = true;
    if (this.#cancel === 'wanted') this.#sendCancel();
    // RFC 3261 16.6 timer C begins with the INVITE and anew with each 101–199. Before any response timer B rules.
    else if (this.#cancel === 'no' && (first || response.status > 100)) {
      this.#timer.set(this.#core.nowMs + this.#core.config.timers.timerCMs);
    }
    if (response.status > 100) this.#user.handleProvisional(response);
  }

  handleNoResponse(cause: NoResponseCause, message: string): void {
    // RFC 3261 8.1.3.1: a timeout is as good as a 408, a transport error as a 503.
    const status = cause === 'timeout' ? 408 : 503;
    const reason = cause === 'timeout' ? reasonPhrase(408) : message;
    this.#fail(this.cancelled ?? { cause, status, reason, response: undefined });
  }

  handleTimer(): void {
    if (this.#final || this.#cancel === 'sent') {
      // No final response within 64·T1 after the CANCEL: the INVITE counts as cancelled (9.1).
      if (this.#transaction) this.#core.transactions.abandon(this.#transaction);
      if (this.cancelled) this.#fail(this.cancelled);
      return;
    }
    this.#rangTooLong = true;
    this.cancel(undefined);
  }

  #handleFinal(response: SipResponse): void {
    if (response.status < 300) {
      this.#final = true;
      this.#timer.clear();
      this.#user.handleSuccess(response);
      return;
    }
    const { status, reason } = response;
    const cancelled = status === 487 ? this.cancelled : undefined;
    this.#fail(cancelled ? { ...cancelled, response } : { cause: 'response', status, reason, response });
  }

  #fail(failure: InviteFailure): void {
    this.#timer.clear();
    if (this.#final) return;
    this.#final = true;
    this.#user.handleFailure(failure);
  }

  #sendCancel(): void {
    this.#cancel = 'sent';
    const { nowMs, config, transactions } = this.#core;
    this.#timer.set(nowMs + patienceMs(config.timers));
    const invite = this.#transaction;
    const cancel = invite?.bytes && cancelFor(invite.bytes, reasonHeaders(this.#cancelReason));
    if (invite && cancel) transactions.request('CANCEL', cancel.branch, cancel.bytes, invite.flow, indifferent);
  }
}
