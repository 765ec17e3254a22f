/**
 * The callee's side of a call's first INVITE: its early dialog, our responses, CANCEL and the ACK. Owned by invite-usage.ts, which keeps
 * the call afterwards.
 */
import { escapeUser, type HeaderList, parseNameAddr, type SipRequest } from '../message/index.js';
import type { Flow, ReasonHeader, ResponseParams, UsageId } from '../types.js';
import { abilities, advertisedHost, bodyHeaders, type CoreContext, contactOf, newSequence, newTag } from './context.js';
import { type Dialog, dialogOfCallee, withDefaults } from './dialog.js';
import { IncomingInvite, type IncomingInviteUser } from './incoming-invite.js';
import type { InviteUsage } from './invite-usage.js';
import { parseReason } from './reason.js';
import { type Reply, recordRoutes } from './reply.js';

export class InviteUas implements IncomingInviteUser {
  readonly #core: CoreContext;
  readonly #usage: InviteUsage;
  readonly #invite: IncomingInvite;
  readonly #dialog: Dialog;
  readonly #flow: Flow;
  readonly #secure: boolean;
  #recordRoutes: HeaderList;
  #hasProgress = false;

  /** Sends 100 and raises 'invite'. The dialog exists from now on: the peer may refer to it once it has seen our tag. */
  constructor(core: CoreContext, usage: InviteUsage, request: SipRequest, flow: Flow, replaces?: UsageId) {
    this.#core = core;
    this.#usage = usage;
    this.#flow = flow;
    this.#recordRoutes = recordRoutes(request);
    this.#secure = wantsSips(request);
    const contact = contactOf(core, flow, request.uri.user, this.#secure);
    this.#dialog = dialogOfCallee(request, newTag(core), newSequence(core), contact, flow);
    this.#invite = new IncomingInvite(core, request, flow, this.#dialog.localTag, this);
    usage.establish(this.#dialog);
    const advertised = advertisedHost(core.config, flow);
    core.emit({ type: 'invite', usage: usage.id, request, flow, advertised, replaces });
  }

  progress(status: number, response: ResponseParams & { readonly reason?: string }): void {
    this.#invite.provisional(this.#reply(status, response, []));
    this.#hasProgress = true;
  }

  accept(response: ResponseParams & { readonly contactUser?: string }): void {
    if (response.contactUser !== undefined) {
      this.#dialog.contact = contactOf(this.#core, this.#flow, escapeUser(response.contactUser), this.#secure);
    }
    this.#invite.accept(this.#reply(200, response, abilities(this.#core)));
    this.#recordRoutes = [];
    this.#usage.phase = 'accepted';
  }

  /** A final refusal makes no dialog: no Contact of ours and no Record-Route (RFC 3261 12.1). */
  reject(status: number, response: ResponseParams & { readonly reason?: string }): void {
    const { reason, body, headers = [] } = response;
    this.#invite.reject({ status, reason, headers: [...headers, ...bodyHeaders(body)], body: body?.data });
    this.#usage.finish();
  }

  takeAck(request: SipRequest): boolean {
    return this.#invite.takeAck(request);
  }

  /** True from the 2xx until its ACK. */
  get awaitingAck(): boolean {
    return this.#invite.awaitingAck;
  }

  /** The call ends: 487 while nothing final was said. */
  drop(): void {
    this.#invite.drop();
  }

  abandon(): void {
    this.#invite.abandon();
  }

  handleAck(request: SipRequest): void {
    this.#core.emit({ type: 'acked', usage: this.#usage.id, request });
    this.#usage.confirm();
  }

  handleNoAck(): void {
    this.#usage.endWithoutAck();
  }

  handleCancelled(request: SipRequest): void {
    this.cancelledBy(parseReason(request));
  }

  /** The caller gave up before our final response, by CANCEL or by a BYE in the early dialog. */
  cancelledBy(reason: ReasonHeader | undefined): void {
    this.#core.emit({ type: 'cancelled', usage: this.#usage.id, reason });
    this.#usage.finish();
  }

  handleSendFailure(): void {
    this.#usage.end('dialog-gone', undefined, undefined);
  }

  /** RFC 3261 13.3.1.1: a provisional response other than 100 every minute, or proxies cancel. 183 says no more than that we are at it. */
  handleStale(): void {
    if (this.#hasProgress) this.#invite.refresh();
    else this.progress(183, {});
  }

  #reply(status: number, response: ResponseParams & { readonly reason?: string }, defaults: HeaderList): Reply {
    const { reason, body, headers } = response;
    return {
      status,
      reason,
      headers: [
        ...this.#recordRoutes,
        ['Contact', this.#dialog.contact],
        ...withDefaults(defaults, headers),
        ...bodyHeaders(body),
      ],
      body: body?.data,
    };
  }
}

/** RFC 3261 12.1.1: whether our Contact must be a sips URI, as the Request-URI is, or the next element's address. */
function wantsSips(request: SipRequest): boolean {
  const first = request.headerValues('record-route')[0];
  const next = first === undefined ? request.contact?.uri : parseNameAddr(first)?.uri;
  return request.uri.scheme === 'sips' || next?.scheme === 'sips';
}
