/**
 * Handlers that answer at once, and that ask others one after another.
 */
import type { Call } from './call.js';
import { type CallHandler, type CallHandlerLike, type Handled, toCallHandler } from './handlers.js';
import type { IncomingCall } from './incoming-call.js';

export interface AutoAnswerOptions {
  /** Rings for so long before it answers; default 0, at once and without ringing. */
  readonly afterMs?: number | undefined;
  /** What happens with the call; a throw or rejection hangs it up. */
  readonly onCall?: ((call: Call, incoming: IncomingCall) => void | Promise<void>) | undefined;
}

/** Answers every call. */
export class AutoAnswerHandler implements CallHandler {
  readonly #options: AutoAnswerOptions;

  constructor(options: AutoAnswerOptions = {}) {
    this.#options = options;
  }

  async handle(incoming: IncomingCall): Promise<void> {
    const { afterMs = 0, onCall } = this.#options;
    if (afterMs > 0) {
      incoming.ring();
      await delay(incoming, afterMs);
      if (incoming.decided) return;
    }
    const call = await incoming.accept();
    try {
      await onCall?.(call, incoming);
    } catch (error) {
      await call.hangup();
      throw error;
    }
  }
}

/** Asks its handlers in order until one does not pass; passes on a call that all of them passed. */
export class CompositeHandler implements CallHandler {
  readonly #handlers: readonly CallHandler[];

  constructor(...handlers: readonly CallHandlerLike[]) {
    this.#handlers = handlers.map(toCallHandler);
  }

  async handle(incoming: IncomingCall): Promise<Handled> {
    for (const handler of this.#handlers) {
      if (incoming.decided) return;
      if ((await handler.handle(incoming)) !== 'pass') return;
    }
    return 'pass';
  }
}

function delay(incoming: IncomingCall, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = incoming.clock.after(ms, resolve);
    incoming.signal.addEventListener(
      'abort',
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
}
