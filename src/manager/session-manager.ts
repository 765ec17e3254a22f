/**
 * Orchestration of sessions: takes verbs and facts, has transition.ts decide, carries out the effects, publishes what happened. It
 * holds no SIP and no audio; both layers stand below it at the same height. Made by wiring.ts; used by api/ and by advanced users.
 */
import type { Clock } from '../base/clock.js';
import { Emitter } from '../base/emitter.js';
import { SessionError } from '../base/errors.js';
import { type Priority, Resources } from '../coordination/index.js';
import {
  type Binding,
  DialogError,
  type DialogMessaging,
  type OptionsResult,
  type RegisterOptions,
  type RegistrationState,
  type TlsCredentials,
  toHeaders,
  type Unregister,
} from '../dialog/index.js';
import type { StreamStats, WorkerHealth } from '../media/index.js';
import {
  type AwaitedVerb,
  type Credentials,
  type ExtraHeaders,
  isAllowed,
  isEstablished,
  type MediaChange,
  newSession,
  type OutgoingParams,
  type ReasonValue,
  type Session,
  type SessionFact,
  type SessionId,
  type SessionVerb,
} from '../session/index.js';
import { SessionAudio } from './audio.js';
import type { ManagerCounts } from './counts.js';
import { SessionEventProcessor } from './events.js';
import { toRefusal } from './failures.js';
import { SessionGroups } from './groups.js';
import { SessionRegistrations } from './registrations.js';
import { type SessionRecord, SessionRegistry } from './registry.js';
import { type RoomMember, SessionRooms } from './rooms.js';
import { SessionStepper } from './stepper.js';
import { SessionTransfers } from './transfers.js';
import type { ManagerParts } from './wiring.js';

/** What an outgoing call may be given beside its target. */
export interface CallChoices {
  /** The session in whose place it is made. */
  readonly replaces?: SessionId | undefined;
  /** In order of preference; default: those of all calls. */
  readonly codecs?: readonly string[] | undefined;
}

export class SessionManager {
  readonly #parts: ManagerParts;
  readonly #registry = new SessionRegistry();
  readonly #resources: Resources;
  readonly #stepper: SessionStepper;
  readonly #registrations: SessionRegistrations;
  #closing: Promise<void> | undefined;

  /** Every change of every session, in order. */
  readonly events = new SessionEventProcessor((sessionId, input) => this.#stepper.step(sessionId, input));
  readonly rooms: SessionRooms;
  readonly groups: SessionGroups;
  readonly transfers: SessionTransfers;
  /** Players, recorders, statistics: what changes no state of a session. */
  readonly audio: SessionAudio;
  /** Requests, subscriptions and publications besides calls; ERR_CLOSED after {@link close}. */
  get messaging(): DialogMessaging {
    if (this.#closing) throw new SessionError('ERR_CLOSED', 'the session manager is closed');
    return this.#parts.dialog.manager.messaging;
  }

  /** What an operator should know and no session owns. */
  readonly warnings = new Emitter<{ warning: [code: string, message: string] }>();

  constructor(parts: ManagerParts) {
    const { config, media } = parts;
    this.#parts = parts;
    const { maxCalls: sessions, mediaPorts, limits } = config;
    this.#resources = new Resources({ sessions, mediaPorts, ...limits }, config.retryAfterS);
    this.rooms = new SessionRooms(media.rooms, this.#resources, (event) => this.events.publish(event));
    this.groups = new SessionGroups({
      join: (roomId, sessionId) => this.joinRoom(roomId, sessionId),
      leave: (roomId, sessionId) => {
        if (this.rooms.roomOf(sessionId) === roomId) this.rooms.leave(sessionId);
      },
      priorityOf: (sessionId) => this.priorityOf(sessionId),
      nowMs: () => config.clock.nowMs(),
      afterwards: (action) => this.events.afterwards(action),
    });
    this.transfers = new SessionTransfers({
      clock: config.clock,
      dialog: parts.dialog.manager,
      events: this.events,
      get: (sessionId) => this.get(sessionId),
      place: (params, replaces) => this.createSession(params, this.priorityOf(replaces), { replaces }),
    });
    this.audio = new SessionAudio(media);
    this.#registrations = new SessionRegistrations(parts.dialog.manager);
    this.#stepper = new SessionStepper({
      ...parts,
      registry: this.#registry,
      resources: this.#resources,
      rooms: this.rooms,
      groups: this.groups,
      transfers: this.transfers,
      events: this.events,
      onDefect: (text) => this.warnings.emit('warning', 'INTERNAL', text),
    });
  }

  /** Addresses that SIP is received on. */
  get listeners(): ManagerParts['dialog']['manager']['listeners'] {
    return this.#parts.dialog.manager.listeners;
  }

  /** A name for something of this manager that no one has named. */
  nextId(): string {
    return this.#parts.config.ids.token(64);
  }

  /** The clock that everything of this manager runs on. */
  get clock(): Clock {
    return this.#parts.config.clock;
  }

  get size(): number {
    return this.#registry.size;
  }

  get(sessionId: SessionId): Session | undefined {
    return this.#registry.get(sessionId)?.session;
  }

  has(sessionId: SessionId): boolean {
    return this.#registry.get(sessionId) !== undefined;
  }

  /** The INVITE of an incoming session, or the last response to an outgoing one: the dialog layer's message object. */
  messageOf(sessionId: SessionId): unknown {
    return this.#registry.get(sessionId)?.message;
  }

  /** Called by both coordinators. */
  handleFact(sessionId: SessionId, fact: SessionFact): void {
    this.events.enqueue(sessionId, fact);
  }

  /**
   * Starts an outgoing call, in the place of another session or with codecs of its own where given. Throws ERR_CLOSED, ERR_INVALID_URI,
   * ERR_INVALID_HEADER, ERR_CONFIG for codecs, and ERR_LIMIT (status 503) when all calls are taken.
   */
  createSession(params: OutgoingParams, priority: Priority = 'normal', more: CallChoices = {}): SessionId {
    const { replaces, codecs } = more;
    const { config, dialog } = this.#parts;
    if (codecs) this.checkCodecs(codecs);
    if (this.#closing) throw new SessionError('ERR_CLOSED', 'the session manager is closed');
    const sessionId = config.ids.token(96);
    const refusal = this.#stepper.admission.lease(sessionId, priority, {});
    if (refusal) throw new DialogError('ERR_LIMIT', `all ${refusal.limit} calls are in use`, 503);
    const remote = { uri: params.target, displayName: undefined };
    const createdAtMs = config.clock.wallMs();
    const session = newSession({
      id: sessionId,
      direction: 'outgoing',
      local: params.from,
      remote,
      target: params.target,
      createdAtMs,
      replaces,
      codecs,
    });
    this.#registry.add(session, undefined, priority);
    try {
      dialog.manager.createSession(sessionId, params);
    } catch (error) {
      this.#registry.delete(sessionId);
      this.#resources.release(sessionId);
      throw error;
    }
    return sessionId;
  }

  /** Resolves when the call is established; rejects with DialogError when it ends before. */
  whenConnected(sessionId: SessionId): Promise<void> {
    const record = this.#record(sessionId);
    if (isEstablished(record.session.state)) return Promise.resolve();
    return new Promise((resolve, reject) =>
      record.waiters.push({ verb: 'connect', input: undefined, resolve, reject }),
    );
  }

  /** 101–199 to an incoming call. */
  ringSession(sessionId: SessionId, status = 180, options: { reason?: string; media?: boolean } = {}): void {
    const { reason, media = false } = options;
    this.#submit(sessionId, { type: 'ring', status, reason, media });
  }

  /** Throws ERR_CONFIG for a list of codecs that no call can have. */
  checkCodecs(codecs: readonly string[]): void {
    this.#parts.media.checkCodecs(codecs);
  }

  /** Answers an incoming call, with checked `codecs` of its own where given, as a conference if asked; resolves when its ACK is here. */
  acceptSession(sessionId: SessionId, codecs?: readonly string[], focus = false): Promise<void> {
    if (focus && this.get(sessionId)) this.#parts.dialog.manager.announceFocus(sessionId);
    return this.#submitAndWait(sessionId, { type: 'accept', codecs }, 'connect');
  }

  /** 300–699 to an incoming call. Throws ERR_INVALID_HEADER for headers that cannot be sent. */
  rejectSession(sessionId: SessionId, status: number, reason?: string, headers: ExtraHeaders = []): void {
    toHeaders(headers, status);
    this.#submit(sessionId, { type: 'reject', status, reason, headers });
  }

  /** Re-INVITE that holds; resolves with its 2xx, rejects when the peer refuses, and then the call is as it was. */
  holdSession(sessionId: SessionId): Promise<void> {
    return this.#submitAndWait(sessionId, { type: 'hold' }, 'hold');
  }

  resumeSession(sessionId: SessionId): Promise<void> {
    return this.#submitAndWait(sessionId, { type: 'resume' }, 'resume');
  }

  /**
   * Changes our codecs or our address, by UPDATE or re-INVITE; resolves with the 2xx, rejects when the peer refuses, and then the call is as
   * it was. Throws ERR_INVALID_ARGUMENT for a change that cannot be made.
   */
  updateSession(sessionId: SessionId, change: MediaChange): Promise<void> {
    this.#parts.media.manager.checkChange(change);
    return this.#submitAndWait(sessionId, { type: 'update', change }, 'update');
  }

  /** Ends a session from any state: CANCEL, a final response or BYE. Resolves when it is over, in bounded time. */
  terminateSession(sessionId: SessionId, reason?: ReasonValue): Promise<void> {
    if (!this.has(sessionId)) return Promise.resolve();
    return this.#submitAndWait(sessionId, { type: 'terminate', reason }, 'terminate');
  }

  /** Joins an established session with a conference opened in {@link rooms}; with the session's own priority unless another is given. */
  joinRoom(roomId: string, sessionId: SessionId, member: RoomMember = { muted: false, deaf: false }): void {
    this.#established(sessionId);
    const { priority = this.priorityOf(sessionId) } = member;
    this.rooms.join(roomId, sessionId, { ...member, priority });
  }

  bridgeSessions(roomId: string, a: SessionId, b: SessionId): void {
    this.#established(a);
    this.#established(b);
    this.rooms.bridge(roomId, a, b);
  }

  /** Throws ERR_NOT_FOUND. */
  priorityOf(sessionId: SessionId): Priority {
    return this.#record(sessionId).priority;
  }

  stats(sessionId: SessionId): StreamStats | undefined {
    return this.#parts.media.manager.stats(sessionId);
  }

  /** OPTIONS outside a dialog. */
  ping(target: string, from: string, auth?: Credentials): Promise<OptionsResult> {
    return this.#parts.dialog.manager.ping(target, from, auth);
  }

  /** Registers and keeps registered; what is returned ends it, and 'unregistered' follows. Throws as the call verbs do. */
  register(options: RegisterOptions, onState: (state: RegistrationState) => void): Unregister {
    if (this.#closing) throw new SessionError('ERR_CLOSED', 'the session manager is closed');
    return this.#registrations.register(options, onState);
  }

  /** What an address of record is bound to here; undefined without a registrar. Throws ERR_INVALID_URI. */
  bindingsOf(aor: string): readonly Binding[] | undefined {
    return this.#parts.dialog.manager.bindingsOf(aor);
  }

  /** Certificates for new connections over TLS. Throws ERR_CONFIG for ones that cannot be used, and keeps the old. */
  reloadTls(credentials: TlsCredentials): void {
    this.#parts.dialog.manager.reloadTls(credentials);
  }

  health(): readonly WorkerHealth[] {
    return this.#parts.media.health();
  }

  counts(): ManagerCounts {
    const { dialog, media } = this.#parts;
    return {
      sessions: this.#registry.size,
      rooms: this.rooms.size,
      groups: this.groups.size,
      waiting: this.#stepper.admission.waiting,
      deadlines: this.#stepper.deadlines,
      refusedFacts: this.#stepper.refusedFacts,
      resources: this.#resources.usage(),
      dialogs: dialog.manager.size,
      streams: media.manager.size,
      signalling: dialog.manager.counts(),
      media: media.counts(),
    };
  }

  /** Ends every session and registration, waits a bounded time for the other sides, then releases sockets and threads. Idempotent. */
  close(timeoutMs = this.#parts.config.shutdownTimeoutMs): Promise<void> {
    this.#closing ??= this.#shutDown(timeoutMs);
    return this.#closing;
  }

  async #shutDown(timeoutMs: number): Promise<void> {
    const { config, dialog, media } = this.#parts;
    this.#stepper.drain();
    const ends = this.#registry.ids().map((id) => this.terminateSession(id));
    ends.push(...this.#registrations.endAll());
    let cancel = (): void => {};
    const tooLong = new Promise<void>((resolve) => {
      cancel = config.clock.after(timeoutMs, resolve);
    });
    await Promise.race([Promise.allSettled([...ends, this.#registry.whenEmpty()]), tooLong]);
    cancel();
    for (const id of this.#registry.ids()) this.handleFact(id, { type: 'ended', by: 'closed', reason: undefined });
    await dialog.close();
    await media.close();
    this.#stepper.close();
  }

  // --- verbs ------------------------------------------------------------------------------------------------------------------------

  #submit(sessionId: SessionId, verb: SessionVerb): void {
    const { state } = this.#record(sessionId).session;
    if (!isAllowed(state.kind, verb.type)) throw toRefusal(verb.type, state.kind);
    this.events.enqueue(sessionId, verb);
  }

  async #submitAndWait(sessionId: SessionId, verb: SessionVerb, awaited: AwaitedVerb): Promise<void> {
    const record = this.#record(sessionId);
    await new Promise<void>((resolve, reject) => {
      record.waiters.push({ verb: awaited, input: verb, resolve, reject });
      this.events.enqueue(sessionId, verb);
    });
  }

  #established(sessionId: SessionId): void {
    const { state } = this.#record(sessionId).session;
    if (!isEstablished(state))
      throw new SessionError('ERR_INVALID_STATE', `a call in state ${state.kind} has no audio to join`);
  }

  #record(sessionId: SessionId): SessionRecord {
    const record = this.#registry.get(sessionId);
    if (!record) throw new SessionError('ERR_NOT_FOUND', `there is no session ${sessionId} (any more)`);
    return record;
  }
}
