/**
 * The state that all parts of the stack share: configuration, time of the input at hand, deadlines, transactions, dialogs, counters, and
 * the queue of what is to be done. The dialog layer sees it as CoreContext, the transaction layer as TransactionHost; owned by stack.ts.
 */
import { DeadlineTable } from '../base/clock.js';
import type { ResolvedConfig } from './config.js';
import type { CoreContext, RouteDone } from './dialog/context.js';
import type { Hop } from './dialog/hop.js';
import { ServedMethods } from './dialog/methods.js';
import { DialogStore } from './dialog/store.js';
import type { Timer } from './dialog/timer.js';
import { uriEquals } from './message/index.js';
import { Registrar } from './registrar.js';
import { type TransactionHost, TransactionLayer } from './transaction/layer.js';
import type { Transaction } from './transaction/transaction.js';
import type { DialogCoreEvent, Flow, OfferedAlgorithm, SipRequest, SipUri } from './types.js';

/** What the shell is to do. */
export type StackOutput =
  | {
      readonly type: 'send';
      readonly flow: Flow;
      readonly data: Uint8Array;
      readonly transaction: Transaction | undefined;
    }
  /** Find the flow to a host, from that listener if it serves; 'routed' or 'unroutable' with the same key is owed. */
  | {
      readonly type: 'route';
      readonly key: string;
      readonly hop: Hop;
      readonly listener: number | undefined;
      readonly avoid: readonly string[];
    }
  /** Run the user's middleware; 'intercepted' with the same key is owed. */
  | { readonly type: 'intercept'; readonly key: string; readonly request: SipRequest }
  /** Find a user; 'user' or 'userUnknowable' with the same key is owed. */
  | ({ readonly type: 'lookUp' } & UserQuestion)
  /** Tell one who asked for it, in order with the events. */
  | { readonly type: 'tell'; readonly tell: () => void }
  | { readonly type: 'event'; readonly event: DialogCoreEvent };

export interface UserQuestion {
  readonly key: string;
  readonly username: string;
  readonly realm: string;
  readonly algorithm: OfferedAlgorithm;
}

export class Core implements CoreContext, TransactionHost {
  readonly config: ResolvedConfig;
  readonly deadlines = new DeadlineTable<Transaction | Timer>();
  readonly transactions: TransactionLayer;
  readonly store = new DialogStore();
  readonly methods = new ServedMethods();
  readonly counters = {
    received: 0,
    sent: 0,
    malformed: 0,
    retransmissionsIn: 0,
    retransmissionsOut: 0,
    refused: 0,
    unmatched: 0,
    middlewareErrors: 0,
  };
  readonly registrar: Registrar | undefined;
  /** By registration of ours, what the registrar made of the contact (RFC 5627). */
  readonly gruus = new Map<object, { readonly uri: SipUri; readonly gruu: string }>();
  pendingInvites = 0;
  nowMs = 0;
  #out: StackOutput[] = [];
  #next = 0;
  readonly #routes = new Map<string, RouteDone[]>();
  /** What users do at any time through objects that they were given passes here: the shell sets the time, and sees to what it causes. */
  door: <T>(act: () => T) => T = (act) => act();

  constructor(config: ResolvedConfig) {
    this.config = config;
    this.transactions = new TransactionLayer(this);
    this.registrar = config.registrar && new Registrar(config.registrar);
  }

  get timers(): ResolvedConfig['timers'] {
    return this.config.timers;
  }

  emit(event: DialogCoreEvent): void {
    this.#put({ type: 'event', event });
  }

  send(flow: Flow, data: Uint8Array, transaction?: Transaction): void {
    this.counters.sent += 1;
    this.#put({ type: 'send', flow, data, transaction });
  }

  tell(tell: () => void): void {
    this.#put({ type: 'tell', tell });
  }

  intercept(key: string, request: SipRequest): void {
    this.#put({ type: 'intercept', key, request });
  }

  lookUp(question: UserQuestion): void {
    this.#put({ type: 'lookUp', ...question });
  }

  flowTo(uri: SipUri): Flow | undefined {
    return this.registrar?.flowTo(uri, this.nowMs);
  }

  pathTo(uri: SipUri): readonly string[] {
    return this.registrar?.pathTo(uri, this.nowMs) ?? [];
  }

  gruuOf(contact: SipUri): string | undefined {
    for (const { uri, gruu } of this.gruus.values()) if (uriEquals(uri, contact)) return gruu;
    return undefined;
  }

  route(hop: Hop, listener: number | undefined, done: RouteDone, avoid: readonly string[] = []): void {
    const { flow } = hop;
    if (flow) {
      this.tell(() => done(flow, ''));
      return;
    }
    const { transport, host, port, serverName, search } = hop;
    const open = search ? `${search.transport} ${search.secure}` : '';
    const key = [transport, host, port, serverName, listener, open, ...avoid].join(' ');
    const waiting = this.#routes.get(key);
    if (waiting) {
      waiting.push(done);
      return;
    }
    this.#routes.set(key, [done]);
    this.#put({ type: 'route', key, hop, listener, avoid });
  }

  answerRoute(key: string, flow: Flow | undefined, problem: string): void {
    const waiting = this.#routes.get(key) ?? [];
    this.#routes.delete(key);
    for (const done of waiting) done(flow, problem);
  }

  poll(): StackOutput | undefined {
    const output = this.#out[this.#next];
    if (output) {
      this.#next += 1;
    } else if (this.#next > 0) {
      this.#out = [];
      this.#next = 0;
    }
    return output;
  }

  close(): void {
    for (const usage of this.store.allUsages()) usage.abandon();
    this.#routes.clear();
    this.transactions.clear();
    this.store.clear();
    this.deadlines.clear();
    this.pendingInvites = 0;
  }

  #put(output: StackOutput): void {
    this.#out.push(output);
  }
}
