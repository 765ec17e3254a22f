/**
 * A waiting line for callers: they are answered, hear music, learn their place, and are handed out one by one to whoever asks for the
 * next (an agent). Callers go by priority and then in the order in which they came.
 */
import { Emitter, warnListener } from '../base/emitter.js';
import { SessionError } from '../base/errors.js';
import { WaitingLine } from '../manager/index.js';
import type { Call } from './call.js';
import type { CallHandler, Handled } from './handlers.js';
import type { IncomingCall } from './incoming-call.js';

export interface QueueHandlerOptions {
  /** Callers at once; one more is passed on (alone: 480). Default 100. */
  readonly maxWaiting?: number | undefined;
  /** A caller who has waited so long leaves: BYE, or 480 when it was not answered. Default 300 000 ms. */
  readonly maxWaitMs?: number | undefined;
  /** Played over and over while waiting. Default silence. */
  readonly music?: string | Int16Array | undefined;
  /** Answers callers when they come. False lets them ring until they are served, without music. Default true. */
  readonly answer?: boolean | undefined;
}

/** Someone in the line. */
export interface QueuedCaller {
  readonly incoming: IncomingCall;
  /** Undefined while it rings. */
  readonly call: Call | undefined;
  /** Wall time in milliseconds since the epoch. */
  readonly sinceMs: number;
}

export interface QueueHandlerEvents {
  waiting: [caller: QueuedCaller, position: number];
  /** 1 is served next. */
  position: [caller: QueuedCaller, position: number];
  served: [caller: QueuedCaller, call: Call];
  left: [caller: QueuedCaller, why: 'abandoned' | 'timeout' | 'closed'];
}

interface Entry {
  readonly incoming: IncomingCall;
  readonly sinceMs: number;
  call: Call | undefined;
  position: number;
  /** Stops the music and the timer. */
  readonly over: AbortController;
}

interface Agent {
  resolve(call: Call): void;
  reject(error: Error): void;
}

export class QueueHandler implements CallHandler {
  readonly #options: QueueHandlerOptions;
  readonly #line: WaitingLine<Entry>;
  readonly #agents: Agent[] = [];
  #closed = false;

  readonly events = new Emitter<QueueHandlerEvents>();

  /** Throws ERR_INVALID_ARGUMENT. */
  constructor(options: QueueHandlerOptions = {}) {
    const { maxWaiting = 100, maxWaitMs = 300_000 } = options;
    if (!(Number.isInteger(maxWaiting) && maxWaiting > 0))
      throw new SessionError('ERR_INVALID_ARGUMENT', `maxWaiting: ${maxWaiting} is not a whole number above 0`);
    if (!(maxWaitMs > 0)) throw new SessionError('ERR_INVALID_ARGUMENT', `maxWaitMs: ${maxWaitMs} is not above 0`);
    this.#options = options;
    this.#line = new WaitingLine(maxWaiting);
  }

  /** Callers who wait. */
  get size(): number {
    return this.#line.size;
  }

  /** In the order in which they are served. */
  get callers(): readonly QueuedCaller[] {
    return this.#line.keys();
  }

  async handle(incoming: IncomingCall): Promise<Handled> {
    const { answer = true } = this.#options;
    const over = new AbortController();
    const entry: Entry = { incoming, sinceMs: incoming.clock.wallMs(), call: undefined, position: 0, over };
    if (this.#closed || !this.#line.add(entry, incoming.priority)) return 'pass';
    const cancel = incoming.clock.after(this.#options.maxWaitMs ?? 300_000, () => this.#leave(entry, 'timeout'));
    over.signal.addEventListener('abort', cancel, { once: true });
    incoming.signal.addEventListener('abort', () => this.#leave(entry, 'abandoned'), { once: true });
    this.#tellPositions();
    if (answer) await this.#answer(entry);
    else if (!incoming.decided) incoming.ring();
    this.#match();
    return undefined;
  }

  /**
   * The next caller, now or when one comes; its music has stopped. Rejects with ERR_ABORTED by `signal` and ERR_CLOSED by {@link close}.
   */
  next(options: { signal?: AbortSignal } = {}): Promise<Call> {
    if (this.#closed) return Promise.reject(new SessionError('ERR_CLOSED', 'the queue is closed'));
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        const at = this.#agents.indexOf(agent);
        if (at >= 0) this.#agents.splice(at, 1);
        reject(new SessionError('ERR_ABORTED', 'waiting for a caller was aborted', { cause: signal?.reason }));
      };
      const done = (): void => signal?.removeEventListener('abort', abort);
      const agent: Agent = {
        resolve(call) {
          done();
          resolve(call);
        },
        reject(error) {
          done();
          reject(error);
        },
      };
      if (signal?.aborted) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.#agents.push(agent);
      this.#match();
    });
  }

  /** Everybody who waits leaves, callers and agents. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#line.keys()) this.#leave(entry, 'closed');
    for (const agent of this.#agents.splice(0)) agent.reject(new SessionError('ERR_CLOSED', 'the queue is closed'));
  }

  async #answer(entry: Entry): Promise<void> {
    const { incoming, over } = entry;
    try {
      const call = await incoming.accept();
      entry.call = call;
      if (over.signal.aborted) {
        await call.hangup();
        return;
      }
      call.events.once('ended', () => this.#leave(entry, 'abandoned'));
      const { music } = this.#options;
      if (music !== undefined) void this.#play(call, music, over.signal);
    } catch (error) {
      this.#leave(entry, 'abandoned');
      throw error;
    }
  }

  async #play(call: Call, music: string | Int16Array, signal: AbortSignal): Promise<void> {
    try {
      await call.play(music, { loop: true, signal });
    } catch (error) {
      // A caller waits in silence rather than not at all.
      warnListener('QueueHandler music', error);
    }
  }

  /** Hands callers to agents while there are both; a caller that is being answered is next when its ACK is here. */
  #match(): void {
    while (this.#agents.length > 0) {
      const entry = this.#line.keys().find(({ call }) => call !== undefined || this.#options.answer === false);
      if (!entry) return;
      const agent = this.#agents.shift() as Agent;
      this.#line.remove(entry);
      entry.over.abort();
      if (entry.call) this.#serve(entry, entry.call, agent);
      else void this.#serveRinging(entry, agent);
      this.#tellPositions();
    }
  }

  async #serveRinging(entry: Entry, agent: Agent): Promise<void> {
    try {
      this.#serve(entry, await entry.incoming.accept(), agent);
    } catch {
      // The caller gave up while it was answered: the agent gets the next one, before those who came after.
      this.#agents.unshift(agent);
      this.events.emit('left', entry, 'abandoned');
      this.#match();
    }
  }

  #serve(entry: Entry, call: Call, agent: Agent): void {
    entry.call = call;
    this.events.emit('served', entry, call);
    agent.resolve(call);
  }

  #leave(entry: Entry, why: 'abandoned' | 'timeout' | 'closed'): void {
    if (!this.#line.remove(entry)) return;
    entry.over.abort();
    if (why !== 'abandoned') {
      if (entry.call) void entry.call.hangup();
      else if (!entry.incoming.decided) entry.incoming.reject(480);
    }
    this.events.emit('left', entry, why);
    this.#tellPositions();
  }

  #tellPositions(): void {
    for (const [i, entry] of this.#line.keys().entries()) {
      const position = i + 1;
      if (entry.position === position) continue;
      const event = entry.position === 0 ? 'waiting' : 'position';
      entry.position = position;
      this.events.emit(event, entry, position);
    }
  }
}
