/**
 * Who may come in now: the rate of requests of each source, and no new calls while the event loop is behind. Sans-IO; owned by reception.ts,
 * which asks it about requests that no transaction and no dialog knows. What it remembers is bounded.
 */
import type { CoreLimits } from './types.js';

/** What becomes of a request: let in, refused with 503 and Retry-After, or dropped without a word. */
export type GateVerdict = 'in' | 'refuse' | 'drop';

/** Sources that are remembered; the one that was silent longest goes first. */
const maxSources = 10_000;
/** For how long new calls are turned away after the loop was late; each late look begins it anew. */
const recoveryMs = 1000;

interface Bucket {
  tokens: number;
  atMs: number;
}

export class Gate {
  readonly #limits: CoreLimits;
  readonly #buckets = new Map<string, Bucket>();
  #overloadedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(limits: CoreLimits) {
    this.#limits = limits;
  }

  /** Sources that are remembered. */
  get sources(): number {
    return this.#buckets.size;
  }

  /** The event loop was so late. */
  handleLoopDelay(lateMs: number, nowMs: number): void {
    if (lateMs > this.#limits.maxLoopDelayMs) this.#overloadedUntilMs = nowMs + recoveryMs;
  }

  isOverloaded(nowMs: number): boolean {
    return nowMs < this.#overloadedUntilMs;
  }

  /**
   * A token bucket for each address: `maxRequestsPerSecond` come in, and `maxRequestBurst` at once. Who goes on beyond gets 503 as often
   * again, and after that nothing, so that a flood is not answered with a flood.
   */
  judge(address: string, nowMs: number): GateVerdict {
    const { maxRequestsPerSecond: rate, maxRequestBurst: burst } = this.#limits;
    if (rate === Number.POSITIVE_INFINITY) return 'in';
    const bucket = this.#bucketOf(address, nowMs);
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) * rate) / 1000);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1 - burst) return 'drop';
    bucket.tokens -= 1;
    return bucket.tokens >= 0 ? 'in' : 'refuse';
  }

  #bucketOf(address: string, nowMs: number): Bucket {
    const bucket = this.#buckets.get(address) ?? { tokens: this.#limits.maxRequestBurst, atMs: nowMs };
    this.#buckets.delete(address);
    const oldest = this.#buckets.keys().next().value;
    if (oldest !== undefined && this.#buckets.size >= maxSources) this.#buckets.delete(oldest);
    this.#buckets.set(address, bucket);
    return bucket;
  }
}
