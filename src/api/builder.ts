/**
 * The options of createSessions, step by step.
 */
import type { Logger } from '../base/logger.js';
import { createSessions } from './create-sessions.js';
import type { CallHandlerLike } from './handlers.js';
import type { RequestListener } from './messaging.js';
import type { SessionsOptions, SubscriptionListener } from './options.js';
import type { Sessions } from './sessions.js';
import type { CodecName, Middleware } from './types.js';

export class SessionManagerBuilder {
  #options: SessionsOptions = {};

  /** Adds listen addresses, `udp://IP:PORT` each. */
  listen(...urls: string[]): this {
    return this.#set({ listen: [...(this.#options.listen ?? []), ...urls] });
  }

  /** Numeric address for Via, Contact and SDP. */
  advertise(address: string): this {
    return this.#set({ advertise: address });
  }

  media(media: NonNullable<SessionsOptions['media']>): this {
    return this.#set({ media: { ...this.#options.media, ...media } });
  }

  limits(limits: NonNullable<SessionsOptions['limits']>): this {
    return this.#set({ limits: { ...this.#options.limits, ...limits } });
  }

  /** In order of preference. */
  codecs(...codecs: CodecName[]): this {
    return this.#set({ codecs });
  }

  userAgent(userAgent: string): this {
    return this.#set({ userAgent });
  }

  /** A pino logger, or anything with its four methods. */
  logger(logger: Logger): this {
    return this.#set({ logger });
  }

  /** Adds a function that sees SIP requests before anything else does; several do in the order of adding. */
  use(middleware: Middleware): this {
    return this.#set({ middleware: [...(this.#options.middleware ?? []), middleware] });
  }

  onIncomingCall(handler: CallHandlerLike): this {
    return this.#set({ onIncomingCall: handler });
  }

  onMessage(listener: RequestListener): this {
    return this.#set({ onMessage: listener });
  }

  /** Takes a method over. */
  onRequest(method: string, listener: RequestListener): this {
    return this.#set({ onRequest: { ...this.#options.onRequest, [method]: listener } });
  }

  /** Takes REGISTER, in place of the registrar. */
  onRegister(listener: RequestListener): this {
    return this.onRequest('REGISTER', listener);
  }

  /** Takes subscriptions to an event package. */
  onSubscribe(event: string, listener: SubscriptionListener): this {
    return this.#set({ onSubscribe: { ...this.#options.onSubscribe, [event]: listener } });
  }

  /** Any of the options, for those without a method of their own. */
  options(options: SessionsOptions): this {
    return this.#set(options);
  }

  /** Starts the library; rejects as createSessions does. */
  build(): Promise<Sessions> {
    return createSessions(this.#options);
  }

  #set(options: SessionsOptions): this {
    this.#options = { ...this.#options, ...options };
    return this;
  }
}
