/**
 * What the SIP core says and is told: configuration, flows, commands' parameters and the events that rise. Types only.
 * The core speaks of *invite usages* (RFC 5057: one INVITE and the dialogs it makes) by an id of its own; what a session is, it does not
 * know. SDP is bytes to it.
 */
import type { Clock } from '../base/clock.js';
import type { IdSource } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type { DialogCoreEvent, ReasonHeader } from './event-types.js';
import type { ReliablePolicy, SessionTimerConfig } from './extension-types.js';
import type { HeaderList, SipMessage, SipRequest, SipResponse, SipUri } from './message/index.js';
import type { Middleware } from './middleware.js';
import type {
  DatagramNetwork,
  DnsConfig,
  ListenAddress,
  SocketAddress,
  StreamNetwork,
  TlsCredentials,
  TransportName,
  WebSocketConfig,
} from './network-types.js';
import type { ServiceVerbs } from './service-types.js';
import type {
  Authentication,
  Binding,
  Credentials,
  RegisterParams,
  RegistrarConfig,
  RegistrationState,
  Unregister,
} from './user-types.js';

export type * from './event-types.js';
export type * from './extension-types.js';
export type * from './network-types.js';
export type * from './service-types.js';
export type * from './user-types.js';

/** RFC 3261 table 4; shorter ones make tests of real sockets quick, everything else keeps the defaults. */
export interface TimerConfig {
  /** Default 500. */
  readonly t1Ms: number;
  /** Default 4000. */
  readonly t2Ms: number;
  /** Default 5000. */
  readonly t4Ms: number;
  /** How long an INVITE may ring after a provisional response, RFC 3261 16.6 timer C; default 180 000. */
  readonly timerCMs: number;
}

export interface CoreLimits {
  /** Default 65 535 bytes. */
  readonly maxMessageBytes: number;
  /** Default 8192 bytes a header line. */
  readonly maxHeaderBytes: number;
  /** Default 128. */
  readonly maxHeaders: number;
  /** Live transactions of both sides; past it new requests get 503 with Retry-After. Default 100 000. */
  readonly maxTransactions: number;
  /** Live invite usages. Default 50 000. */
  readonly maxUsages: number;
  /** Incoming INVITEs not yet answered. Default 5000. */
  readonly maxPendingInvites: number;
  /** Subscriptions of both roles, transfers and publications at a time; past it 503. Default 10 000. */
  readonly maxSubscriptions: number;
  /** Seconds in Retry-After of a 503. Default 5. */
  readonly retryAfterS: number;
  /** Connections of TCP and TLS, both ways; past it new ones are closed at once. Default 10 000. */
  readonly maxConnections: number;
  /** Connections that one address may have open to us. Default 512. */
  readonly maxConnectionsPerPeer: number;
  /** Bytes that a peer may leave unread before its connection is cut. Default 1 MiB. */
  readonly maxQueuedBytes: number;
  /** For connecting, and for the handshake of TLS. Default 5000. */
  readonly connectTimeoutMs: number;
  /** From the first byte of a message to its last, and from a peer's connection to its first message. Default 15 000. */
  readonly partialMessageTimeoutMs: number;
  /** Without a byte either way. Default 3 600 000. */
  readonly idleTimeoutMs: number;
  /** Requests that begin something new, by source address; past it 503 with Retry-After, then nothing. Default: no limit. */
  readonly maxRequestsPerSecond: number;
  /** How many of them may come at once. Default 50. */
  readonly maxRequestBurst: number;
  /**
   * While the event loop is later than this, or datagrams wait longer in the system's buffer or find no room there, new calls get 503 with
   * Retry-After; for a second from the last time on. Default 300.
   */
  readonly maxLoopDelayMs: number;
  /** On connections that we opened: so long after the last byte a ping is sent, at 80 to 100 % of it (RFC 5626 4.4.1). Default 120 000. */
  readonly keepAliveMs: number;
  /** A connection whose peer has answered pings before is given up when it leaves one unanswered for so long. Default 10 000. */
  readonly pongTimeoutMs: number;
  /** Names whose DNS records are remembered. Default 4096. */
  readonly maxCachedNames: number;
}

export interface DialogCoreConfig {
  readonly listen: readonly ListenAddress[];
  /** Numeric address written into Via and Contact instead of the local one (and, by the layers above, into SDP). */
  readonly advertise?: string | undefined;
  /** User-Agent and Server header; default `mixminus/<version>`; '' leaves them out. */
  readonly userAgent?: string | undefined;
  readonly timers?: Partial<TimerConfig> | undefined;
  readonly limits?: Partial<CoreLimits> | undefined;
  /** Default: everybody may call. */
  readonly authentication?: Authentication | undefined;
  /** Default: REGISTER gets 405. */
  readonly registrar?: RegistrarConfig | undefined;
  /** Functions that see requests before anything else does, in order. */
  readonly middleware?: readonly Middleware[] | undefined;
  /** Reliable provisional responses; default `supported`. */
  readonly reliable?: ReliablePolicy | undefined;
  /** Session timers; default on, with the defaults of {@link SessionTimerConfig}. */
  readonly sessionTimer?: 'off' | Partial<SessionTimerConfig> | undefined;
  /** Packages of INFO that are wanted, told in Recv-Info (RFC 6086 5.2.3); an INFO of another gets 469. Default none. */
  readonly infoPackages?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly ids?: IdSource | undefined;
  readonly logger?: Logger | undefined;
  /** Sockets; default UDP of node:dgram. Tests pass a virtual network. */
  readonly network?: DatagramNetwork | undefined;
  /** Connections; default TCP, TLS and WebSocket of the machine. Tests pass a virtual network. */
  readonly streams?: StreamNetwork | undefined;
  readonly tls?: TlsCredentials | undefined;
  readonly websocket?: WebSocketConfig | undefined;
  readonly dns?: DnsConfig | undefined;
}

/** Identity of an invite usage: unique within its core for ever. */
export type UsageId = number;

export interface Body {
  readonly contentType: string;
  readonly data: Uint8Array;
}

export interface InviteParams {
  /** Request-URI and To. */
  readonly target: SipUri;
  /** From; its tag is made by the core. */
  readonly from: { readonly displayName?: string | undefined; readonly uri: SipUri };
  readonly to?: { readonly displayName?: string | undefined; readonly uri: SipUri } | undefined;
  /** Where to send instead of the target's own host: a loose outbound proxy (pre-loaded Route). */
  readonly proxy?: SipUri | undefined;
  /** Values of Route behind the proxy, `<sip:host;lr>`: a service route (RFC 3608 6.1). Default: the path that the target registered here with. */
  readonly route?: readonly string[] | undefined;
  /** Contact, a GRUU for instance (RFC 5627 4.4); not used where it has to be a sips URI and is none. Default: our address on the flow. */
  readonly contact?: SipUri | undefined;
  /** User part of Contact. */
  readonly contactUser?: string | undefined;
  /** Contact says `isfocus`: a conference calls (RFC 4579 5.5). */
  readonly focus?: boolean | undefined;
  readonly callId?: string | undefined;
  readonly headers?: HeaderList | undefined;
  /** Default: that of the configuration. */
  readonly reliable?: ReliablePolicy | undefined;
  /** Answers 401 and 407 to the INVITE and to all later requests of its dialog. */
  readonly auth?: Credentials | undefined;
}

export interface ResponseParams {
  readonly headers?: HeaderList | undefined;
  readonly body?: Body | undefined;
}

export interface AcceptParams extends ResponseParams {
  /** User part of Contact; default: that of the Request-URI. */
  readonly contactUser?: string;
  /** Contact says `isfocus`: a conference was called (RFC 4579 5.1). */
  readonly focus?: boolean;
}

export interface OptionsParams {
  readonly target: SipUri;
  readonly from: SipUri;
  readonly auth?: Credentials | undefined;
}

export interface OptionsResult {
  readonly status: number;
  readonly reason: string;
  readonly response: SipResponse | undefined;
}

/** Live objects and totals, for leak tests and operators. */
export interface CoreCounts {
  readonly transactions: number;
  readonly usages: number;
  readonly dialogs: number;
  readonly deadlines: number;
  /** Subscriptions of both roles, transfers, publications. */
  readonly subscriptions: number;
  readonly received: number;
  readonly sent: number;
  readonly malformed: number;
  readonly retransmissionsIn: number;
  readonly retransmissionsOut: number;
  readonly refused: number;
  /** ACKs and responses that belong to nothing. */
  readonly unmatched: number;
  /** Requests that got 500 because a middleware threw or never decided. */
  readonly middlewareErrors: number;
}

/**
 * The whole of the core as the dialog layer uses it (class SipEndpoint in endpoint.ts). All verbs are synchronous; results are events,
 * delivered after the verb has returned (never from inside it), so that the caller can enter a mapping first. A verb for a usage that
 * is gone or in the wrong state throws SessionError ERR_INVALID_STATE; a malformed argument ERR_INVALID_ARGUMENT or ERR_INVALID_HEADER.
 */
export interface DialogCore extends ServiceVerbs {
  /** Binds all listeners or none. */
  start(): Promise<void>;
  readonly listeners: readonly { readonly transport: TransportName; readonly local: SocketAddress }[];
  /** One subscriber: the dialog coordinator. */
  onEvent(handler: (event: DialogCoreEvent) => void): void;
  /**
   * Prepares an INVITE: resolves the target, then 'routed' comes, so that the session description can carry the address of that route.
   * Resolution failures come as 'failed' with cause 'transport' and status 503.
   */
  invite(params: InviteParams): UsageId;
  /** Sends the INVITE after 'routed', without a body for a late offer. */
  sendInvite(usage: UsageId, body?: Body): void;
  /**
   * 101–199 to an incoming INVITE; reliable as policy and caller have it (RFC 3262 3), and then kept back until the one before is
   * acknowledged. The first reliable one to an INVITE without offer must bear ours (5), else ERR_INVALID_STATE.
   */
  progress(usage: UsageId, status: number, response?: ResponseParams & { readonly reason?: string }): void;
  /** 200 to an incoming INVITE, retransmitted until its ACK. Waits for the PRACK of a reliable response with a body (RFC 3262 3). */
  accept(usage: UsageId, response?: AcceptParams): void;
  /** 300–699 to an incoming INVITE. */
  reject(usage: UsageId, status: number, response?: ResponseParams & { readonly reason?: string }): void;
  /** ACK for the 2xx of our INVITE or re-INVITE, with the answer to a late offer where one is owed. Repeated by the core for repeated 2xx. */
  ack(usage: UsageId, body?: Body): void;
  /** CANCEL, sent when a provisional response allows it (RFC 3261 9.1); a 2xx that crosses gets ACK and BYE, and 'failed' with cause 'cancelled'. */
  cancel(usage: UsageId, reason?: ReasonHeader): void;
  /** BYE in a confirmed dialog; as callee before the ACK it waits for the ACK or its timeout (RFC 3261 15). 'ended' by 'local-bye' follows, at the latest after 64·T1. */
  bye(usage: UsageId, reason?: ReasonHeader): void;
  reinvite(usage: UsageId, params: { readonly headers?: HeaderList; readonly body?: Body }): void;
  /** The final answer to the peer's re-INVITE, or to its UPDATE or PRACK with a body: whichever waits. */
  answerReinvite(usage: UsageId, status: number, response?: ResponseParams & { readonly reason?: string }): void;
  /**
   * ACKs a reliable provisional response for which `prackOwed` was told, with the answer to the offer in it (RFC 3262 5). The core sends
   * every other PRACK by itself.
   */
  prack(usage: UsageId, dialogTag: string, body: Body): void;
  /**
   * UPDATE (RFC 3311), in a confirmed dialog or, before the answer, in an early one: the only one, or that of `dialogTag`.
   * 'updateAnswered' or 'updateFailed' follows. Throws ERR_INVALID_STATE while another request of ours with an offer is on its way.
   */
  update(
    usage: UsageId,
    params: { readonly headers?: HeaderList; readonly body?: Body; readonly dialogTag?: string },
  ): void;
  /** Whether the peer said that it takes requests of that method (Allow); undefined when it has said nothing. */
  peerAllows(usage: UsageId, method: string): boolean | undefined;
  /** OPTIONS outside a dialog. */
  options(params: OptionsParams): Promise<OptionsResult>;
  /** Registers and keeps registered; `onState` hears the states in order, after the verb has returned. */
  register(params: RegisterParams, onState: (state: RegistrationState) => void): Unregister;
  /** The bindings of an address of record, the best first; undefined without a registrar. */
  lookup(aor: SipUri): Binding[] | undefined;
  /** New connections over TLS, both ways, have these certificates. Throws ERR_CONFIG for ones that cannot be used; then the old stay. */
  reloadTls(credentials: TlsCredentials): void;
  counts(): CoreCounts;
  /** Drops live usages (BYE or CANCEL where owed are the caller's work before), closes sockets; resolves when they are released. */
  close(): Promise<void>;
}

export type { HeaderList, SipMessage, SipRequest, SipResponse, SipUri };
