/**
 * How long datagrams wait in the system's buffer before we read them. Nobody says so, and a late timer does not show it, since a few
 * datagrams are read at each turn of the event loop however many wait: so the socket sends itself one (a STUN binding request, which
 * means nothing to others who see it) and looks how old it is when it comes. Owned by udp.ts.
 */
import { randomBytes } from 'node:crypto';

/** For so long one that is missing is believed to be on its way; then the way to ourselves is closed, and nothing is concluded. */
const patienceMs = 5000;
const maxPending = 200;
const headBytes = 20;

export class QueueProbe {
  readonly #send: (data: Uint8Array) => void;
  readonly #nowMs: () => number;
  /** Type, length and magic cookie (RFC 8489 5), and 96 bits of which the last 32 count. */
  readonly #head: Buffer;
  #count = 0;
  /** When each that has not come back was sent, oldest first. */
  readonly #pending = new Map<number, number>();
  #worstMs = 0;
  /** One has come back, so that the next ones can. */
  #works = false;

  constructor(send: (data: Uint8Array) => void, nowMs: () => number) {
    this.#send = send;
    this.#nowMs = nowMs;
    this.#head = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(8)]);
  }

  /** The longest wait since the last look, in milliseconds; infinite when one was lost, for then the buffer ran over. Sends the next. */
  look(): number {
    const nowMs = this.#nowMs();
    const oldestMs = this.#pending.values().next().value ?? nowMs;
    if (nowMs - oldestMs > patienceMs || this.#pending.size >= maxPending) {
      this.#pending.clear();
      this.#works = false;
    }
    const waitMs = this.#works ? Math.max(this.#worstMs, nowMs - oldestMs) : 0;
    this.#worstMs = 0;
    this.#count = (this.#count + 1) >>> 0;
    this.#pending.set(this.#count, nowMs);
    const data = Buffer.alloc(headBytes);
    this.#head.copy(data);
    data.writeUInt32BE(this.#count, headBytes - 4);
    this.#send(data);
    return waitMs;
  }

  /** True for one of ours, which then is done with. */
  take(data: Uint8Array): boolean {
    if (data.length !== headBytes || data[0] !== 0 || this.#head.compare(data, 0, headBytes - 4) !== 0) return false;
    const count = Buffer.from(data.buffer, data.byteOffset, data.length).readUInt32BE(headBytes - 4);
    const sentMs = this.#pending.get(count);
    if (sentMs === undefined) return true;
    this.#worstMs = Math.max(this.#worstMs, this.#nowMs() - sentMs);
    for (const earlier of this.#pending.keys()) {
      this.#pending.delete(earlier);
      if (earlier === count) break;
      // The way to ourselves keeps the order: what was sent before and is not here has found no room.
      if (this.#works) this.#worstMs = Number.POSITIVE_INFINITY;
    }
    this.#works = true;
    return true;
  }
}
