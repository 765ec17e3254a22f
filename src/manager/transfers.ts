/**
 * Transfers of sessions, both roles: who waits for the outcome of ours, and the calls that we place because a peer asked for it. It changes
 * no session itself: verbs and news go through the queue. Made by SessionManager.
 */
import type { Clock } from '../base/clock.js';
import { SessionError } from '../base/errors.js';
import type { DialogManager } from '../dialog/index.js';
import {
  isAllowed,
  isRinging,
  type OutgoingParams,
  type Session,
  type SessionEvent,
  type SessionId,
  type SessionVerb,
  type TransferNews,
  type TransferOutcome,
  type TransferParams,
  type TransferWish,
  toOutcome,
} from '../session/index.js';
import type { SessionEventProcessor } from './events.js';
import { toRefusal } from './failures.js';

export interface TransfersParts {
  readonly clock: Clock;
  readonly dialog: DialogManager;
  readonly events: SessionEventProcessor;
  get(sessionId: SessionId): Session | undefined;
  /** Places a call that takes over from `replaces` when it is answered. */
  place(params: OutgoingParams, replaces: SessionId): SessionId;
}

export interface TransferWait {
  /** For the whole of it; default 200 000: longer than a target may ring. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  ringing: { readonly status: number; readonly reason: string } | undefined;
  stop: () => void;
  settle(outcome: TransferOutcome): void;
}

const defaultTimeoutMs = 200_000;

export class SessionTransfers {
  readonly #parts: TransfersParts;
  readonly #waiting = new Map<SessionId, Waiting>();

  constructor(parts: TransfersParts) {
    this.#parts = parts;
  }

  /** Transfers whose outcome is not known. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Asks the peer to call elsewhere. Rejects with ERR_INVALID_STATE for a call that is not established or is being transferred,
   * ERR_INVALID_URI, ERR_INVALID_HEADER, ERR_ABORTED; everything else is an outcome.
   */
  async transfer(
    sessionId: SessionId,
    asked: Omit<TransferParams, 'by'>,
    wait: TransferWait = {},
  ): Promise<TransferOutcome> {
    const { clock, dialog, events } = this.#parts;
    const session = this.#require(sessionId, 'transfer');
    if (wait.signal?.aborted) throw new SessionError('ERR_ABORTED', 'aborted before the transfer was asked for');
    if (this.#waiting.has(sessionId)) throw toRefusal('transfer', session.state.kind);
    const params: TransferParams = { ...asked, by: session.local.uri };
    dialog.checkTransfer(params);
    let done = (_outcome: TransferOutcome): void => {};
    const outcome = new Promise<TransferOutcome>((resolve) => {
      done = resolve;
    });
    const waiting: Waiting = { ringing: undefined, stop: () => {}, settle: done };
    this.#waiting.set(sessionId, waiting);
    const giveUp = (status: number, reason: string): void =>
      this.handleNews(sessionId, { kind: 'gaveUp', status, reason });
    const cancelTimer = clock.after(wait.timeoutMs ?? defaultTimeoutMs, () => giveUp(408, 'no outcome in time'));
    const abort = (): void => giveUp(487, 'aborted');
    wait.signal?.addEventListener('abort', abort, { once: true });
    try {
      const verb: SessionVerb = { type: 'transfer', params };
      events.enqueue(sessionId, verb);
      return await outcome;
    } finally {
      cancelTimer();
      wait.signal?.removeEventListener('abort', abort);
    }
  }

  /** Carries out a step: the REFER. What cannot be sent is news, too. */
  send(sessionId: SessionId, params: TransferParams): void {
    try {
      const stop = this.#parts.dialog.transfer(sessionId, params, (news) => this.handleNews(sessionId, news));
      const waiting = this.#waiting.get(sessionId);
      if (waiting) waiting.stop = stop;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.handleNews(sessionId, { kind: 'refused', status: 503, reason });
    }
  }

  /** News may come after the session is over; who waits hears them all the same (RFC 5057). */
  handleNews(sessionId: SessionId, news: TransferNews): void {
    const waiting = this.#waiting.get(sessionId);
    if (!waiting) return;
    this.#parts.events.enqueue(sessionId, { type: 'transferNews', news });
    if (isRinging(news)) waiting.ringing = { status: news.status, reason: news.reason };
    const outcome = toOutcome(news, waiting.ringing);
    if (!outcome) return;
    this.#waiting.delete(sessionId);
    waiting.stop();
    // The session has taken its step, and listeners have heard of it, when the promise settles.
    this.#parts.events.afterwards(() => waiting.settle(outcome));
  }

  /** Refuses a peer's wish. */
  decline(wish: TransferWish, status: number): void {
    this.#parts.dialog.answerTransfer(wish, status);
  }

  /**
   * Does as the peer wishes: 202, the call, and news of it to the peer. Throws ERR_INVALID_STATE for a wish that was decided. A call that
   * cannot be placed is news to the peer and an error here.
   */
  accept(sessionId: SessionId, wish: TransferWish, params: Omit<OutgoingParams, 'target'>): SessionId {
    const { dialog, events } = this.#parts;
    this.#require(sessionId, 'transferWished');
    dialog.answerTransfer(wish, 202);
    try {
      const headers = [...wish.headers, ...params.headers];
      const placed = this.#parts.place({ ...params, target: wish.target, headers }, sessionId);
      const unsubscribe = events.subscribe((event) => {
        if (event.sessionId === placed && this.#report(wish, event)) unsubscribe();
      });
      return placed;
    } catch (error) {
      dialog.notifyTransfer(wish, statusOf(error));
      throw error;
    }
  }

  /** True when this was the last that the peer has to know. */
  #report(wish: TransferWish, event: SessionEvent): boolean {
    const { dialog } = this.#parts;
    if (event.type === 'progress') dialog.notifyTransfer(wish, event.status, event.reason);
    else if (event.type === 'stateChanged' && event.to.kind === 'Active') {
      dialog.notifyTransfer(wish, 200);
      return true;
    } else if (event.type === 'ended') {
      const { status, text } = event.reason;
      dialog.notifyTransfer(wish, status !== undefined && status >= 300 ? status : 503, text);
      return true;
    }
    return false;
  }

  #require(sessionId: SessionId, input: 'transfer' | 'transferWished'): Session {
    const session = this.#parts.get(sessionId);
    if (!session) throw new SessionError('ERR_NOT_FOUND', `there is no session ${sessionId} (any more)`);
    const busy = input === 'transfer' && session.pendingReoffer !== undefined;
    if (busy || !isAllowed(session.state.kind, input)) throw toRefusal('transfer', session.state.kind);
    return session;
  }
}

function statusOf(error: unknown): number {
  const { status } = error as { status?: unknown };
  return typeof status === 'number' && status >= 300 && status < 700 ? status : 503;
}
