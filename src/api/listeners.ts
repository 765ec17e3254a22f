/** Where the library is reached: its listeners as users see them, and the address that it calls from. Pure. */
import { hostname } from 'node:os';
import type { SessionManager } from '../manager/index.js';

export interface Listener {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  readonly address: string;
  readonly port: number;
  /** `udp://…`, as in the options. */
  readonly url: string;
}

export function toListeners(bound: SessionManager['listeners']): Listener[] {
  return bound.map(({ transport, local }) => {
    const host = local.address.includes(':') ? `[${local.address}]` : local.address;
    return { transport, address: local.address, port: local.port, url: `${transport}://${host}:${local.port}` };
  });
}

/** The From of who gives none: the advertised address, else that of the first listener, else the name of this machine. */
export function defaultFrom(listeners: readonly Listener[], advertise: string | undefined): string {
  const first = listeners[0]?.address ?? '';
  const wildcard = first === '' || first === '0.0.0.0' || first === '::';
  const name = /^[A-Za-z0-9.-]+$/.test(hostname()) ? hostname() : 'anonymous.invalid';
  const host = advertise ?? (wildcard ? name : first);
  return `sip:mixminus@${host.includes(':') ? `[${host}]` : host}`;
}
