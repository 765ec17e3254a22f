/**
 * UDP of the machine as the endpoint needs it: node:dgram sockets, the local address of a route, host names. Called by transport.ts through DatagramNetwork.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import type { Clock } from '../../base/clock.js';
import { SessionError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { isWildcard } from '../config.js';
import type { DatagramHandlers, DatagramNetwork, DatagramSocket, SocketAddress } from '../types.js';
import { bindError } from './bind-error.js';
import { QueueProbe } from './queue-probe.js';

/** What a busy server needs to ride out a pause of the event loop: about 4000 messages. */
const bufferBytes = 4 * 1024 * 1024;

/** Routes change with interfaces; an answer is believed for that long. */
const routeLifeMs = 30_000;
const maxRoutes = 4096;

interface CachedRoute {
  readonly address: string;
  readonly untilMs: number;
}

export class UdpNetwork implements DatagramNetwork {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #routes = new Map<string, CachedRoute>();
  #warned = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  async bind(local: SocketAddress, handlers: DatagramHandlers): Promise<DatagramSocket> {
    const socket = open(local.address);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => reject(bindError('UDP', error, local)));
      socket.bind({ address: local.address, port: local.port, exclusive: true }, resolve);
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    socket.removeAllListeners('error');
    this.#growBuffers(socket);
    socket.on('error', handlers.onError);
    const { address, port } = socket.address();
    const toSelf = isWildcard(address) ? (isIPv6(address) ? '::1' : '127.0.0.1') : address;
    const probe = new QueueProbe(
      (data) => socket.send(data, port, toSelf, () => {}),
      () => this.#clock.nowMs(),
    );
    socket.on('message', (data, from) => {
      if (!probe.take(data)) handlers.onDatagram(data, { address: from.address, port: from.port });
    });
    return wrap(socket, { address, port }, probe);
  }

  localAddressFor(remote: SocketAddress): string | undefined | Promise<string | undefined> {
    const cached = this.#routes.get(remote.address);
    if (cached && cached.untilMs > this.#clock.nowMs()) return cached.address;
    return this.#findRoute(remote);
  }

  async resolve(host: string, family: 4 | 6 | undefined): Promise<string> {
    try {
      const { address } = await lookup(host, { family: family ?? 0, verbatim: true });
      return address;
    } catch (cause) {
      throw new SessionError('ERR_UNRESOLVABLE', `the host ${host} has no address`, { cause });
    }
  }

  /** Connecting a UDP socket sends nothing; the system then says which address it would send from. */
  async #findRoute(remote: SocketAddress): Promise<string | undefined> {
    const socket = open(remote.address);
    const address = await new Promise<string | undefined>((resolve) => {
      socket.once('error', () => resolve(undefined));
      // A callback instead of the listener would be called for errors, too, while the socket still has the wildcard.
      socket.once('connect', () => resolve(socket.address().address));
      socket.connect(remote.port === 0 ? 9 : remote.port, remote.address);
    });
    socket.close();
    // No route now may be one in a moment, when an interface comes up or a file descriptor is free again.
    if (address === undefined) return undefined;
    if (this.#routes.size >= maxRoutes) this.#forgetRoutes();
    this.#routes.set(remote.address, { address, untilMs: this.#clock.nowMs() + routeLifeMs });
    return address;
  }

  /** Drops what has expired and, where that is not enough, the oldest half. */
  #forgetRoutes(): void {
    const nowMs = this.#clock.nowMs();
    let left = maxRoutes / 2;
    for (const [remote, { untilMs }] of this.#routes) {
      if (untilMs <= nowMs || left > 0) this.#routes.delete(remote);
      left -= 1;
    }
  }

  /** The system may grant less than asked for (net.core.rmem_max); that is said once. */
  #growBuffers(socket: Socket): void {
    try {
      socket.setRecvBufferSize(bufferBytes);
      socket.setSendBufferSize(bufferBytes);
    } catch {
      // Refused outright; what is granted is read below.
    }
    const receiveBytes = socket.getRecvBufferSize();
    if (receiveBytes >= bufferBytes || this.#warned) return;
    this.#warned = true;
    const hint = `sysctl -w net.core.rmem_max=${bufferBytes} net.core.wmem_max=${bufferBytes}`;
    this.#logger.warn(
      { receiveBytes, wantedBytes: bufferBytes, hint },
      'the SIP receive buffer is smaller than wanted',
    );
  }
}

/** IPv6 sockets carry IPv6 only: a listener for both families would show IPv4 peers under addresses that they cannot be answered with. */
function open(address: string): Socket {
  const ipv6 = isIPv6(address);
  return createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    // Destinations are numeric: the resolver need not be asked for each datagram.
    lookup: (host, _options, callback) => callback(null, host, isIP(host)),
  });
}

function wrap(socket: Socket, local: SocketAddress, probe: QueueProbe): DatagramSocket {
  let closing: Promise<void> | undefined;
  return {
    local,
    queueMs: () => (closing ? 0 : probe.look()),
    send(data, remote, onError) {
      socket.send(data, 0, data.length, remote.port, remote.address, (error) => {
        if (error) onError(error);
      });
    },
    close() {
      closing ??= new Promise((resolve) => socket.close(resolve));
      return closing;
    },
  };
}
