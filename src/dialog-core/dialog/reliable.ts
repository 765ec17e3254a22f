/**
 * Reliable provisional responses of one INVITE, as callee (RFC 3262 3): one at a time, numbered by RSeq, repeated until its PRACK. Owned by
 * invite-uas.ts, which prints and interprets them.
 */
import type { RAck } from '../message/index.js';
import { patienceMs } from '../transaction/timers.js';
import type { CoreContext } from './context.js';
import type { Reply } from './reply.js';
import { Timer, type TimerOwner } from './timer.js';

export interface ReliableUser {
  /** Sends it for the first time through the INVITE's transaction; the bytes are what is repeated. */
  sendReliable(reply: Reply): Uint8Array;
  repeatReliable(bytes: Uint8Array): void;
  /** 64·T1 without a PRACK. */
  handleNoPrack(): void;
}

/** Responses that wait for the PRACK of an earlier one; no real callee has more to say. */
const maxWaiting = 16;

export class ReliableResponses implements TimerOwner {
  readonly #core: CoreContext;
  readonly #user: ReliableUser;
  readonly #cseq: number;
  readonly #timer: Timer;
  #rseq: number;
  #waiting: Reply[] = [];
  #current: { readonly bytes: Uint8Array; readonly hasBody: boolean } | undefined;
  #intervalMs = 0;
  #repeatAtMs = 0;
  #giveUpAtMs = 0;

  constructor(core: CoreContext, cseq: number, user: ReliableUser) {
    this.#core = core;
    this.#user = user;
    this.#cseq = cseq;
    this.#timer = new Timer(core.deadlines, this);
    // 3: chosen anywhere from 1 to 2^31 - 1; what is sent is one more.
    this.#rseq = core.config.ids.uint32() & 0x7fff_fffe;
  }

  /** True while a response with a body is unacknowledged, sent or not: a 2xx has to wait (3). */
  get holdsSuccess(): boolean {
    return this.#current?.hasBody === true || this.#waiting.some(({ body }) => body !== undefined);
  }

  /** Sends it now, or when the one before is acknowledged. Past a bound it is left out: the final response says more. */
  send(reply: Reply): void {
    if (!this.#current) this.#sendNow(reply);
    else if (this.#waiting.length < maxWaiting) this.#waiting.push(reply);
  }

  /** True when the PRACK is for the response that is unacknowledged. */
  acknowledge(rack: RAck): boolean {
    if (!this.#current || rack.rseq !== this.#rseq || rack.cseq !== this.#cseq || rack.method !== 'INVITE')
      return false;
    this.#current = undefined;
    this.#timer.clear();
    return true;
  }

  /** After {@link acknowledge} and its answer. */
  sendNext(): void {
    const next = this.#waiting.shift();
    if (next && !this.#current) this.#sendNow(next);
  }

  /** A final response goes out: nothing is repeated any more, but the last PRACK still belongs here (3). */
  stop(): void {
    this.#timer.clear();
    this.#waiting = [];
  }

  handleTimer(): void {
    const { nowMs } = this.#core;
    if (!this.#current) return;
    if (nowMs >= this.#giveUpAtMs) {
      this.#current = undefined;
      this.stop();
      this.#user.handleNoPrack();
      return;
    }
    // 3: the interval doubles with every repetition, without T2 for a limit.
    this.#intervalMs *= 2;
    this.#repeatAtMs = nowMs + this.#intervalMs;
    this.#timer.set(Math.min(this.#repeatAtMs, this.#giveUpAtMs));
    this.#user.repeatReliable(this.#current.bytes);
  }

  #sendNow(reply: Reply): void {
    const { nowMs, config } = this.#core;
    const headers = [
      ['Require', '100rel'] as const,
      ['RSeq', String(this.#rseq + 1)] as const,
      ...(reply.headers ?? []),
    ];
    const bytes = this.#user.sendReliable({ ...reply, headers });
    this.#rseq += 1;
    this.#current = { bytes, hasBody: reply.body !== undefined };
    this.#intervalMs = config.timers.t1Ms;
    this.#repeatAtMs = nowMs + this.#intervalMs;
    this.#giveUpAtMs = nowMs + patienceMs(config.timers);
    this.#timer.set(Math.min(this.#repeatAtMs, this.#giveUpAtMs));
  }
}
