/**
 * A seeded network in memory, for SIP (DatagramNetwork) and RTP (MediaNetwork) on one virtual clock. Every datagram takes `delayMs` plus
 * a random share of `jitterMs`; loss, duplicates and reordering repeat with the seed. Addresses are virtual: nothing touches the machine.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Clock } from '../../src/base/clock.js';
import { SessionError } from '../../src/base/errors.js';
import type { DatagramHandlers, DatagramNetwork, DatagramSocket, SocketAddress } from '../../src/dialog-core/types.js';
import type { MediaAddress, MediaNetwork } from '../../src/media-core/types.js';

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  readonly seed: number;
  /** One way, default 5. */
  readonly delayMs?: number;
  /** Added uniformly from [0, jitterMs); does not reorder a flow. Default 0. */
  readonly jitterMs?: number;
  /** Probabilities from 0 to 1; default 0. */
  readonly loss?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  /** A longer SIP datagram fails with EMSGSIZE; default 65507. */
  readonly maxDatagramBytes?: number;
  /** When given, `localAddressFor` answers by a promise after this time instead of at once. */
  readonly routeDelayMs?: number;
}

export interface Datagram {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly data: Uint8Array;
  /** True between SIP sockets, false for media. */
  readonly sip: boolean;
}

export interface SeenDatagram extends Datagram {
  readonly sentMs: number;
  readonly dropped: boolean;
}

export interface MemoryHost {
  readonly addresses: readonly string[];
  readonly datagram: DatagramNetwork;
  readonly media: MediaNetwork;
}

type Deliver = (local: MediaAddress, remote: MediaAddress, data: Uint8Array) => void;

interface Bound {
  readonly local: SocketAddress;
  readonly handlers: DatagramHandlers;
}

export class MemoryNetwork {
  /** Host names that `resolve` knows, name → numeric addresses. */
  readonly names = new Map<string, readonly string[]>();
  readonly #options: Required<Omit<MemoryNetworkOptions, 'routeDelayMs'>> & {
    readonly routeDelayMs: number | undefined;
  };
  readonly #random: () => number;
  readonly #hosts = new Map<string, Host>();
  readonly #taps: ((seen: SeenDatagram) => void)[] = [];
  readonly #drops = new Set<(datagram: Datagram) => boolean>();
  readonly #lastArrival = new Map<string, number>();

  constructor(options: MemoryNetworkOptions) {
    this.#options = {
      delayMs: 5,
      jitterMs: 0,
      loss: 0,
      duplicate: 0,
      reorder: 0,
      maxDatagramBytes: 65_507,
      routeDelayMs: undefined,
      ...options,
    };
    this.#random = seededRandom(options.seed);
  }

  /** The host that owns `address`; made on first use, with `more` as its further addresses (of the other family, say). */
  host(address: string, ...more: string[]): MemoryHost {
    const known = this.#hosts.get(address);
    if (known) return known;
    const host = new Host(this, [address, ...more]);
    for (const each of host.addresses) this.#hosts.set(each, host);
    return host;
  }

  /** Sees every datagram as it is sent, also those that are lost. Returns a function that removes the tap. */
  tap(callback: (seen: SeenDatagram) => void): () => void {
    this.#taps.push(callback);
    return () => {
      this.#taps.splice(this.#taps.indexOf(callback), 1);
    };
  }

  /** Loses every datagram for which `predicate` is true. Returns a function that ends it. */
  drop(predicate: (datagram: Datagram) => boolean): () => void {
    this.#drops.add(predicate);
    return () => {
      this.#drops.delete(predicate);
    };
  }

  /** Loses the first `count` datagrams for which `predicate` is true. */
  dropFirst(count: number, predicate: (datagram: Datagram) => boolean): void {
    let left = count;
    const stop = this.drop((datagram) => {
      if (!predicate(datagram)) return false;
      left -= 1;
      if (left === 0) stop();
      return true;
    });
  }

  /** Puts a datagram on the wire; called by hosts. */
  transmit(from: SocketAddress, to: SocketAddress, data: Uint8Array, sip: boolean): void {
    const datagram: Datagram = { from, to, data: Uint8Array.from(data), sip };
    const dropped = this.#isDropped(datagram);
    const seen: SeenDatagram = { ...datagram, sentMs: this.#options.clock.nowMs(), dropped };
    for (const tap of [...this.#taps]) tap(seen);
    if (dropped) return;
    this.#schedule(datagram);
    if (this.#options.duplicate > 0 && this.#random() < this.#options.duplicate) this.#schedule(datagram);
  }

  get maxDatagramBytes(): number {
    return this.#options.maxDatagramBytes;
  }

  /** A route's answer at once, or after `routeDelayMs`. */
  route<T>(answer: T): T | Promise<T> {
    const delayMs = this.#options.routeDelayMs;
    if (delayMs === undefined) return answer;
    return new Promise((resolve) => this.#options.clock.after(delayMs, () => resolve(answer)));
  }

  #isDropped(datagram: Datagram): boolean {
    for (const predicate of this.#drops) if (predicate(datagram)) return true;
    return this.#options.loss > 0 && this.#random() < this.#options.loss;
  }

  #schedule(datagram: Datagram): void {
    const { clock, delayMs, jitterMs, reorder } = this.#options;
    let arrivalMs = clock.nowMs() + delayMs + (jitterMs > 0 ? this.#random() * jitterMs : 0);
    const flow = `${datagram.from.address} ${datagram.from.port} ${datagram.to.address} ${datagram.to.port}`;
    if (reorder > 0 && this.#random() < reorder) {
      arrivalMs += 2 * (delayMs + jitterMs) + 1;
    } else {
      arrivalMs = Math.max(arrivalMs, this.#lastArrival.get(flow) ?? 0);
      this.#lastArrival.set(flow, arrivalMs);
    }
    clock.after(arrivalMs - clock.nowMs(), () => this.#hosts.get(datagram.to.address)?.deliver(datagram));
  }
}

class Host implements MemoryHost {
  readonly datagram: DatagramNetwork;
  readonly media: MediaNetwork;
  readonly addresses: readonly string[];
  readonly #network: MemoryNetwork;
  readonly #sockets: Bound[] = [];
  readonly #media: Deliver[] = [];
  #nextPort = 40_000;

  constructor(network: MemoryNetwork, addresses: readonly string[]) {
    this.#network = network;
    this.addresses = addresses;
    this.datagram = {
      bind: async (local, handlers) => this.#bind(local, handlers),
      localAddressFor: (remote) => network.route(this.#localFor(remote)),
      resolve: async (host, family) => this.#resolve(host, family),
    };
    this.media = {
      attach: (deliver) => {
        this.#media.push(deliver);
      },
      send: (local, remote, data) => network.transmit(local, remote, data, false),
    };
  }

  deliver({ from, to, data, sip }: Datagram): void {
    if (!sip) {
      for (const deliver of this.#media) deliver(to, from, data);
      return;
    }
    const socket = this.#sockets.find(
      ({ local }) => local.port === to.port && (local.address === to.address || covers(local.address, to.address)),
    );
    socket?.handlers.onDatagram(data, from);
  }

  #bind(wanted: SocketAddress, handlers: DatagramHandlers): DatagramSocket {
    const { address } = wanted;
    if (!isWildcard(address) && !this.addresses.includes(address)) {
      throw new SessionError('ERR_ADDRESS_NOT_AVAILABLE', `${address} is not an address of this host`);
    }
    const local = { address, port: wanted.port === 0 ? this.#freePort() : wanted.port };
    if (this.#sockets.some((socket) => collides(socket.local, local))) {
      throw new SessionError('ERR_ADDRESS_IN_USE', `${address} port ${local.port} is in use`);
    }
    const bound: Bound = { local, handlers };
    this.#sockets.push(bound);
    return {
      local,
      send: (data, remote, onError) => this.#send(bound, data, remote, onError),
      close: async () => {
        const index = this.#sockets.indexOf(bound);
        if (index >= 0) this.#sockets.splice(index, 1);
      },
    };
  }

  #send(bound: Bound, data: Uint8Array, remote: SocketAddress, onError: (error: Error) => void): void {
    if (!this.#sockets.includes(bound)) throw new Error('the socket is closed');
    const address = isWildcard(bound.local.address) ? this.#localFor(remote) : bound.local.address;
    const problem = address === undefined ? 'ENETUNREACH' : data.length > this.#network.maxDatagramBytes && 'EMSGSIZE';
    if (address === undefined || problem) {
      queueMicrotask(() => onError(Object.assign(new Error(`send ${problem}`), { code: problem })));
      return;
    }
    this.#network.transmit({ address, port: bound.local.port }, remote, data, true);
  }

  #localFor(remote: SocketAddress): string | undefined {
    const family = isIPv6(remote.address);
    const same = this.addresses.filter((address) => isIPv6(address) === family);
    return same.find((address) => network24(address) === network24(remote.address)) ?? same[0];
  }

  #resolve(host: string, family: 4 | 6 | undefined): string {
    const fits = (address: string): boolean => family === undefined || (family === 4 ? isIPv4 : isIPv6)(address);
    const numeric = isIPv4(host) || isIPv6(host);
    const found = (numeric ? [host] : (this.#network.names.get(host) ?? [])).find(fits);
    if (found === undefined) throw new SessionError('ERR_UNRESOLVABLE', `no address is known for ${host}`);
    return found;
  }

  #freePort(): number {
    while (this.#sockets.some(({ local }) => local.port === this.#nextPort)) this.#nextPort += 1;
    return this.#nextPort++;
  }
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function covers(bound: string, address: string): boolean {
  return bound === '0.0.0.0' ? isIPv4(address) : bound === '::' && isIPv6(address);
}

function collides(a: SocketAddress, b: SocketAddress): boolean {
  if (a.port !== b.port) return false;
  return a.address === b.address || covers(a.address, b.address) || covers(b.address, a.address);
}

/** The /24 of an IPv4 address, the first four groups' text of an IPv6 one: which of several local addresses is nearest. */
function network24(address: string): string {
  return isIPv4(address)
    ? address.slice(0, address.lastIndexOf('.'))
    : address.split('::')[0]!.split(':').slice(0, 4).join(':');
}

/** Numbers in [0, 1) that repeat with the seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
