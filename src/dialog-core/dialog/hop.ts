/**
 * Where a request goes next (RFC 3261 8.1.2, 12.2.1.1; RFC 3263 4 without its DNS records, which a host with A or AAAA needs not). Pure;
 * called by the dialog layer. The shell turns a hop into a flow: it resolves the host and chooses the listener.
 */
import type { SipUri } from '../message/index.js';
import type { TransportName } from '../types.js';

export interface Hop {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  /** Of TLS: the name that the peer's certificate must bear, which is that of the URI (RFC 5922 7.1). */
  readonly serverName?: string | undefined;
}

/** RFC 3261 19.1.2: the default port of SIP over that transport. */
export function defaultPort(transport: TransportName): number {
  return transport === 'tls' ? 5061 : 5060;
}

/** The hop that a URI means, or why there is none. Without DNS records a sip URI that names no transport means UDP (RFC 3263 4.1). */
export function hopOf(uri: SipUri): Hop | string {
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips') return `a ${uri.scheme} URI cannot be reached by SIP`;
  const named = uri.params.get('transport')?.toLowerCase();
  const transport = uri.scheme === 'sips' ? secured(named) : (named ?? 'udp');
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls')
    return `transport ${transport} is not supported`;
  const maddr = uri.params.get('maddr')?.replace(/^\[|\]$/g, '');
  const hop: Hop = { transport, host: maddr || uri.host, port: uri.port ?? defaultPort(transport) };
  return transport === 'tls' ? { ...hop, serverName: uri.host } : hop;
}

/** RFC 3261 26.2.2: sips over TCP is TLS. */
function secured(named: string | undefined): string {
  return named === undefined || named === 'tcp' ? 'tls' : named === 'udp' ? 'udp with sips' : named;
}
