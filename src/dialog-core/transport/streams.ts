/**
 * TCP and TLS of the machine as the endpoint needs them: node:net and node:tls. Called by connections.ts through StreamNetwork.
 */
import { isIPv6 } from 'node:net';
import { SessionError } from '../../base/errors.js';
import type {
  SocketAddress,
  StreamListener,
  StreamListenerHandlers,
  StreamNetwork,
  StreamSocket,
  StreamTarget,
  TlsCredentials,
} from '../types.js';
import { bindError } from './bind-error.js';
import { connectTcp, tcpServer, wrapSocket } from './tcp.js';
import { connectTls, tlsServer } from './tls.js';

export class NodeStreams implements StreamNetwork {
  readonly #credentials: TlsCredentials;
  readonly #handshakeTimeoutMs: number;

  /** Throws ERR_CONFIG for certificates that cannot be read, when it first listens or connects with them. */
  constructor(credentials: TlsCredentials, handshakeTimeoutMs: number) {
    this.#credentials = credentials;
    this.#handshakeTimeoutMs = handshakeTimeoutMs;
  }

  async listen(local: SocketAddress, secure: boolean, handlers: StreamListenerHandlers): Promise<StreamListener> {
    const { server, dropHandshakes } = secure ? this.#secureServer(handlers) : tcpServer(handlers);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(bindError('TCP', error, local)));
      const host = local.address;
      server.listen({ host, port: local.port, ipv6Only: isIPv6(host), exclusive: true }, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', handlers.onError);
    const bound = server.address() as { address: string; port: number };
    return {
      local: { address: bound.address, port: bound.port },
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          dropHandshakes();
        }),
    };
  }

  async connect(target: StreamTarget, signal: AbortSignal): Promise<StreamSocket> {
    const { socket, ready } = this.#begin(target);
    const give = (): void => {
      socket.destroy(new Error('it took too long'));
    };
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.once(ready, resolve);
        signal.addEventListener('abort', give, { once: true });
        if (signal.aborted) give();
      });
    } catch (error) {
      socket.destroy();
      throw connectError(error as NodeJS.ErrnoException, target);
    } finally {
      signal.removeEventListener('abort', give);
    }
    return wrapSocket(socket);
  }

  #begin(target: StreamTarget): ReturnType<typeof connectTcp> | ReturnType<typeof connectTls> {
    return target.secure ? connectTls(target, this.#credentials) : connectTcp(target);
  }

  #secureServer(handlers: StreamListenerHandlers): ReturnType<typeof tlsServer> {
    try {
      return tlsServer(this.#credentials, this.#handshakeTimeoutMs, handlers);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new SessionError('ERR_CONFIG', `tls: the certificate and key cannot be used: ${detail}`, { cause });
    }
  }
}

function connectError(cause: NodeJS.ErrnoException, { remote, secure }: StreamTarget): SessionError {
  const where = isIPv6(remote.address) ? `[${remote.address}]:${remote.port}` : `${remote.address}:${remote.port}`;
  const kind = secure ? 'TLS' : 'TCP';
  const why = cause.code === 'ECONNREFUSED' ? 'it was refused' : cause.message;
  return new SessionError('ERR_TRANSPORT', `no ${kind} connection to ${where}: ${why}`, { cause });
}
