/** TLS of the machine over TCP (RFC 3261 26.3.1): servers with our certificate, connections that check the peer's (RFC 5922). Called by streams.ts. */
import { isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect, createServer, type Server, type TLSSocket } from 'node:tls';
import type { StreamListenerHandlers, StreamTarget, TlsCredentials } from '../types.js';
import { admit, wrapSocket } from './tcp.js';

/** A server, and what ends the handshakes that are under way: it closes only when they are over. */
export function tlsServer(
  { cert, key }: TlsCredentials,
  handshakeTimeout: number,
  handlers: StreamListenerHandlers,
): { readonly server: Server; dropHandshakes(): void } {
  const own = { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  const server = createServer({ ...own, handshakeTimeout });
  const shaking = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  // Strangers who do not finish their handshake count, too.
  server.on('connection', (socket: Socket) => {
    if (!admit(socket, handlers)) return;
    const name = nameOf(socket);
    shaking.set(name, socket);
    socket.once('close', () => shaking.delete(name));
  });
  server.on('secureConnection', (socket) => {
    shaking.delete(nameOf(socket));
    handlers.onSocket(wrapSocket(socket));
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return {
    server,
    dropHandshakes() {
      for (const socket of shaking.values()) socket.destroy();
    },
  };
}

export function connectTls(
  { remote, from, serverName }: StreamTarget,
  credentials: TlsCredentials,
): { readonly socket: TLSSocket; readonly ready: 'secureConnect' } {
  const { cert, key, ca, rejectUnauthorized = true } = credentials;
  const name = serverName ?? remote.address;
  const socket = connect({
    host: remote.address,
    port: remote.port,
    ...(from === undefined ? {} : { localAddress: from }),
    // RFC 6066 3: the name that is asked for is no address.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
    rejectUnauthorized,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
  });
  return { socket, ready: 'secureConnect' };
}
