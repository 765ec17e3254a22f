/**
 * Where a request goes next (RFC 3261 8.1.2, 12.2.1.1; RFC 3263 4 without its DNS records, which a host with A or AAAA needs not). Pure;
 * called by the dialog layer. The shell turns a hop into a flow: it resolves the host and chooses the listener.
 */
import type { SipUri } from '../message/index.js';

export interface Hop {
  readonly host: string;
  readonly port: number;
}

/** RFC 3261 18.1.1: the default port of sip over UDP. */
export const defaultPort = 5060;

/** The hop that a URI means, or why there is none. */
export function hopOf(uri: SipUri): Hop | string {
  if (uri.scheme !== 'sip') return `a ${uri.scheme} URI cannot be reached over UDP`;
  const transport = uri.params.get('transport')?.toLowerCase() ?? 'udp';
  if (transport !== 'udp') return `transport ${transport} is not supported`;
  const maddr = uri.params.get('maddr')?.replace(/^\[|\]$/g, '');
  return { host: maddr || uri.host, port: uri.port ?? defaultPort };
}
