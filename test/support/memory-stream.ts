/**
 * Connections in memory on a virtual clock, beside the datagrams of memory-network.ts. Every write takes `delayMs`, comes in pieces where a
 * test says so, and stays with its writer while the reader does not read. Certificates are names: a listener proves those it was given.
 */
import { isIPv6 } from 'node:net';
import type { Clock } from '../../src/base/clock.js';
import { SessionError } from '../../src/base/errors.js';
import type {
  SocketAddress,
  StreamListener,
  StreamListenerHandlers,
  StreamNetwork,
  StreamSocket,
  StreamTarget,
  StreamTransport,
} from '../../src/dialog-core/types.js';

interface Bound {
  readonly local: SocketAddress;
  readonly transport: StreamTransport;
  readonly handlers: StreamListenerHandlers;
}

export interface SeenWrite {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly data: Uint8Array;
}

export class MemoryStreams {
  readonly clock: Clock;
  readonly delayMs: number;
  /** Writes come in pieces of so many bytes. */
  pieceBytes = Number.POSITIVE_INFINITY;
  /** Addresses that never answer a connection. */
  readonly silent = new Set<string>();
  /** Address → names in its certificate. */
  readonly certificates = new Map<string, readonly string[]>();
  /** Every connection ever made, in order. */
  readonly connections: MemoryConnection[] = [];
  readonly listeners: Bound[] = [];
  readonly #taps: ((seen: SeenWrite) => void)[] = [];
  #nextPort = 50_000;

  constructor(clock: Clock, delayMs = 5) {
    this.clock = clock;
    this.delayMs = delayMs;
  }

  /** What an endpoint on a host with these addresses is given. */
  host(...addresses: string[]): StreamNetwork {
    return {
      listen: async (local, transport, handlers) => this.#listen(addresses, local, transport, handlers),
      connect: (target, signal) => this.#connect(addresses, target, signal),
    };
  }

  tap(callback: (seen: SeenWrite) => void): void {
    this.#taps.push(callback);
  }

  see(seen: SeenWrite): void {
    for (const tap of this.#taps) tap(seen);
  }

  /** Connections that stand. */
  get open(): MemoryConnection[] {
    return this.connections.filter(({ isOpen }) => isOpen);
  }

  #listen(
    addresses: readonly string[],
    { address, port }: SocketAddress,
    transport: StreamTransport,
    handlers: StreamListenerHandlers,
  ): StreamListener {
    const wildcard = address === '0.0.0.0' || address === '::';
    if (!wildcard && !addresses.includes(address)) {
      throw new SessionError('ERR_ADDRESS_NOT_AVAILABLE', `${address} is not an address of this host`);
    }
    const taken = port === 0 ? this.#freePort() : port;
    const own = addresses.filter((each) => (wildcard ? isIPv6(each) === isIPv6(address) : each === address));
    const bound = own.map((each): Bound => ({ local: { address: each, port: taken }, transport, handlers }));
    if (bound.some(({ local }) => this.#find(local))) {
      throw new SessionError('ERR_ADDRESS_IN_USE', `${address} port ${taken} is in use`);
    }
    this.listeners.push(...bound);
    return {
      local: { address, port: taken },
      close: async () => {
        for (const each of bound) this.listeners.splice(this.listeners.indexOf(each), 1);
      },
    };
  }

  async #connect(addresses: readonly string[], target: StreamTarget, signal: AbortSignal): Promise<StreamSocket> {
    const { remote, from, transport, serverName } = target;
    const family = isIPv6(remote.address);
    const address = from ?? addresses.find((each) => isIPv6(each) === family) ?? '';
    await this.#wait(this.silent.has(remote.address) ? 1e9 : 2 * this.delayMs, signal);
    const listener = this.#find(remote);
    if (!listener) throw new SessionError('ERR_TRANSPORT', 'it was refused');
    const local = { address, port: this.#freePort() };
    const release = listener.handlers.admit(local);
    if (!release) throw new SessionError('ERR_TRANSPORT', 'it was closed');
    const name = serverName ?? remote.address;
    const secure = transport === 'tls' || transport === 'wss';
    const proved = !secure || this.certificates.get(remote.address)?.includes(name) === true;
    if (listener.transport !== transport || !proved) {
      release();
      throw new SessionError('ERR_TRANSPORT', `the certificate is not one of ${name}`);
    }
    const connection = new MemoryConnection(this, local, remote, transport === 'ws' || transport === 'wss');
    this.connections.push(connection);
    connection.accepted.released = release;
    listener.handlers.onSocket(connection.accepted);
    return connection.opened;
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(ms, resolve);
      signal.addEventListener('abort', () => {
        cancel();
        reject(new SessionError('ERR_TRANSPORT', 'it took too long'));
      });
    });
  }

  #find({ address, port }: SocketAddress): Bound | undefined {
    return this.listeners.find(({ local }) => local.address === address && local.port === port);
  }

  #freePort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }
}

export class MemoryConnection {
  readonly opened: MemorySocket;
  readonly accepted: MemorySocket;

  constructor(network: MemoryStreams, from: SocketAddress, to: SocketAddress, whole: boolean) {
    this.opened = new MemorySocket(network, from, to, whole);
    this.accepted = new MemorySocket(network, to, from, whole);
    this.opened.peer = this.accepted;
    this.accepted.peer = this.opened;
  }

  get isOpen(): boolean {
    return !this.opened.closed && !this.accepted.closed;
  }

  /** Both ends lose it at once, and what is on its way with it. */
  cut(): void {
    const error = new Error('read ECONNRESET');
    this.opened.lose(error);
    this.accepted.lose(error);
  }
}

export class MemorySocket implements StreamSocket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  peer: MemorySocket | undefined;
  closed = false;
  queuedBytes = 0;
  readonly whole: boolean;
  released: () => void = () => {};
  readonly #network: MemoryStreams;
  #handlers: Parameters<StreamSocket['start']>[0] | undefined;
  #paused = false;
  #ended = false;
  readonly #unread: { data: Uint8Array; from: MemorySocket }[] = [];

  constructor(network: MemoryStreams, local: SocketAddress, remote: SocketAddress, whole: boolean) {
    this.#network = network;
    this.whole = whole;
    this.local = local;
    this.remote = remote;
  }

  start(handlers: Parameters<StreamSocket['start']>[0]): void {
    this.#handlers = handlers;
    if (this.closed) queueMicrotask(() => handlers.onClose(undefined));
  }

  /** Reads nothing until {@link resume}. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const { data, from } of this.#unread.splice(0)) this.#take(data, from);
  }

  write(data: Uint8Array): void {
    if (this.closed || this.#ended) return;
    const copy = Uint8Array.from(data);
    this.#network.see({ from: this.local, to: this.remote, data: copy });
    this.queuedBytes += copy.length;
    const pieceBytes = this.whole ? Number.POSITIVE_INFINITY : this.#network.pieceBytes;
    for (let at = 0; at < copy.length; at += pieceBytes) {
      const piece = copy.subarray(at, Math.min(copy.length, at + pieceBytes));
      this.#later(() => this.peer?.receive(piece, this));
    }
  }

  receive(data: Uint8Array, from: MemorySocket): void {
    if (this.closed) return;
    if (this.#paused) this.#unread.push({ data, from });
    else this.#take(data, from);
  }

  end(): void {
    if (this.#ended || this.closed) return;
    this.#ended = true;
    this.#later(() => this.peer?.handleEnd());
  }

  destroySoon(): void {
    this.end();
    this.lose(undefined);
  }

  destroy(): void {
    if (!this.closed) this.#later(() => this.peer?.lose(undefined));
    this.lose(undefined);
  }

  /** The other side has ended: so does this one, as sockets do that are not half open. */
  handleEnd(): void {
    if (this.closed || this.#paused) return;
    this.#later(() => this.peer?.lose(undefined));
    this.lose(undefined);
  }

  lose(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.released();
    queueMicrotask(() => this.#handlers?.onClose(error));
  }

  #take(data: Uint8Array, from: MemorySocket): void {
    from.queuedBytes -= data.length;
    this.#handlers?.onData(data);
  }

  #later(action: () => void): void {
    this.#network.clock.after(this.#network.delayMs, action);
  }
}
