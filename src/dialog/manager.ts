/**
 * The dialog layer's verbs by session, and the only owner of the map between sessions and invite usages. Synchronous: each verb hands
 * one command to dialog-core; what comes of it rises through the coordinator. Called by manager/ alone.
 */
import type { IdSource } from '../base/ids.js';
import type {
  Binding,
  CoreCounts,
  DialogCore,
  IncomingRefer,
  OptionsResult,
  RegistrationState,
  ResponseParams,
  TlsCredentials,
  Unregister,
  UsageId,
} from '../dialog-core/index.js';
import type {
  Credentials,
  Description,
  DialogPort,
  MessagePart,
  OutgoingParams,
  ReasonValue,
  ResponseExtras,
  SessionId,
  TransferNews,
  TransferParams,
  TransferWish,
} from '../session/index.js';
import { type DialogConfigConverter, toBody, toHeaders, toUri } from './config.js';
import { DialogMessaging } from './messaging.js';
import { toRegisterParams } from './registration.js';
import { type ReplacedDialog, toReferParams, toTransferNews } from './transfer.js';
import { DialogError, type RegisterOptions } from './types.js';

export class DialogManager implements DialogPort {
  readonly #core: DialogCore;
  readonly #config: DialogConfigConverter;
  readonly #ids: IdSource;
  readonly #usages = new Map<SessionId, UsageId>();
  readonly #sessions = new Map<UsageId, SessionId>();
  /** Further parts of INVITEs that wait for their offer. */
  readonly #parts = new Map<SessionId, readonly MessagePart[]>();
  /** Sessions that are answered as calls to a conference. */
  readonly #focus = new Set<SessionId>();

  /** Requests, subscriptions and publications: what belongs to no call, or only passes through one. */
  readonly messaging: DialogMessaging;

  constructor(core: DialogCore, config: DialogConfigConverter, ids: IdSource) {
    this.messaging = new DialogMessaging(
      core,
      (usage) => this.sessionOf(usage),
      (sessionId) => this.#usage(sessionId),
    );
    this.#core = core;
    this.#config = config;
    this.#ids = ids;
  }

  createSession(sessionId: SessionId, params: OutgoingParams): void {
    if (this.#usages.has(sessionId)) throw new DialogError('ERR_DUPLICATE', `session ${sessionId} has a dialog`, 500);
    // The core sends nothing before this returns, so the mapping is there before the first response can be.
    // What cannot be printed is misuse, and told before anything has happened.
    toBody(undefined, params.parts);
    this.#enter(sessionId, this.#core.invite(this.#config.toInviteParams(params)));
    if (params.parts) this.#parts.set(sessionId, params.parts);
  }

  /** Gives an incoming usage its session; called by the coordinator before the fact rises. */
  adoptUsage(usage: UsageId): SessionId {
    const sessionId = this.#ids.token(96);
    this.#enter(sessionId, usage);
    return sessionId;
  }

  offerSession(sessionId: SessionId, offer: Description): void {
    const parts = this.#parts.get(sessionId);
    this.#parts.delete(sessionId);
    this.#core.sendInvite(this.#usage(sessionId), toBody(offer, parts));
  }

  ringSession(sessionId: SessionId, status: number, extras: ResponseExtras = {}): void {
    this.#core.progress(this.#usage(sessionId), status, toResponse(extras));
  }

  acceptSession(sessionId: SessionId, description: Description | undefined): void {
    const focus = this.#focus.delete(sessionId);
    this.#core.accept(this.#usage(sessionId), { body: toBody(description), focus });
  }

  /** The answer to this call will say that it reached a conference (RFC 4579 5.1). */
  announceFocus(sessionId: SessionId): void {
    this.#focus.add(sessionId);
  }

  rejectSession(sessionId: SessionId, status: number, extras: ResponseExtras = {}): void {
    this.#core.reject(this.#usage(sessionId), status, toResponse(extras, status));
  }

  ackSession(sessionId: SessionId): void {
    this.#core.ack(this.#usage(sessionId));
  }

  cancelSession(sessionId: SessionId, reason?: ReasonValue): void {
    this.#core.cancel(this.#usage(sessionId), reason);
  }

  holdSession(sessionId: SessionId, offer: Description): void {
    this.#reinvite(sessionId, offer);
  }

  resumeSession(sessionId: SessionId, offer: Description): void {
    this.#reinvite(sessionId, offer);
  }

  updateSession(sessionId: SessionId, offer: Description): void {
    const usage = this.#usage(sessionId);
    const body = toBody(offer);
    if (body && this.#core.peerAllows(usage, 'UPDATE')) this.#core.update(usage, { body });
    else this.#reinvite(sessionId, offer);
  }

  answerReoffer(sessionId: SessionId, status: number, description?: Description): void {
    const body = toBody(description);
    this.#core.answerReinvite(this.#usage(sessionId), status, body ? { body } : {});
  }

  terminateSession(sessionId: SessionId, reason?: ReasonValue): void {
    this.#core.bye(this.#usage(sessionId), reason);
  }

  /** Throws what {@link transfer} would throw for arguments that cannot be sent. */
  checkTransfer(params: TransferParams): void {
    toReferParams(params, this.#replacedBy(params));
  }

  /** Asks the peer to call elsewhere (RFC 3515); what is returned stops the news. Throws ERR_INVALID_STATE unless established. */
  transfer(sessionId: SessionId, params: TransferParams, onNews: (news: TransferNews) => void): () => void {
    const refer = toReferParams(params, this.#replacedBy(params));
    return this.#core.refer(this.#usage(sessionId), refer, (news) => onNews(toTransferNews(news)));
  }

  /** Takes (202) or refuses (300–699) what a peer wishes. */
  answerTransfer(wish: TransferWish, status: number): void {
    const refer = wish.handle as IncomingRefer;
    if (status < 300) refer.accept();
    else refer.reject(status);
  }

  /** Tells the peer what the call that it wished met; a final status is the last word. */
  notifyTransfer(wish: TransferWish, status: number, reason?: string): void {
    (wish.handle as IncomingRefer).notify(status, reason);
  }

  forgetSession(sessionId: SessionId): void {
    const usage = this.#usages.get(sessionId);
    this.#parts.delete(sessionId);
    this.#focus.delete(sessionId);
    if (usage === undefined) return;
    this.#usages.delete(sessionId);
    this.#sessions.delete(usage);
  }

  has(sessionId: SessionId): boolean {
    return this.#usages.has(sessionId);
  }

  get size(): number {
    return this.#usages.size;
  }

  /** The session of a usage, or undefined when it was forgotten: its late events are dropped, never given to another. */
  sessionOf(usage: UsageId): SessionId | undefined {
    return this.#sessions.get(usage);
  }

  /** OPTIONS outside a dialog (RFC 3261 11). */
  ping(target: string, from: string, auth?: Credentials): Promise<OptionsResult> {
    return this.#core.options({ target: toUri(target), from: toUri(from), auth });
  }

  /** Registers and keeps registered (RFC 3261 10.2); what is returned ends it. */
  register(options: RegisterOptions, onState: (state: RegistrationState) => void): Unregister {
    return this.#core.register(toRegisterParams(options), onState);
  }

  /** What an address of record is bound to; undefined without a registrar. */
  bindingsOf(aor: string): readonly Binding[] | undefined {
    return this.#core.lookup(toUri(aor));
  }

  /** Certificates for new connections; throws ERR_CONFIG and keeps the old. */
  reloadTls(credentials: TlsCredentials): void {
    this.#core.reloadTls(credentials);
  }

  counts(): CoreCounts {
    return this.#core.counts();
  }

  /** Numeric addresses that are listened on; a wildcard stays one here. */
  get listeners(): DialogCore['listeners'] {
    return this.#core.listeners;
  }

  #replacedBy({ replaces }: TransferParams): ReplacedDialog | undefined {
    return replaces === undefined ? undefined : this.#core.dialogOf(this.#usage(replaces));
  }

  #reinvite(sessionId: SessionId, offer: Description): void {
    const body = toBody(offer);
    this.#core.reinvite(this.#usage(sessionId), body ? { body } : {});
  }

  #enter(sessionId: SessionId, usage: UsageId): void {
    this.#usages.set(sessionId, usage);
    this.#sessions.set(usage, sessionId);
  }

  #usage(sessionId: SessionId): UsageId {
    const usage = this.#usages.get(sessionId);
    if (usage === undefined) throw new DialogError('ERR_NOT_FOUND', `session ${sessionId} has no dialog`, 481);
    return usage;
  }
}

function toResponse(extras: ResponseExtras, status?: number): ResponseParams & { readonly reason?: string } {
  return {
    body: toBody(extras.description),
    ...(extras.reason !== undefined && { reason: extras.reason }),
    ...(extras.headers && { headers: toHeaders(extras.headers, status) }),
  };
}
