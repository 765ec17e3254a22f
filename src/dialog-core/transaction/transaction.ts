/**
 * One transaction as data. No methods, closures, parsed messages or timer objects: it lingers for up to 32 s after its call is over, and
 * a busy server holds a hundred thousand of them (≤ 1 kB each). Made and changed by layer.ts only.
 */
import type { SipRequest, SipResponse } from '../message/index.js';
import type { Flow } from '../types.js';
import type { Machine, RetransmitTimer, TransactionState } from './transitions.js';

export type NoResponseCause = 'timeout' | 'transport';

/** What a client transaction tells. */
export interface ClientUser {
  handleResponse(response: SipResponse): void;
  /** No final response came: timer B or F, or the request could not be sent. */
  handleNoResponse(cause: NoResponseCause, message: string): void;
}

/** What an INVITE server transaction tells while it has no final response. */
export interface ServerUser {
  handleCancel(request: SipRequest): void;
  /** A response could not be sent; the transaction is gone. */
  handleSendFailure(message: string): void;
  /** Tag of the responses, which that of the CANCEL repeats (RFC 3261 9.2). */
  readonly localTag: string;
}

export class Transaction {
  readonly machine: Machine;
  readonly key: string;
  /** Under which merged requests are recognised; only of INVITEs outside a dialog. */
  readonly mergeKey: string | undefined;
  readonly flow: Flow;
  client: ClientUser | undefined;
  server: ServerUser | undefined;
  state: TransactionState = 'initial';
  /** What would be sent again: the request, its ACK, or the last response. */
  bytes: Uint8Array | undefined = undefined;
  retransmitTimer: RetransmitTimer = 'A';
  intervalMs = 0;
  retransmitAtMs = Number.POSITIVE_INFINITY;
  expiresAtMs = Number.POSITIVE_INFINITY;

  constructor(machine: Machine, key: string, flow: Flow, mergeKey?: string) {
    this.machine = machine;
    this.key = key;
    this.flow = flow;
    this.mergeKey = mergeKey;
  }
}
