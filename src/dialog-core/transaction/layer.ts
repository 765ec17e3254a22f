/**
 * The transaction layer (RFC 3261 17): the shell around the four tables. It owns the map of live transactions, keeps their deadlines in
 * the table that the whole core shares, sends and repeats bytes, and tells the users. Sans-IO: time comes with each call, datagrams go
 * to the sink. Called by stack.ts and the dialog layer.
 */
import { invariant } from '../../base/assert.js';
import type { DeadlineTable } from '../../base/clock.js';
import { sipTransactions } from '../../base/diagnostics.js';
import type { SipRequest, SipResponse } from '../message/index.js';
import type { Flow, TimerConfig } from '../types.js';
import { clientInvite } from './client-invite.js';
import { clientNonInvite } from './client-non-invite.js';
import { ackForFailure } from './derived.js';
import { clientKey, detached, mergeKey, responseKey, serverKey } from './matching.js';
import { serverInvite } from './server-invite.js';
import { serverNonInvite } from './server-non-invite.js';
import { expiryMs, firstIntervalMs, nextIntervalMs } from './timers.js';
import { type ClientUser, type ServerUser, Transaction } from './transaction.js';
import type { TransactionAction, TransactionInput, Transition } from './transitions.js';

/** What the layer needs of the stack. */
export interface TransactionHost {
  readonly nowMs: number;
  readonly timers: TimerConfig;
  readonly deadlines: Pick<DeadlineTable<Transaction>, 'set' | 'delete'>;
  readonly counters: { retransmissionsIn: number; retransmissionsOut: number };
  send(flow: Flow, data: Uint8Array, transaction: Transaction | undefined): void;
}

/** What an input brought along. */
interface Detail {
  readonly response?: SipResponse;
  readonly message?: string;
}

const nothing: Detail = {};

export class TransactionLayer {
  readonly #host: TransactionHost;
  readonly #live = new Map<string, Transaction>();
  readonly #merge = new Map<string, Transaction>();
  /** Client transactions by the connection that they went out on. */
  readonly #byConnection = new Map<number, Set<Transaction>>();

  constructor(host: TransactionHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#live.size;
  }

  /** Starts a client transaction that sends `bytes`; they carry `branch` in their top Via. */
  request(method: string, branch: string, bytes: Uint8Array, flow: Flow, user: ClientUser): Transaction {
    const machine = method === 'INVITE' ? clientInvite : clientNonInvite;
    const transaction = new Transaction(machine, clientKey(branch, method), flow);
    invariant(!this.#live.has(transaction.key), 'a branch is used once');
    transaction.client = user;
    transaction.bytes = bytes;
    this.#live.set(transaction.key, transaction);
    if (sipTransactions.hasSubscribers) show(transaction, 'started', 'client');
    if (flow.connection !== undefined) this.#tie(transaction, flow.connection);
    this.#input(transaction, 'start');
    return transaction;
  }

  /** Starts a server transaction for a request that {@link takeRequest} did not take. `flow` is the way of its responses. */
  serve(request: SipRequest, flow: Flow, user?: ServerUser): Transaction {
    const isInvite = request.method === 'INVITE';
    const merge = isInvite && request.toTag === undefined ? detached(mergeKey(request)) : undefined;
    const key = detached(serverKey(request, request.method));
    const transaction = new Transaction(isInvite ? serverInvite : serverNonInvite, key, flow, merge);
    transaction.server = user;
    this.#live.set(key, transaction);
    if (sipTransactions.hasSubscribers) show(transaction, 'started', 'server');
    if (merge !== undefined) this.#merge.set(merge, transaction);
    this.#input(transaction, 'start');
    return transaction;
  }

  /** Sends a response of a server transaction. */
  respond(transaction: Transaction, status: number, bytes: Uint8Array): void {
    transaction.bytes = bytes;
    this.#input(transaction, classOf(status));
  }

  /** Gives a received request to the transaction it belongs to; false when there is none, or when it is an ACK for a 2xx. */
  takeRequest(request: SipRequest): boolean {
    const isAck = request.method === 'ACK';
    const transaction = this.#live.get(serverKey(request, isAck ? 'INVITE' : request.method));
    if (!transaction) return false;
    if (isAck) {
      // Clients of RFC 2543 and some since send the ACK for a 2xx with the branch of the INVITE: it belongs to the dialog.
      if (transaction.state === 'accepted') return false;
      this.#input(transaction, 'ack');
      return true;
    }
    this.#host.counters.retransmissionsIn += 1;
    this.#input(transaction, 'request');
    return true;
  }

  /** The INVITE server transaction that a CANCEL means (RFC 3261 9.2). */
  cancelled(cancel: SipRequest): Transaction | undefined {
    return this.#live.get(serverKey(cancel, 'INVITE'));
  }

  /** True when the request came by another way before and that transaction lives (RFC 3261 8.2.2.2). */
  isMerged(request: SipRequest): boolean {
    return this.#merge.has(mergeKey(request));
  }

  /** Gives a received response to its transaction; false when there is none. */
  takeResponse(response: SipResponse): boolean {
    const transaction = this.#live.get(responseKey(response));
    // RFC 3261 8.1.3.3: with more than one Via it was not meant for us.
    if (!transaction || response.headerValues('via').length !== 1) return false;
    const input = classOf(response.status);
    const repeated =
      input === 'provisional' ? false : transaction.state === 'accepted' || transaction.state === 'completed';
    if (repeated) this.#host.counters.retransmissionsIn += 1;
    this.#input(transaction, input, { response });
    return true;
  }

  /** The system refused a datagram of this transaction. */
  handleSendFailure(transaction: Transaction, message: string): void {
    this.#input(transaction, 'transportError', { message });
  }

  /** A connection is gone, and with it the answers to what was sent on it (RFC 3261 18.4). */
  handleConnectionLost(connection: number, message: string): void {
    const tied = this.#byConnection.get(connection);
    this.#byConnection.delete(connection);
    for (const transaction of tied ?? []) this.#input(transaction, 'transportError', { message });
  }

  /** A deadline of this transaction has passed. */
  handleDue(transaction: Transaction): void {
    if (transaction.expiresAtMs <= this.#host.nowMs) this.#input(transaction, 'expired');
    else this.#input(transaction, 'retransmitDue');
  }

  /** Every live transaction. */
  live(): IterableIterator<Transaction> {
    return this.#live.values();
  }

  /** Destroys a transaction without telling anybody. */
  abandon(transaction: Transaction): void {
    transaction.state = 'terminated';
    this.#remove(transaction);
  }

  clear(): void {
    for (const transaction of this.live()) {
      transaction.state = 'terminated';
      this.#host.deadlines.delete(transaction);
    }
    this.#live.clear();
    this.#merge.clear();
    this.#byConnection.clear();
  }

  #input(transaction: Transaction, input: TransactionInput, detail: Detail = nothing): void {
    const transition = transaction.machine.table[transaction.state]?.[input];
    if (!transition) return;
    transaction.state = transition.to;
    this.#setTimers(transaction, input, transition);
    if (transition.to === 'terminated') this.#remove(transaction);
    for (const action of transition.actions) this.#act(transaction, action, detail);
  }

  #setTimers(transaction: Transaction, input: TransactionInput, { retransmit, expiry }: Transition): void {
    const { nowMs, timers } = this.#host;
    const reliable = transaction.flow.transport !== 'udp';
    // RFC 3261 17.1.1.2, 17.1.2.2, 17.2.1: what is sent over a reliable transport is not sent again.
    if (retransmit === 'off' || (retransmit !== undefined && reliable)) {
      transaction.retransmitAtMs = Number.POSITIVE_INFINITY;
    } else if (retransmit !== undefined) {
      transaction.retransmitTimer = retransmit;
      transaction.intervalMs = firstIntervalMs(retransmit, timers);
      transaction.retransmitAtMs = nowMs + transaction.intervalMs;
    } else if (input === 'retransmitDue') {
      transaction.intervalMs = nextIntervalMs(transaction.retransmitTimer, transaction.intervalMs, timers);
      transaction.retransmitAtMs = nowMs + transaction.intervalMs;
    } else if (expiry === undefined) {
      return;
    }
    if (expiry === 'off') transaction.expiresAtMs = Number.POSITIVE_INFINITY;
    else if (expiry !== undefined) transaction.expiresAtMs = nowMs + expiryMs(expiry, timers, reliable);
    const atMs = Math.min(transaction.retransmitAtMs, transaction.expiresAtMs);
    if (atMs === Number.POSITIVE_INFINITY) this.#host.deadlines.delete(transaction);
    else this.#host.deadlines.set(transaction, atMs);
  }

  #act(transaction: Transaction, action: TransactionAction, { response, message }: Detail): void {
    const { client, server } = transaction;
    switch (action) {
      case 'send':
        this.#send(transaction);
        return;
      case 'repeat':
        // A repeated INVITE may come before the first response was made.
        if (transaction.bytes) this.#host.counters.retransmissionsOut += 1;
        this.#send(transaction);
        return;
      case 'acknowledge':
        if (response && transaction.bytes) transaction.bytes = ackForFailure(transaction.bytes, response);
        this.#send(transaction);
        return;
      case 'pass':
        if (response) client?.handleResponse(response);
        return;
      case 'tellTimeout':
        client?.handleNoResponse('timeout', 'no response came in time');
        return;
      case 'tellTransportError':
        client?.handleNoResponse('transport', message ?? 'the request could not be sent');
        server?.handleSendFailure(message ?? 'the response could not be sent');
        return;
      case 'release':
        transaction.client = undefined;
        transaction.server = undefined;
        return;
      case 'forget':
        transaction.bytes = undefined;
        return;
    }
  }

  #send(transaction: Transaction): void {
    if (transaction.bytes) this.#host.send(transaction.flow, transaction.bytes, transaction);
  }

  #tie(transaction: Transaction, connection: number): void {
    const tied = this.#byConnection.get(connection);
    if (tied) tied.add(transaction);
    else this.#byConnection.set(connection, new Set([transaction]));
  }

  #untie(transaction: Transaction, connection: number): void {
    const tied = this.#byConnection.get(connection);
    if (tied?.delete(transaction) && tied.size === 0) this.#byConnection.delete(connection);
  }

  #remove(transaction: Transaction): void {
    this.#live.delete(transaction.key);
    if (sipTransactions.hasSubscribers) {
      const isServer = transaction.machine === serverInvite || transaction.machine === serverNonInvite;
      show(transaction, 'ended', isServer ? 'server' : 'client');
    }
    const { connection } = transaction.flow;
    if (connection !== undefined) this.#untie(transaction, connection);
    if (transaction.mergeKey !== undefined && this.#merge.get(transaction.mergeKey) === transaction) {
      this.#merge.delete(transaction.mergeKey);
    }
    this.#host.deadlines.delete(transaction);
  }
}

function show({ key, flow }: Transaction, state: 'started' | 'ended', side: 'client' | 'server'): void {
  sipTransactions.publish({ state, side, key, transport: flow.transport });
}

function classOf(status: number): 'provisional' | 'success' | 'failure' {
  if (status < 200) return 'provisional';
  return status < 300 ? 'success' : 'failure';
}
