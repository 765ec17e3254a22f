/**
 * An invite usage (RFC 5057): one INVITE, the dialog that came of it, and all that happens in it until BYE. This file is the hub: phases,
 * verbs, BYE, requests of the peer; the first INVITE is in invite-uac.ts or invite-uas.ts, later ones in reoffers.ts. Made by stack.ts.
 */
import type { HeaderList, SipRequest, SipResponse } from '../message/index.js';
import { patienceMs } from '../transaction/timers.js';
import type { ClientUser } from '../transaction/transaction.js';
import type {
  AcceptParams,
  Body,
  EndedBy,
  Flow,
  InviteParams,
  ReasonHeader,
  ResponseParams,
  UsageId,
} from '../types.js';
import { checkBody, checkHeaders, checkStatus, misuse } from './arguments.js';
import { type CoreContext, reasonHeaders } from './context.js';
import type { Dialog } from './dialog.js';
import { optionsReply } from './inspection.js';
import { InviteUac } from './invite-uac.js';
import { InviteUas } from './invite-uas.js';
import type { InviteFailure } from './outgoing-invite.js';
import { parseReason } from './reason.js';
import { Reoffers } from './reoffers.js';
import { answer, sendBye } from './send.js';
import { SessionTimer, type SessionTimerUser } from './session-timer.js';
import { Timer, type TimerOwner } from './timer.js';
import { isAllowed, type UsagePhase, type UsageVerb } from './usage-phase.js';

type Extras = ResponseParams & { readonly reason?: string };

export class InviteUsage implements ClientUser, TimerOwner, SessionTimerUser {
  readonly id: UsageId;
  phase: UsagePhase;
  readonly #core: CoreContext;
  #caller: InviteUac | undefined;
  #callee: InviteUas | undefined;
  #dialog: Dialog | undefined;
  readonly #reoffers: Reoffers;
  /** RFC 4028; used by everything that sends or answers INVITE and UPDATE. */
  readonly timer: SessionTimer;
  #patience: Timer | undefined;
  #byeReason: ReasonHeader | undefined;

  private constructor(core: CoreContext, id: UsageId, phase: UsagePhase) {
    this.#core = core;
    this.id = id;
    this.phase = phase;
    this.#reoffers = new Reoffers(core, this, phase === 'routing');
    this.timer = new SessionTimer(core, this);
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
  static take(core: CoreContext, id: UsageId, request: SipRequest, flow: Flow, replaces?: UsageId): void {
    const usage = new InviteUsage(core, id, 'ringing');
    core.store.addUsage(usage);
    usage.#callee = new InviteUas(core, usage, request, flow, replaces);
  }

  /** The dialog of an answered call; undefined before and after. */
  get establishedDialog(): Dialog | undefined {
    return this.phase === 'answered' || this.phase === 'accepted' || this.phase === 'confirmed'
      ? this.#dialog
      : undefined;
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

  accept(response: AcceptParams): void {
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
    } else if (this.#reoffers.ackOwed) {
      this.#reoffers.ack(body);
    } else {
      throw misuse('ERR_INVALID_STATE', `no ACK is owed by usage ${this.id}`);
    }
  }

  bye(reason: ReasonHeader | undefined): void {
    this.#check('bye');
    checkHeaders(reasonHeaders(reason));
    // RFC 3261 13.2.2.4: a call that nobody wants is acknowledged first, and then hung up.
    if (this.phase === 'answered' || this.#reoffers.ackOwed) this.ack(undefined);
    const waits = this.phase === 'accepted';
    this.phase = 'ending';
    this.#byeReason = reason;
    this.#reoffers.drop();
    this.timer.stop();
    this.#patience ??= new Timer(this.#core.deadlines, this);
    this.#patience.set(this.#core.nowMs + patienceMs(this.#core.config.timers));
    if (!waits) this.#sendBye();
  }

  reinvite(headers: HeaderList | undefined, body: Body | undefined): void {
    this.#check('reinvite');
    checkHeaders(headers);
    checkBody(body);
    this.#reoffers.reinvite(this.#requireDialog(), headers, body);
  }

  answerReinvite(status: number, response: Extras): void {
    this.#check('answerReinvite');
    checkStatus(status, 200, 699);
    checkHeaders(response.headers, status >= 300 && status < 400);
    checkBody(response.body);
    if (this.#callee?.prackOwed) this.#callee.answerPrack(status, response);
    else this.#reoffers.answer(status, response);
  }

  prack(dialogTag: string, body: Body): void {
    this.#check('prack');
    checkBody(body);
    this.#caller?.prack(dialogTag, body);
  }

  update(headers: HeaderList | undefined, body: Body | undefined, dialogTag: string | undefined): void {
    this.#check('update');
    checkHeaders(headers);
    checkBody(body);
    const dialog = this.#dialog ?? this.#caller?.earlyDialog(dialogTag);
    if (!dialog) throw misuse('ERR_INVALID_STATE', `usage ${this.id} has no such early dialog, or more than one`);
    this.#reoffers.update(dialog, headers, body);
  }

  /** What the peer said of a method in Allow. */
  peerAllows(method: string): boolean | undefined {
    return this.#dialog?.allows(method);
  }

  // --- the peer ---

  takeAck(request: SipRequest): boolean {
    return this.#callee?.takeAck(request) === true || this.#reoffers.takeAck(request);
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
    switch (request.method) {
      case 'INVITE':
        this.#reoffers.handleReinvite(dialog, request, flow);
        return;
      case 'BYE':
        this.#handleBye(dialog, request, flow);
        return;
      case 'PRACK':
        if (this.#callee) this.#callee.takePrack(request, flow);
        else answer(this.#core, request, flow, { status: 481 });
        return;
      case 'UPDATE':
        if (this.phase === 'ending') answer(this.#core, request, flow, { status: 481 });
        else this.#reoffers.handleUpdate(dialog, request, flow);
        return;
      case 'INFO':
        this.#handleInfo(request, flow);
        return;
      default:
        answer(this.#core, request, flow, optionsReply(this.#core));
    }
  }

  /** RFC 6086 4.2.2: 469 for a package that we did not say we want; otherwise 200, whatever the application makes of it. */
  #handleInfo(request: SipRequest, flow: Flow): void {
    const name = request.header('info-package')?.split(';', 1)[0]?.trim().toLowerCase();
    const { infoPackages } = this.#core.config;
    if (name !== undefined && !infoPackages.some((each) => each.toLowerCase() === name)) {
      answer(this.#core, request, flow, { status: 469, headers: [['Recv-Info', infoPackages.join(', ')]] });
      return;
    }
    answer(this.#core, request, flow, { status: 200 });
    this.#core.emit({ type: 'info', usage: this.id, request });
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
    this.#reoffers.handleFailure(failure);
  }

  /** RFC 3261 12.2.1.2: 481 and 408, also by timeout, end the dialog. Everything else leaves it as it was (14.1). */
  endIfGone({ response, cause }: InviteFailure): void {
    const gone = response ? response.status === 481 || response.status === 408 : cause === 'timeout';
    if (!gone || this.phase !== 'confirmed') return;
    sendBye(this.#core, this.#requireDialog(), undefined);
    this.end('dialog-gone', undefined, undefined);
  }

  // --- the session timer ---

  handleRefreshDue(): void {
    if (this.phase !== 'confirmed') return;
    const dialog = this.#requireDialog();
    // RFC 4028 7.4: UPDATE needs no offer, so that nothing can change by it.
    if (dialog.allows('UPDATE')) this.#reoffers.refresh(dialog);
    else this.#core.emit({ type: 'refreshDue', usage: this.id });
  }

  /** RFC 4028 10. */
  handleExpired(): void {
    if (this.phase !== 'confirmed') return;
    sendBye(this.#core, this.#requireDialog(), { protocol: 'SIP', cause: 408, text: 'Session timer expired' });
    this.end('session-expired', undefined, undefined);
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
    this.#reoffers.finish();
    this.timer.stop();
    this.#patience?.clear();
    if (this.#dialog) this.#core.store.removeDialog(this.#dialog);
    this.#core.store.removeUsage(this.id);
    // A transaction may hold on to this object for 32 s more, but not to what it was made of.
    this.#caller = this.#callee = this.#dialog = undefined;
  }

  /** The core closes: like {@link finish}, without a word to the peer. */
  abandon(): void {
    this.#callee?.abandon();
    this.#reoffers.abandon();
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

  handleTimer(): void {
    this.end('local-bye', undefined, undefined);
  }

  #sendBye(): void {
    sendBye(this.#core, this.#requireDialog(), this.#byeReason, this);
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
