/**
 * Requests besides calls, in the hands of a user: what is subscribed to as an async iterable, published state, received requests. Made by
 * Sessions.
 */
import { Emitter, warnListener } from '../base/emitter.js';
import type {
  Publication,
  PublicationState,
  ServedRequest,
  SubscriptionEnd,
  SubscriptionNews,
} from '../dialog/index.js';
import type { SessionManager } from '../manager/index.js';
import type { ExtraHeaders } from '../session/index.js';
import type { Call } from './call.js';
import { EventQueue } from './queue.js';
import type { Content, Party, PublishOptions, SipRequest, SubscribeOptions } from './types.js';

/** One NOTIFY. */
export interface Notification {
  /** Tells the branches of a SUBSCRIBE that forked apart; each has a state of its own. */
  readonly branch: string;
  readonly state: 'active' | 'pending' | 'terminated';
  /** Undefined for a NOTIFY without a body. */
  readonly content: { readonly contentType: string; readonly data: Uint8Array; readonly text: string } | undefined;
  readonly message: SipRequest;
}

export interface SubscriptionEvents {
  notified: [notification: Notification];
  /** Nobody notifies any more; subscribed anew in `retryS`. */
  retrying: [retryS: number, end: SubscriptionEnd];
  ended: [end: SubscriptionEnd];
}

/** What is subscribed to: NOTIFYs as they come, in a loop or by events, until {@link close} or the notifier's last word. */
export class EventSubscription implements AsyncIterable<Notification> {
  readonly #handle: { refresh(): void; close(): void };
  readonly #queues = new Set<EventQueue<Notification>>();
  #resolve = (_end: SubscriptionEnd): void => {};
  #over = false;

  readonly events = new Emitter<SubscriptionEvents>();
  /** Why it ended; never rejects. */
  readonly finished: Promise<SubscriptionEnd>;

  /** Made by Sessions only. */
  constructor(
    manager: SessionManager,
    target: string,
    options: SubscribeOptions & { readonly from: string },
    signal?: AbortSignal,
  ) {
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#handle = manager.messaging.subscribe(target, options, (news) => this.#hear(news));
    if (signal?.aborted) this.close();
    else signal?.addEventListener('abort', () => this.close(), { once: true });
  }

  /** Asks for the state anew. */
  refresh(): void {
    if (!this.#over) this.#handle.refresh();
  }

  /** Unsubscribes; the loop ends after the last NOTIFY, at the latest after 64·T1 (32 s). Idempotent. */
  close(): void {
    if (!this.#over) this.#handle.close();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Notification> {
    const queue: EventQueue<Notification> = new EventQueue<Notification>(() => this.#queues.delete(queue));
    if (this.#over) queue.end();
    else this.#queues.add(queue);
    return queue;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.finished;
  }

  #hear(news: SubscriptionNews): void {
    if (news.kind === 'notified') {
      const notification = toNotification(news);
      for (const queue of [...this.#queues]) queue.push(notification);
      this.events.emit('notified', notification);
    } else if (news.kind === 'retrying') {
      this.events.emit('retrying', news.retryS, news.end);
    } else if (news.kind === 'ended') {
      this.#over = true;
      for (const queue of [...this.#queues]) queue.end();
      this.events.emit('ended', news.end);
      this.#resolve(news.end);
    }
  }
}

function toNotification({ branch, state, request }: Extract<SubscriptionNews, { kind: 'notified' }>): Notification {
  const { body, contentType } = request;
  const empty = body.length === 0;
  const content = empty ? undefined : { contentType: contentType ?? '', data: body, text: request.bodyText() };
  return { branch, state, content, message: request };
}

/** State that is published (RFC 3903) and kept published. */
export class PublishedState {
  readonly #handle: Publication;
  #resolve = (): void => {};
  #state: PublicationState = { kind: 'publishing' };

  readonly events = new Emitter<{ state: [state: PublicationState] }>();
  /** Resolves when it is no longer published. */
  readonly finished: Promise<void>;

  /** Made by Sessions only. */
  constructor(manager: SessionManager, target: string, options: PublishOptions & { readonly from: string }) {
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#handle = manager.messaging.publish(target, options, (state) => {
      this.#state = state;
      this.events.emit('state', state);
      if (state.kind === 'unpublished') this.#resolve();
    });
  }

  get state(): PublicationState {
    return this.#state;
  }

  /** Replaces what is published. */
  update(content: Content): void {
    const { contentType, data } = content;
    this.#handle.update({ contentType, data: typeof data === 'string' ? Buffer.from(data) : data });
  }

  /** Removes it; resolves when that is answered, or given up. Idempotent. */
  close(): Promise<void> {
    if (this.#state.kind !== 'unpublished') this.#handle.close();
    return this.finished;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A received request of a method that was taken over. Unanswered when its handler is done it gets 200. */
export class ReceivedRequest {
  readonly #served: ServedRequest;
  readonly from: Party;
  /** The call in which it came; undefined outside of calls. */
  readonly call: Call | undefined;

  /** Made by Sessions only. */
  constructor(served: ServedRequest, call: Call | undefined) {
    this.#served = served;
    this.from = served.from;
    this.call = call;
  }

  get message(): SipRequest {
    return this.#served.incoming.request;
  }

  get method(): string {
    return this.message.method;
  }

  /** Who has proved to be; undefined without authentication. */
  get username(): string | undefined {
    return this.#served.incoming.username;
  }

  get text(): string {
    return this.message.bodyText();
  }

  get answered(): boolean {
    return this.#served.incoming.answered;
  }

  /** 200 to 699, once. Throws ERR_INVALID_STATE, ERR_INVALID_ARGUMENT, ERR_INVALID_HEADER. */
  respond(status: number, options: { reason?: string; headers?: ExtraHeaders; content?: Content } = {}): void {
    const { reason, headers, content } = options;
    const data = typeof content?.data === 'string' ? Buffer.from(content.data) : content?.data;
    const body = content && data ? { contentType: content.contentType, data } : undefined;
    this.#served.incoming.respond(status, { reason, headers, body });
  }
}

/** A throw or rejection answers 500. */
export type RequestListener = (request: ReceivedRequest) => void | Promise<void>;

/** Runs a handler, and sees to it that the peer gets an answer. */
export async function answerBy(listener: RequestListener, request: ReceivedRequest): Promise<void> {
  try {
    await listener(request);
    if (!request.answered) request.respond(200);
  } catch (error) {
    warnListener(request.method, error);
    if (!request.answered) request.respond(500);
  }
}
