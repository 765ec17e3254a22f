/**
 * WebSocket of the machine (RFC 7118 over RFC 6455), as server and client, with and without TLS. The framing is that of the package `ws`,
 * which is loaded when the first WebSocket is wanted. Called by streams.ts.
 */
import { isUtf8 } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { isIP, isIPv6, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type {
  CoreLimits,
  StreamListenerHandlers,
  StreamSocket,
  StreamTarget,
  TlsCredentials,
  WebSocketConfig,
} from '../types.js';
import { clientOptions, ownCertificate, Shaking } from './tls.js';

export interface WebSocketParts {
  readonly credentials: TlsCredentials;
  readonly websocket: WebSocketConfig;
  readonly limits: CoreLimits;
}

/** RFC 7118 4.1: both sides name it in the handshake. */
const subprotocol = 'sip';
/** How long a peer has to answer our goodbye; known to `ws`, not to its types. */
const closing: object = { closeTimeout: 2000 };

const loadWs = (): Promise<typeof import('ws')> => import('ws');

/** A server that takes WebSockets for SIP and nothing else, and what ends the handshakes that are under way. */
export async function webSocketServer(
  secure: boolean,
  parts: WebSocketParts,
  handlers: StreamListenerHandlers,
): Promise<{ readonly server: Server | SecureServer; dropHandshakes(): void }> {
  const { WebSocketServer } = await loadWs();
  const { credentials, websocket, limits } = parts;
  const timeout = limits.connectTimeoutMs;
  // A handshake of HTTP that is not finished in time ends with 408; what comes after is timed by connections.ts.
  const http = {
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(timeout, 1000),
  };
  const server = secure
    ? createSecureServer({ ...http, ...ownCertificate(credentials), handshakeTimeout: timeout })
    : createServer(http);
  const shaking = new Shaking(server, handlers);
  const frames = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.maxMessageBytes,
    ...closing,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  server.on('request', (_request, response) => {
    response.writeHead(426, { Upgrade: 'websocket', Connection: 'close', 'Content-Length': 0 }).end();
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const status = refuse(request, websocket);
    if (status !== undefined) {
      const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', 'Content-Length: 0', '', ''];
      socket.end(lines.join('\r\n'));
      return;
    }
    frames.handleUpgrade(request, socket, head, (frame) => {
      shaking.over(socket as Socket);
      handlers.onSocket(wrapFrames(frame, socket as Socket));
    });
  });
  server.on('tlsClientError', (_error: Error, socket: Duplex) => socket.destroy());
  return { server, dropHandshakes: () => shaking.drop() };
}

/** Why a page or program may not connect: the wrong place, not for SIP, a page that is not among ours. */
function refuse({ url = '/', headers }: IncomingMessage, { path = '/', origins }: WebSocketConfig): number | undefined {
  if (url.split('?', 1)[0] !== path) return 404;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  if (!offered.includes(subprotocol)) return 400;
  const { origin } = headers;
  const isKnown = origins === undefined || origin === undefined || origins.some((each) => isSameOrigin(each, origin));
  return isKnown ? undefined : 403;
}

function isSameOrigin(a: string, b: string): boolean {
  return a.toLowerCase().replace(/\/$/, '') === b.toLowerCase();
}

/** Resolves when the handshake is done; rejects with what the system or the server says. */
export async function connectWebSocket(
  target: StreamTarget,
  parts: WebSocketParts,
  signal: AbortSignal,
): Promise<StreamSocket> {
  const { WebSocket } = await loadWs();
  const { remote, from, serverName, transport } = target;
  const name = serverName ?? remote.address;
  const host = isIPv6(name) ? `[${name}]` : name;
  // The name has been resolved: it is for the certificate and the Host header alone.
  const lookup: LookupFunction = (_host, { all }, callback) => {
    const family = isIP(remote.address);
    if (all) callback(null, [{ address: remote.address, family }]);
    else callback(null, remote.address, family);
  };
  // The package's types know the options of TLS otherwise than Node has them.
  const options: object = {
    ...(from === undefined ? {} : { localAddress: from }),
    ...(transport === 'wss' ? clientOptions(target, parts.credentials) : {}),
    lookup,
    maxPayload: parts.limits.maxMessageBytes,
    ...closing,
    perMessageDeflate: false,
    followRedirects: false,
  };
  if (signal.aborted) throw new Error('it took too long');
  const frame = new WebSocket(
    `${transport}://${host}:${remote.port}${parts.websocket.path ?? '/'}`,
    subprotocol,
    options,
  );
  const give = (): void => frame.terminate();
  try {
    return await new Promise<StreamSocket>((resolve, reject) => {
      let socket: Socket | undefined;
      frame.once('upgrade', (response) => {
        socket = response.socket as Socket;
      });
      frame.once('error', (error) => reject(signal.aborted ? new Error('it took too long') : error));
      frame.once('open', () => {
        // What the server says at once waits until somebody reads it.
        frame.pause();
        if (socket) resolve(wrapFrames(frame, socket));
      });
      signal.addEventListener('abort', give, { once: true });
    });
  } finally {
    signal.removeEventListener('abort', give);
  }
}

function wrapFrames(frame: WebSocket, socket: Socket): StreamSocket {
  let failure: Error | undefined;
  frame.on('error', (error) => {
    failure = error;
  });
  socket.setNoDelay(true);
  return {
    local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    remote: { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
    whole: true,
    get queuedBytes() {
      return frame.bufferedAmount;
    },
    start({ onData, onClose, onPong }) {
      frame.on('message', (data) => onData(data as Buffer));
      frame.on('pong', () => onPong?.());
      if (frame.readyState === frame.CLOSED) queueMicrotask(() => onClose(failure));
      else frame.once('close', () => onClose(failure));
      frame.resume();
    },
    write(data) {
      // RFC 7118 5: text where it is UTF-8, so that pages can read it as such.
      if (frame.readyState === frame.OPEN) frame.send(data, { binary: !isUtf8(data) }, () => {});
    },
    ping() {
      if (frame.readyState === frame.OPEN) frame.ping(() => {});
    },
    end: () => frame.close(1000),
    destroySoon: () => frame.close(1001),
    destroy: () => frame.terminate(),
  };
}
