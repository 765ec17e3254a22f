/**
 * A received request that is no INVITE and whose answer somebody else decides: its transaction waits, repetitions are absorbed. Nothing
 * waits for ever: the client gives up after 64·T1 (RFC 3261 17.1.2.2), so shortly before that a default answer goes out.
 */
import type { SipRequest } from '../message/index.js';
import { patienceMs } from '../transaction/timers.js';
import type { Transaction } from '../transaction/transaction.js';
import type { Flow } from '../types.js';
import { misuse } from './arguments.js';
import { type CoreContext, serverName } from './context.js';
import { printReply, type Reply, replyFlow, replyHead } from './reply.js';
import { Timer, type TimerOwner } from './timer.js';

/** What is left of the client's patience for the answer's way. */
const wayMs = 2000;

export class PendingAnswer implements TimerOwner {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly toTag: string;
  readonly #core: CoreContext;
  readonly #timer: Timer;
  readonly #overdue: () => void;
  #transaction: Transaction | undefined;

  /** `overdue` has to answer when nobody has after `afterMs` (default 64·T1 − 2 s). */
  constructor(
    core: CoreContext,
    incoming: { readonly request: SipRequest; readonly flow: Flow; readonly toTag: string },
    overdue: () => void,
    afterMs = patienceMs(core.config.timers) - wayMs,
  ) {
    this.#core = core;
    this.request = incoming.request;
    this.flow = incoming.flow;
    this.toTag = incoming.toTag;
    this.#overdue = overdue;
    this.#transaction = core.transactions.serve(this.request, replyFlow(this.request, this.flow));
    this.#timer = new Timer(core.deadlines, this);
    this.#timer.set(core.nowMs + Math.max(afterMs, 1));
  }

  get answered(): boolean {
    return this.#transaction === undefined;
  }

  /** Throws ERR_INVALID_STATE for a second answer; a header that cannot be printed throws and changes nothing. */
  respond(reply: Reply): void {
    const transaction = this.#transaction;
    if (!transaction) throw misuse('ERR_INVALID_STATE', `the ${this.request.method} was answered already`);
    const head = replyHead(this.request, this.flow.remote, this.toTag);
    const bytes = printReply([...head, ...serverName(this.#core)], reply);
    this.#transaction = undefined;
    this.#timer.clear();
    this.#core.transactions.respond(transaction, reply.status, bytes);
  }

  handleTimer(): void {
    if (!this.answered) this.#overdue();
  }

  /** The core closes. */
  abandon(): void {
    this.#transaction = undefined;
    this.#timer.clear();
  }
}
