/**
 * The library in the hands of a user: a shell around one SessionManager that turns its events into objects (Call, IncomingCall,
 * Conference) and its verbs into methods.
 */
import { Emitter, warnListener } from '../base/emitter.js';
import { type ErrorCode, SessionError } from '../base/errors.js';
import type { GroupOptions } from '../coordination/index.js';
import type { ManagerCounts, SessionEvent, SessionManager } from '../manager/index.js';
import type { TransferWish } from '../session/index.js';
import { TwoPartyBridge } from './bridge.js';
import { Call } from './call.js';
import { Conference, type ConferenceOptions } from './conference.js';
import { dial } from './dial.js';
import { CallGroup } from './group.js';
import type { CallHandler } from './handlers.js';
import { IncomingCall } from './incoming-call.js';
import { defaultFrom, type Listener, toListeners } from './listeners.js';
import { answerBy, EventSubscription, PublishedState, ReceivedRequest, type RequestListener } from './messaging.js';
import type { CallOptions, SubscriptionListener } from './options.js';
import { EventQueue } from './queue.js';
import { Registration } from './registration.js';
import { type RosterOptions, Rosters } from './rosters.js';
import { TransferRequest } from './transfer.js';
import {
  type Binding,
  type Content,
  type Credentials,
  type PublishOptions,
  type RegisterOptions,
  type RequestOptions,
  type RequestReply,
  type SipMessage,
  type SubscribeOptions,
  type TlsCredentials,
  toSipError,
  type WorkerHealth,
} from './types.js';

export interface SessionsEvents {
  /** Everything that happens to any call, in order; for logs. */
  event: [event: SessionEvent];
  incoming: [incoming: IncomingCall];
  warning: [code: string, message: string];
}

export class Sessions {
  readonly #handler: CallHandler | undefined;
  readonly #advertise: string | undefined;
  readonly #isRegistrar: boolean;
  readonly #calls = new Map<string, Call>();
  readonly #incoming = new Map<string, IncomingCall>();
  readonly #conferences = new Map<string, Conference>();
  readonly #groups = new Map<string, CallGroup>();
  readonly #queues = new Set<EventQueue<IncomingCall>>();
  #bridges = 0;

  readonly manager: SessionManager;
  readonly events = new Emitter<SessionsEvents>();

  /** Made by `createSessions` and the builder. */
  constructor(
    manager: SessionManager,
    parts: { handler?: CallHandler | undefined; advertise?: string | undefined; isRegistrar?: boolean },
  ) {
    this.manager = manager;
    this.#handler = parts.handler;
    this.#advertise = parts.advertise;
    this.#isRegistrar = parts.isRegistrar ?? false;
    manager.events.subscribe((event) => this.#handle(event));
    manager.groups.events.on('group', (event) => this.#groups.get(event.groupId)?.handleEvent(event));
    manager.warnings.on('warning', (code, message) => this.events.emit('warning', code, message));
  }

  get listeners(): readonly Listener[] {
    return toListeners(this.manager.listeners);
  }

  /** Calls that were placed or accepted and are not over, by id. */
  get calls(): ReadonlyMap<string, Call> {
    return this.#calls;
  }

  get conferences(): ReadonlyMap<string, Conference> {
    return this.#conferences;
  }

  /**
   * Calls `target` (`sip:user@host`), or whoever of several answers first; resolves when one has answered. Rejects with SipError, of
   * several targets with their best failure (RFC 3261 16.7), ERR_TIMEOUT or ERR_ABORTED.
   */
  async call(target: string | readonly string[], options: CallOptions = {}): Promise<Call> {
    const from = { uri: options.from ?? options.via?.aor ?? this.#defaultFrom(), displayName: options.displayName };
    return dial(this.manager, { target, from, options }, (call) => this.#calls.set(call.id, call));
  }

  /** Incoming calls, until `signal` is aborted, the loop is left, or the library is closed. */
  incoming(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<IncomingCall> {
    const queue: EventQueue<IncomingCall> = new EventQueue<IncomingCall>(
      () => this.#queues.delete(queue),
      options.signal,
    );
    if (!queue.ended) this.#queues.add(queue);
    return queue;
  }

  /** The conference of this name, made with `options` if there is none. Throws ERR_INVALID_ARGUMENT, ERR_LIMIT. */
  conference(name: string, options: ConferenceOptions = {}): Conference {
    const existing = this.#conferences.get(name);
    if (existing) return existing;
    const conference = new Conference(this.manager, name, options, {
      call: (target, how) => this.call(target, how),
      onClose: () => this.#conferences.delete(name),
    });
    this.#conferences.set(name, conference);
    return conference;
  }

  /**
   * A new group of calls. Throws ERR_DUPLICATE for a name in use, ERR_INVALID_ARGUMENT for limits that contradict each other.
   */
  group(name: string, options: GroupOptions = { type: 'custom' }): CallGroup {
    const group = new CallGroup(this.manager, name, options, () => this.#groups.delete(name));
    this.#groups.set(name, group);
    return group;
  }

  /** Groups that are not closed, by name. */
  get groups(): ReadonlyMap<string, CallGroup> {
    return this.#groups;
  }

  /** Joins two established calls: each hears the other. */
  bridge(a: Call, b: Call): TwoPartyBridge {
    this.#bridges += 1;
    return new TwoPartyBridge(this.manager, `bridge:${this.#bridges}`, a, b);
  }

  /** One request of any method but those of calls. Rejects with ERR_INVALID_URI, ERR_INVALID_HEADER, ERR_INVALID_ARGUMENT, ERR_CLOSED. */
  async request(method: string, target: string, options: RequestOptions = {}): Promise<RequestReply> {
    return this.manager.messaging.request(method, target, { ...options, from: options.from ?? this.#defaultFrom() });
  }

  /** MESSAGE (RFC 3428): text, or content of another type. 2xx says that it was delivered; 202 that it is on its way. */
  message(target: string, content: string | Content, options: RequestOptions = {}): Promise<RequestReply> {
    const plain = typeof content === 'string' ? { contentType: 'text/plain;charset=UTF-8', data: content } : content;
    return this.request('MESSAGE', target, { ...options, content: plain });
  }

  /** OPTIONS: what `target` can do, in the response. */
  options(target: string, options: RequestOptions = {}): Promise<RequestReply> {
    return this.request('OPTIONS', target, options);
  }

  /** Subscribes (RFC 6665) and stays subscribed until `signal`, `close` or the notifier's last word. Throws as {@link request} rejects. */
  subscribe(target: string, options: SubscribeOptions & { readonly signal?: AbortSignal }): EventSubscription {
    const { signal, ...rest } = options;
    return new EventSubscription(this.manager, target, { ...rest, from: rest.from ?? this.#defaultFrom() }, signal);
  }

  /** Publishes state (RFC 3903) and keeps it published until `close`. Throws as {@link request} rejects. */
  publish(target: string, options: PublishOptions): PublishedState {
    return new PublishedState(this.manager, target, { ...options, from: options.from ?? this.#defaultFrom() });
  }

  /** Takes a method over, in calls and outside of them; ends by what is returned. ERR_DUPLICATE, ERR_INVALID_ARGUMENT. */
  serve(method: string, listener: RequestListener): () => void {
    return this.manager.messaging.serve(method, (served) => {
      const call = served.sessionId === undefined ? undefined : this.#calls.get(served.sessionId);
      void answerBy(listener, new ReceivedRequest(served, call));
    });
  }

  /** Takes an event package over; ends by what is returned. */
  serveEvent(event: string, listener: SubscriptionListener): () => void {
    return this.manager.messaging.servePackage(event, listener);
  }

  /**
   * Tells those who subscribe to a conference who is in it (RFC 4575: `Event: conference`, the full state, escaped whatever members call
   * themselves); ends by what is returned. Throws ERR_DUPLICATE where the package is served, ERR_INVALID_ARGUMENT.
   */
  serveRosters(options: RosterOptions = {}): () => void {
    const rosters = new Rosters(options, {
      clock: this.manager.clock,
      find: (name) => this.#conferences.get(name),
      contactOf: (call) => (this.manager.messageOf(call.id) as SipMessage | undefined)?.contact?.uriText,
    });
    const stop = this.serveEvent('conference', (incoming) => rosters.handle(incoming));
    return () => {
      stop();
      rosters.close();
    };
  }

  /** OPTIONS: whether `target` answers, and how. A timeout is status 408, a transport error 503. */
  async ping(
    target: string,
    options: { from?: string; auth?: Credentials } = {},
  ): Promise<{ status: number; reason: string }> {
    try {
      const { status, reason } = await this.manager.ping(target, options.from ?? this.#defaultFrom(), options.auth);
      return { status, reason };
    } catch (error) {
      throw toSipError(error);
    }
  }

  /**
   * Registers with a registrar (RFC 3261 10.2) and keeps registered until {@link Registration.unregister} or {@link close}. Refreshed at 85
   * to 95 % of the granted time; failures are tried again later and later, but for those that would repeat (a wrong password).
   * Throws ERR_INVALID_URI, ERR_INVALID_ARGUMENT, ERR_CLOSED.
   */
  register(options: RegisterOptions): Registration {
    return new Registration(this.manager, options);
  }

  /** Where users registered here are; undefined unless the option `registrar` is given. */
  get registrar(): { lookup(aor: string): readonly Binding[] } | undefined {
    const { manager } = this;
    if (!this.#isRegistrar) return undefined;
    return { lookup: (aor) => manager.bindingsOf(aor) ?? [] };
  }

  /**
   * New certificates, as PEM text: new connections have them, those that stand keep theirs. Throws ERR_CONFIG for ones that cannot be used,
   * and keeps the old.
   */
  reloadTls(credentials: TlsCredentials): void {
    this.manager.reloadTls(credentials);
  }

  /** Per media thread: ticks, lateness, packets. */
  health(): readonly WorkerHealth[] {
    return this.manager.health();
  }

  counts(): ManagerCounts {
    return this.manager.counts();
  }

  /**
   * Ends every call (BYE, CANCEL, or a final response) and registration, waits at most `timeoutMs` (default `shutdownTimeoutMs`) for the other sides,
   * then releases sockets and threads. Idempotent; when it resolves the ports are free.
   */
  async close(options: { timeoutMs?: number } = {}): Promise<void> {
    for (const queue of [...this.#queues]) queue.end();
    await this.manager.close(options.timeoutMs);
    for (const conference of [...this.#conferences.values()]) conference.close();
    for (const group of [...this.#groups.values()]) group.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #handle(event: SessionEvent): void {
    if (event.type === 'incoming') this.#offer(event.sessionId);
    if (event.type === 'replacing') this.#enter(event.sessionId);
    this.events.emit('event', event);
    const call = this.#calls.get(event.sessionId);
    if (call) this.#tellCall(call, event);
    if (event.type !== 'ended') return;
    this.#incoming.get(event.sessionId)?.handleEnd();
    this.#incoming.delete(event.sessionId);
    this.#calls.delete(event.sessionId);
  }

  #tellCall(call: Call, event: SessionEvent): void {
    const conference = 'roomId' in event ? this.#conferenceOf(event.roomId) : call.conference;
    call.handleEvent(event, conference);
    if (event.type === 'transferWished') this.#wish(call, event.wish);
    if (event.type === 'replaced') this.#replace(call, this.#calls.get(event.by));
    if (event.type === 'joinedRoom') conference?.handleJoined(call);
    if (event.type === 'leftRoom') conference?.handleLeft(call);
    if (event.type === 'talking') conference?.handleTalking(call, event.talking);
  }

  #conferenceOf(roomId: string): Conference | undefined {
    const prefix = 'conference:';
    return roomId.startsWith(prefix) ? this.#conferences.get(roomId.slice(prefix.length)) : undefined;
  }

  /** Enters a call that nobody asked for by `call` or `accept`. */
  #enter(sessionId: string): Call {
    const known = this.#calls.get(sessionId);
    const session = this.manager.get(sessionId);
    if (known || !session) return known ?? fail('ERR_NOT_FOUND', 'the call is over');
    const call = new Call(this.manager, session);
    this.#calls.set(sessionId, call);
    return call;
  }

  /** RFC 3515 5.1: nobody makes us call others unless somebody here has said that they may. */
  #wish(call: Call, wish: TransferWish): void {
    if (call.events.listenerCount('transferRequest') === 0) this.manager.transfers.decline(wish, 603);
    else call.events.emit('transferRequest', new TransferRequest(this.manager, call, wish, (id) => this.#enter(id)));
  }

  #replace(call: Call, by: Call | undefined): void {
    if (!by) return;
    call.conference?.handleReplaced(call, by);
    for (const group of this.#groups.values()) group.handleReplaced(call, by);
    call.events.emit('replaced', by);
  }

  #offer(sessionId: string): void {
    const session = this.manager.get(sessionId);
    if (!session) return;
    const message = this.manager.messageOf(sessionId) as SipMessage;
    const incoming = new IncomingCall(this.manager, session, message, () => {
      const call = new Call(this.manager, session);
      this.#calls.set(call.id, call);
      return call;
    });
    this.#incoming.set(sessionId, incoming);
    const heard = this.events.listenerCount('incoming') + this.#queues.size > 0;
    if (!this.#handler && !heard) {
      incoming.reject(480);
      return;
    }
    for (const queue of this.#queues) queue.push(incoming);
    this.events.emit('incoming', incoming);
    if (this.#handler) void this.#decide(this.#handler, incoming);
  }

  async #decide(handler: CallHandler, incoming: IncomingCall): Promise<void> {
    try {
      const handled = await handler.handle(incoming);
      if (handled === 'pass' && !incoming.decided) incoming.reject(480);
    } catch (error) {
      // A caller that gave up while the handler waited for the ACK is no fault of the handler.
      if (!incoming.decided) incoming.reject(500);
      else if (error instanceof SessionError) return;
      warnListener('onIncomingCall', error);
    }
  }

  #defaultFrom(): string {
    return defaultFrom(this.listeners, this.#advertise);
  }
}

function fail(code: ErrorCode, message: string): never {
  throw new SessionError(code, message);
}
