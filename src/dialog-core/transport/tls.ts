/** TLS of the machine over TCP (RFC 3261 26.3.1): servers with our certificate, connections that check the peer's (RFC 5922). Called by streams.ts. */
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect, createServer, type Server, type TLSSocket } from 'node:tls';
import type { StreamListenerHandlers, StreamTarget, TlsCredentials } from '../types.js';
import { checkIdentity } from './identity.js';
import { admit, wrapSocket } from './tcp.js';

/** A server, and what ends the handshakes that are under way: it closes only when they are over. */
export function tlsServer(
  credentials: TlsCredentials,
  handshakeTimeout: number,
  handlers: StreamListenerHandlers,
): { readonly server: Server; dropHandshakes(): void } {
  const server = createServer({ ...ownCertificate(credentials), handshakeTimeout });
  const shaking = new Shaking(server, handlers);
  server.on('secureConnection', (socket) => {
    shaking.over(socket);
    handlers.onSocket(wrapSocket(socket));
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return { server, dropHandshakes: () => shaking.drop() };
}

/** Connections to a server that have not finished their handshake: strangers who do not count, too. */
export class Shaking {
  readonly #sockets = new Map<string, Socket>();

  /** Asks whether a new connection may stay, and keeps those that may. */
  constructor(
    server: { on(event: 'connection', listener: (socket: Socket) => void): unknown },
    handlers: StreamListenerHandlers,
  ) {
    server.on('connection', (socket: Socket) => {
      if (!admit(socket, handlers)) return;
      const name = nameOf(socket);
      this.#sockets.set(name, socket);
      socket.once('close', () => this.#sockets.delete(name));
    });
  }

  over(socket: Socket): void {
    this.#sockets.delete(nameOf(socket));
  }

  drop(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

export function connectTls(
  target: StreamTarget,
  credentials: TlsCredentials,
): { readonly socket: TLSSocket; readonly ready: 'secureConnect' } {
  const { remote, from } = target;
  const local = from === undefined ? {} : { localAddress: from };
  const options = { host: remote.address, port: remote.port, ...local, ...clientOptions(target, credentials) };
  return { socket: connect(options), ready: 'secureConnect' };
}

/** What every client over TLS asks of its peer. */
export function clientOptions({ remote, serverName }: StreamTarget, credentials: TlsCredentials): ConnectionOptions {
  const { ca, rejectUnauthorized = true, wildcards } = credentials;
  const name = serverName ?? remote.address;
  return {
    // RFC 6066 3: the name that is asked for is no address.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...ownCertificate(credentials),
    ...(ca === undefined ? {} : { ca }),
    rejectUnauthorized,
    checkServerIdentity: (_host, certificate) => checkIdentity(name, certificate, { wildcards }),
  };
}

export function ownCertificate({ cert, key }: TlsCredentials): { cert?: string; key?: string } {
  return { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}
