/**
 * The sans-IO stack, or its transaction layer alone, with time turned by hand: what goes in is given, what comes out is kept with its
 * moment. No network, no promises.
 */
import { DeadlineTable } from '../../src/base/clock.js';
import { seededIds } from '../../src/base/ids.js';
import { resolveConfig } from '../../src/dialog-core/config.js';
import type { UserQuestion } from '../../src/dialog-core/core.js';
import type { Hop } from '../../src/dialog-core/dialog/hop.js';
import type { InviteUsage } from '../../src/dialog-core/dialog/invite-usage.js';
import {
  type DialogCoreConfig,
  type DialogCoreEvent,
  defaultTimers,
  parseMessage,
} from '../../src/dialog-core/index.js';
import { type Middleware, runMiddleware } from '../../src/dialog-core/middleware.js';
import { SipStack } from '../../src/dialog-core/stack.js';
import { TransactionLayer } from '../../src/dialog-core/transaction/layer.js';
import type { ClientUser, ServerUser, Transaction } from '../../src/dialog-core/transaction/transaction.js';
import type {
  Flow,
  InviteParams,
  SipRequest,
  SipResponse,
  SocketAddress,
  UsageId,
  UserSecret,
} from '../../src/dialog-core/types.js';
import { startLine, summary } from './sip-text.js';

export const peer: SocketAddress = { address: '10.0.0.9', port: 5060 };
export const flow: Flow = { transport: 'udp', listener: 0, local: { address: '10.0.0.1', port: 5060 }, remote: peer };

export interface Sent {
  readonly atMs: number;
  readonly what: string;
  readonly text: string;
  readonly remote: SocketAddress;
}

export class StackHarness {
  readonly stack: SipStack;
  nowMs = 0;
  readonly sent: Sent[] = [];
  readonly events: { readonly atMs: number; readonly event: DialogCoreEvent }[] = [];
  readonly routes: { readonly key: string; readonly hop: Hop }[] = [];
  readonly lookUps: UserQuestion[] = [];
  /** Answers questions for routes at once; a test may take over. */
  autoRoute = true;
  #transactions: (Transaction | undefined)[] = [];
  readonly #middleware: readonly Middleware[];

  constructor(config: Partial<DialogCoreConfig> = {}) {
    const listen = [{ transport: 'udp', address: '10.0.0.1', port: 5060 }] as const;
    this.#middleware = config.middleware ?? [];
    this.stack = new SipStack(resolveConfig({ listen, userAgent: '', ids: seededIds(7), ...config }));
    this.stack.door = (act) => this.now(act);
  }

  /** A datagram of the peer arrives. */
  receive(data: Uint8Array, remote: SocketAddress = peer): void {
    this.stack.handle({ type: 'datagram', data, flow: { ...flow, remote } }, this.nowMs);
    this.#collect();
  }

  /** The system refuses the datagram that was sent last. */
  failLastSend(message = 'send EMSGSIZE'): void {
    const transaction = this.#transactions.at(-1);
    if (transaction) this.stack.handle({ type: 'sendFailed', transaction, message }, this.nowMs);
    this.#collect();
  }

  /** Does `act` at this moment, and collects what it causes. */
  now<T>(act: () => T): T {
    const result = this.stack.at(this.nowMs, act);
    this.#collect();
    return result;
  }

  answerRoute(key: string, remote: SocketAddress | undefined): void {
    if (remote) this.stack.handle({ type: 'routed', key, flow: { ...flow, remote } }, this.nowMs);
    else this.stack.handle({ type: 'unroutable', key, message: 'no such host' }, this.nowMs);
    this.#collect();
  }

  invite(params: InviteParams): UsageId {
    const usage = this.stack.invite(params, this.nowMs);
    this.#collect();
    return usage;
  }

  /** The shell found a user; undefined: nobody; 'error': it could not look. */
  answerLookUp(key: string, secret: UserSecret | undefined | 'error'): void {
    if (secret === 'error') this.stack.handle({ type: 'userUnknowable', key }, this.nowMs);
    else this.stack.handle({ type: 'user', key, secret }, this.nowMs);
    this.#collect();
  }

  do(usage: UsageId, act: (usage: InviteUsage) => void): void {
    act(this.stack.usage(usage, this.nowMs));
    this.#collect();
  }

  /** Lets time pass up to and including `atMs`, deadline by deadline. */
  runTo(atMs: number): void {
    for (let next = this.stack.nextTimeout(); next !== undefined && next <= atMs; next = this.stack.nextTimeout()) {
      this.nowMs = Math.max(this.nowMs, next);
      this.stack.handleTimeout(this.nowMs);
      this.#collect();
    }
    this.nowMs = atMs;
  }

  run(ms: number): void {
    this.runTo(this.nowMs + ms);
  }

  /** Moments at which something like `what` was sent: 'INVITE', '200 INVITE'. */
  times(what: string): number[] {
    return this.sent.filter((each) => each.what === what).map(({ atMs }) => atMs);
  }

  /** The last message sent like `what`. */
  last(what: string): string {
    const found = this.sent.filter((each) => each.what === what).at(-1);
    if (!found) throw new Error(`no ${what} was sent, but ${this.sent.map((each) => each.what).join(', ')}`);
    return found.text;
  }

  /** Start lines sent, in order. */
  get lines(): string[] {
    return this.sent.map(({ text }) => startLine(text));
  }

  get eventTypes(): string[] {
    return this.events.map(({ event }) => event.type);
  }

  lastEvent<T extends DialogCoreEvent['type']>(type: T): Extract<DialogCoreEvent, { type: T }> {
    const found = this.events.map(({ event }) => event).filter((event) => event.type === type);
    const last = found.at(-1);
    if (!last) throw new Error(`no ${type} event, but ${this.eventTypes.join(', ')}`);
    return last as Extract<DialogCoreEvent, { type: T }>;
  }

  #collect(): void {
    for (let output = this.stack.poll(); output; output = this.stack.poll()) {
      if (output.type === 'event') {
        this.events.push({ atMs: this.nowMs, event: output.event });
      } else if (output.type === 'send') {
        const { data, flow: to, transaction } = output;
        const text = Buffer.from(data).toString();
        this.sent.push({ atMs: this.nowMs, what: summary(data), text, remote: to.remote });
        this.#transactions.push(transaction);
      } else if (output.type === 'tell') {
        output.tell();
      } else if (output.type === 'lookUp') {
        this.lookUps.push(output);
      } else if (output.type === 'intercept') {
        void runMiddleware(this.#middleware, output.request).then((verdict) => {
          this.stack.handle({ type: 'intercepted', key: output.key, verdict }, this.nowMs);
          this.#collect();
        });
      } else {
        const { key, hop } = output;
        this.routes.push({ key, hop });
        if (this.autoRoute) {
          const remote = { address: /^[\d.]+$|:/.test(hop.host) ? hop.host : peer.address, port: hop.port };
          this.stack.handle({ type: 'routed', key, flow: { ...flow, remote } }, this.nowMs);
        }
      }
    }
  }
}

/** The transaction layer alone. */
export class LayerHarness implements ClientUser, ServerUser {
  nowMs = 0;
  readonly timers = defaultTimers;
  readonly deadlines = new DeadlineTable<Transaction>();
  readonly counters = { retransmissionsIn: 0, retransmissionsOut: 0 };
  readonly layer = new TransactionLayer(this);
  readonly localTag = 'server';
  readonly sent: { readonly atMs: number; readonly what: string; readonly text: string }[] = [];
  /** What the user was told: a status, 'timeout', 'transport', 'cancel', 'unsendable'. */
  readonly told: { readonly atMs: number; readonly what: string }[] = [];

  send(_flow: Flow, data: Uint8Array): void {
    this.sent.push({ atMs: this.nowMs, what: summary(data), text: Buffer.from(data).toString() });
  }

  handleResponse(response: SipResponse): void {
    this.#tell(String(response.status));
  }

  handleNoResponse(cause: string): void {
    this.#tell(cause);
  }

  handleCancel(): void {
    this.#tell('cancel');
  }

  handleSendFailure(): void {
    this.#tell('unsendable');
  }

  runTo(atMs: number): void {
    for (let next = this.deadlines.nextMs(); next !== undefined && next <= atMs; next = this.deadlines.nextMs()) {
      this.nowMs = next;
      const due = this.deadlines.popDue(next);
      if (due) this.layer.handleDue(due);
    }
    this.nowMs = atMs;
  }

  takeResponse(data: Uint8Array): boolean {
    return this.layer.takeResponse(parse(data, 'response'));
  }

  takeRequest(data: Uint8Array): boolean {
    return this.layer.takeRequest(parse(data, 'request'));
  }

  times(what: string): number[] {
    return this.sent.filter((each) => each.what === what).map(({ atMs }) => atMs);
  }

  #tell(what: string): void {
    this.told.push({ atMs: this.nowMs, what });
  }
}

export function parse(data: Uint8Array, kind: 'request'): SipRequest;
export function parse(data: Uint8Array, kind: 'response'): SipResponse;
export function parse(data: Uint8Array, kind: 'request' | 'response'): SipRequest | SipResponse {
  const parsed = parseMessage(data);
  if (!parsed.ok) throw new Error(`${parsed.error.code}: ${Buffer.from(data).toString()}`);
  if (parsed.message.kind !== kind) throw new Error(`not a ${kind}`);
  return parsed.message;
}
