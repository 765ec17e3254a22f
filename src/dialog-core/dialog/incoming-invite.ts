/**
 * One INVITE of the peer on its way to a final response and its ACK, the first of a call or a later one: 100 at once, provisional
 * responses kept fresh (RFC 3261 13.3.1.1), 2xx repeated until the ACK (13.3.1.4), CANCEL answered with 487 (9.2). What it all means
 * is for its user: invite-uas.ts or reinvite.ts.
 */
import type { HeaderList, SipRequest } from '../message/index.js';
import { firstIntervalMs, nextIntervalMs, patienceMs } from '../transaction/timers.js';
import type { ServerUser, Transaction } from '../transaction/transaction.js';
import type { Flow } from '../types.js';
import { type CoreContext, serverName } from './context.js';
import { printReply, type Reply, replyFlow, replyHead } from './reply.js';
import { Timer, type TimerOwner } from './timer.js';

export interface IncomingInviteUser {
  /** The first ACK for our 2xx. */
  handleAck(request: SipRequest): void;
  /** No ACK came within 64·T1. */
  handleNoAck(): void;
  /** The peer cancelled; 487 has been sent. */
  handleCancelled(request: SipRequest): void;
  /** A provisional response could not be sent; the peer can hear nothing of this INVITE any more. */
  handleSendFailure(message: string): void;
  /** A minute has passed since the last provisional response (13.3.1.1). */
  handleStale(): void;
}

const refreshMs = 60_000;

export class IncomingInvite implements ServerUser, TimerOwner {
  readonly localTag: string;
  readonly cseq: number;
  readonly #core: CoreContext;
  readonly #user: IncomingInviteUser;
  readonly #transaction: Transaction;
  readonly #timer: Timer;
  #head: HeaderList;
  #state: 'pending' | 'accepted' | 'over' = 'pending';
  #success: Uint8Array | undefined;
  #intervalMs = 0;
  #repeatAtMs = 0;
  #giveUpAtMs = 0;

  constructor(core: CoreContext, request: SipRequest, flow: Flow, localTag: string, user: IncomingInviteUser) {
    this.#core = core;
    this.#user = user;
    this.localTag = localTag;
    this.cseq = request.cseq.number;
    this.#timer = new Timer(core.deadlines, this);
    this.#head = replyHead(request, flow.remote, localTag);
    this.#transaction = core.transactions.serve(request, replyFlow(request, flow), this);
    core.pendingInvites += 1;
    const timestamp = request.header('timestamp');
    // RFC 3261 8.2.6.1: a Timestamp is repeated in the 100, whose delay is nothing worth adding.
    const headers: HeaderList = timestamp === undefined ? [] : [['Timestamp', timestamp]];
    core.transactions.respond(this.#transaction, 100, printReply(this.#head, { status: 100, headers }));
    this.#timer.set(core.nowMs + refreshMs);
  }

  /** True while there is no final response. */
  get pending(): boolean {
    return this.#state === 'pending';
  }

  /** True from our 2xx until its ACK. */
  get awaitingAck(): boolean {
    return this.#state === 'accepted';
  }

  /** Prints the response first, so that a header which cannot be printed changes nothing. */
  provisional(reply: Reply): Uint8Array {
    const bytes = this.#print(reply);
    this.#core.transactions.respond(this.#transaction, reply.status, bytes);
    this.#timer.set(this.#core.nowMs + refreshMs);
    return bytes;
  }

  /** Sends a provisional response again, as it was. */
  repeat(bytes: Uint8Array): void {
    this.#core.send(this.#transaction.flow, bytes);
  }

  accept(reply: Reply): void {
    const bytes = this.#print(reply);
    const { nowMs, config } = this.#core;
    this.#settle('accepted');
    this.#success = bytes;
    this.#intervalMs = firstIntervalMs('G', config.timers);
    this.#repeatAtMs = nowMs + this.#intervalMs;
    this.#giveUpAtMs = nowMs + patienceMs(config.timers);
    this.#timer.set(Math.min(this.#repeatAtMs, this.#giveUpAtMs));
    this.#core.transactions.respond(this.#transaction, reply.status, bytes);
  }

  reject(reply: Reply): void {
    const bytes = this.#print(reply);
    this.#settle('over');
    this.#core.transactions.respond(this.#transaction, reply.status, bytes);
  }

  /** Lets go of it: 487 while it has no final response (15.1.2), no more repetitions of a 2xx. */
  drop(): void {
    if (this.#state === 'pending') this.reject({ status: 487 });
    this.#state = 'over';
    this.#success = undefined;
    this.#timer.clear();
  }

  /** The core closes: nothing is sent any more. */
  abandon(): void {
    if (this.#state === 'pending') this.#settle('over');
    this.drop();
  }

  /** True when the ACK was for this INVITE. */
  takeAck(request: SipRequest): boolean {
    if (request.cseq.number !== this.cseq || this.#state !== 'accepted') return false;
    this.#state = 'over';
    this.#success = undefined;
    this.#timer.clear();
    this.#user.handleAck(request);
    return true;
  }

  handleCancel(request: SipRequest): void {
    if (this.#state !== 'pending') return;
    this.reject({ status: 487 });
    this.#user.handleCancelled(request);
  }

  handleSendFailure(message: string): void {
    if (this.#state !== 'pending') return;
    this.#settle('over');
    this.#user.handleSendFailure(message);
  }

  handleTimer(): void {
    const { nowMs } = this.#core;
    if (this.#state === 'pending') {
      this.#user.handleStale();
    } else if (nowMs < this.#giveUpAtMs) {
      this.#repeatSuccess();
    } else {
      this.#state = 'over';
      this.#success = undefined;
      this.#user.handleNoAck();
    }
  }

  /** Sends the last provisional response once more. */
  refresh(): void {
    const last = this.#transaction.bytes;
    if (last) this.#core.transactions.respond(this.#transaction, 180, last);
    this.#timer.set(this.#core.nowMs + refreshMs);
  }

  #repeatSuccess(): void {
    const { nowMs, config, counters } = this.#core;
    this.#intervalMs = nextIntervalMs('G', this.#intervalMs, config.timers);
    this.#repeatAtMs = nowMs + this.#intervalMs;
    this.#timer.set(Math.min(this.#repeatAtMs, this.#giveUpAtMs));
    if (!this.#success) return;
    counters.retransmissionsOut += 1;
    this.#core.send(this.#transaction.flow, this.#success);
  }

  /** There is a final response: what was needed for making it goes. */
  #settle(state: 'accepted' | 'over'): void {
    this.#state = state;
    this.#head = [];
    this.#core.pendingInvites -= 1;
    this.#timer.clear();
  }

  #print(reply: Reply): Buffer {
    return printReply([...this.#head, ...serverName(this.#core)], reply);
  }
}
