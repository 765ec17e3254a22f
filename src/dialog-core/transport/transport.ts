/**
 * The listeners of an endpoint: binds them, gives each datagram its flow, finds flows for outgoing requests. On a wildcard listener the
 * local side of a flow is the address of the route to the peer; datagrams of a peer wait in order while that is being found. TCP and TLS
 * are the business of connections.ts. Called by endpoint.ts, sockets come from a DatagramNetwork and a StreamNetwork.
 */
import { isIP } from 'node:net';
import type { Clock } from '../../base/clock.js';
import { SessionError, toSessionError } from '../../base/errors.js';
import type { IdSource } from '../../base/ids.js';
import type { Logger } from '../../base/logger.js';
import { isWildcard } from '../config.js';
import type { Hop } from '../dialog/hop.js';
import type { ParseProblem } from '../message/index.js';
import type {
  CoreLimits,
  DatagramNetwork,
  DatagramSocket,
  Flow,
  ListenAddress,
  SocketAddress,
  StreamNetwork,
  TransportName,
} from '../types.js';
import { Connections, type StreamOrigin } from './connections.js';

export interface TransportHandlers {
  /** A datagram, or a message of a stream; `fault` where the stream could not be read on. */
  onMessage(data: Uint8Array, flow: Flow, fault?: ParseProblem): void;
  onConnectionLost(connection: number, message: string): void;
  onSocketError(listener: number, message: string): void;
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

export interface TransportParts {
  readonly datagrams: DatagramNetwork;
  readonly streams: StreamNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: CoreLimits;
  readonly ids: IdSource;
}

export class Transport {
  readonly #network: DatagramNetwork;
  readonly #connections: Connections;
  readonly #handlers: TransportHandlers;
  readonly #logger: Logger;
  readonly #listeners: Listener[] = [];
  /** What WebSocket clients of ours are called that do not listen for any. */
  readonly #clientHost: string;
  /** Datagrams by listener and peer address that wait for the route. */
  readonly #waiting = new Map<string, [data: Uint8Array, remote: SocketAddress][]>();
  #closed = false;

  constructor(parts: TransportParts, handlers: TransportHandlers) {
    this.#network = parts.datagrams;
    this.#logger = parts.logger;
    this.#handlers = handlers;
    this.#clientHost = `${parts.ids.token(64)}.invalid`;
    this.#connections = new Connections(parts.streams, parts, {
      onMessage: (data, flow, fault) => handlers.onMessage(data, flow, fault),
      onConnectionLost: (connection, message) => handlers.onConnectionLost(connection, message),
      onListenerError: (listener, message) => handlers.onSocketError(listener, message),
    });
  }

  get listeners(): { readonly transport: TransportName; readonly local: SocketAddress }[] {
    return this.#listeners.map(({ transport, local }) => ({ transport, local }));
  }

  /** Connections of TCP and TLS, those that are being opened included. */
  get connections(): number {
    return this.#connections.count;
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
  async route(hop: Hop, preferred: number | undefined): Promise<Flow> {
    const numeric = isIP(hop.host) !== 0;
    const address = numeric ? hop.host : await this.#network.resolve(hop.host, this.#onlyFamily(hop.transport));
    const remote = { address, port: hop.port };
    const listener = this.#choose(hop.transport, address, preferred);
    const origin = listener && this.#originOf(listener, hop.transport);
    if (origin) return (await this.#connections.open(origin, remote, hop.serverName)).flow;
    const flow = listener && (await this.#flowOf(listener, remote));
    if (!flow) throw new SessionError('ERR_TRANSPORT', `there is no route to ${address} over ${hop.transport}`);
    return flow;
  }

  /** Resolves when every socket is released. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await Promise.all([...this.#listeners.map(({ close }) => close()), this.#connections.close()]);
  }

  async #bindUdp(index: number, { address, port }: ListenAddress): Promise<Bound> {
    const handlers = {
      onDatagram: (data: Uint8Array, remote: SocketAddress) => this.#receive(index, data, remote),
      onError: (error: Error) => this.#handlers.onSocketError(index, error.message),
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

  #receive(index: number, data: Uint8Array, remote: SocketAddress): void {
    const listener = this.#listeners[index];
    if (!listener || this.#closed) return;
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

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
