/**
 * Who decides about incoming calls: an object with `handle`, or a plain function.
 */
import type { IncomingCall } from './incoming-call.js';

/** 'pass': the handler leaves the call to the next one. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has decided, which is the usual case.
export type Handled = void | 'pass';

export interface CallHandler {
  /**
   * Decides about a call, now or later (until `answerTimeoutMs`), or passes it on. A throw or rejection before the decision answers the
   * caller 500; a call that everybody passes on gets 480.
   */
  handle(incoming: IncomingCall): Handled | Promise<Handled>;
}

export type CallHandlerLike = CallHandler | ((incoming: IncomingCall) => Handled | Promise<Handled>);

export function toCallHandler(handler: CallHandlerLike): CallHandler {
  return typeof handler === 'function' ? { handle: handler } : handler;
}
