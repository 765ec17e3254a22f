/**
 * Where a request goes next (RFC 3261 8.1.2, 12.2.1.1), and what of it RFC 3263 leaves to DNS, which resolver.ts asks. Pure;
 * called by the dialog layer. The shell turns a hop into a flow: it resolves the host and chooses the listener.
 */
import { isIP } from 'node:net';
import type { SipUri } from '../message/index.js';
import type { Flow, TransportName } from '../types.js';

export interface Hop {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  /** Of TLS: the name that the peer's certificate must bear, which is that of the URI (RFC 5922 7.1). */
  readonly serverName?: string | undefined;
  /** Of a name whose URI left something open: DNS may say more (RFC 3263 4.1, 4.2). */
  readonly search?: { readonly transport: boolean; readonly secure: boolean } | undefined;
  /** Known already: who was called has registered here. */
  readonly flow?: Flow | undefined;
}

/** RFC 3261 19.1.2: the default port of SIP over that transport. */
export function defaultPort(transport: TransportName): number {
  return defaultPorts[transport];
}

/** RFC 7118 5.3 for the last two. */
const defaultPorts: Readonly<Record<TransportName, number>> = { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 };

/** TLS is under it, so that the peer proves its name. */
export function isSecure(transport: TransportName): boolean {
  return transport === 'tls' || transport === 'wss';
}

function isTransport(name: string): name is TransportName {
  return Object.hasOwn(defaultPorts, name);
}

/** The hop that a URI means, or why there is none. Without DNS records a sip URI that names no transport means UDP (RFC 3263 4.1). */
export function hopOf(uri: SipUri): Hop | string {
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips') return `a ${uri.scheme} URI cannot be reached by SIP`;
  const named = uri.params.get('transport')?.toLowerCase();
  const transport = uri.scheme === 'sips' ? secured(named) : (named ?? 'udp');
  if (!isTransport(transport)) return `transport ${transport} is not supported`;
  const maddr = uri.params.get('maddr')?.replace(/^\[|\]$/g, '');
  const host = maddr || uri.host;
  // With a port in the URI, or a numeric address, there is nothing to look for (RFC 3263 4.1, 4.2).
  const isOpen = uri.port === undefined && isIP(host) === 0;
  const search = isOpen ? { transport: named === undefined, secure: uri.scheme === 'sips' } : undefined;
  const hop: Hop = { transport, host, port: uri.port ?? defaultPort(transport), ...(search && { search }) };
  return isSecure(transport) ? { ...hop, serverName: uri.host } : hop;
}

/** RFC 3261 26.2.2: sips over TCP is TLS; RFC 7118 5.2.2 has the same for WebSocket. */
function secured(named: string | undefined): string {
  if (named === 'ws') return 'wss';
  return named === undefined || named === 'tcp' ? 'tls' : named === 'udp' ? 'udp with sips' : named;
}

/** More ways of one request are not tried. */
const maxTries = 8;

/**
 * What the way that failed is called when another one may be tried (RFC 3263 4.3); undefined where the target was an address or a flow, or
 * enough was tried.
 */
export function nextTry(hop: Hop, flow: Flow | undefined, tried: readonly string[]): string | undefined {
  if (!flow || hop.flow || isIP(hop.host) !== 0 || tried.length >= maxTries) return undefined;
  const { address, port } = flow.remote;
  const key = `${flow.transport} ${address} ${port}`;
  return tried.includes(key) ? undefined : key;
}
