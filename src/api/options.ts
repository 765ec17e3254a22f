/** Options of the library's verbs that are not the manager's. Types only. */
import type { Priority } from '../coordination/index.js';
import type { Credentials, ExtraHeaders } from '../session/index.js';
import type { CallHandlerLike } from './handlers.js';
import type { RequestListener } from './messaging.js';
import type { Registration } from './registration.js';
import type { CodecName, IncomingSubscription, ManagerOptions, MessagePart, ReliablePolicy } from './types.js';

/** Decides about a SUBSCRIBE, now or within 30 s, by its `accept` or `reject`. A throw gets the peer 500. */
export type SubscriptionListener = (incoming: IncomingSubscription) => void;

export interface SessionsOptions extends ManagerOptions {
  /** Decides about incoming calls. Without one, and without a loop over `incoming()`, callers get 480. */
  readonly onIncomingCall?: CallHandlerLike | undefined;
  /** Takes MESSAGE, in calls and outside of them. Without it they get 405. */
  readonly onMessage?: RequestListener | undefined;
  /** Takes further methods by their name: REGISTER (in place of `registrar`), PUBLISH, your own. Others get 405, unheard-of ones 501. */
  readonly onRequest?: Readonly<Record<string, RequestListener>> | undefined;
  /** Takes subscriptions by event package. Other packages get 489. */
  readonly onSubscribe?: Readonly<Record<string, SubscriptionListener>> | undefined;
}

export interface CallOptions {
  /** Calls by this registration: its address of record, credentials and service route serve where `from`, `auth` and `route` are not given. */
  readonly via?: Registration | undefined;
  /** `sip:user@host`; default `sip:mixminus@` and our own address. */
  readonly from?: string | undefined;
  readonly displayName?: string | undefined;
  /** Further headers of the INVITE; those that the stack writes itself are refused with ERR_INVALID_HEADER. */
  readonly headers?: ExtraHeaders | undefined;
  /** Loose outbound proxy, `sip:host:port`. */
  readonly proxy?: string | undefined;
  /** Route behind the proxy, `<sip:host;lr>` each; default: the service route of `via`. ERR_INVALID_ARGUMENT for what is none. */
  readonly route?: readonly string[] | undefined;
  /** Tells the callee that a conference calls (`isfocus`, RFC 4579 5.5); default false. */
  readonly focus?: boolean | undefined;
  /** Acknowledged provisional responses (RFC 3262) for this call; default: that of the library. */
  readonly reliable?: ReliablePolicy | undefined;
  /** Further parts of the INVITE's body, beside the session description (RFC 5621). */
  readonly parts?: readonly MessagePart[] | undefined;
  /** Answers 401 and 407 to the INVITE and to all later requests of the call. Without it they are refusals. */
  readonly auth?: Credentials | undefined;
  /** Who is called first among several waiting, and who gives way; default 'normal'. Only this side knows it: no header is written. */
  readonly priority?: Priority | undefined;
  /** With several targets: one after another (the default), or all at once. The first to answer wins, the others are cancelled. */
  readonly ring?: 'series' | 'parallel' | undefined;
  /** How long each target of a series may ring; default 20 000 ms. */
  readonly ringMs?: number | undefined;
  /** How many redirections (3xx) are followed, to their Contacts by q value; default 0: a redirection is a refusal. */
  readonly maxRedirects?: number | undefined;
  /** Codecs of this call in order of preference; default: those of the sessions. ERR_CONFIG when the build lacks one. */
  readonly codecs?: readonly CodecName[] | undefined;
  /** Aborting cancels the call. */
  readonly signal?: AbortSignal | undefined;
  /** Unanswered after this the call is cancelled and ERR_TIMEOUT thrown; default: the callee's patience, three minutes at most. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: ((progress: { readonly status: number; readonly reason: string }) => void) | undefined;
}
