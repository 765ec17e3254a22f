/**
 * The connections of an endpoint, TCP, TLS and WebSocket: those that peers opened and those that we did. Finds the one that a flow means, opens one
 * where there is none (RFC 3261 18.1.1, 18.2.2), keeps the bounds on their number and time. Called by transport.ts; sockets come from a
 * StreamNetwork.
 */
import { type CancelTimer, type Clock, DeadlineTable } from '../../base/clock.js';
import { SessionError } from '../../base/errors.js';
import type { IdSource } from '../../base/ids.js';
import type { Logger } from '../../base/logger.js';
import type { ParseProblem } from '../message/index.js';
import type {
  CoreLimits,
  Flow,
  ListenAddress,
  SocketAddress,
  StreamListener,
  StreamNetwork,
  StreamSocket,
  StreamTransport,
} from '../types.js';
import { Connection, type ConnectionOwner } from './connection.js';

export interface ConnectionHandlers {
  onMessage(data: Uint8Array, flow: Flow, fault: ParseProblem | undefined): void;
  onConnectionLost(connection: number, message: string): void;
  onListenerError(listener: number, message: string): void;
}

/** The listener that a connection belongs to: peers of ours are told its port. */
export interface StreamOrigin {
  readonly index: number;
  readonly transport: StreamTransport;
  readonly local: SocketAddress;
  /** Address to connect from; undefined on a wildcard. */
  readonly from: string | undefined;
  /** {@link Flow.host}; then no port of ours is told to peers. */
  readonly host?: string | undefined;
}

/** Messages that may wait for connections to be made, all together. */
const maxWaiting = 4096;
/** Dead connections that one stands in for; beyond it a loss is told by the timers alone. */
const maxStandIns = 1024;
const closeGraceMs = 1000;

export class Connections implements ConnectionOwner {
  readonly #network: StreamNetwork;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: CoreLimits;
  readonly #handlers: ConnectionHandlers;
  readonly #ids: IdSource;
  readonly #all = new Set<Connection>();
  readonly #byNumber = new Map<number, Connection>();
  /** Those that we opened, and those that are being opened, by where they go. */
  readonly #byTarget = new Map<string, Connection>();
  readonly #opening = new Map<string, Promise<Connection>>();
  readonly #aborts = new Set<AbortController>();
  readonly #perPeer = new Map<string, number>();
  readonly #deadlines = new DeadlineTable<Connection>();
  #cancelTimer: CancelTimer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #count = 0;
  #waiting = 0;
  #lastNumber = 0;
  #closed = false;
  #allClosed: () => void = () => {};

  constructor(
    network: StreamNetwork,
    parts: { readonly clock: Clock; readonly logger: Logger; readonly limits: CoreLimits; readonly ids: IdSource },
    handlers: ConnectionHandlers,
  ) {
    this.#network = network;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#limits = parts.limits;
    this.#ids = parts.ids;
    this.#handlers = handlers;
  }

  /** Open connections and those that are being opened or shaking hands. */
  get count(): number {
    return this.#count;
  }

  listen(
    index: number,
    { transport, address, port }: ListenAddress & { transport: StreamTransport },
  ): Promise<StreamListener> {
    return this.#network.listen({ address, port }, transport, {
      admit: (remote) => this.#admit(remote),
      onSocket: (socket) => this.#accept(index, transport, socket),
      onError: (error) => this.#handlers.onListenerError(index, error.message),
    });
  }

  /** On the connection of the flow, or else on another one to the flow's remote address. `onError` when there is none to be had. */
  send(origin: StreamOrigin, flow: Flow, data: Uint8Array, onError: (error: Error) => void): void {
    const known = flow.connection === undefined ? undefined : this.#byNumber.get(flow.connection);
    if (known) {
      known.send(data);
      return;
    }
    if (this.#waiting >= maxWaiting) {
      queueMicrotask(() => onError(new SessionError('ERR_LIMIT', 'too many messages wait for connections')));
      return;
    }
    this.#waiting += 1;
    this.open(origin, flow.remote, flow.serverName).then(
      (connection) => {
        this.#waiting -= 1;
        if (!connection.isOpen) {
          onError(new SessionError('ERR_TRANSPORT', 'the peer closed the connection at once'));
          return;
        }
        if (flow.connection !== undefined) this.#standIn(connection, flow.connection);
        connection.send(data);
      },
      (error: Error) => {
        this.#waiting -= 1;
        onError(error);
      },
    );
  }

  /** A connection of ours to an address, the one that there is or a new one. Rejects with ERR_TRANSPORT, ERR_LIMIT or ERR_CLOSED. */
  async open(origin: StreamOrigin, remote: SocketAddress, serverName: string | undefined): Promise<Connection> {
    const target = `${origin.transport} ${origin.index} ${remote.address} ${remote.port} ${serverName ?? ''}`;
    const known = this.#byTarget.get(target) ?? this.#opening.get(target);
    if (known) return known;
    if (this.#closed) throw new SessionError('ERR_CLOSED', 'the SIP endpoint is closed');
    if (this.#count >= this.#limits.maxConnections) {
      throw new SessionError('ERR_LIMIT', `no more than ${this.#limits.maxConnections} connections at a time`);
    }
    const opening = this.#connect(origin, remote, serverName, target).finally(() => this.#opening.delete(target));
    this.#opening.set(target, opening);
    return opening;
  }

  /** Resolves when every socket is released. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    for (const abort of this.#aborts) abort.abort();
    const released = new Promise<void>((resolve) => {
      this.#allClosed = resolve;
    });
    for (const connection of [...this.#all]) connection.destroySoon();
    if (this.#all.size === 0) return;
    const cancel = this.#clock.after(closeGraceMs, () => {
      for (const connection of [...this.#all]) connection.cut('the SIP endpoint was closed');
    });
    await released;
    cancel();
  }

  // --- what connections say ---

  nowMs(): number {
    return this.#clock.nowMs();
  }

  random(): number {
    return this.#ids.uint32() / 2 ** 32;
  }

  handleMessage({ flow }: Connection, data: Uint8Array, fault: ParseProblem | undefined): void {
    if (!this.#closed) this.#handlers.onMessage(data, flow, fault);
  }

  handleLost(connection: Connection, message: string): void {
    for (const number of connection.numbers) this.#byNumber.delete(number);
    if (connection.target !== undefined) this.#byTarget.delete(connection.target);
    this.#logger.debug({ remote: connection.flow.remote, message }, 'a SIP connection is over');
    if (this.#closed) return;
    for (const number of connection.numbers) this.#handlers.onConnectionLost(number, message);
  }

  handleClosed(connection: Connection): void {
    this.#all.delete(connection);
    // Those of peers are counted from before their handshake, see #admit.
    if (!connection.accepted) this.#count -= 1;
    this.#deadlines.delete(connection);
    if (this.#all.size === 0) this.#allClosed();
  }

  /** Deadlines that move back are found out when they come, so that a busy connection costs nothing here. */
  handleEarlier(connection: Connection): void {
    const set = this.#deadlines.get(connection);
    if (set !== undefined && set <= connection.deadlineMs) return;
    this.#deadlines.set(connection, connection.deadlineMs);
    this.#setTimer();
  }

  // --- making them ---

  /** Bounds on what strangers may open; those that are shaking hands count. */
  #admit({ address }: SocketAddress): (() => void) | undefined {
    const ofPeer = this.#perPeer.get(address) ?? 0;
    const { maxConnections, maxConnectionsPerPeer } = this.#limits;
    if (this.#closed || this.#count >= maxConnections || ofPeer >= maxConnectionsPerPeer) return undefined;
    this.#count += 1;
    this.#perPeer.set(address, ofPeer + 1);
    return () => {
      this.#count -= 1;
      const left = (this.#perPeer.get(address) ?? 1) - 1;
      if (left > 0) this.#perPeer.set(address, left);
      else this.#perPeer.delete(address);
    };
  }

  #accept(listener: number, transport: StreamTransport, socket: StreamSocket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#add(socket, { transport, listener, local: socket.local, remote: socket.remote }, true);
  }

  async #connect(
    origin: StreamOrigin,
    remote: SocketAddress,
    serverName: string | undefined,
    key: string,
  ): Promise<Connection> {
    const { transport, from, index, local, host } = origin;
    const abort = new AbortController();
    this.#aborts.add(abort);
    this.#count += 1;
    const cancel = this.#clock.after(this.#limits.connectTimeoutMs, () => abort.abort());
    try {
      const target = { remote, from, transport, serverName };
      const socket = await this.#network.connect(target, abort.signal);
      if (this.#closed) socket.destroy();
      // Our own port of it serves this connection alone: the peer is told where we listen.
      const reachable = { address: socket.local.address, port: local.port };
      const flow: Flow = { transport, listener: index, local: reachable, remote, serverName, host };
      const connection = this.#add(socket, flow, false);
      connection.target = key;
      this.#byTarget.set(key, connection);
      return connection;
    } catch (error) {
      this.#count -= 1;
      throw error;
    } finally {
      cancel();
      this.#aborts.delete(abort);
    }
  }

  #add(socket: StreamSocket, flow: Flow, accepted: boolean): Connection {
    this.#lastNumber += 1;
    const id = this.#lastNumber;
    const parts = { id, flow: { ...flow, connection: id }, socket, accepted };
    const connection = new Connection(this, parts, this.#limits);
    this.#all.add(connection);
    this.#byNumber.set(id, connection);
    this.handleEarlier(connection);
    connection.start();
    return connection;
  }

  #standIn(connection: Connection, number: number): void {
    if (this.#byNumber.has(number) || connection.numbers.length >= maxStandIns) return;
    connection.numbers.push(number);
    this.#byNumber.set(number, connection);
  }

  // --- time ---

  #setTimer(): void {
    const nextMs = this.#deadlines.nextMs() ?? Number.POSITIVE_INFINITY;
    if (this.#closed || nextMs >= this.#timerAtMs) return;
    this.#cancelTimer?.();
    this.#timerAtMs = nextMs;
    this.#cancelTimer = this.#clock.after(nextMs - this.nowMs(), () => this.#handleTimer());
  }

  #handleTimer(): void {
    const nowMs = this.nowMs();
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    for (let due = this.#deadlines.popDue(nowMs); due; due = this.#deadlines.popDue(nowMs)) {
      if (due.deadlineMs > nowMs) this.#deadlines.set(due, due.deadlineMs);
      else due.handleDue();
    }
    this.#setTimer();
  }
}
