/**
 * Types of the dialog layer: its error, its options, and the wire types of the core that it lets through (SipMessage, SipUri).
 */
import { type ErrorCode, SessionError } from '../base/errors.js';
import type { DialogCoreConfig, SipResponse } from '../dialog-core/index.js';
import type { Credentials } from '../session/index.js';

export type {
  Authentication,
  Binding,
  BodyPart,
  CoreCounts,
  CoreLimits,
  DatagramNetwork,
  DnsConfig,
  IncomingSubscription,
  Middleware,
  MiddlewareReply,
  Notifier,
  NotifierEnd,
  OptionsResult,
  Publication,
  PublicationState,
  RegistrarConfig,
  RegistrationState,
  ReliablePolicy,
  RequestResult,
  ResourcePriority,
  SessionTimerConfig,
  SipMessage,
  SipRequest,
  SipResponse,
  SipUri,
  StreamNetwork,
  SubscriptionEnd,
  SubscriptionHandler,
  SubscriptionNews,
  TerminationReason,
  TimerConfig,
  TlsCredentials,
  Unregister,
  WebSocketConfig,
} from '../dialog-core/index.js';

/** An error of signalling; `status` is the SIP status that says it best. */
export class DialogError extends SessionError {
  override readonly name = 'DialogError';
  readonly status: number;
  /** The final response, where the peer sent one. */
  readonly response: SipResponse | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    status: number,
    options: { cause?: unknown; response?: SipResponse | undefined } = {},
  ) {
    super(code, message, options);
    this.status = status;
    this.response = options.response;
  }
}

/** How to register; in session terms. */
export interface RegisterOptions {
  /** Address of record, `sip:user@host`: what others call. */
  readonly aor: string;
  /** `sip:host:port`; default: the host of the address of record. */
  readonly registrar?: string | undefined;
  /** Answers 401 and 407. */
  readonly auth?: Credentials | undefined;
  /** How long a binding is asked for; default 3600, at most a week. The registrar has the last word. */
  readonly expiresS?: number | undefined;
  /**
   * `urn:uuid:…`, the same after each start: which of the user's devices this is (RFC 5626 4.1). A registrar that knows RFC 5627 then gives
   * an address of this device alone, which calls by the registration have as Contact. Default: none.
   */
  readonly instanceId?: string | undefined;
}

/** The core's options, but for listen addresses, which are URLs here. */
export interface DialogOptions extends Omit<DialogCoreConfig, 'listen'> {
  /** `udp://IP:PORT`, `tcp://…`, `tls://…`, `ws://…`, `wss://…` each, IPv6 in brackets, port 0 for a free one; default `udp://0.0.0.0:5060`. */
  readonly listen?: readonly string[] | undefined;
}
