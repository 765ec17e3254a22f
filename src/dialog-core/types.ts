/**
 * What the SIP core says and is told: configuration, flows, commands' parameters and the events that rise. Types only.
 * The core speaks of *invite usages* (RFC 5057: one INVITE and the dialogs it makes) by an id of its own; what a session is, it does not
 * know. SDP is bytes to it.
 */
import type { Clock } from '../base/clock.js';
import type { IdSource } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type { DialogCoreEvent, ReasonHeader } from './event-types.js';
import type { HeaderList, SipMessage, SipRequest, SipResponse, SipUri } from './message/index.js';
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
export type * from './user-types.js';

export type TransportName = 'udp' | 'tcp' | 'tls';

export interface SocketAddress {
  /** Numeric IPv4 or IPv6 address, without brackets. */
  readonly address: string;
  readonly port: number;
}

/** The pair of addresses a message travelled on; what a request's responses and a dialog's first requests go back along. */
export interface Flow {
  readonly transport: TransportName;
  /** Index into the endpoint's listeners. */
  readonly listener: number;
  /** Our side: never a wildcard address; on a wildcard listen the local address of the route to `remote`. */
  readonly local: SocketAddress;
  /** Of streams: over another connection of the same kind, once this one is gone. */
  readonly remote: SocketAddress;
  /** Of streams: the connection by its number, which is never used again. */
  readonly connection?: number | undefined;
  /** Of TLS: whose certificate is asked for when a connection must be opened. */
  readonly serverName?: string | undefined;
}

export interface ListenAddress {
  readonly transport: TransportName;
  /** Numeric; 0.0.0.0 and :: are allowed. */
  readonly address: string;
  /** 0 takes a free port. */
  readonly port: number;
}

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
}

/** Certificates as PEM text, for TLS. */
export interface TlsCredentials {
  /** Own certificate and those up to the root. Without it nobody can connect to us; calls of ours can be made. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whom to trust instead of the authorities that Node knows. */
  readonly ca?: string | undefined;
  /** False calls peers that cannot prove who they are, which anybody in between can exploit. Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
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
  readonly clock?: Clock | undefined;
  readonly ids?: IdSource | undefined;
  readonly logger?: Logger | undefined;
  /** Sockets; default UDP of node:dgram. Tests pass a virtual network. */
  readonly network?: DatagramNetwork | undefined;
  /** Connections; default TCP and TLS of node:net and node:tls. Tests pass a virtual network. */
  readonly streams?: StreamNetwork | undefined;
  readonly tls?: TlsCredentials | undefined;
}

/** Datagram sockets as the endpoint needs them; implemented by transport/udp.ts and by the virtual network of the tests. */
export interface DatagramNetwork {
  /** Binds; rejects with ERR_ADDRESS_IN_USE, ERR_ADDRESS_NOT_AVAILABLE or ERR_TRANSPORT. */
  bind(local: SocketAddress, handlers: DatagramHandlers): Promise<DatagramSocket>;
  /**
   * Local address that the system would use towards `remote`, for listeners bound to a wildcard. A synchronous answer (from a cache) is
   * a string; otherwise a promise; undefined when there is no route.
   */
  localAddressFor(remote: SocketAddress): string | undefined | Promise<string | undefined>;
  /** Numeric address of a host name, for outgoing requests; rejects with ERR_UNRESOLVABLE. */
  resolve(host: string, family: 4 | 6 | undefined): Promise<string>;
}

export interface DatagramHandlers {
  onDatagram(data: Uint8Array, remote: SocketAddress): void;
  onError(error: Error): void;
}

export interface DatagramSocket {
  readonly local: SocketAddress;
  /** `onError` is called when the system refuses the datagram (EMSGSIZE, unreachable): a transport error of that request. */
  send(data: Uint8Array, remote: SocketAddress, onError: (error: Error) => void): void;
  /** Resolves when the socket is released. */
  close(): Promise<void>;
}

/** Connections as the endpoint needs them; implemented by transport/tcp.ts with transport/tls.ts and by the virtual network of the tests. */
export interface StreamNetwork {
  /** Rejects like {@link DatagramNetwork.bind}. */
  listen(local: SocketAddress, secure: boolean, handlers: StreamListenerHandlers): Promise<StreamListener>;
  /** Resolves when the connection stands, with TLS when the peer has proved its name. Rejects with ERR_TRANSPORT; at once on `signal`. */
  connect(target: StreamTarget, signal: AbortSignal): Promise<StreamSocket>;
}

export interface StreamTarget {
  readonly remote: SocketAddress;
  /** Local address to connect from; undefined leaves it to the system. */
  readonly from: string | undefined;
  readonly secure: boolean;
  readonly serverName: string | undefined;
}

export interface StreamListenerHandlers {
  /** Asked before anything is read, a handshake even. Undefined turns the connection away; otherwise it is called when the connection is gone. */
  admit(remote: SocketAddress): (() => void) | undefined;
  onSocket(socket: StreamSocket): void;
  onError(error: Error): void;
}

export interface StreamListener {
  readonly local: SocketAddress;
  /** Takes no more connections; those that stand live on. Resolves when the port is free. */
  close(): Promise<void>;
}

export interface StreamSocket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Bytes that were written and have not left. */
  readonly queuedBytes: number;
  /** Begins reading; called once. `onClose` comes once, also after {@link destroy}. */
  start(handlers: { onData(data: Uint8Array): void; onClose(error: Error | undefined): void }): void;
  write(data: Uint8Array): void;
  /** Says that nothing more will be written. */
  end(): void;
  /** Closes when what was written has left. */
  destroySoon(): void;
  destroy(): void;
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
  /** User part of Contact. */
  readonly contactUser?: string | undefined;
  readonly callId?: string | undefined;
  readonly headers?: HeaderList | undefined;
  /** Answers 401 and 407 to the INVITE and to all later requests of its dialog. */
  readonly auth?: Credentials | undefined;
}

export interface ResponseParams {
  readonly headers?: HeaderList | undefined;
  readonly body?: Body | undefined;
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
  readonly received: number;
  readonly sent: number;
  readonly malformed: number;
  readonly retransmissionsIn: number;
  readonly retransmissionsOut: number;
  readonly refused: number;
  /** ACKs and responses that belong to nothing. */
  readonly unmatched: number;
}

/**
 * The whole of the core as the dialog layer uses it (class SipEndpoint in endpoint.ts). All verbs are synchronous; results are events,
 * delivered after the verb has returned (never from inside it), so that the caller can enter a mapping first. A verb for a usage that
 * is gone or in the wrong state throws SessionError ERR_INVALID_STATE; a malformed argument ERR_INVALID_ARGUMENT or ERR_INVALID_HEADER.
 */
export interface DialogCore {
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
  /** 101–199 to an incoming INVITE. */
  progress(usage: UsageId, status: number, response?: ResponseParams & { readonly reason?: string }): void;
  /** 200 to an incoming INVITE, retransmitted until its ACK. */
  accept(usage: UsageId, response?: ResponseParams & { readonly contactUser?: string }): void;
  /** 300–699 to an incoming INVITE. */
  reject(usage: UsageId, status: number, response?: ResponseParams & { readonly reason?: string }): void;
  /** ACK for the 2xx of our INVITE or re-INVITE, with the answer to a late offer where one is owed. Repeated by the core for repeated 2xx. */
  ack(usage: UsageId, body?: Body): void;
  /** CANCEL, sent when a provisional response allows it (RFC 3261 9.1); a 2xx that crosses gets ACK and BYE, and 'failed' with cause 'cancelled'. */
  cancel(usage: UsageId, reason?: ReasonHeader): void;
  /** BYE in a confirmed dialog; as callee before the ACK it waits for the ACK or its timeout (RFC 3261 15). 'ended' by 'local-bye' follows, at the latest after 64·T1. */
  bye(usage: UsageId, reason?: ReasonHeader): void;
  reinvite(usage: UsageId, params: { readonly headers?: HeaderList; readonly body?: Body }): void;
  answerReinvite(usage: UsageId, status: number, response?: ResponseParams & { readonly reason?: string }): void;
  /** OPTIONS outside a dialog. */
  options(params: OptionsParams): Promise<OptionsResult>;
  /** Registers and keeps registered; `onState` hears the states in order, after the verb has returned. */
  register(params: RegisterParams, onState: (state: RegistrationState) => void): Unregister;
  /** The bindings of an address of record, the best first; undefined without a registrar. */
  lookup(aor: SipUri): Binding[] | undefined;
  counts(): CoreCounts;
  /** Drops live usages (BYE or CANCEL where owed are the caller's work before), closes sockets; resolves when they are released. */
  close(): Promise<void>;
}

export type { HeaderList, SipMessage, SipRequest, SipResponse, SipUri };
