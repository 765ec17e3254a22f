/**
 * Nonces of a server (RFC 7616 3.3, 5.4): their time and a keyed hash of it make them, so that handing them out keeps nothing. Only those
 * that were answered rightly are remembered, with the counts that they were used with, up to a bound. No clock of its own.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IdSource } from '../base/ids.js';

/** Counts that may come in any order below the highest: the requests of one client overtake each other over UDP. */
const windowSize = 32;

interface Used {
  readonly issuedMs: number;
  highest: number;
  /** Bit n: the count n below the highest was used. */
  seen: number;
}

export class Nonces {
  readonly #ids: IdSource;
  readonly #secret: Buffer;
  readonly #lifetimeMs: number;
  readonly #maxUsed: number;
  /** In the order of first use. */
  readonly #used = new Map<string, Used>();
  /** Nonces as old as this that are not remembered may have been forgotten: they count as too old. */
  #forgottenMs = Number.NEGATIVE_INFINITY;

  constructor(ids: IdSource, options: { readonly lifetimeMs: number; readonly maxUsed: number }) {
    this.#ids = ids;
    this.#secret = Buffer.from(ids.token(256), 'hex');
    this.#lifetimeMs = options.lifetimeMs;
    this.#maxUsed = options.maxUsed;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#used.size;
  }

  issue(nowMs: number): string {
    const open = `${Math.floor(nowMs).toString(16).padStart(12, '0')}${this.#ids.token(64)}`;
    return open + this.#seal(open);
  }

  /**
   * Uses a nonce once with a count, after the credentials were found right. False when a new nonce is wanted: not one of ours, too old, or
   * that count was used before, which is what a replay looks like. Credentials without a count (RFC 2069) have count 0: once.
   */
  use(nonce: string, count: number, nowMs: number): boolean {
    const issuedMs = this.#read(nonce);
    if (issuedMs === undefined || nowMs - issuedMs >= this.#lifetimeMs) return false;
    const used = this.#used.get(nonce);
    if (used) return mark(used, count);
    if (issuedMs <= this.#forgottenMs) return false;
    this.#makeRoom(nowMs);
    this.#used.set(nonce, { issuedMs, highest: count, seen: 1 });
    return true;
  }

  #makeRoom(nowMs: number): void {
    for (const [nonce, { issuedMs }] of this.#used) {
      const isOver = nowMs - issuedMs >= this.#lifetimeMs;
      if (!isOver && this.#used.size < this.#maxUsed) return;
      this.#used.delete(nonce);
      if (!isOver) this.#forgottenMs = Math.max(this.#forgottenMs, issuedMs);
    }
  }

  #read(nonce: string): number | undefined {
    if (!/^[0-9a-f]{60}$/.test(nonce)) return undefined;
    const open = nonce.slice(0, 28);
    if (!timingSafeEqual(Buffer.from(this.#seal(open)), Buffer.from(nonce.slice(28)))) return undefined;
    return Number.parseInt(open.slice(0, 12), 16);
  }

  #seal(open: string): string {
    return createHmac('sha256', this.#secret).update(open).digest('hex').slice(0, 32);
  }
}

/** False when the count was used before or is too far below the highest to know. */
function mark(used: Used, count: number): boolean {
  const ahead = count - used.highest;
  if (ahead > 0) {
    used.seen = ahead >= windowSize ? 1 : ((used.seen << ahead) | 1) >>> 0;
    used.highest = count;
    return true;
  }
  const bit = 1 << -ahead;
  if (-ahead >= windowSize || (used.seen & bit) !== 0) return false;
  used.seen = (used.seen | bit) >>> 0;
  return true;
}
