/** TCP of the machine: servers, connections, and the shape in which both give their sockets. Called by streams.ts; tls.ts shares the shape. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress, StreamListenerHandlers, StreamSocket, StreamTarget } from '../types.js';

export function tcpServer(handlers: StreamListenerHandlers): { readonly server: Server; dropHandshakes(): void } {
  const server = createServer();
  server.on('connection', (socket) => {
    if (admit(socket, handlers)) handlers.onSocket(wrapSocket(socket));
  });
  return { server, dropHandshakes() {} };
}

export function connectTcp({ remote, from }: StreamTarget): { readonly socket: Socket; readonly ready: 'connect' } {
  const local = from === undefined ? {} : { localAddress: from };
  return { socket: connect({ host: remote.address, port: remote.port, ...local }), ready: 'connect' };
}

/** Asks whether a new connection may stay; one that may not is closed at once. */
export function admit(socket: Socket, handlers: StreamListenerHandlers): boolean {
  // A connection that failed on its way here has no far address any more.
  const release = socket.remoteAddress === undefined ? undefined : handlers.admit(remoteOf(socket));
  if (!release) {
    socket.destroy();
    return false;
  }
  socket.on('error', () => {});
  socket.once('close', release);
  return true;
}

function remoteOf(socket: Socket): SocketAddress {
  return { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
}

/** A socket that is connected, and with TLS has shaken hands. */
export function wrapSocket(socket: Socket): StreamSocket {
  let failure: Error | undefined;
  // Messages are small, and each is waited for.
  socket.setNoDelay(true);
  socket.on('error', (error) => {
    failure = error;
  });
  return {
    local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    remote: remoteOf(socket),
    get queuedBytes() {
      return socket.writableLength;
    },
    start({ onData, onClose }) {
      socket.on('data', onData);
      if (socket.closed) queueMicrotask(() => onClose(failure));
      else socket.once('close', () => onClose(failure));
    },
    write(data) {
      if (socket.writable) socket.write(data);
    },
    end: () => {
      socket.end();
    },
    destroySoon: () => socket.destroySoon(),
    destroy: () => {
      socket.destroy();
    },
  };
}
