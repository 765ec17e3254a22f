/**
 * TCP, TLS and WebSocket of the machine as the endpoint needs them: node:net, node:tls, ws. Called by connections.ts through StreamNetwork.
 */
import { isIPv6, type Server as NetServer } from 'node:net';
import { createSecureContext, type Server as TlsServer } from 'node:tls';
import { SessionError } from '../../base/errors.js';
import type {
  CoreLimits,
  SocketAddress,
  StreamListener,
  StreamListenerHandlers,
  StreamNetwork,
  StreamSocket,
  StreamTarget,
  StreamTransport,
  TlsCredentials,
  WebSocketConfig,
} from '../types.js';
import { bindError } from './bind-error.js';
import { connectTcp, tcpServer, wrapSocket } from './tcp.js';
import { connectTls, ownCertificate, tlsServer } from './tls.js';
import { connectWebSocket, type WebSocketParts, webSocketServer } from './ws.js';

/** What listens, whatever the transport: a server, and what ends handshakes that are under way. */
interface Listening {
  readonly server: NetServer & Partial<Pick<TlsServer, 'setSecureContext'>>;
  dropHandshakes(): void;
}

export class NodeStreams implements StreamNetwork {
  readonly #websocket: WebSocketConfig;
  readonly #limits: CoreLimits;
  readonly #secure = new Set<Pick<TlsServer, 'setSecureContext'>>();
  #credentials: TlsCredentials;

  /** Throws ERR_CONFIG for certificates that cannot be read, when it first listens or connects with them. */
  constructor(credentials: TlsCredentials, { websocket, limits }: { websocket: WebSocketConfig; limits: CoreLimits }) {
    this.#credentials = credentials;
    this.#websocket = websocket;
    this.#limits = limits;
  }

  async listen(
    local: SocketAddress,
    transport: StreamTransport,
    handlers: StreamListenerHandlers,
  ): Promise<StreamListener> {
    const { server, dropHandshakes } = await this.#serve(transport, handlers);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(bindError('TCP', error, local)));
      const host = local.address;
      server.listen({ host, port: local.port, ipv6Only: isIPv6(host), exclusive: true }, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', handlers.onError);
    const { setSecureContext } = server;
    const secure = setSecureContext && { setSecureContext: setSecureContext.bind(server) };
    if (secure) this.#secure.add(secure);
    const bound = server.address() as { address: string; port: number };
    return {
      local: { address: bound.address, port: bound.port },
      close: () =>
        new Promise((resolve) => {
          if (secure) this.#secure.delete(secure);
          server.close(() => resolve());
          dropHandshakes();
        }),
    };
  }

  async connect(target: StreamTarget, signal: AbortSignal): Promise<StreamSocket> {
    try {
      if (target.transport === 'ws' || target.transport === 'wss') {
        return await connectWebSocket(target, this.#parts, signal);
      }
      return await this.#connectStream(target, signal);
    } catch (error) {
      throw connectError(error as NodeJS.ErrnoException, target);
    }
  }

  reload(credentials: TlsCredentials): void {
    if (this.#secure.size > 0 && credentials.cert === undefined) {
      throw new SessionError('ERR_CONFIG', 'tls: listeners with TLS need cert and key');
    }
    const { ca } = credentials;
    const own = ownCertificate(credentials);
    checked(() => createSecureContext({ ...own, ...(ca === undefined ? {} : { ca }) }));
    for (const server of this.#secure) server.setSecureContext(own);
    this.#credentials = credentials;
  }

  async #connectStream(target: StreamTarget, signal: AbortSignal): Promise<StreamSocket> {
    const { socket, ready } = target.transport === 'tls' ? connectTls(target, this.#credentials) : connectTcp(target);
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
      throw error;
    } finally {
      signal.removeEventListener('abort', give);
    }
    return wrapSocket(socket);
  }

  async #serve(transport: StreamTransport, handlers: StreamListenerHandlers): Promise<Listening> {
    if (transport === 'tcp') return tcpServer(handlers);
    if (transport === 'tls')
      return checked(() => tlsServer(this.#credentials, this.#limits.connectTimeoutMs, handlers));
    if (transport === 'wss') checked(() => createSecureContext(ownCertificate(this.#credentials)));
    return webSocketServer(transport === 'wss', this.#parts, handlers);
  }

  get #parts(): WebSocketParts {
    return { credentials: this.#credentials, websocket: this.#websocket, limits: this.#limits };
  }
}

function checked<T>(use: () => T): T {
  try {
    return use();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new SessionError('ERR_CONFIG', `tls: the certificate and key cannot be used: ${detail}`, { cause });
  }
}

function connectError(cause: NodeJS.ErrnoException, { remote, transport }: StreamTarget): SessionError {
  const where = isIPv6(remote.address) ? `[${remote.address}]:${remote.port}` : `${remote.address}:${remote.port}`;
  const why = cause.code === 'ECONNREFUSED' ? 'it was refused' : cause.message;
  return new SessionError('ERR_TRANSPORT', `no ${transport.toUpperCase()} connection to ${where}: ${why}`, { cause });
}
