/**
 * The caller's side of a call's first INVITE: route, early dialogs, forks. The first 2xx makes the call; every further branch that answers
 * is acknowledged and hung up (RFC 3261 13.2.2.4). Owned by invite-usage.ts, which keeps the call afterwards.
 */
import { type AuthAttempt, ClientAuth } from '../auth.js';
import {
  escapeUser,
  type HeaderList,
  printNameAddr,
  printRequest,
  type SipResponse,
  sessionDescription,
} from '../message/index.js';
import { detached } from '../transaction/matching.js';
import type { Body, Flow, InviteParams, ReasonHeader, ReliablePolicy } from '../types.js';
import { checkCredentials, checkHeaders, misuse } from './arguments.js';
import {
  abilities,
  advertisedHost,
  bodyHeaders,
  type CoreContext,
  contactOf,
  newSequence,
  newTag,
  userAgent,
  viaOf,
} from './context.js';
import { type CallerIdentity, type Dialog, dialogOfCaller, requestUri, withDefaults } from './dialog.js';
import { type EarlyDialog, EarlyDialogs, maxForks, reliableSequence, takeInOrder } from './early-dialogs.js';
import { nextTry } from './hop.js';
import type { InviteUsage } from './invite-usage.js';
import { type InviteFailure, OutgoingInvite, type OutgoingInviteUser } from './outgoing-invite.js';
import { type Way, wayTo } from './preloaded.js';
import { sendBye, sendInDialog, sendSized } from './send.js';
import { SuccessAck } from './success-ack.js';

export class InviteUac implements OutgoingInviteUser {
  readonly #core: CoreContext;
  readonly #usage: InviteUsage;
  readonly #attempt: AuthAttempt | undefined;
  #identity: CallerIdentity;
  readonly #target: string;
  readonly #to: string;
  readonly #way: Way;
  readonly #focus: boolean;
  /** Contact that was given. */
  readonly #given: string | undefined;
  readonly #headers: HeaderList;
  readonly #contactUser: string | undefined;
  #invite: OutgoingInvite;
  /** Kept where the INVITE may have to be sent again. */
  #body: Body | undefined;
  #flow: Flow | undefined;
  /** Ways that failed (RFC 3263 4.3). */
  readonly #tried: string[] = [];
  #contact = '';
  #early: EarlyDialogs | undefined;
  readonly #reliable: ReliablePolicy;
  /** The INVITE had a body, so that bodies of reliable responses are answers. */
  #offered = false;
  /** The ACK of the branch that made the call, and its To tag. */
  #answer: { readonly tag: string; readonly ack: SuccessAck } | undefined;
  /** ACKs of the branches that were hung up, by To tag. */
  #hungUp: Map<string, SuccessAck> | undefined;

  /** Throws for targets and headers that cannot be sent; nothing has happened then. */
  constructor(core: CoreContext, usage: InviteUsage, params: InviteParams) {
    this.#core = core;
    this.#usage = usage;
    const { from, to, contactUser, headers = [], auth } = params;
    checkHeaders(headers);
    checkCredentials(auth);
    this.#reliable = params.reliable ?? core.config.reliable;
    this.#way = wayTo(core, params.target, params);
    // RFC 3261 8.1.1.8: our Contact is a sips URI where the target or the first route is.
    const fits = params.contact && (!this.#way.secure || params.contact.scheme === 'sips');
    this.#given = fits ? printNameAddr({ uri: params.contact }) : undefined;
    this.#focus = params.focus ?? false;
    this.#headers = headers;
    this.#target = requestUri(params.target);
    this.#contactUser = contactUser === undefined ? undefined : escapeUser(contactUser);
    this.#to = printNameAddr({ displayName: to?.displayName, uri: to?.uri ?? params.target });
    const localTag = newTag(core);
    this.#identity = {
      callId: params.callId ?? core.config.ids.token(128),
      localTag,
      localAddress: printNameAddr({ displayName: from.displayName, uri: from.uri, params: [['tag', localTag]] }),
      cseq: newSequence(core),
      auth: auth && new ClientAuth(auth, core.config.ids),
    };
    this.#attempt = this.#identity.auth?.attempt();
    if (/[\s<>]/.test(this.#identity.callId) || this.#identity.callId === '') {
      throw misuse('ERR_INVALID_ARGUMENT', 'a Call-ID holds neither space nor brackets');
    }
    this.#invite = new OutgoingInvite(core, this);
  }

  prepare(): void {
    this.#core.route(this.#way.hop, undefined, (flow, problem) => {
      if (this.#usage.phase !== 'routing') return;
      if (!flow) {
        this.#usage.fail({ cause: 'transport', status: 503, reason: problem, response: undefined });
        return;
      }
      this.#flow = flow;
      this.#contact = this.#contactOn(flow);
      this.#usage.phase = 'routed';
      const advertised = advertisedHost(this.#core.config, flow);
      const { callId } = this.#identity;
      this.#core.emit({ type: 'routed', usage: this.#usage.id, callId, flow, advertised });
    });
  }

  send(body: Body | undefined): void {
    const flow = this.#flow;
    if (!flow) throw misuse('ERR_INVALID_STATE', 'the route is not known yet');
    const send = (way: Flow, branch: string, bytes: Uint8Array): void => {
      // While a connection was made for a large INVITE, the call may have been given up.
      if (this.#invite.pending) this.#invite.start(branch, bytes, way);
    };
    sendSized(this.#core, flow, (way, branch) => this.#print(way, branch, body), send);
    this.#body = body;
    this.#offered = body !== undefined;
    this.#usage.phase = 'calling';
  }

  /** Before the INVITE has left there is nothing to cancel but the intention. */
  cancel(reason: ReasonHeader | undefined): void {
    const sent = this.#invite.started;
    this.#invite.cancel(reason);
    if (!sent && this.#invite.cancelled) this.#usage.fail(this.#invite.cancelled);
  }

  ack(body: Body | undefined): void {
    this.#answer?.ack.send(body);
  }

  /** Early dialogs go; ACKs for 2xx that are still on the way are sent as before. */
  drop(): void {
    this.#invite.drop();
    this.#body = undefined;
    for (const dialog of this.#early?.dialogs() ?? []) this.#core.store.removeDialog(dialog);
    this.#early = undefined;
  }

  /** The early dialog that a request of ours goes to. */
  earlyDialog(tag: string | undefined): Dialog | undefined {
    return this.#early?.choose(tag);
  }

  /** A peer hung up on a branch that had not answered. */
  removeEarly(dialog: Dialog): void {
    this.#early?.delete(dialog.remoteTag);
    this.#core.store.removeDialog(dialog);
  }

  handleProvisional(response: SipResponse): void {
    const { toTag } = response;
    const early = toTag === undefined ? undefined : this.#enterEarly(toTag, response);
    const rseq = this.#reliable === 'off' || !early ? undefined : reliableSequence(response);
    // RFC 3262 4: what is no news gets no second PRACK, and what comes too early none yet.
    if (early && rseq !== undefined && !takeInOrder(early, rseq)) return;
    const reliable = early !== undefined && rseq !== undefined;
    const offers = reliable && !this.#offered && sessionDescription(response) !== undefined;
    const prackOwed = offers && !this.#invite.cancelled;
    if (early && prackOwed) early.owed = rseq;
    else if (early && rseq !== undefined) this.#sendPrack(early.dialog, rseq, undefined);
    // After a CANCEL nobody wants to hear that it rings.
    if (this.#invite.cancelled) return;
    this.#core.emit({ type: 'provisional', usage: this.#usage.id, response, dialogTag: toTag, reliable, prackOwed });
  }

  #enterEarly(tag: string, response: SipResponse): EarlyDialog | undefined {
    this.#early ??= new EarlyDialogs();
    const known = this.#early.get(tag);
    known?.dialog.noteAllow(response);
    if (known || this.#early.isFull) return known;
    const dialog = this.#dialogOf(response);
    this.#core.store.addDialog(dialog, this.#usage);
    return this.#early.add(tag, dialog);
  }

  /** The answer to the offer in a reliable response (RFC 3262 5). */
  prack(tag: string, body: Body): void {
    const early = this.#early?.get(tag);
    if (early?.owed === undefined) throw misuse('ERR_INVALID_STATE', `no PRACK is owed by usage ${this.#usage.id}`);
    const rseq = early.owed;
    early.owed = undefined;
    this.#sendPrack(early.dialog, rseq, body);
  }

  /** Whatever becomes of a PRACK, the callee hears it or gives the INVITE up (RFC 3262 3). */
  #sendPrack(dialog: Dialog, rseq: number, body: Body | undefined): void {
    const headers: HeaderList = [['RAck', `${rseq} ${this.#identity.cseq} INVITE`]];
    sendInDialog(this.#core, dialog, { method: 'PRACK', headers, body });
  }

  handleSuccess(response: SipResponse): void {
    const tag = response.toTag ?? '';
    const known = this.#answer?.tag === tag ? this.#answer.ack : this.#hungUp?.get(tag);
    if (known) known.repeat();
    else this.#handleNewSuccess(response, tag);
  }

  #handleNewSuccess(response: SipResponse, tag: string): void {
    const { cancelled } = this.#invite;
    const calling = this.#usage.phase === 'calling';
    if (!calling || cancelled) {
      this.#hangUp(response, tag);
      if (calling && cancelled) this.#usage.fail(cancelled);
      return;
    }
    const dialog = this.#dialogOf(response);
    // RFC 3261 13.2.2.4: the early dialog is confirmed, with the route set of the 2xx; what was sent in it stays counted.
    const early = this.#early?.get(tag)?.dialog;
    if (early) dialog.succeed(early);
    this.#answer = { tag: detached(tag), ack: new SuccessAck(this.#core, dialog, this.#identity.cseq) };
    this.drop();
    this.#usage.phase = 'answered';
    this.#usage.establish(dialog);
    this.#usage.timer.agree(response);
    this.#core.emit({ type: 'answered', usage: this.#usage.id, response, flow: dialog.flow });
  }

  /** A branch that answered and is not wanted: ACK, BYE (13.2.2.4). */
  #hangUp(response: SipResponse, tag: string): void {
    this.#hungUp ??= new Map();
    if (this.#hungUp.size >= maxForks) return;
    const dialog = this.#dialogOf(response);
    const ack = new SuccessAck(this.#core, dialog, this.#identity.cseq);
    this.#hungUp.set(detached(tag), ack);
    ack.send();
    sendBye(this.#core, dialog, undefined);
  }

  handleFailure(failure: InviteFailure): void {
    const { response } = failure;
    const wanted = this.#usage.phase === 'calling' && !this.#invite.cancelled;
    // RFC 4028 7.3: as after a challenge, but with a longer session.
    const again = wanted && response && (this.#attempt?.accept(response) || this.#usage.timer.raise(response));
    if (again) this.#sendAgain();
    else if (wanted && (!response || response.status === 503)) this.#failOver(failure);
    else this.#usage.fail(failure);
  }

  /** RFC 3263 4.3: the same INVITE takes the next way, if there is one; otherwise the call fails as it would have. */
  #failOver(failure: InviteFailure): void {
    const key = nextTry(this.#way.hop, this.#flow, this.#tried);
    if (key === undefined) {
      this.#usage.fail(failure);
      return;
    }
    this.#tried.push(key);
    const body = this.#body;
    this.drop();
    const invite = new OutgoingInvite(this.#core, this);
    this.#invite = invite;
    const leave = (flow: Flow | undefined): void => {
      if (this.#usage.phase !== 'calling' || this.#invite !== invite || invite.cancelled) return;
      if (!flow) {
        this.#usage.fail(failure);
        return;
      }
      this.#flow = flow;
      this.#contact = this.#contactOn(flow);
      this.send(body);
    };
    this.#core.route(this.#way.hop, undefined, leave, this.#tried);
  }

  /** RFC 3261 22.2: with credentials and the next CSeq, all else as before. The branches of the refused INVITE are gone (13.2.2.3). */
  #sendAgain(): void {
    const body = this.#body;
    this.drop();
    this.#identity = { ...this.#identity, cseq: this.#identity.cseq + 1 };
    this.#invite = new OutgoingInvite(this.#core, this);
    this.send(body);
  }

  #contactOn(flow: Flow): string {
    const contact = this.#given ?? contactOf(this.#core, flow, this.#contactUser, this.#way.secure);
    return this.#focus ? `${contact};isfocus` : contact;
  }

  #dialogOf(response: SipResponse): Dialog {
    return dialogOfCaller(this.#identity, response, this.#contact, this.#target, this.#flow as Flow);
  }

  #print(flow: Flow, branch: string, body: Body | undefined): Buffer {
    const core = this.#core;
    const { callId, cseq, localAddress, auth } = this.#identity;
    const required: HeaderList = this.#reliable === 'required' ? [['Require', '100rel']] : [];
    const able = abilities({ methods: core.methods, config: { ...core.config, reliable: this.#reliable } });
    return printRequest({
      method: 'INVITE',
      uri: this.#way.uri,
      headers: [
        ['Via', viaOf(core, flow, branch)],
        ['Max-Forwards', '70'],
        ...this.#way.routes.map((route) => ['Route', route] as const),
        ['From', localAddress],
        ['To', this.#to],
        ['Call-ID', callId],
        ['CSeq', `${cseq} INVITE`],
        ['Contact', this.#contact],
        ...withDefaults(
          [...able, ...required, ...this.#usage.timer.requestHeaders(), ...userAgent(core)],
          this.#headers,
        ),
        ...(auth?.headers('INVITE', this.#way.uri, body?.data) ?? []),
        ...bodyHeaders(body),
      ],
      body: body?.data,
    });
  }
}
