/**
 * The stack with sockets and one timer around it: feeds it what arrives, and does what it puts out, in order. Runs on the event loop; the
 * one input and output of dialog-core. Owned by endpoint.ts.
 */
import { sipMessages } from '../base/diagnostics.js';
import { warnListener } from '../base/emitter.js';
import { SessionError, toSessionError } from '../base/errors.js';
import type { ResolvedConfig } from './config.js';
import type { StackOutput } from './core.js';
import { LoopWatch } from './loop-watch.js';
import type { ParseProblem } from './message/index.js';
import { runMiddleware } from './middleware.js';
import { redact } from './redact.js';
import { SipStack } from './stack.js';
import type { StackInput } from './stack-input.js';
import { DnsNames, plainNames } from './transport/dns.js';
import { NodeStreams } from './transport/streams.js';
import { Transport } from './transport/transport.js';
import { UdpNetwork } from './transport/udp.js';
import type { DialogCore, DialogCoreConfig, DialogCoreEvent, Flow, StreamNetwork, TlsCredentials } from './types.js';

export type EventHandler = (event: DialogCoreEvent) => void;

export class Shell {
  readonly #config: ResolvedConfig;
  readonly #transport: Transport;
  readonly #streams: StreamNetwork;
  readonly #loop: LoopWatch;
  #state: 'new' | 'starting' | 'open' | 'closed' = 'new';
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #draining = false;
  #drainQueued = false;
  #cancelTimer: (() => void) | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  readonly stack: SipStack;
  /** Who is told what happens. */
  handler: EventHandler = () => {};

  constructor(config: DialogCoreConfig, resolved: ResolvedConfig) {
    this.#config = resolved;
    const { clock, logger, limits, ids } = resolved;
    this.stack = new SipStack(resolved);
    this.#loop = new LoopWatch(
      clock,
      () => this.#transport.queueMs(),
      (lateMs) => this.#input({ type: 'loopDelay', lateMs }),
    );
    this.stack.door = (act) => this.verb(act);
    const datagrams = config.network ?? new UdpNetwork(clock, logger);
    const { tls = {}, websocket = {} } = config;
    const streams = config.streams ?? new NodeStreams(tls, { websocket, limits });
    this.#streams = streams;
    const dns = config.dns ?? {};
    const names = dns.names ?? (config.network ? plainNames(datagrams) : new DnsNames(datagrams, dns));
    const parts = { names, datagrams, streams, clock, logger, limits, ids };
    this.#transport = new Transport(parts, {
      onMessage: (data, flow, fault) => this.#receive(data, flow, fault),
      onConnectionLost: (connection, message) => this.#input({ type: 'connectionLost', connection, message }),
      onSocketError: (listener, message) => this.#deliver({ type: 'transportError', listener, message }),
      onSocketRestored: (listener) => this.#deliver({ type: 'transportRestored', listener }),
    });
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new SessionError('ERR_INVALID_STATE', 'a SIP endpoint is started once');
    this.#state = 'starting';
    this.#starting = this.#transport.bind(this.#config.listen);
    try {
      await this.#starting;
    } catch (error) {
      this.#state = 'closed';
      throw error;
    }
    if (this.#closing) throw new SessionError('ERR_CLOSED', 'the SIP endpoint was closed while it started');
    this.#state = 'open';
  }

  get listeners(): DialogCore['listeners'] {
    return this.#transport.listeners;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  reloadTls(credentials: TlsCredentials): void {
    if (!this.#streams.reload) throw new SessionError('ERR_CONFIG', 'the network given has no certificates');
    this.#streams.reload(credentials);
  }

  /** A verb of the user, now; what it causes is done when its caller has returned. Throws ERR_CLOSED, ERR_INVALID_STATE. */
  verb<T>(act: () => T): T {
    if (this.#state === 'closed') throw new SessionError('ERR_CLOSED', 'the SIP endpoint is closed');
    if (this.#state !== 'open') throw new SessionError('ERR_INVALID_STATE', 'the SIP endpoint is not started');
    try {
      return this.stack.at(this.#nowMs(), act);
    } finally {
      this.#queueDrain();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = 'closed';
    this.#cancelTimer?.();
    this.#loop.close();
    this.stack.close(this.#nowMs());
    this.#queueDrain();
    // What was asked for before, a BYE perhaps, still leaves: the drain comes first. Sockets that are being bound are waited for.
    await this.#starting?.catch(() => {});
    await this.#transport.close();
  }

  // --- in ---

  #nowMs(): number {
    return this.#config.clock.nowMs();
  }

  #receive(data: Uint8Array, flow: Flow, fault: ParseProblem | undefined): void {
    this.#loop.handleTraffic();
    if (sipMessages.hasSubscribers) this.#show('in', flow, data);
    this.#input({ type: 'datagram', data, flow, fault });
  }

  #show(direction: 'in' | 'out', { transport, local, remote, connection }: Flow, data: Uint8Array): void {
    const atMs = this.#config.clock.wallMs();
    sipMessages.publish({ direction, transport, local, remote, connection, data: redact(data), atMs });
  }

  #input(input: StackInput): void {
    if (this.#state === 'closed') return;
    this.stack.handle(input, this.#nowMs());
    this.#drain();
  }

  #handleTimer(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    this.stack.handleTimeout(this.#nowMs());
    this.#drain();
  }

  // --- out ---

  #queueDrain(): void {
    if (this.#draining || this.#drainQueued) return;
    this.#drainQueued = true;
    queueMicrotask(() => {
      this.#drainQueued = false;
      this.#drain();
    });
  }

  /** Does everything that is to be done, also what handlers of events add meanwhile; then sets the timer. */
  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (let output = this.stack.poll(); output; output = this.stack.poll()) this.#perform(output);
    this.#draining = false;
    this.#setTimer();
  }

  #perform(output: StackOutput): void {
    if (output.type === 'event') this.#deliver(output.event);
    else if (output.type === 'tell') this.#guard('a handler', output.tell);
    else if (output.type === 'send') this.#send(output);
    else if (output.type === 'intercept') void this.#intercept(output);
    else if (output.type === 'lookUp') void this.#lookUp(output);
    else this.#route(output);
  }

  #deliver(event: DialogCoreEvent): void {
    this.#guard(event.type, () => this.handler(event));
  }

  #guard(what: string, tell: () => void): void {
    try {
      tell();
    } catch (error) {
      warnListener(what, error);
    }
  }

  #send({ flow, data, transaction }: Extract<StackOutput, { type: 'send' }>): void {
    const onError = (error: Error): void => {
      this.#config.logger.debug({ err: error, remote: flow.remote }, 'a SIP datagram could not be sent');
      if (transaction) this.#input({ type: 'sendFailed', transaction, message: error.message });
    };
    if (sipMessages.hasSubscribers) this.#show('out', flow, data);
    try {
      this.#transport.send(flow, data, onError);
    } catch (error) {
      onError(toSessionError(error, 'ERR_TRANSPORT'));
    }
  }

  #route({ key, hop, listener, avoid }: Extract<StackOutput, { type: 'route' }>): void {
    this.#transport.route(hop, listener, avoid).then(
      (flow) => this.#input({ type: 'routed', key, flow }),
      (error: Error) => this.#input({ type: 'unroutable', key, message: error.message }),
    );
  }

  async #intercept({ key, request }: Extract<StackOutput, { type: 'intercept' }>): Promise<void> {
    const verdict = await runMiddleware(this.#config.middleware, request);
    this.#input({ type: 'intercepted', key, verdict });
  }

  /** The caller's code: whatever it throws stays here, and no password is logged. */
  async #lookUp({ key, username, realm, algorithm }: Extract<StackOutput, { type: 'lookUp' }>): Promise<void> {
    try {
      const secret = await this.#config.authentication?.authenticate(username, realm, algorithm);
      this.#input({ type: 'user', key, secret });
    } catch (error) {
      this.#config.logger.error({ err: error, username }, 'a user could not be looked up');
      this.#input({ type: 'userUnknowable', key });
    }
  }

  /** One timer for everything, set for the earliest deadline. It may fire early after that one was removed, and finds nothing due. */
  #setTimer(): void {
    const nextMs = this.stack.nextTimeout() ?? Number.POSITIVE_INFINITY;
    if (this.#state === 'closed' || nextMs >= this.#timerAtMs) return;
    this.#cancelTimer?.();
    this.#timerAtMs = nextMs;
    this.#cancelTimer = this.#config.clock.after(nextMs - this.#nowMs(), () => this.#handleTimer());
  }
}
