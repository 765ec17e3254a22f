/**
 * Requests that wait for the user's middleware: each once, however often it is repeated, for a bounded time, in a bounded number. Sans-IO;
 * owned by stack.ts, which asks the shell to run the functions and carries out what they decide.
 */
import type { Core } from './core.js';
import { Timer } from './dialog/timer.js';
import type { SipRequest } from './message/index.js';
import type { MiddlewareVerdict } from './middleware.js';
import { detached, serverKey } from './transaction/matching.js';
import { patienceMs } from './transaction/timers.js';
import type { Flow } from './types.js';

interface Waiting {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly timer: Timer;
}

/** Carries out what was decided. */
export type Decided = (request: SipRequest, flow: Flow, verdict: MiddlewareVerdict) => void;

export class Interceptor {
  readonly #core: Core;
  readonly #decided: Decided;
  readonly #waiting = new Map<string, Waiting>();

  constructor(core: Core, decided: Decided) {
    this.#core = core;
    this.#decided = decided;
  }

  take(request: SipRequest, flow: Flow): void {
    const core = this.#core;
    const key = detached(serverKey(request, request.method));
    if (this.#waiting.has(key)) {
      core.counters.retransmissionsIn += 1;
      return;
    }
    if (this.#waiting.size >= core.config.limits.maxPendingInvites) {
      this.#decided(request, flow, this.#busy());
      return;
    }
    const timer = new Timer(core.deadlines, { handleTimer: () => this.answer(key, this.#busy()) });
    timer.set(core.nowMs + patienceMs(core.config.timers));
    this.#waiting.set(key, { request, flow, timer });
    core.intercept(key, request);
  }

  /** What the functions decided; too late, it is nothing any more. */
  answer(key: string, verdict: MiddlewareVerdict): void {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    this.#waiting.delete(key);
    waiting.timer.clear();
    this.#decided(waiting.request, waiting.flow, verdict);
  }

  /** RFC 3261 9.2: the INVITE that a CANCEL means, if it waits here: it gets 487. False when it does not. */
  cancel(cancel: SipRequest): boolean {
    const key = serverKey(cancel, 'INVITE');
    const found = this.#waiting.has(key);
    this.answer(key, { kind: 'reply', reply: { status: 487 }, stateless: false });
    return found;
  }

  clear(): void {
    for (const { timer } of this.#waiting.values()) timer.clear();
    this.#waiting.clear();
  }

  #busy(): MiddlewareVerdict {
    const { counters, config } = this.#core;
    counters.refused += 1;
    const headers = [['Retry-After', String(config.limits.retryAfterS)]] as const;
    return { kind: 'reply', reply: { status: 503, headers }, stateless: true };
  }
}
