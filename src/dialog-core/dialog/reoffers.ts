/**
 * Which INVITEs and UPDATEs may run inside a dialog, one at a time (RFC 3261 14, RFC 3311 5): ours and the peer's, who must wait after 491
 * and for how long. Owned by invite-usage.ts; each request is an object of reinvite.ts or update.ts.
 */
import {
  type HeaderList,
  reasonPhrase,
  type SipRequest,
  type SipResponse,
  sessionDescription,
} from '../message/index.js';
import type { Body, Flow, ResponseParams } from '../types.js';
import { misuse } from './arguments.js';
import type { CoreContext } from './context.js';
import type { Dialog } from './dialog.js';
import type { InviteUsage } from './invite-usage.js';
import type { InviteFailure } from './outgoing-invite.js';
import { IncomingReinvite, OutgoingReinvite } from './reinvite.js';
import type { Reply } from './reply.js';
import { answer } from './send.js';
import { Timer, type TimerOwner } from './timer.js';
import { IncomingUpdate, OutgoingUpdate, type OutgoingUpdateUser } from './update.js';

export class Reoffers implements TimerOwner, OutgoingUpdateUser {
  readonly #core: CoreContext;
  readonly #usage: InviteUsage;
  /** RFC 3261 14.1: who made the Call-ID waits longer after 491, so that the two do not collide again. */
  readonly #ownsCallId: boolean;
  #outgoing: OutgoingReinvite | undefined;
  #incoming: IncomingReinvite | undefined;
  #ourUpdate: OutgoingUpdate | undefined;
  #theirUpdate: IncomingUpdate | undefined;
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
    this.#checkFree();
    this.#retry?.clear();
    // RFC 3261 14.1: not while an INVITE of the peer is in progress. It would be answered 491; so it is here, without being sent.
    if (this.#isPeerBusy) {
      this.#retryLater('reinviteFailed', 491, reasonPhrase(491), undefined);
    } else {
      this.#outgoing = new OutgoingReinvite(this.#core, this.#usage, dialog);
      this.#outgoing.start(headers, body);
    }
  }

  update(dialog: Dialog, headers: HeaderList | undefined, body: Body | undefined): void {
    this.#checkFree();
    this.#retry?.clear();
    // RFC 3311 5.1: no offer while one of the peer is unanswered.
    if (body && this.#isPeerBusy) this.#retryLater('updateFailed', 491, reasonPhrase(491), undefined);
    else this.#startUpdate(dialog, headers, body);
  }

  /** Refreshes the session without an offer (RFC 4028 7.4); whatever runs already does so as well. */
  refresh(dialog: Dialog): void {
    if (this.#outgoing?.pending || this.#ourUpdate?.pending) return;
    this.#startUpdate(dialog, undefined, undefined);
  }

  #startUpdate(dialog: Dialog, headers: HeaderList | undefined, body: Body | undefined): void {
    this.#ourUpdate = new OutgoingUpdate(this.#core, this.#usage, this, { dialog, headers, body });
    this.#ourUpdate.start();
  }

  #checkFree(): void {
    const busy =
      this.#outgoing?.pending || this.#outgoing?.ackOwed || (this.#ourUpdate?.pending && this.#ourUpdate.body);
    if (busy) throw misuse('ERR_INVALID_STATE', `a re-INVITE or UPDATE of usage ${this.#usage.id} is in progress`);
  }

  get #isPeerBusy(): boolean {
    return this.#incoming?.pending === true || this.#incoming?.awaitingAck === true || this.#theirUpdate !== undefined;
  }

  handleUpdateAnswered(update: OutgoingUpdate, response: SipResponse): void {
    if (update === this.#ourUpdate) this.#ourUpdate = undefined;
    if (update.body) this.#core.emit({ type: 'updateAnswered', usage: this.#usage.id, response });
  }

  handleUpdateFailed(update: OutgoingUpdate, failure: InviteFailure): void {
    if (update === this.#ourUpdate) this.#ourUpdate = undefined;
    const { status, reason, response } = failure;
    if (update.body && status === 491) {
      this.#retryLater('updateFailed', status, reason, response);
      return;
    }
    if (update.body) {
      this.#core.emit({ type: 'updateFailed', usage: this.#usage.id, status, reason, response, willRetry: false });
    }
    if (this.#usage.phase === 'confirmed') this.#usage.endIfGone(failure);
  }

  /** Only while {@link ackOwed}. */
  ack(body: Body | undefined): void {
    this.#outgoing?.ack(body);
  }

  handleFailure(failure: InviteFailure): void {
    const { status, reason, response } = failure;
    if (status === 491) {
      this.#retryLater('reinviteFailed', status, reason, response);
      return;
    }
    const usage = this.#usage;
    this.#core.emit({ type: 'reinviteFailed', usage: usage.id, status, reason, response, willRetry: false });
    usage.endIfGone(failure);
  }

  // --- the peer's ---

  handleReinvite(dialog: Dialog, request: SipRequest, flow: Flow): void {
    const refusal = this.#refuse();
    if (refusal) answer(this.#core, request, flow, refusal);
    else this.#incoming = new IncomingReinvite(this.#core, this.#usage, dialog, request, flow);
  }

  /** An UPDATE before or after the answer (RFC 3311 5.2). Whether an offer fits the exchange that is under way is known above. */
  handleUpdate(dialog: Dialog, request: SipRequest, flow: Flow): void {
    const core = this.#core;
    const hasOffer = sessionDescription(request) !== undefined;
    if (this.#theirUpdate || (hasOffer && this.#incoming?.pending)) {
      answer(core, request, flow, { status: 500, headers: [['Retry-After', this.#retryAfter()]] });
    } else if (hasOffer && (this.#outgoing?.pending || (this.#ourUpdate?.pending && this.#ourUpdate.body))) {
      answer(core, request, flow, { status: 491 });
    } else if (core.transactions.size >= core.config.limits.maxTransactions) {
      core.counters.refused += 1;
      answer(core, request, flow, { status: 503, headers: [['Retry-After', String(core.config.limits.retryAfterS)]] });
    } else {
      this.#takeUpdate(dialog, request, flow);
    }
  }

  #takeUpdate(dialog: Dialog, request: SipRequest, flow: Flow): void {
    dialog.noteAllow(request);
    const update = new IncomingUpdate(this.#core, this.#usage, dialog, request, flow);
    if (!sessionDescription(request)) {
      update.answer(200, {});
    } else {
      this.#theirUpdate = update;
      this.#core.emit({ type: 'update', usage: this.#usage.id, request, dialogTag: dialog.remoteTag });
    }
  }

  /** The final answer to what waits: an UPDATE or a re-INVITE of the peer. */
  answer(status: number, response: ResponseParams & { readonly reason?: string }): void {
    const update = this.#theirUpdate;
    this.#theirUpdate = undefined;
    if (update) update.answer(status, response);
    else if (this.#incoming?.pending) this.#incoming.answer(status, response);
    else throw misuse('ERR_INVALID_STATE', `no re-INVITE waits for an answer in usage ${this.#usage.id}`);
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
      return { status: 500, headers: [['Retry-After', this.#retryAfter()]] };
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

  /** RFC 3261 14.2, RFC 3311 5.2: 0 to 10 s. */
  #retryAfter(): string {
    return String(this.#core.config.ids.uint32() % 11);
  }

  // --- the end ---

  /** Lets go of what runs: no more repetitions, 487 to the peer's INVITE. */
  drop(): void {
    this.#outgoing?.drop();
    this.#incoming?.drop();
    this.#ourUpdate?.drop();
    this.#theirUpdate?.answer(481, {});
    this.#theirUpdate = undefined;
  }

  /** The usage is over. A transaction may hold on to it for 32 s more, but not to what it was made of. */
  finish(): void {
    this.drop();
    this.#retry?.clear();
    this.#outgoing = this.#incoming = this.#ourUpdate = undefined;
  }

  /** The core closes: nothing is sent any more. */
  abandon(): void {
    this.#incoming?.abandon();
    this.#theirUpdate = undefined;
  }

  handleTimer(): void {
    const { phase, id } = this.#usage;
    if (phase !== 'ending' && phase !== 'over') this.#core.emit({ type: 'retryNow', usage: id });
  }

  /** RFC 3261 14.1: 2.1 to 4 s for who made the Call-ID, 0 to 2 s for the other, in units of 10 ms. */
  #retryLater(
    type: 'reinviteFailed' | 'updateFailed',
    status: number,
    reason: string,
    response: SipResponse | undefined,
  ): void {
    const core = this.#core;
    const random = core.config.ids.uint32();
    const waitMs = this.#ownsCallId ? 2100 + 10 * (random % 191) : 10 * (random % 201);
    this.#retry ??= new Timer(core.deadlines, this);
    this.#retry.set(core.nowMs + waitMs);
    core.emit({ type, usage: this.#usage.id, status, reason, response, willRetry: true });
  }
}
