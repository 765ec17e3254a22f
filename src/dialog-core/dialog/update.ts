/**
 * UPDATEs of one dialog, one object for each (RFC 3311): ours and the peer's. Which may run at a time is decided by reoffers.ts, which owns
 * them.
 */
import type { HeaderList, SipRequest, SipResponse } from '../message/index.js';
import { reasonPhrase } from '../message/index.js';
import type { ClientUser, NoResponseCause } from '../transaction/transaction.js';
import type { Body, Flow, ResponseParams } from '../types.js';
import { abilities, bodyHeaders, type CoreContext } from './context.js';
import { type Dialog, withDefaults } from './dialog.js';
import type { InviteUsage } from './invite-usage.js';
import type { InviteFailure } from './outgoing-invite.js';
import { type Reply, replyFlow } from './reply.js';
import { sendInDialog, signReply } from './send.js';

export interface OutgoingUpdateUser {
  handleUpdateAnswered(update: OutgoingUpdate, response: SipResponse): void;
  handleUpdateFailed(update: OutgoingUpdate, failure: InviteFailure): void;
}

/** An UPDATE of ours; without a body it refreshes the session timer and the target, and nobody above hears of it (RFC 4028 7.4). */
export class OutgoingUpdate implements ClientUser {
  readonly dialog: Dialog;
  readonly body: Body | undefined;
  readonly #core: CoreContext;
  readonly #usage: InviteUsage;
  readonly #user: OutgoingUpdateUser;
  readonly #headers: HeaderList | undefined;
  #over = false;

  constructor(
    core: CoreContext,
    usage: InviteUsage,
    user: OutgoingUpdateUser,
    parts: { readonly dialog: Dialog; readonly headers?: HeaderList | undefined; readonly body?: Body | undefined },
  ) {
    this.#core = core;
    this.#usage = usage;
    this.#user = user;
    this.dialog = parts.dialog;
    this.#headers = parts.headers;
    this.body = parts.body;
  }

  start(): void {
    // A session timer begins with the 2xx to the INVITE, and is no matter of an early dialog (RFC 4028 7.1).
    const timer = this.#usage.phase === 'confirmed' ? this.#usage.timer.requestHeaders() : [];
    const own = [...abilities(this.#core), ...timer];
    const headers: HeaderList = [['Contact', this.dialog.contact], ...withDefaults(own, this.#headers)];
    sendInDialog(this.#core, this.dialog, { method: 'UPDATE', headers, body: this.body }, this);
  }

  get pending(): boolean {
    return !this.#over;
  }

  drop(): void {
    this.#over = true;
  }

  handleResponse(response: SipResponse): void {
    const { status, reason } = response;
    if (status < 200 || this.#over) return;
    const confirmed = this.#usage.phase === 'confirmed';
    if (confirmed && this.#usage.timer.raise(response)) {
      this.start();
      return;
    }
    this.#over = true;
    this.dialog.noteAllow(response);
    if (status >= 300) {
      if (status === 405 || status === 501) this.dialog.disallow('UPDATE');
      this.#user.handleUpdateFailed(this, { cause: 'response', status, reason, response });
      return;
    }
    this.dialog.refreshTarget(response.contact);
    if (confirmed) this.#usage.timer.agree(response);
    this.#user.handleUpdateAnswered(this, response);
  }

  handleNoResponse(cause: NoResponseCause, message: string): void {
    if (this.#over) return;
    this.#over = true;
    const status = cause === 'timeout' ? 408 : 503;
    const reason = cause === 'timeout' ? reasonPhrase(408) : message;
    this.#user.handleUpdateFailed(this, { cause, status, reason, response: undefined });
  }
}

/** An UPDATE of the peer that waits for its answer. */
export class IncomingUpdate {
  readonly #core: CoreContext;
  readonly #usage: InviteUsage;
  readonly #dialog: Dialog;
  readonly #request: SipRequest;
  readonly #flow: Flow;
  readonly #transaction: ReturnType<CoreContext['transactions']['serve']>;

  constructor(core: CoreContext, usage: InviteUsage, dialog: Dialog, request: SipRequest, flow: Flow) {
    this.#core = core;
    this.#usage = usage;
    this.#dialog = dialog;
    this.#request = request;
    this.#flow = flow;
    this.#transaction = core.transactions.serve(request, replyFlow(request, flow));
  }

  answer(status: number, { reason, body, headers = [] }: ResponseParams & { readonly reason?: string }): void {
    const rest = { status, reason, body: body?.data };
    if (status >= 300) {
      // RFC 3311 5.2: an offer of the peer is open; 0 to 10 s from now it may be over.
      const later: HeaderList = status === 500 ? [['Retry-After', String(this.#core.config.ids.uint32() % 11)]] : [];
      this.#respond({ ...rest, headers: [...later, ...headers, ...bodyHeaders(body)] });
      return;
    }
    this.#dialog.refreshTarget(this.#request.contact);
    const timer = this.#usage.phase === 'confirmed' ? this.#usage.timer.accept(this.#request) : [];
    const own = [...abilities(this.#core), ...timer];
    const all: HeaderList = [['Contact', this.#dialog.contact], ...withDefaults(own, headers), ...bodyHeaders(body)];
    this.#respond({ ...rest, headers: all });
  }

  #respond(reply: Reply): void {
    const bytes = signReply(this.#core, this.#request, this.#flow, reply);
    this.#core.transactions.respond(this.#transaction, reply.status, bytes);
  }
}
