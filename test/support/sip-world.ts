/**
 * A small world for SIP scenarios: a virtual clock, a seeded network, endpoints and hand-driven peers on it, and the ladder of everything
 * that was sent, one line a datagram: `alice > bob INVITE`.
 */
import { seededIds } from '../../src/base/ids.js';
import type { SipMessage } from '../../src/dialog-core/index.js';
import { type DialogCoreConfig, type DialogCoreEvent, makeUri, SipEndpoint } from '../../src/dialog-core/index.js';
import type { DatagramSocket, SocketAddress, UsageId } from '../../src/dialog-core/types.js';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network.js';
import { MemoryStreams } from './memory-stream.js';
import { startLine, summary } from './sip-text.js';
import { settle, VirtualClock } from './virtual-clock.js';

export const sdp = { contentType: 'application/sdp', data: Buffer.from('v=0\r\n') };

type EventType = DialogCoreEvent['type'];
type EventOf<T extends EventType> = Extract<DialogCoreEvent, { type: T }>;

export class SipWorld {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly streams = new MemoryStreams(this.clock);
  /** `alice > bob INVITE`, in a stream `alice = bob INVITE`; a lost datagram ends with ` (lost)`. */
  readonly ladder: string[] = [];
  readonly #names = new Map<string, string>();
  readonly #phones: Phone[] = [];

  constructor(options: Partial<Omit<MemoryNetworkOptions, 'clock'>> = {}) {
    this.network = new MemoryNetwork({ seed: 1, ...options, clock: this.clock });
    this.network.tap(({ from, to, data, dropped }) => {
      this.ladder.push(`${this.#name(from)} > ${this.#name(to)} ${summary(data)}${dropped ? ' (lost)' : ''}`);
    });
    this.streams.tap(({ from, to, data }) => {
      this.ladder.push(`${this.#name(from)} = ${this.#name(to)} ${summary(data)}`);
    });
  }

  /** An endpoint at `address`, port 5060. */
  async phone(name: string, address: string, config: Partial<DialogCoreConfig> = {}): Promise<Phone> {
    const host = this.network.host(address);
    for (const each of host.addresses) this.#names.set(each, name);
    const endpoint = new SipEndpoint({
      listen: [{ transport: 'udp', address, port: 5060 }],
      clock: this.clock,
      ids: seededIds(1000 + this.#phones.length),
      network: host.datagram,
      streams: this.streams.host(...host.addresses),
      userAgent: '',
      // Ladders of RFC 3261 alone, unless a test wants more.
      reliable: 'off',
      sessionTimer: 'off',
      ...config,
    });
    const phone = new Phone(this, name, address, endpoint);
    this.#phones.push(phone);
    await endpoint.start();
    return phone;
  }

  /** A peer that a test drives by hand. */
  async raw(name: string, address: string, port = 5060): Promise<RawPeer> {
    const host = this.network.host(address);
    for (const each of host.addresses) this.#names.set(each, name);
    const peer = new RawPeer(this, { address, port });
    await peer.open();
    return peer;
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** Lets time pass from timer to timer until `condition` holds; throws after `limitMs`. */
  async until(condition: () => boolean, what: string, limitMs = 200_000): Promise<void> {
    const endMs = this.clock.nowMs() + limitMs;
    await settle();
    while (!condition()) {
      const nextMs = this.clock.nextMs;
      if (nextMs === undefined || nextMs > endMs) throw new Error(`${what} did not happen`);
      await this.clock.advance(Math.max(0, nextMs - this.clock.nowMs()));
    }
  }

  /** The ladder so far, and a new one from here. */
  takeLadder(): string[] {
    return this.ladder.splice(0);
  }

  #name({ address }: SocketAddress): string {
    return this.#names.get(address) ?? address;
  }
}

export class Phone {
  readonly name: string;
  readonly address: string;
  readonly endpoint: SipEndpoint;
  /** All events, in order. */
  readonly events: DialogCoreEvent[] = [];
  readonly #world: SipWorld;
  #taken = 0;
  #react: (event: DialogCoreEvent) => void = () => {};

  constructor(world: SipWorld, name: string, address: string, endpoint: SipEndpoint) {
    this.#world = world;
    this.name = name;
    this.address = address;
    this.endpoint = endpoint;
    endpoint.onEvent((event) => {
      this.events.push(event);
      this.#react(event);
    });
  }

  /** What the phone does at once when an event comes. */
  react(handler: (event: DialogCoreEvent) => void): void {
    this.#react = handler;
  }

  uri(user = this.name): ReturnType<typeof makeUri> {
    return makeUri({ user, host: this.address });
  }

  /** Calls `target` and sends the INVITE as soon as the route is known, with an offer or for a late one. */
  async call(target: ReturnType<typeof makeUri>, offer: 'offer' | 'late offer' = 'offer'): Promise<UsageId> {
    const usage = this.endpoint.invite({ target, from: { uri: this.uri() }, contactUser: this.name });
    await this.take('routed');
    this.endpoint.sendInvite(usage, offer === 'offer' ? sdp : undefined);
    return usage;
  }

  /** Lets time pass until the next event that was not taken yet; fails unless it is of that type. */
  async take<T extends EventType>(type: T): Promise<EventOf<T>> {
    await this.#world.until(() => this.events.length > this.#taken, `${type} at ${this.name}`);
    const event = this.events[this.#taken] as DialogCoreEvent;
    this.#taken += 1;
    if (event.type !== type) throw new Error(`${this.name} got ${event.type} instead of ${type}`);
    return event as EventOf<T>;
  }

  /** Types of the events that were not taken. */
  get left(): string[] {
    return this.events.slice(this.#taken).map(({ type }) => type);
  }
}

export interface Received {
  readonly text: string;
  readonly remote: SocketAddress;
  readonly atMs: number;
}

export class RawPeer {
  readonly local: SocketAddress;
  readonly received: Received[] = [];
  readonly #world: SipWorld;
  #socket: DatagramSocket | undefined;
  #taken = 0;

  constructor(world: SipWorld, local: SocketAddress) {
    this.#world = world;
    this.local = local;
  }

  async open(): Promise<void> {
    this.#socket = await this.#world.network.host(this.local.address).datagram.bind(this.local, {
      onDatagram: (data, remote) => {
        this.received.push({ text: Buffer.from(data).toString(), remote, atMs: this.#world.clock.nowMs() });
      },
      onError: () => {},
    });
  }

  send(data: Uint8Array, to: { readonly address: string; readonly port?: number }): void {
    this.#socket?.send(data, { address: to.address, port: to.port ?? 5060 }, () => {});
  }

  /** Lets time pass until the next datagram that was not taken yet; fails unless its start line begins with `start`. */
  async take(start: string): Promise<string> {
    await this.#world.until(() => this.received.length > this.#taken, `${start} at ${this.local.address}`);
    const { text } = this.received[this.#taken] as Received;
    this.#taken += 1;
    if (!startLine(text).startsWith(start)) throw new Error(`got '${startLine(text)}' instead of '${start}'`);
    return text;
  }

  /** Start lines of what was not taken. */
  get left(): string[] {
    return this.received.slice(this.#taken).map(({ text }) => startLine(text));
  }

  /** Forgets what was not taken. */
  skip(): void {
    this.#taken = this.received.length;
  }
}

export type { SipMessage };
