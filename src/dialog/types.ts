/**
 * Types of the dialog layer: its error, its options, and the wire types of the core that it lets through (SipMessage, SipUri).
 */
import type { Clock } from '../base/clock.js';
import { type ErrorCode, SessionError } from '../base/errors.js';
import type { IdSource } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type {
  Authentication,
  CoreLimits,
  DatagramNetwork,
  RegistrarConfig,
  SipResponse,
  StreamNetwork,
  TimerConfig,
  TlsCredentials,
} from '../dialog-core/index.js';
import type { Credentials } from '../session/index.js';

export type {
  Authentication,
  Binding,
  CoreCounts,
  CoreLimits,
  DatagramNetwork,
  OptionsResult,
  RegistrarConfig,
  RegistrationState,
  SipMessage,
  SipRequest,
  SipResponse,
  SipUri,
  StreamNetwork,
  TimerConfig,
  TlsCredentials,
  Unregister,
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
}

export interface DialogOptions {
  /** `udp://IP:PORT`, `tcp://…`, `tls://…` each, IPv6 in brackets, port 0 for a free one; default `udp://0.0.0.0:5060`. */
  readonly listen?: readonly string[] | undefined;
  /** Numeric address for Via, Contact and descriptions instead of the local one. */
  readonly advertise?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly limits?: Partial<CoreLimits> | undefined;
  readonly timers?: Partial<TimerConfig> | undefined;
  /** Default: everybody may call. */
  readonly authentication?: Authentication | undefined;
  readonly registrar?: RegistrarConfig | undefined;
  readonly clock?: Clock | undefined;
  readonly ids?: IdSource | undefined;
  readonly logger?: Logger | undefined;
  /** Sockets; tests pass a virtual network. */
  readonly network?: DatagramNetwork | undefined;
  readonly streams?: StreamNetwork | undefined;
  /** Certificates as PEM text, for TLS. */
  readonly tls?: TlsCredentials | undefined;
}
