/**
 * INVITEs inside a confirmed dialog, one object for each (RFC 3261 14): ours and the peer's. Which may run at a time, and when to try again
 * after 491, is decided by reoffers.ts, which owns them.
 */
import type { AuthAttempt } from '../auth.js';
import type { HeaderList, SipRequest, SipResponse } from '../message/index.js';
import type { Body, Flow, ResponseParams } from '../types.js';
import { abilities, bodyHeaders, type CoreContext } from './context.js';
import { type Dialog, withDefaults } from './dialog.js';
import { IncomingInvite, type IncomingInviteUser } from './incoming-invite.js';
import type { InviteUsage } from './invite-usage.js';
import { type InviteFailure, OutgoingInvite, type OutgoingInviteUser } from './outgoing-invite.js';
import { printInDialog, routeInDialog, sendSized } from './send.js';
import { SuccessAck } from './success-ack.js';

/** A re-INVITE of ours. */
export class OutgoingReinvite implements OutgoingInviteUser {
  readonly #core: CoreContext;
  readonly #usage: InviteUsage;
  readonly #dialog: Dialog;
  readonly #attempt: AuthAttempt | undefined;
  #cseq = 0;
  #invite: OutgoingInvite;
  #ack: SuccessAck | undefined;
  /** Sends the same again. */
  #again: (() => void) | undefined;

  constructor(core: CoreContext, usage: InviteUsage, dialog: Dialog) {
    this.#core = core;
    this.#usage = usage;
    this.#dialog = dialog;
    this.#attempt = dialog.auth?.attempt();
    this.#invite = new OutgoingInvite(core, this);
  }

  start(headers: HeaderList | undefined, body: Body | undefined): void {
    const able = [...abilities(this.#core), ...this.#usage.timer.requestHeaders()];
    const own: HeaderList = [['Contact', this.#dialog.contact], ...withDefaults(able, headers)];
    this.#dialog.localSeq += 1;
    this.#cseq = this.#dialog.localSeq;
    const request = { method: 'INVITE', cseq: this.#cseq, headers: own, body };
    this.#again = () => this.start(headers, body);
    routeInDialog(this.#core, this.#dialog, (flow, problem) => {
      // The call may have ended while the route was looked up.
      if (!this.#invite.pending) return;
      if (!flow) {
        this.#invite.handleNoResponse('transport', problem);
        return;
      }
      sendSized(
        this.#core,
        flow,
        (way, branch) => printInDialog(this.#core, this.#dialog, way, branch, request),
        (way, branch, bytes) => {
          if (this.#invite.pending) this.#invite.start(branch, bytes, way);
        },
      );
    });
  }

  get pending(): boolean {
    return this.#invite.pending;
  }

  /** True from the 2xx until {@link ack}. */
  get ackOwed(): boolean {
    return this.#ack?.owed === true;
  }

  ack(body: Body | undefined): void {
    this.#ack?.send(body);
  }

  drop(): void {
    this.#again = undefined;
    this.#invite.drop();
  }

  handleProvisional(): void {
    // Nothing in a dialog changes by a provisional response to a re-INVITE.
  }

  handleSuccess(response: SipResponse): void {
    if (this.#ack) {
      this.#ack.repeat();
      return;
    }
    this.#again = undefined;
    this.#dialog.refreshTarget(response.contact);
    this.#dialog.noteAllow(response);
    if (this.#usage.phase === 'confirmed') this.#usage.timer.agree(response);
    this.#ack = new SuccessAck(this.#core, this.#dialog, this.#cseq);
    // If the call ended meanwhile, the peer still waits for an ACK.
    if (this.#usage.phase === 'confirmed')
      this.#core.emit({ type: 'reinviteAnswered', usage: this.#usage.id, response });
    else this.#ack.send();
  }

  handleFailure(failure: InviteFailure): void {
    const { response } = failure;
    const wanted = response && this.#usage.phase === 'confirmed';
    // RFC 3261 22.2, RFC 4028 7.4: the same with credentials, or with a longer session; the layers above hear nothing of it.
    if (wanted && (this.#attempt?.accept(response) || this.#usage.timer.raise(response))) {
      this.#invite = new OutgoingInvite(this.#core, this);
      this.#again?.();
    } else {
      this.#usage.handleReinviteFailure(failure);
    }
  }
}

/** A re-INVITE of the peer. */
export class IncomingReinvite implements IncomingInviteUser {
  readonly #core: CoreContext;
  readonly #usage: InviteUsage;
  readonly #dialog: Dialog;
  readonly #request: SipRequest;
  readonly #invite: IncomingInvite;

  /** Sends 100 and raises 'reinvite'. */
  constructor(core: CoreContext, usage: InviteUsage, dialog: Dialog, request: SipRequest, flow: Flow) {
    this.#core = core;
    this.#usage = usage;
    this.#dialog = dialog;
    this.#request = request;
    dialog.noteAllow(request);
    this.#invite = new IncomingInvite(core, request, flow, dialog.localTag, this);
    core.emit({ type: 'reinvite', usage: usage.id, request });
  }

  answer(status: number, response: ResponseParams & { readonly reason?: string }): void {
    const { reason, body, headers = [] } = response;
    const rest = { status, reason, body: body?.data };
    if (status >= 300) {
      this.#invite.reject({ ...rest, headers: [...headers, ...bodyHeaders(body)] });
      return;
    }
    const able = [...abilities(this.#core), ...this.#usage.timer.accept(this.#request)];
    const own: HeaderList = [['Contact', this.#dialog.contact], ...withDefaults(able, headers)];
    this.#invite.accept({ ...rest, headers: [...own, ...bodyHeaders(body)] });
    // RFC 3261 12.2.2 with RFC 6141 4.7: the peer has moved when its request has succeeded.
    this.#dialog.refreshTarget(this.#request.contact);
  }

  get pending(): boolean {
    return this.#invite.pending;
  }

  get awaitingAck(): boolean {
    return this.#invite.awaitingAck;
  }

  takeAck(request: SipRequest): boolean {
    return this.#invite.takeAck(request);
  }

  drop(): void {
    this.#invite.drop();
  }

  abandon(): void {
    this.#invite.abandon();
  }

  handleAck(request: SipRequest): void {
    this.#core.emit({ type: 'reinviteAcked', usage: this.#usage.id, request });
  }

  handleNoAck(): void {
    this.#usage.endWithoutAck();
  }

  handleCancelled(): void {
    this.#core.emit({ type: 'reinviteCancelled', usage: this.#usage.id });
  }

  /** Not even 100 could be sent: for the layers above that is as if the peer had withdrawn it. */
  handleSendFailure(): void {
    this.handleCancelled();
  }

  handleStale(): void {
    // Kept fresh are calls that ring (13.3.1.1); an answer to a re-INVITE never takes a minute.
  }
}
