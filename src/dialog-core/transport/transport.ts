/**
 * The listeners of an endpoint: binds them, gives each datagram its flow, finds flows for outgoing requests. On a wildcard listener the
 * local side of a flow is the address of the route to the peer; datagrams of a peer wait in order while that is being found. Called
 * by endpoint.ts, sockets come from a DatagramNetwork.
 */
import { isIP } from 'node:net';
import { SessionError, toSessionError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { isWildcard } from '../config.js';
import type { Hop } from '../dialog/hop.js';
import type { DatagramNetwork, DatagramSocket, Flow, ListenAddress, SocketAddress } from '../types.js';

export interface TransportHandlers {
  onDatagram(data: Uint8Array, flow: Flow): void;
  onSocketError(listener: number, message: string): void;
}

interface Listener {
  readonly index: number;
  readonly socket: DatagramSocket;
  readonly wildcard: boolean;
  readonly family: number;
  readonly loopback: boolean;
}

/** Bounds on what strangers can make us hold while routes are being found; each look-up costs a file descriptor for a moment. */
const maxWaitingPeers = 256;
const maxWaitingEach = 64;

export class Transport {
  readonly #network: DatagramNetwork;
  readonly #handlers: TransportHandlers;
  readonly #logger: Logger;
  readonly #listeners: Listener[] = [];
  /** Datagrams by listener and peer address that wait for the route. */
  readonly #waiting = new Map<string, [data: Uint8Array, remote: SocketAddress][]>();
  #closed = false;

  constructor(network: DatagramNetwork, logger: Logger, handlers: TransportHandlers) {
    this.#network = network;
    this.#logger = logger;
    this.#handlers = handlers;
  }

  get locals(): SocketAddress[] {
    return this.#listeners.map(({ socket }) => socket.local);
  }

  /** Binds all or none. */
  async bind(addresses: readonly ListenAddress[]): Promise<void> {
    try {
      for (const [index, { address, port }] of addresses.entries()) {
        const socket = await this.#network.bind(
          { address, port },
          {
            onDatagram: (data, remote) => this.#receive(index, data, remote),
            onError: (error) => this.#handlers.onSocketError(index, error.message),
          },
        );
        const wildcard = isWildcard(address);
        this.#listeners.push({ index, socket, wildcard, family: isIP(address), loopback: isLoopback(address) });
      }
    } catch (error) {
      await this.close();
      throw toSessionError(error, 'ERR_TRANSPORT');
    }
  }

  send(flow: Flow, data: Uint8Array, onError: (error: Error) => void): void {
    this.#listeners[flow.listener]?.socket.send(data, flow.remote, onError);
  }

  /** The flow to a hop, from the preferred listener if it reaches there. Rejects with ERR_UNRESOLVABLE or ERR_TRANSPORT. */
  async route(hop: Hop, preferred: number | undefined): Promise<Flow> {
    const numeric = isIP(hop.host) !== 0;
    const address = numeric ? hop.host : await this.#network.resolve(hop.host, this.#onlyFamily());
    const remote = { address, port: hop.port };
    const listener = this.#choose(address, preferred);
    const flow = listener && (await this.#flowOf(listener, remote));
    if (!flow) throw new SessionError('ERR_TRANSPORT', `there is no route to ${address}`);
    return flow;
  }

  /** Resolves when every socket is released. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await Promise.all(this.#listeners.map(({ socket }) => socket.close()));
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
      if (flow) this.#handlers.onDatagram(data, flow);
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
    else for (const [data, remote] of waiting) this.#handlers.onDatagram(data, { ...found, remote });
  }

  #flowOf(listener: Listener, remote: SocketAddress): Flow | undefined | Promise<Flow | undefined> {
    const { index, socket, wildcard } = listener;
    const { port } = socket.local;
    const toFlow = (address: string | undefined): Flow | undefined =>
      address === undefined ? undefined : { transport: 'udp', listener: index, local: { address, port }, remote };
    if (!wildcard) return { transport: 'udp', listener: index, local: socket.local, remote };
    const local = this.#network.localAddressFor(remote);
    return local instanceof Promise ? local.then(toFlow) : toFlow(local);
  }

  /** A listener of the address' family; one bound to loopback only for loopback, and the other way round. */
  #choose(address: string, preferred: number | undefined): Listener | undefined {
    const family = isIP(address);
    const same = this.#listeners.filter((listener) => listener.family === family);
    const fits = same.filter(({ wildcard, loopback }) => wildcard || loopback === isLoopback(address));
    return fits.find(({ index }) => index === preferred) ?? fits[0] ?? same[0];
  }

  #onlyFamily(): 4 | 6 | undefined {
    const families = new Set(this.#listeners.map(({ family }) => family));
    if (families.size !== 1) return undefined;
    return families.has(6) ? 6 : 4;
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
