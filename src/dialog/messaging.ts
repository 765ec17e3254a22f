/**
 * Requests besides calls, both ways: session terms ↔ the core's. One-sided, since none of it has media. Used by manager/messaging.ts
 * through the layer's manager, which says which call a request came in.
 */
import {
  type Body,
  type DialogCore,
  type HeaderList,
  type IncomingRequest,
  type Publication,
  type PublicationState,
  printUri,
  type RequestResult,
  type Subscription,
  type SubscriptionHandler,
  type SubscriptionNews,
  type UsageId,
} from '../dialog-core/index.js';
import type { Credentials, ExtraHeaders, Party, SessionId } from '../session/index.js';
import { toHeaders, toUri } from './config.js';

/** A body as text or bytes. */
export interface Content {
  /** Media type, `text/plain`. */
  readonly contentType: string;
  readonly data: string | Uint8Array;
}

export interface OutsideOptions {
  /** `sip:user@host`. */
  readonly from: string;
  /** To, where it is not the target. */
  readonly to?: string | undefined;
  /** Loose outbound proxy, `sip:host:port`. */
  readonly proxy?: string | undefined;
  readonly headers?: ExtraHeaders | undefined;
  readonly content?: Content | undefined;
  /** Answers 401 and 407. */
  readonly auth?: Credentials | undefined;
}

export interface SubscribeOptions extends OutsideOptions {
  /** Event package: `presence`, `conference`, `dialog` … */
  readonly event: string;
  readonly id?: string | undefined;
  /** Media types that are understood; default: what the package says. */
  readonly accept?: readonly string[] | undefined;
  /** Asked for; default 3600. 0 fetches the state once. */
  readonly expiresS?: number | undefined;
  /** Subscribes anew where the notifier's reason invites to it (RFC 6665 4.1.3). Default true. */
  readonly resubscribe?: boolean | undefined;
}

export interface PublishOptions extends OutsideOptions {
  readonly event: string;
  /** Asked for; default 3600. */
  readonly expiresS?: number | undefined;
  readonly content: Content;
}

/** A request of a method that was taken over, in session terms. */
export interface ServedRequest {
  readonly incoming: IncomingRequest;
  readonly from: Party;
  /** The call in which it came. */
  readonly sessionId: SessionId | undefined;
}

export class DialogMessaging {
  readonly #core: DialogCore;
  readonly #sessionOf: (usage: UsageId) => SessionId | undefined;
  readonly #usageOf: (sessionId: SessionId) => UsageId;

  constructor(
    core: DialogCore,
    sessionOf: (usage: UsageId) => SessionId | undefined,
    usageOf: (sessionId: SessionId) => UsageId,
  ) {
    this.#core = core;
    this.#sessionOf = sessionOf;
    this.#usageOf = usageOf;
  }

  request(method: string, target: string, options: OutsideOptions): Promise<RequestResult> {
    return this.#core.request({ method, ...toOutside(target, options) });
  }

  /** A request in the dialog of a session, which changes nothing about it. Rejects with ERR_INVALID_STATE unless the call stands. */
  async requestInside(
    sessionId: SessionId,
    method: string,
    { headers, content }: Pick<OutsideOptions, 'headers' | 'content'>,
  ): Promise<RequestResult> {
    const parts = { method, headers: toExtra(headers), body: toContent(content) };
    return this.#core.requestInside(this.#usageOf(sessionId), parts);
  }

  subscribe(target: string, options: SubscribeOptions, onNews: (news: SubscriptionNews) => void): Subscription {
    const { event, id, accept, expiresS, resubscribe } = options;
    const parts = { ...toOutside(target, options), event, id, accept, expiresS, resubscribe };
    return this.#core.subscribe(parts, onNews);
  }

  publish(target: string, options: PublishOptions, onState: (state: PublicationState) => void): Publication {
    const { event, expiresS, content } = options;
    return this.#core.publish({ ...toOutside(target, options), event, expiresS, body: toBodyOf(content) }, onState);
  }

  serve(method: string, handler: (request: ServedRequest) => void): () => void {
    return this.#core.serve(method, (incoming) => {
      const { from } = incoming.request;
      const party = { uri: printUri(from.uri), displayName: from.displayName };
      const sessionId = incoming.usage === undefined ? undefined : this.#sessionOf(incoming.usage);
      handler({ incoming, from: party, sessionId });
    });
  }

  servePackage(event: string, handler: SubscriptionHandler): () => void {
    return this.#core.servePackage(event, handler);
  }
}

export function toContent(content: Content | undefined): Body | undefined {
  return content && toBodyOf(content);
}

function toBodyOf({ contentType, data }: Content): Body {
  return { contentType, data: typeof data === 'string' ? Buffer.from(data) : data };
}

function toExtra(headers: ExtraHeaders | undefined): HeaderList | undefined {
  return headers && toHeaders(headers);
}

/** Throws ERR_INVALID_URI, ERR_INVALID_HEADER. */
function toOutside(target: string, { from, to, proxy, headers, content, auth }: OutsideOptions) {
  return {
    target: toUri(target),
    from: toUri(from),
    to: to === undefined ? undefined : toUri(to),
    proxy: proxy === undefined ? undefined : toUri(proxy),
    headers: toExtra(headers),
    body: toContent(content),
    auth,
  };
}
