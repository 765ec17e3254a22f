/**
 * Responses to received requests (RFC 3261 8.2.6): the headers that are copied, the top Via as the server amends it, the way back. Pure;
 * called by stack.ts for stateless answers and by the server side of the dialog layer. Works on refused requests too, of which not
 * every header could be read.
 */
import { type HeaderList, parseVia, printHost, printResponse, type SipRequest } from '../message/index.js';
import type { Flow, SocketAddress } from '../types.js';
import { defaultPort } from './hop.js';

export interface Reply {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly headers?: HeaderList | undefined;
  readonly body?: Uint8Array | undefined;
}

/** Via, From, To with our tag, Call-ID and CSeq of every response to `request` (8.2.6.2). */
export function replyHead(request: SipRequest, source: SocketAddress, toTag: string): HeaderList {
  const head: [string, string][] = [];
  for (const via of request.headerValues('via')) {
    head.push(['Via', head.length === 0 ? amendVia(via, source) : via]);
  }
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    const value = request.header(name);
    // A refused request may lack any of them; what it has is repeated as it is.
    if (value) head.push([name, name === 'To' && request.toTag === undefined ? `${value};tag=${toTag}` : value]);
  }
  return head;
}

/** A whole response. */
export function printReply(head: HeaderList, reply: Reply): Buffer {
  const { status, reason, body } = reply;
  return printResponse({ status, reason, headers: [...head, ...(reply.headers ?? [])], body });
}

/** Record-Route of a request as the responses that make a dialog repeat it (12.1.1). */
export function recordRoutes(request: SipRequest): HeaderList {
  return request.headerValues('record-route').map((route) => ['Record-Route', route] as const);
}

const rportFlag = /;\s*rport\s*(?=;|$)/i;
const received = /;\s*received\s*=\s*[^;\s]*\s*(?=;|$)/gi;

/**
 * The top Via with `received` where the source is not what sent-by says (RFC 3261 18.2.1), and always where the client asked for `rport`
 * (RFC 3581 4). A `received` that the sender wrote itself is a lie or an error and goes.
 */
export function amendVia(text: string, source: SocketAddress): string {
  const via = parseVia(text);
  if (!via) return text;
  const asked = via.params.get('rport') === '';
  const clean = via.params.has('received') ? text.replace(received, '') : text;
  // The zone of a link-local address means something on this machine only (RFC 4007 11.2).
  const address = source.address.split('%', 1)[0];
  if (!asked && via.host === address) return clean;
  const withPort = asked ? clean.replace(rportFlag, `;rport=${source.port}`) : clean;
  return `${withPort};received=${address}`;
}

/**
 * The flow of the responses to a request (18.2.2): back to the source address; to the source port where the client asked for `rport` (RFC
 * 3581 4), otherwise to the port of sent-by. `maddr` is declined: over UDP it would let anybody point our responses at anybody.
 */
export function replyFlow(request: SipRequest, flow: Flow): Flow {
  const text = request.headerValues('via')[0];
  const via = text === undefined ? undefined : parseVia(text);
  if (!via) return flow;
  const port = via.port ?? defaultPort(flow.transport);
  // In a stream responses take the connection of the request, whatever Via says; that is for when it is gone.
  if (flow.transport === 'ws' || flow.transport === 'wss') return flow;
  if (flow.transport === 'tls') return { ...flow, remote: { ...flow.remote, port }, serverName: via.host };
  if (flow.transport === 'udp' && via.params.has('rport')) return flow;
  return port === flow.remote.port ? flow : { ...flow, remote: { address: flow.remote.address, port } };
}

/** `host:port` of our side as it stands in Via and Contact. */
export function hostPort(host: string, port: number): string {
  return `${printHost(host)}:${port}`;
}
