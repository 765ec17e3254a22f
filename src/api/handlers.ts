/**
 * Who decides about incoming calls: an object with `handle`, or a plain function.
 */
import type { IncomingCall } from './incoming-call.js';

export interface CallHandler {
  /**
   * Decides about a call, now or later (until `answerTimeoutMs`). A throw or rejection before the decision answers the caller 500.
   */
  handle(incoming: IncomingCall): void | Promise<void>;
}

export type CallHandlerLike = CallHandler | ((incoming: IncomingCall) => void | Promise<void>);

export function toCallHandler(handler: CallHandlerLike): CallHandler {
  return typeof handler === 'function' ? { handle: handler } : handler;
}
