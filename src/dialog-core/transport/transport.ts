/**
 * The listeners of an endpoint: binds them, gives each datagram its flow, finds flows for outgoing requests. On a wildcard listener the
 * local side of a flow is the address of the route to the peer; datagrams of a peer wait in order while that is being found. TCP and TLS
 * are the business of connections.ts. Called by endpoint.ts, sockets come from a DatagramNetwork and a StreamNetwork.
 */
import { isIP } from 'node:net';
import type { CancelTimer, Clock } from '../../base/clock.js';
import { SessionError, toSessionError } from '../../base/errors.js';
import type { IdSource } from '../../base/ids.js';
import type { Logger } from '../../base/logger.js';
import { isWildcard } from '../config.js';
import type { Hop } from '../dialog/hop.js';
import type { ParseProblem } from '../message/index.js';
import { Resolver, type Target, targetKey } from '../resolver.js';
import type {
  CoreLimits,
  DatagramNetwork,
  DatagramSocket,
  Flow,
  ListenAddress,
  NameSource,
  SocketAddress,
  StreamNetwork,
  TransportName,
} from '../types.js';
import { Connections, type StreamOrigin } from './connections.js';
import { answerStun, isStun } from './stun.js';

export interface TransportHandlers {
  /** A datagram, or a message of a stream; `fault` where the stream could not be read on. */
  onMessage(data: Uint8Array, flow: Flow, fault?: ParseProblem): void;
  onConnectionLost(connection: number, message: string): void;
  /** A listener failed; it is bound again, and {@link onSocketRestored} follows. */
  onSocketError(listener: number, message: string): void;
  onSocketRestored(listener: number): void;
}

interface Listener {
  readonly index: number;
  readonly transport: TransportName;
  readonly local: SocketAddress;
  /** Of UDP. */
  readonly socket: DatagramSocket | undefined;
  /** Of streams: what its connections have of it. */
  readonly origin: StreamOrigin | undefined;
  readonly close: () => Promise<void>;
  readonly wildcard: boolean;
  readonly family: number;
  readonly loopback: boolean;
}

type Bound = Pick<Listener, 'local' | 'socket' | 'origin' | 'close'>;

/** Bounds on what strangers can make us hold while routes are being found; each look-up costs a file descriptor for a moment. */
const maxWaitingPeers = 256;
const maxWaitingEach = 64;
/** Where DNS leaves the choice of transport to us (RFC 3263 4.1). */
const preference: readonly TransportName[] = ['udp', 'tcp', 'tls', 'wss', 'ws'];
/** Waits before a listener that failed is bound again: doubling, up to half a minute. */
const firstRestartMs = 100;
const lastRestartMs = 30_000;

export interface TransportParts {
  readonly datagrams: DatagramNetwork;
  readonly streams: StreamNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: CoreLimits;
  readonly ids: IdSource;
  readonly names: NameSource;
}

export class Transport {
  readonly #network: DatagramNetwork;
  readonly #connections: Connections;
  readonly #handlers: TransportHandlers;
  readonly #logger: Logger;
  readonly #listeners: Listener[] = [];
  readonly #resolver: Resolver;
  /** What WebSocket clients of ours are called that do not listen for any. */
  readonly #clientHost: string;
  readonly #clock: Clock;
  /** How to stop waiting for the next try to bind a listener that failed. */
  readonly #restarts = new Map<number, CancelTimer>();
  /** Datagrams by listener and peer address that wait for the route. */
  readonly #waiting = new Map<string, [data: Uint8Array, remote: SocketAddress][]>();
  #closed = false;

  constructor(parts: TransportParts, handlers: TransportHandlers) {
    this.#network = parts.datagrams;
    this.#clock = parts.clock;
    this.#resolver = new Resolver({ ...parts, maxNames: parts.limits.maxCachedNames });
    this.#logger = parts.logger;
    this.#handlers = handlers;
    this.#clientHost = `${parts.ids.token(64)}.invalid`;
    this.#connections = new Connections(parts.streams, parts, {
      onMessage: (data, flow, fault) => handlers.onMessage(data, flow, fault),
      onConnectionLost: (connection, message) => handlers.onConnectionLost(connection, message),
      onListenerError: (listener, message) => this.#handleFailure(listener, message),
    });
  }

  get listeners(): { readonly transport: TransportName; readonly local: SocketAddress }[] {
    return this.#listeners.map(({ transport, local }) => ({ transport, local }));
  }

  /** Connections of TCP and TLS, those that are being opened included. */
  get connections(): number {
    return this.#connections.count;
  }

  /** How long datagrams wait to be read, at the worst of all listeners; asked now and then while there is traffic. */
  queueMs(): number {
    return Math.max(0, ...this.#listeners.map(({ socket }) => socket?.queueMs?.() ?? 0));
  }

  /** Binds all or none. */
  async bind(addresses: readonly ListenAddress[]): Promise<void> {
    try {
      for (const [index, address] of addresses.entries()) {
        const bound = await (address.transport === 'udp'
          ? this.#bindUdp(index, address)
          : this.#listen(index, address));
        const wildcard = isWildcard(address.address);
        const { family, loopback } = { family: isIP(address.address), loopback: isLoopback(address.address) };
        this.#listeners.push({ index, transport: address.transport, ...bound, wildcard, family, loopback });
      }
    } catch (error) {
      await this.close();
      throw toSessionError(error, 'ERR_TRANSPORT');
    }
  }

  send(flow: Flow, data: Uint8Array, onError: (error: Error) => void): void {
    const listener = this.#listeners[flow.listener];
    const origin = listener && this.#originOf(listener, flow.transport);
    if (origin) this.#connections.send(origin, flow, data, onError);
    else listener?.socket?.send(data, flow.remote, onError);
  }

  /**
   * The flow to a hop, from the preferred listener if it reaches there; with TCP and TLS the connection stands then. Rejects with
   * ERR_UNRESOLVABLE, ERR_TRANSPORT or ERR_LIMIT.
   */
  async route(hop: Hop, preferred: number | undefined, avoid: readonly string[] = []): Promise<Flow> {
    for (const key of avoid) this.#resolver.avoid(key);
    const usable = [
      ...new Set(preference.filter((name) => this.#listeners.some(({ transport }) => transport === name))),
    ];
    const targets = await this.#resolver.locate(hop, usable, this.#onlyFamily(hop.transport));
    let failure: unknown = new SessionError('ERR_TRANSPORT', `every way to ${hop.host} has failed`);
    for (const target of targets) {
      if (avoid.includes(targetKey(target))) continue;
      try {
        return await this.#flowTo(target, preferred);
      } catch (error) {
        // RFC 3263 4.3: the next one, without a word to anybody.
        failure = error;
        if (targets.length > 1) this.#resolver.avoid(targetKey(target));
      }
    }
    throw failure;
  }

  async #flowTo({ transport, address, port, serverName }: Target, preferred: number | undefined): Promise<Flow> {
    const remote = { address, port };
    const listener = this.#choose(transport, address, preferred);
    const origin = listener && this.#originOf(listener, transport);
    if (origin) return (await this.#connections.open(origin, remote, serverName)).flow;
    const flow = listener && (await this.#flowOf(listener, remote));
    if (!flow) throw new SessionError('ERR_TRANSPORT', `there is no route to ${address} over ${transport}`);
    return flow;
  }

  /** Resolves when every socket is released. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    for (const cancel of this.#restarts.values()) cancel();
    await Promise.all([...this.#listeners.map(({ close }) => close()), this.#connections.close()]);
  }

  async #bindUdp(index: number, { address, port }: ListenAddress): Promise<Bound> {
    const handlers = {
      onDatagram: (data: Uint8Array, remote: SocketAddress) => this.#receive(index, data, remote),
      onError: (error: Error) => this.#handleFailure(index, error.message),
    };
    const socket = await this.#network.bind({ address, port }, handlers);
    return { local: socket.local, socket, origin: undefined, close: () => socket.close() };
  }

  async #listen(index: number, { transport, address, port }: ListenAddress): Promise<Bound> {
    if (transport === 'udp') throw new SessionError('ERR_INTERNAL', 'UDP has no connections');
    const listener = await this.#connections.listen(index, { transport, address, port });
    const { local } = listener;
    const origin = { index, transport, local, from: isWildcard(address) ? undefined : address };
    return { local, socket: undefined, origin, close: () => listener.close() };
  }

  /**
   * Binds a listener again whose socket failed, at the port it had, later and later. Connections live on meanwhile, and what goes by UDP is
   * lost as on a bad network: its repetitions find the new socket, so that no call ends of it.
   */
  #handleFailure(index: number, message: string): void {
    const listener = this.#listeners[index];
    if (this.#closed || !listener || this.#restarts.has(index)) return;
    this.#handlers.onSocketError(index, message);
    this.#restarts.set(index, () => {});
    // A server stops listening at once; it is closed when its last connection is, which is not waited for.
    const closed = listener.close().catch(() => {});
    const released = listener.socket ? closed : Promise.resolve();
    this.#listeners[index] = { ...listener, socket: listener.socket && deaf(listener.local), close: async () => {} };
    void released.then(() => this.#restart(index, firstRestartMs));
  }

  #restart(index: number, delayMs: number): void {
    if (this.#closed) return;
    const again = (): void => void this.#bindAgain(index, Math.min(2 * delayMs, lastRestartMs));
    this.#restarts.set(index, this.#clock.after(delayMs, again));
  }

  async #bindAgain(index: number, nextMs: number): Promise<void> {
    const listener = this.#listeners[index];
    if (!listener) return;
    const { transport, local } = listener;
    try {
      const address = { transport, ...local };
      const bound = await (transport === 'udp' ? this.#bindUdp(index, address) : this.#listen(index, address));
      if (this.#closed) {
        await bound.close();
        return;
      }
      this.#restarts.delete(index);
      this.#listeners[index] = { ...listener, ...bound };
      this.#handlers.onSocketRestored(index);
    } catch (error) {
      this.#logger.warn({ err: error, local }, 'a SIP listener that failed could not be bound again yet');
      this.#restart(index, nextMs);
    }
  }

  #receive(index: number, data: Uint8Array, remote: SocketAddress): void {
    const listener = this.#listeners[index];
    if (!listener || this.#closed) return;
    if (isStun(data)) {
      const answer = answerStun(data, remote);
      if (answer) listener.socket?.send(answer, remote, () => {});
      return;
    }
    const key = `${index} ${remote.address}`;
    const waiting = this.#waiting.get(key);
    if (waiting) {
      if (waiting.length < maxWaitingEach) waiting.push([data, remote]);
      return;
    }
    const flow = this.#flowOf(listener, remote);
    if (!(flow instanceof Promise)) {
      if (flow) this.#handlers.onMessage(data, flow);
    } else if (this.#waiting.size < maxWaitingPeers) {
      this.#waiting.set(key, [[data, remote]]);
      flow.then(
        (found) => this.#release(key, found),
        () => this.#release(key, undefined),
      );
    }
  }

  /** Hands on what waited, in order; without a route back it could not be answered, and is dropped. */
  #release(key: string, found: Flow | undefined): void {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    if (!found) this.#logger.debug({ peer: key, datagrams: waiting.length }, 'no route back to a peer');
    else for (const [data, remote] of waiting) this.#handlers.onMessage(data, { ...found, remote });
  }

  #flowOf(listener: Listener, remote: SocketAddress): Flow | undefined | Promise<Flow | undefined> {
    const { index, local: bound, wildcard } = listener;
    const { port } = bound;
    const toFlow = (address: string | undefined): Flow | undefined =>
      address === undefined ? undefined : { transport: 'udp', listener: index, local: { address, port }, remote };
    if (!wildcard) return { transport: 'udp', listener: index, local: bound, remote };
    const local = this.#network.localAddressFor(remote);
    return local instanceof Promise ? local.then(toFlow) : toFlow(local);
  }

  /** A listener of the transport and of the address' family; one bound to loopback only for loopback, and the other way round. */
  #choose(transport: TransportName, address: string, preferred: number | undefined): Listener | undefined {
    const family = isIP(address);
    const able = this.#listeners.filter((listener) => listener.transport === transport && listener.family === family);
    // A WebSocket client need not listen for any: then another listener lends its address.
    const isClient = able.length === 0 && (transport === 'ws' || transport === 'wss');
    const same = isClient ? this.#listeners.filter((listener) => listener.family === family) : able;
    const fits = same.filter(({ wildcard, loopback }) => wildcard || loopback === isLoopback(address));
    return fits.find(({ index }) => index === preferred) ?? fits[0] ?? same[0];
  }

  /** What connections of the transport have of the listener; undefined for UDP. */
  #originOf(listener: Listener, transport: TransportName): StreamOrigin | undefined {
    if (transport === listener.transport || transport === 'udp') return listener.origin;
    const { index, wildcard } = listener;
    const { address } = listener.local;
    const from = wildcard ? undefined : address;
    return { index, transport, local: { address, port: 0 }, from, host: this.#clientHost };
  }

  #onlyFamily(transport: TransportName): 4 | 6 | undefined {
    const able = this.#listeners.filter((listener) => listener.transport === transport);
    const families = new Set((able.length > 0 ? able : this.#listeners).map(({ family }) => family));
    if (families.size !== 1) return undefined;
    return families.has(6) ? 6 : 4;
  }
}

/** What a socket is while it is being replaced: it loses everything. */
function deaf(local: SocketAddress): DatagramSocket {
  return { local, send() {}, close: async () => {} };
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
