/**
 * Which INVITEs may run inside a confirmed dialog, one at a time (RFC 3261 14): ours and the peer's, who must wait after 491 and for how
 * long. Owned by invite-usage.ts; each INVITE is an object of reinvite.ts.
 */
import { type HeaderList, reasonPhrase, type SipRequest, type SipResponse } from '../message/index.js';
import type { Body, Flow, ResponseParams } from '../types.js';
import { misuse } from './arguments.js';
import type { CoreContext } from './context.js';
import type { Dialog } from './dialog.js';
import type { InviteUsage } from './invite-usage.js';
import type { InviteFailure } from './outgoing-invite.js';
import { IncomingReinvite, OutgoingReinvite } from './reinvite.js';
import type { Reply } from './reply.js';
import { answer, sendBye } from './send.js';
import { Timer, type TimerOwner } from './timer.js';

export class Reoffers implements TimerOwner {
  readonly #core: CoreContext;
  readonly #usage: InviteUsage;
  /** RFC 3261 14.1: who made the Call-ID waits longer after 491, so that the two do not collide again. */
  readonly #ownsCallId: boolean;
  #outgoing: OutgoingReinvite | undefined;
  #incoming: IncomingReinvite | undefined;
  #retry: Timer | undefined;

  constructor(core: CoreContext, usage: InviteUsage, ownsCallId: boolean) {
    this.#core = core;
    this.#usage = usage;
    this.#ownsCallId = ownsCallId;
  }

  /** True from the 2xx of our re-INVITE until {@link ack}. */
  get ackOwed(): boolean {
    return this.#outgoing?.ackOwed === true;
  }

  // --- ours ---

  reinvite(dialog: Dialog, headers: HeaderList | undefined, body: Body | undefined): void {
    if (this.#outgoing?.pending || this.#outgoing?.ackOwed) {
      throw misuse('ERR_INVALID_STATE', `a re-INVITE of usage ${this.#usage.id} is in progress`);
    }
    this.#retry?.clear();
    // RFC 3261 14.1: not while an INVITE of the peer is in progress. It would be answered 491; so it is here, without being sent.
    if (this.#incoming?.pending || this.#incoming?.awaitingAck) {
      this.#retryLater(491, reasonPhrase(491), undefined);
    } else {
      this.#outgoing = new OutgoingReinvite(this.#core, this.#usage, dialog);
      this.#outgoing.start(headers, body);
    }
  }

  /** Only while {@link ackOwed}. */
  ack(body: Body | undefined): void {
    this.#outgoing?.ack(body);
  }

  handleFailure(failure: InviteFailure, dialog: Dialog): void {
    const { status, reason, response, cause } = failure;
    if (status === 491) {
      this.#retryLater(status, reason, response);
      return;
    }
    const usage = this.#usage;
    this.#core.emit({ type: 'reinviteFailed', usage: usage.id, status, reason, response, willRetry: false });
    // RFC 3261 12.2.1.2: 481 and 408, also by timeout, end the dialog. Everything else leaves it as it was (14.1).
    const gone = response ? response.status === 481 || response.status === 408 : cause === 'timeout';
    if (!gone) return;
    sendBye(this.#core, dialog, undefined);
    usage.end('dialog-gone', undefined, undefined);
  }

  // --- the peer's ---

  handleReinvite(dialog: Dialog, request: SipRequest, flow: Flow): void {
    const refusal = this.#refuse();
    if (refusal) answer(this.#core, request, flow, refusal);
    else this.#incoming = new IncomingReinvite(this.#core, this.#usage, dialog, request, flow);
  }

  answer(status: number, response: ResponseParams & { readonly reason?: string }): void {
    if (!this.#incoming?.pending)
      throw misuse('ERR_INVALID_STATE', `no re-INVITE waits for an answer in usage ${this.#usage.id}`);
    this.#incoming.answer(status, response);
  }

  takeAck(request: SipRequest): boolean {
    return this.#incoming?.takeAck(request) === true;
  }

  /** Why a re-INVITE of the peer cannot be had now; undefined when it can. */
  #refuse(): Reply | undefined {
    const core = this.#core;
    const { phase } = this.#usage;
    // RFC 3261 14.2: while the peer's earlier INVITE has no final response, 500 with a Retry-After of 0 to 10 s.
    if (phase === 'ringing' || this.#incoming?.pending) {
      const retryAfter = String(core.config.ids.uint32() % 11);
      return { status: 500, headers: [['Retry-After', retryAfter]] };
    }
    if (phase === 'ending') return { status: 481 };
    // 14.2: while an INVITE of ours is in progress, 491. Likewise from our 2xx to its ACK (RFC 5407 3.1.4), which may bear an answer.
    const busy = this.#outgoing?.pending || this.#outgoing?.ackOwed || this.#incoming?.awaitingAck;
    if (phase !== 'confirmed' || busy) return { status: 491 };
    const { maxTransactions, retryAfterS } = core.config.limits;
    if (core.transactions.size < maxTransactions) return undefined;
    core.counters.refused += 1;
    return { status: 503, headers: [['Retry-After', String(retryAfterS)]] };
  }

  // --- the end ---

  /** Lets go of what runs: no more repetitions, 487 to the peer's INVITE. */
  drop(): void {
    this.#outgoing?.drop();
    this.#incoming?.drop();
  }

  /** The usage is over. A transaction may hold on to it for 32 s more, but not to what it was made of. */
  finish(): void {
    this.drop();
    this.#retry?.clear();
    this.#outgoing = this.#incoming = undefined;
  }

  /** The core closes: nothing is sent any more. */
  abandon(): void {
    this.#incoming?.abandon();
  }

  handleTimer(): void {
    if (this.#usage.phase === 'confirmed') this.#core.emit({ type: 'retryNow', usage: this.#usage.id });
  }

  /** RFC 3261 14.1: 2.1 to 4 s for who made the Call-ID, 0 to 2 s for the other, in units of 10 ms. */
  #retryLater(status: number, reason: string, response: SipResponse | undefined): void {
    const core = this.#core;
    const random = core.config.ids.uint32();
    const waitMs = this.#ownsCallId ? 2100 + 10 * (random % 191) : 10 * (random % 201);
    this.#retry ??= new Timer(core.deadlines, this);
    this.#retry.set(core.nowMs + waitMs);
    core.emit({ type: 'reinviteFailed', usage: this.#usage.id, status, reason, response, willRetry: true });
  }
}
