/**
 * An invite usage (RFC 5057): one INVITE, the dialog that came of it, and all that happens in it until BYE. This file is the hub: phases,
 * verbs, BYE, requests of the peer; the first INVITE is in invite-uac.ts or invite-uas.ts, later ones in reinvite.ts. Made by stack.ts.
 */
import { type HeaderList, reasonPhrase, type SipRequest, type SipResponse } from '../message/index.js';
import { patienceMs } from '../transaction/timers.js';
import type { ClientUser } from '../transaction/transaction.js';
import type { Body, EndedBy, Flow, InviteParams, ReasonHeader, ResponseParams, UsageId } from '../types.js';
import { checkBody, checkHeaders, checkStatus, misuse } from './arguments.js';
import { type CoreContext, reasonHeaders } from './context.js';
import type { Dialog } from './dialog.js';
import { optionsReply } from './inspection.js';
import { InviteUac } from './invite-uac.js';
import { InviteUas } from './invite-uas.js';
import type { InviteFailure } from './outgoing-invite.js';
import { parseReason } from './reason.js';
import { IncomingReinvite, OutgoingReinvite } from './reinvite.js';
import type { Reply } from './reply.js';
import { answer, sendBye } from './send.js';
import { Timer, type TimerOwner } from './timer.js';
import { isAllowed, type UsagePhase, type UsageVerb } from './usage-phase.js';

type Extras = ResponseParams & { readonly reason?: string };

export class InviteUsage implements ClientUser, TimerOwner {
  readonly id: UsageId;
  phase: UsagePhase;
  readonly #core: CoreContext;
  #caller: InviteUac | undefined;
  #callee: InviteUas | undefined;
  #dialog: Dialog | undefined;
  #outgoing: OutgoingReinvite | undefined;
  #incoming: IncomingReinvite | undefined;
  /** RFC 3261 14.1: who made the Call-ID waits longer after 491, so that the two do not collide again. */
  readonly #ownsCallId: boolean;
  #retry: Timer | undefined;
  #patience: Timer | undefined;
  #byeReason: ReasonHeader | undefined;

  private constructor(core: CoreContext, id: UsageId, phase: UsagePhase) {
    this.#core = core;
    this.id = id;
    this.phase = phase;
    this.#ownsCallId = phase === 'routing';
  }

  /** Begins a call; throws for parameters that cannot be sent. */
  static call(core: CoreContext, id: UsageId, params: InviteParams): InviteUsage {
    const usage = new InviteUsage(core, id, 'routing');
    usage.#caller = new InviteUac(core, usage, params);
    core.store.addUsage(usage);
    usage.#caller.prepare();
    return usage;
  }

  /** Takes a call. */
  static take(core: CoreContext, id: UsageId, request: SipRequest, flow: Flow): void {
    const usage = new InviteUsage(core, id, 'ringing');
    core.store.addUsage(usage);
    usage.#callee = new InviteUas(core, usage, request, flow);
  }

  // --- verbs ---

  sendInvite(body: Body | undefined): void {
    this.#check('sendInvite');
    checkBody(body);
    this.#caller?.send(body);
  }

  cancel(reason: ReasonHeader | undefined): void {
    this.#check('cancel');
    checkHeaders(reasonHeaders(reason));
    this.#caller?.cancel(reason);
  }

  progress(status: number, response: Extras): void {
    this.#check('progress');
    checkStatus(status, 101, 199);
    checkHeaders(response.headers);
    this.#callee?.progress(status, response);
  }

  accept(response: ResponseParams & { readonly contactUser?: string }): void {
    this.#check('accept');
    checkHeaders(response.headers);
    checkBody(response.body);
    this.#callee?.accept(response);
  }

  reject(status: number, response: Extras): void {
    this.#check('reject');
    checkStatus(status, 300, 699);
    checkHeaders(response.headers, status < 400 || status === 485);
    this.#callee?.reject(status, response);
  }

  ack(body: Body | undefined): void {
    this.#check('ack');
    checkBody(body);
    if (this.phase === 'answered') {
      this.#caller?.ack(body);
      this.#caller = undefined;
      this.phase = 'confirmed';
    } else if (this.#outgoing?.ackOwed) {
      this.#outgoing.ack(body);
    } else {
      throw misuse('ERR_INVALID_STATE', `no ACK is owed by usage ${this.id}`);
    }
  }

  bye(reason: ReasonHeader | undefined): void {
    this.#check('bye');
    checkHeaders(reasonHeaders(reason));
    // RFC 3261 13.2.2.4: a call that nobody wants is acknowledged first, and then hung up.
    if (this.phase === 'answered' || this.#outgoing?.ackOwed) this.ack(undefined);
    const waits = this.phase === 'accepted';
    this.phase = 'ending';
    this.#byeReason = reason;
    this.#dropReinvites();
    this.#patience = this.#arm(this.#patience, patienceMs(this.#core.config.timers));
    if (!waits) this.#sendBye();
  }

  reinvite(headers: HeaderList | undefined, body: Body | undefined): void {
    this.#check('reinvite');
    checkHeaders(headers);
    checkBody(body);
    if (this.#outgoing?.pending || this.#outgoing?.ackOwed) {
      throw misuse('ERR_INVALID_STATE', `a re-INVITE of usage ${this.id} is in progress`);
    }
    this.#retry?.clear();
    // RFC 3261 14.1: not while an INVITE of the peer is in progress. It would be answered 491; so it is here, without being sent.
    if (this.#incoming?.pending || this.#incoming?.awaitingAck) {
      this.#retryLater(491, reasonPhrase(491), undefined);
    } else {
      this.#outgoing = new OutgoingReinvite(this.#core, this, this.#requireDialog());
      this.#outgoing.start(headers, body);
    }
  }

  answerReinvite(status: number, response: Extras): void {
    this.#check('answerReinvite');
    checkStatus(status, 200, 699);
    checkHeaders(response.headers, status >= 300 && status < 400);
    checkBody(response.body);
    if (!this.#incoming?.pending)
      throw misuse('ERR_INVALID_STATE', `no re-INVITE waits for an answer in usage ${this.id}`);
    this.#incoming.answer(status, response);
  }

  // --- the peer ---

  takeAck(request: SipRequest): boolean {
    return this.#callee?.takeAck(request) === true || this.#incoming?.takeAck(request) === true;
  }

  /** A request in one of this usage's dialogs that is no ACK and no CANCEL. */
  handleRequest(dialog: Dialog, request: SipRequest, flow: Flow): void {
    const { number } = request.cseq;
    const last = dialog.remoteSeq;
    // RFC 3261 12.2.2: out of order. An INVITE of the same number is one too, since its repetitions never get here.
    if (last !== undefined && (number < last || (number === last && request.method === 'INVITE'))) {
      answer(this.#core, request, flow, { status: 500, reason: 'CSeq Out of Order' });
      return;
    }
    dialog.remoteSeq = number;
    if (request.method === 'INVITE') this.#handleReinvite(dialog, request, flow);
    else if (request.method === 'BYE') this.#handleBye(dialog, request, flow);
    else answer(this.#core, request, flow, optionsReply());
  }

  #handleReinvite(dialog: Dialog, request: SipRequest, flow: Flow): void {
    const refusal = this.#refuseReinvite();
    if (refusal) answer(this.#core, request, flow, refusal);
    else this.#incoming = new IncomingReinvite(this.#core, this, dialog, request, flow);
  }

  /** Why a re-INVITE of the peer cannot be had now; undefined when it can. */
  #refuseReinvite(): Reply | undefined {
    const core = this.#core;
    // RFC 3261 14.2: while the peer's earlier INVITE has no final response, 500 with a Retry-After of 0 to 10 s.
    if (this.phase === 'ringing' || this.#incoming?.pending) {
      const retryAfter = String(core.config.ids.uint32() % 11);
      return { status: 500, headers: [['Retry-After', retryAfter]] };
    }
    if (this.phase === 'ending') return { status: 481 };
    // 14.2: while an INVITE of ours is in progress, 491. Likewise from our 2xx to its ACK (RFC 5407 3.1.4), which may bear an answer.
    const busy = this.#outgoing?.pending || this.#outgoing?.ackOwed || this.#incoming?.awaitingAck;
    if (this.phase !== 'confirmed' || busy) return { status: 491 };
    const { maxTransactions, retryAfterS } = core.config.limits;
    if (core.transactions.size < maxTransactions) return undefined;
    core.counters.refused += 1;
    return { status: 503, headers: [['Retry-After', String(retryAfterS)]] };
  }

  #handleBye(dialog: Dialog, request: SipRequest, flow: Flow): void {
    answer(this.#core, request, flow, { status: 200 });
    const reason = parseReason(request);
    switch (this.phase) {
      case 'ringing':
        // RFC 3261 15: a caller may hang up an early dialog, which is as good as a CANCEL; the INVITE gets its 487 (15.1.2).
        this.#callee?.cancelledBy(reason);
        return;
      case 'calling':
        // A callee may not (15), but then that branch is gone.
        this.#caller?.removeEarly(dialog);
        return;
      default:
        this.end(this.phase === 'ending' ? 'local-bye' : 'remote-bye', reason, request);
    }
  }

  // --- what the INVITE sides report ---

  /** The dialog of the usage: from the first 2xx as caller, from the INVITE as callee. */
  establish(dialog: Dialog): void {
    this.#dialog = dialog;
    this.#core.store.addDialog(dialog, this);
  }

  /** The ACK for our 2xx has come. */
  confirm(): void {
    this.#callee = undefined;
    if (this.phase === 'accepted') this.phase = 'confirmed';
    else if (this.phase === 'ending') this.#sendBye();
  }

  /** No ACK for a 2xx: the dialog stands, and is ended by BYE (RFC 3261 13.3.1.4, 14.2). */
  endWithoutAck(): void {
    sendBye(this.#core, this.#requireDialog(), this.#byeReason);
    this.end(this.phase === 'ending' ? 'local-bye' : 'ack-timeout', undefined, undefined);
  }

  fail(failure: InviteFailure): void {
    this.#core.emit({ type: 'failed', usage: this.id, ...failure });
    this.finish();
  }

  handleReinviteFailure(failure: InviteFailure): void {
    if (this.phase !== 'confirmed') return;
    const { status, reason, response, cause } = failure;
    if (status === 491) {
      this.#retryLater(status, reason, response);
      return;
    }
    this.#core.emit({ type: 'reinviteFailed', usage: this.id, status, reason, response, willRetry: false });
    // RFC 3261 12.2.1.2: 481 and 408, also by timeout, end the dialog. Everything else leaves it as it was (14.1).
    const gone = response ? response.status === 481 || response.status === 408 : cause === 'timeout';
    if (!gone) return;
    sendBye(this.#core, this.#requireDialog(), undefined);
    this.end('dialog-gone', undefined, undefined);
  }

  /** The last event of the usage. */
  end(by: EndedBy, reason: ReasonHeader | undefined, request: SipRequest | undefined): void {
    if (this.phase === 'over') return;
    this.#core.emit({ type: 'ended', usage: this.id, by, reason, request });
    this.finish();
  }

  /** Lets go of everything. Transactions live on by themselves for as long as they must. */
  finish(): void {
    this.phase = 'over';
    this.#caller?.drop();
    this.#callee?.drop();
    this.#dropReinvites();
    this.#retry?.clear();
    this.#patience?.clear();
    if (this.#dialog) this.#core.store.removeDialog(this.#dialog);
    this.#core.store.removeUsage(this.id);
    // A transaction may hold on to this object for 32 s more, but not to what it was made of.
    this.#caller = this.#callee = this.#outgoing = this.#incoming = this.#dialog = undefined;
  }

  /** The core closes: like {@link finish}, without a word to the peer. */
  abandon(): void {
    this.#callee?.abandon();
    this.#incoming?.abandon();
    this.end('closed', undefined, undefined);
  }

  // --- BYE and timers ---

  handleResponse(response: SipResponse): void {
    // Whatever the answer to a BYE is, the call is over (RFC 3261 15.1.1).
    if (response.status >= 200 && this.phase === 'ending') this.end('local-bye', undefined, undefined);
  }

  handleNoResponse(): void {
    if (this.phase === 'ending') this.end('local-bye', undefined, undefined);
  }

  handleTimer(timer: Timer): void {
    if (timer === this.#patience) this.end('local-bye', undefined, undefined);
    else if (this.phase === 'confirmed') this.#core.emit({ type: 'retryNow', usage: this.id });
  }

  #sendBye(): void {
    sendBye(this.#core, this.#requireDialog(), this.#byeReason, this);
  }

  #dropReinvites(): void {
    this.#outgoing?.drop();
    this.#incoming?.drop();
  }

  /** RFC 3261 14.1: 2.1 to 4 s for who made the Call-ID, 0 to 2 s for the other, in units of 10 ms. */
  #retryLater(status: number, reason: string, response: SipResponse | undefined): void {
    const random = this.#core.config.ids.uint32();
    const waitMs = this.#ownsCallId ? 2100 + 10 * (random % 191) : 10 * (random % 201);
    this.#retry = this.#arm(this.#retry, waitMs);
    this.#core.emit({ type: 'reinviteFailed', usage: this.id, status, reason, response, willRetry: true });
  }

  #arm(timer: Timer | undefined, delayMs: number): Timer {
    const armed = timer ?? new Timer(this.#core.deadlines, this);
    armed.set(this.#core.nowMs + delayMs);
    return armed;
  }

  #requireDialog(): Dialog {
    if (!this.#dialog) throw misuse('ERR_INTERNAL', `usage ${this.id} has no dialog`);
    return this.#dialog;
  }

  #check(verb: UsageVerb): void {
    if (!isAllowed(verb, this.phase)) {
      throw misuse('ERR_INVALID_STATE', `${verb} is not possible while usage ${this.id} is ${this.phase}`);
    }
  }
}
