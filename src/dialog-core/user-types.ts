/**
 * Who is who: credentials, challenges, registrations, as the SIP core is told of them and tells. Types only; types.ts hands them on.
 */
import type { SipResponse, SipUri } from './message/index.js';

/** What a digest challenge is answered with (RFC 3261 22). */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Only challenges of this realm are answered; default: of any. */
  readonly realm?: string | undefined;
}

/** What a server knows of a user: the password, or H(username:realm:password) by the algorithm asked for, in hexadecimal. */
export interface UserSecret {
  readonly password?: string | undefined;
  /** Wins over `password`. */
  readonly ha1?: string | undefined;
}

export type OfferedAlgorithm = 'SHA-512-256' | 'SHA-256' | 'MD5';

/** Challenges callers (RFC 3261 22): an INVITE outside a dialog goes on only with right credentials. */
export interface Authentication {
  /** What callers are shown, and what the hashes of passwords are made with. */
  readonly realm: string;
  /**
   * Finds a user; undefined for nobody, at once or by a promise. The INVITE waits, at most 64·T1 (32 s), and then gets 503; so it does
   * with 500 when this throws or rejects.
   */
  readonly authenticate: (
    username: string,
    realm: string,
    algorithm: OfferedAlgorithm,
  ) => UserSecret | undefined | Promise<UserSecret | undefined>;
  /** In order of preference; default ['SHA-256', 'MD5']. */
  readonly algorithms?: readonly OfferedAlgorithm[] | undefined;
}

/** Takes registrations (RFC 3261 10.3), in memory. With {@link Authentication} every REGISTER has to prove who it is from. */
export interface RegistrarConfig {
  /** Addresses of record with a binding; past it 503. Default 10 000. */
  readonly maxAors?: number | undefined;
  /** Contacts of one address of record; past it 403. Default 10. */
  readonly maxBindings?: number | undefined;
  /** Shorter bindings are refused with 423. Default 60. */
  readonly minExpiresS?: number | undefined;
  /** Longer ones are shortened. Default 3600. */
  readonly maxExpiresS?: number | undefined;
  /**
   * Whether `username` (undefined without authentication) may see and change the bindings of `aor`; false: 403. Default: it is the user part
   * of the address, or there is no authentication.
   */
  readonly accept?: ((aor: string, username: string | undefined) => boolean) | undefined;
}

export interface Binding {
  /** URI to send requests to. */
  readonly contact: string;
  /** 0 to 1. */
  readonly q: number;
  /** Time left. */
  readonly expiresS: number;
  /** The proxies on the way, as values of Route (RFC 3327); undefined for none. Calls to the contact take it by themselves. */
  readonly path?: readonly string[] | undefined;
}

export interface RegisterParams {
  /** Address of record: what others call. */
  readonly aor: SipUri;
  /** Default: the host of the address of record. */
  readonly registrar?: SipUri | undefined;
  readonly auth?: Credentials | undefined;
  /** How long a binding is asked for; default 3600, at most a week. A registrar may shorten it, or demand longer ones. */
  readonly expiresS?: number | undefined;
  /**
   * `urn:uuid:…`: which of the user's devices this is, the same after each start (RFC 5626 4.1). With it we are told an address of this
   * device alone, a GRUU (RFC 5627), where the registrar gives one.
   */
  readonly instanceId?: string | undefined;
}

/** What a registrar says besides; absent where it does not. */
export interface RegistrarGifts {
  /** Values of Route for requests of this user (RFC 3608 5). */
  readonly serviceRoute?: readonly string[] | undefined;
  /** An address of this device alone, for anybody and as long as there is the user (RFC 5627 3.1.1). */
  readonly publicGruu?: string | undefined;
}

export type RegistrationState =
  | { readonly kind: 'registering' }
  /** Comes again with each refresh. `contact` is the header value that was registered. */
  | ({ readonly kind: 'registered'; readonly expiresS: number; readonly contact: string } & RegistrarGifts)
  /** `retryS` until the next try; undefined: none follows, since it would be refused in the same way. */
  | {
      readonly kind: 'failed';
      readonly status: number;
      readonly reason: string;
      readonly response: SipResponse | undefined;
      readonly retryS: number | undefined;
    }
  /** The end. */
  | { readonly kind: 'unregistered' };

/** Ends a registration: its binding is removed, 'unregistered' follows. Does nothing after that. */
export type Unregister = () => void;
