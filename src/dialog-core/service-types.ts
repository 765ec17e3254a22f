/**
 * What is said and heard besides calls: requests of any method, subscriptions of both roles (RFC 6665), transfers (RFC 3515), published
 * state (RFC 3903). Types only; types.ts hands them on. News of one subscription or transfer comes in order, never from inside a verb.
 */
import type { HeaderList, SipRequest, SipResponse, SipUri } from './message/index.js';
import type { Body, Credentials, OptionsResult, ResponseParams, UsageId } from './types.js';

/** A request outside any dialog that is no INVITE. */
export interface RequestParams {
  readonly method: string;
  /** Request-URI and, unless `to` is given, To. */
  readonly target: SipUri;
  readonly from: SipUri;
  readonly to?: SipUri | undefined;
  /** Loose outbound proxy. */
  readonly proxy?: SipUri | undefined;
  readonly headers?: HeaderList | undefined;
  readonly body?: Body | undefined;
  readonly auth?: Credentials | undefined;
}

/** A request inside the dialog of an established call, with what {@link RequestParams} says. */
export type InsideParams = Pick<RequestParams, 'method' | 'headers' | 'body'>;

export type RequestResult = OptionsResult;

/** A request that waits for its answer, at most 64·T1 − 2 s (30 s); then it gets 500. */
export interface IncomingRequest {
  readonly request: SipRequest;
  /** Who has proved to be; undefined without authentication. */
  readonly username: string | undefined;
  /** The call in whose dialog it came; undefined outside of calls. */
  readonly usage: UsageId | undefined;
  readonly answered: boolean;
  /** 200 to 699, once; a second one, and one that comes too late, throws ERR_INVALID_STATE. */
  respond(status: number, response?: ResponseParams & { readonly reason?: string | undefined }): void;
}

/** One that throws before it has answered gets the peer 500. */
export type RequestHandler = (incoming: IncomingRequest) => void;

export interface SubscribeParams extends Omit<RequestParams, 'method'> {
  /** Event package, `presence` or `presence.winfo`. */
  readonly event: string;
  /** `id` of Event (RFC 6665 8.2.1). */
  readonly id?: string | undefined;
  /** Media types of the bodies that are understood; default: what the package says. */
  readonly accept?: readonly string[] | undefined;
  /** How long is asked for; default 3600, at most a week. */
  readonly expiresS?: number | undefined;
  /** Subscribes again where the notifier's reason invites to it (RFC 6665 4.1.3); default true. */
  readonly resubscribe?: boolean | undefined;
}

/** Why a subscription is over: a word of RFC 6665 4.1.3 in the notifier's own spelling, or one of ours. */
export type SubscriptionEnd =
  /** The notifier said so; `reason` is its word, if any. */
  | { readonly by: 'notifier'; readonly reason: string | undefined; readonly retryAfterS: number | undefined }
  /** The first SUBSCRIBE was refused. */
  | {
      readonly by: 'refusal';
      readonly status: number;
      readonly reason: string;
      readonly response: SipResponse | undefined;
    }
  /** No NOTIFY within 64·T1 (timer N), or none after the refresh failed until the end of the time granted. */
  | { readonly by: 'timeout' }
  /** We ended it. */
  | { readonly by: 'us' }
  | { readonly by: 'closed' };

export type SubscriptionNews =
  /** 2xx to a first SUBSCRIBE: the notifier has it, state follows. */
  | { readonly kind: 'accepted'; readonly expiresS: number }
  /** A NOTIFY. A SUBSCRIBE that forked has more than one `branch`, each with state of its own. */
  | {
      readonly kind: 'notified';
      readonly branch: string;
      readonly state: 'active' | 'pending' | 'terminated';
      /** Left of the time granted; undefined where the notifier says nothing. */
      readonly expiresS: number | undefined;
      readonly request: SipRequest;
    }
  /** No branch is left, and in `retryS` it is tried again. */
  | { readonly kind: 'retrying'; readonly retryS: number; readonly end: SubscriptionEnd }
  /** The last. */
  | { readonly kind: 'ended'; readonly end: SubscriptionEnd };

/** Our side of a subscription of ours. */
export interface Subscription {
  /** Asks for the state anew; nothing while there is no branch. */
  refresh(): void;
  /** Unsubscribes; 'ended' follows after the last NOTIFY, at the latest after 64·T1. Does nothing after that. */
  close(): void;
}

/** RFC 6665 4.2.2. */
export type TerminationReason =
  | 'deactivated'
  | 'probation'
  | 'rejected'
  | 'timeout'
  | 'giveup'
  | 'noresource'
  | 'invariant';

/** Why a subscription to us is over. */
export type NotifierEnd =
  /** By our `terminate`. */
  | 'terminated'
  /** The subscriber asked for it. */
  | 'unsubscribed'
  /** It was not refreshed in time. */
  | 'expired'
  /** A NOTIFY was refused for good, or not answered. */
  | 'unreachable'
  | 'closed';

/** Our side of a subscription to us. */
export interface Notifier {
  readonly state: 'active' | 'pending' | 'terminated';
  /** Sends the state, one NOTIFY at a time: of states that come faster than NOTIFYs are answered the newest is sent. Throws nothing once it is over. */
  notify(body?: Body, options?: { readonly state?: 'active' | 'pending' | undefined }): void;
  /** The last NOTIFY. Default reason 'noresource'. */
  terminate(
    reason?: TerminationReason,
    options?: { readonly retryAfterS?: number | undefined; readonly body?: Body | undefined },
  ): void;
}

export interface NotifierEvents {
  /** The subscriber refreshed, and gets the newest state again; `notify` with a full state if the newest was partial. */
  readonly onRefresh?: ((request: SipRequest) => void) | undefined;
  readonly onEnd?: ((end: NotifierEnd) => void) | undefined;
}

/** A SUBSCRIBE that waits for a decision, at most 30 s; then it gets 500. */
export interface IncomingSubscription {
  readonly request: SipRequest;
  readonly username: string | undefined;
  /** Event package. */
  readonly event: string;
  readonly id: string | undefined;
  /** What is asked for, within our bounds; 0 fetches the state once (RFC 6665 4.4.3). */
  readonly expiresS: number;
  /** 200 and the first NOTIFY, which must follow at once (RFC 6665 4.2.1.4). */
  accept(
    options?: {
      readonly expiresS?: number | undefined;
      readonly state?: 'active' | 'pending' | undefined;
      readonly body?: Body | undefined;
    } & NotifierEvents,
  ): Notifier;
  /** 300 to 699. */
  reject(status: number, response?: ResponseParams & { readonly reason?: string | undefined }): void;
}

export type SubscriptionHandler = (incoming: IncomingSubscription) => void;

export interface ReferParams {
  /** Refer-To as it goes out, `<sip:…>`. */
  readonly referTo: string;
  /** Asks for no subscription (RFC 4488). */
  readonly norefersub?: boolean | undefined;
  readonly headers?: HeaderList | undefined;
}

/** What becomes of a REFER of ours. */
export type ReferNews =
  /** 2xx; without a subscription it is the last. */
  | { readonly kind: 'accepted'; readonly subscribed: boolean }
  /** What the peer's own request met, from a NOTIFY: 100–199. */
  | { readonly kind: 'progress'; readonly status: number; readonly reason: string }
  /** The last: 200–699. */
  | { readonly kind: 'final'; readonly status: number; readonly reason: string }
  /** The last: the REFER was refused; 408 and 503 also for no answer. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly reason: string;
      readonly response: SipResponse | undefined;
    }
  /** The last: the subscription is over, and nobody knows what came of it. */
  | { readonly kind: 'lost' };

/** Stops listening: what follows is answered and not told. */
export type StopRefer = () => void;

/** A REFER of the peer inside a call; undecided it is declined with 603 after 20 s. */
export interface IncomingRefer {
  readonly id: number;
  readonly request: SipRequest;
  /** 202, and a NOTIFY that it is tried (RFC 3515 2.4.4) unless the peer wants none. */
  accept(): void;
  /** 300–699. */
  reject(status: number): void;
  /** What our own request met. A final status is the last word. */
  notify(status: number, reason?: string): void;
}

export interface PublishParams extends Omit<RequestParams, 'method' | 'body'> {
  readonly event: string;
  /** Default 3600, at most a week. */
  readonly expiresS?: number | undefined;
  readonly body: Body;
}

export type PublicationState =
  | { readonly kind: 'publishing' }
  /** Comes again with each refresh. */
  | { readonly kind: 'published'; readonly expiresS: number; readonly etag: string }
  /** `retryS` until the next try; undefined: none follows. */
  | {
      readonly kind: 'failed';
      readonly status: number;
      readonly reason: string;
      readonly response: SipResponse | undefined;
      readonly retryS: number | undefined;
    }
  /** The end. */
  | { readonly kind: 'unpublished' };

export interface Publication {
  /** Replaces what is published. */
  update(body: Body): void;
  /** Removes it; 'unpublished' follows. */
  close(): void;
}

/** The verbs of the core for all of this; {@link import('./types.js').DialogCore} has them. */
export interface ServiceVerbs {
  /** One request, one result: a final response, 408 for none, 503 for no way. Throws ERR_INVALID_ARGUMENT for INVITE, ACK and CANCEL. */
  request(params: RequestParams): Promise<RequestResult>;
  /** The same in the dialog of an established call. Throws ERR_INVALID_STATE. */
  requestInside(usage: UsageId, params: InsideParams): Promise<RequestResult>;
  /** Takes a method over: MESSAGE, PUBLISH, INFO … or one of your own; ends by what is returned. ERR_DUPLICATE, ERR_INVALID_ARGUMENT. */
  serve(method: string, handler: RequestHandler): () => void;
  /** Takes an event package over; other ones get 489. */
  servePackage(event: string, handler: SubscriptionHandler): () => void;
  subscribe(params: SubscribeParams, onNews: (news: SubscriptionNews) => void): Subscription;
  publish(params: PublishParams, onState: (state: PublicationState) => void): Publication;
  /** Asks the peer of an established call to send a request elsewhere, an INVITE mostly (RFC 3515). */
  refer(usage: UsageId, params: ReferParams, onNews: (news: ReferNews) => void): StopRefer;
  /** How a Replaces names the dialog of an established call (RFC 3891 6.1), and where its peer is. */
  dialogOf(usage: UsageId): { readonly replaces: string; readonly remoteTarget: string };
}
