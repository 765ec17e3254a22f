/**
 * The callee's side of a call's first INVITE: its early dialog, our responses, CANCEL and the ACK. Owned by invite-usage.ts, which keeps
 * the call afterwards.
 */
import {
  escapeUser,
  type HeaderList,
  parseNameAddr,
  parseRAck,
  type SipRequest,
  sessionDescription,
} from '../message/index.js';
import type { AcceptParams, Flow, ReasonHeader, ResponseParams, UsageId } from '../types.js';
import { misuse } from './arguments.js';
import {
  abilities,
  advertisedHost,
  bodyHeaders,
  type CoreContext,
  contactOf,
  hasTag,
  newSequence,
  newTag,
} from './context.js';
import { type Dialog, dialogOfCallee, withDefaults } from './dialog.js';
import { IncomingInvite, type IncomingInviteUser } from './incoming-invite.js';
import type { InviteUsage } from './invite-usage.js';
import { parseReason } from './reason.js';
import { ReliableResponses, type ReliableUser } from './reliable.js';
import { type Reply, recordRoutes } from './reply.js';
import { answer } from './send.js';

type Extras = ResponseParams & { readonly reason?: string };

export class InviteUas implements IncomingInviteUser, ReliableUser {
  readonly #core: CoreContext;
  readonly #usage: InviteUsage;
  readonly #invite: IncomingInvite;
  readonly #dialog: Dialog;
  readonly #flow: Flow;
  readonly #secure: boolean;
  #recordRoutes: HeaderList;
  #hasProgress = false;
  #reliable: ReliableResponses | undefined;
  /** An offer must be in the first reliable response (RFC 3262 5). */
  #owesOffer: boolean;
  /** The 2xx while it waits for the PRACK of a response with a body. */
  #success: (() => void) | undefined;
  /** A PRACK with a body waits for its answer. */
  #prack: { readonly request: SipRequest; readonly flow: Flow } | undefined;
  readonly #request: SipRequest;
  readonly #mustBeReliable: boolean;

  /** Sends 100 and raises 'invite'. The dialog exists from now on: the peer may refer to it once it has seen our tag. */
  constructor(core: CoreContext, usage: InviteUsage, request: SipRequest, flow: Flow, replaces?: UsageId) {
    this.#core = core;
    this.#usage = usage;
    this.#flow = flow;
    this.#request = request;
    this.#owesOffer = !sessionDescription(request);
    this.#mustBeReliable = hasTag(request, 'require', '100rel');
    this.#recordRoutes = recordRoutes(request);
    this.#secure = wantsSips(request);
    const gruu = this.#secure ? undefined : core.gruuOf(request.uri);
    const contact = gruu === undefined ? contactOf(core, flow, request.uri.user, this.#secure) : `<${gruu}>`;
    this.#dialog = dialogOfCallee(request, newTag(core), newSequence(core), contact, flow);
    this.#invite = new IncomingInvite(core, request, flow, this.#dialog.localTag, this);
    const canBeReliable = core.config.reliable !== 'off' && hasTag(request, 'supported', '100rel');
    if (this.#mustBeReliable || canBeReliable) {
      this.#reliable = new ReliableResponses(core, request.cseq.number, this);
    }
    usage.establish(this.#dialog);
    const reliable = this.#mustBeReliable ? 'required' : canBeReliable ? 'supported' : 'no';
    const advertised = advertisedHost(core.config, flow);
    core.emit({ type: 'invite', usage: usage.id, request, flow, advertised, reliable, replaces });
  }

  /** Reliable where the caller wants it or can; but not where that would take an offer which is not there, and nobody insists. */
  progress(status: number, response: Extras): void {
    const lacksOffer = this.#owesOffer && !response.body;
    if (!this.#reliable || (lacksOffer && !this.#mustBeReliable)) {
      this.#invite.provisional(this.#reply(status, response, []));
    } else if (lacksOffer) {
      throw misuse('ERR_INVALID_STATE', 'the first reliable response to an INVITE without offer bears ours');
    } else {
      // RFC 3311 5.1: it says whether UPDATE may be used before the answer.
      this.#reliable.send(this.#reply(status, response, abilities(this.#core)));
      this.#owesOffer = false;
    }
    this.#hasProgress = true;
  }

  sendReliable(reply: Reply): Uint8Array {
    return this.#invite.provisional(reply);
  }

  repeatReliable(bytes: Uint8Array): void {
    this.#core.counters.retransmissionsOut += 1;
    this.#invite.repeat(bytes);
  }

  /** RFC 3262 3: rejected with a 5xx. */
  handleNoPrack(): void {
    this.#invite.reject({ status: 504 });
    this.#usage.end(this.#usage.phase === 'ending' ? 'local-bye' : 'prack-timeout', undefined, undefined);
  }

  /** RFC 3262 3: 481 for a PRACK that matches nothing unacknowledged. */
  takePrack(request: SipRequest, flow: Flow): void {
    const value = request.header('rack');
    const rack = value === undefined ? undefined : parseRAck(value);
    if (!rack) {
      answer(this.#core, request, flow, { status: 400, reason: 'Missing or malformed RAck' });
      return;
    }
    if (!this.#reliable?.acknowledge(rack)) {
      answer(this.#core, request, flow, { status: 481 });
      return;
    }
    const owed = sessionDescription(request) !== undefined;
    if (owed) this.#prack = { request, flow };
    else answer(this.#core, request, flow, { status: 200 });
    this.#core.emit({ type: 'pracked', usage: this.#usage.id, request, owed });
    if (!owed) this.#goOn();
  }

  get prackOwed(): boolean {
    return this.#prack !== undefined;
  }

  answerPrack(status: number, { reason, body, headers = [] }: Extras): void {
    const prack = this.#prack;
    if (!prack) return;
    this.#prack = undefined;
    const reply = { status, reason, headers: [...headers, ...bodyHeaders(body)], body: body?.data };
    answer(this.#core, prack.request, prack.flow, reply);
    this.#goOn();
  }

  /** What waited for a PRACK. */
  #goOn(): void {
    if (this.#reliable?.holdsSuccess) {
      this.#reliable.sendNext();
      return;
    }
    const success = this.#success;
    this.#success = undefined;
    if (success) success();
    else this.#reliable?.sendNext();
  }

  accept(response: AcceptParams): void {
    if (response.contactUser !== undefined) {
      this.#dialog.contact = contactOf(this.#core, this.#flow, escapeUser(response.contactUser), this.#secure);
    }
    if (response.focus) this.#dialog.contact += ';isfocus';
    this.#usage.phase = 'accepted';
    const send = (): void => {
      this.#reliable?.stop();
      const timer = this.#usage.timer.accept(this.#request);
      this.#invite.accept(this.#reply(200, response, [...abilities(this.#core), ...timer]));
      this.#recordRoutes = [];
    };
    // RFC 3262 3: not before a response with a session description is acknowledged.
    if (this.#reliable?.holdsSuccess || this.#prack) this.#success = send;
    else send();
  }

  /** A final refusal makes no dialog: no Contact of ours and no Record-Route (RFC 3261 12.1). */
  reject(status: number, response: Extras): void {
    const { reason, body, headers = [] } = response;
    this.#reliable?.stop();
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
    this.#reliable?.stop();
    this.#success = undefined;
    const prack = this.#prack;
    this.#prack = undefined;
    if (prack) answer(this.#core, prack.request, prack.flow, { status: 481 });
    this.#invite.drop();
  }

  abandon(): void {
    this.#prack = undefined;
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
    // A reliable one has to be a new one: the caller would take the last for a repetition.
    const isNew = this.#reliable ? !(this.#owesOffer && this.#mustBeReliable) : !this.#hasProgress;
    if (isNew) this.progress(183, {});
    else this.#invite.refresh();
  }

  #reply(status: number, response: Extras, defaults: HeaderList): Reply {
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
