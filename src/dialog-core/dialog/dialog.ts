/**
 * A dialog (RFC 3261 12): what two user agents remember of each other, as data, and the requests made from it. Pure; made by the INVITE
 * sides of the dialog layer, found through store.ts.
 */
import { isIP } from 'node:net';
import type { ClientAuth } from '../auth.js';
import {
  type HeaderList,
  type NameAddr,
  parseNameAddr,
  parseUri,
  printUri,
  type SipRequest,
  type SipResponse,
  type SipUri,
} from '../message/index.js';
import type { Flow } from '../types.js';
import { type Hop, hopOf } from './hop.js';

export interface DialogIdentity {
  readonly callId: string;
  readonly localTag: string;
  /** Empty for a peer of RFC 2543 that sent none (12.1.1, 12.1.2). */
  readonly remoteTag: string;
}

interface DialogState extends DialogIdentity {
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly localSeq: number;
  readonly remoteSeq: number | undefined;
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly contact: string;
  readonly flow: Flow;
  readonly auth?: ClientAuth | undefined;
  /** Whoever is at the other end of the flow's connection is the next hop of our requests, wherever that hop says it is. */
  readonly direct: boolean;
}

/** Key of a dialog in the store. Neither Call-ID nor tags hold a space. */
export function dialogKey({ callId, localTag, remoteTag }: DialogIdentity): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

export class Dialog implements DialogIdentity {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From of our requests, with tag. */
  readonly localAddress: string;
  /** To of our requests, with tag. */
  readonly remoteAddress: string;
  /** Our Contact, as header value; the callee may still choose it in its 2xx. */
  contact: string;
  readonly routeSet: readonly string[];
  localSeq: number;
  remoteSeq: number | undefined;
  /** The way that requests go while {@link hop} is `hopOfFlow`. */
  flow: Flow;
  /** What challenges of our requests are answered with. */
  readonly auth: ClientAuth | undefined;
  /** Methods that the peer said it takes, each between spaces; undefined when it has said nothing. */
  #allowed: string | undefined;
  readonly #direct: boolean;
  #remoteTarget: string;
  #hop: Hop | string | undefined;
  #hopOfFlow: Hop | undefined;

  constructor(state: DialogState) {
    this.callId = state.callId;
    this.localTag = state.localTag;
    this.remoteTag = state.remoteTag;
    this.localAddress = state.localAddress;
    this.remoteAddress = state.remoteAddress;
    this.contact = state.contact;
    this.routeSet = state.routeSet;
    this.localSeq = state.localSeq;
    this.remoteSeq = state.remoteSeq;
    this.flow = state.flow;
    this.auth = state.auth;
    this.#direct = state.direct;
    this.#remoteTarget = state.remoteTarget;
  }

  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  /** Where requests go: the first route, or the remote target when there is none (12.2.1.1). A text says why there is no way. */
  get hop(): Hop | string {
    this.#hop ??= this.#findHop();
    return this.#hop;
  }

  /** The flow for the next request when it is known without asking the resolver. */
  knownFlow(): Flow | undefined {
    const { hop, flow } = this;
    if (typeof hop === 'string') return undefined;
    if (this.#hopOfFlow && isSameHop(this.#hopOfFlow, hop)) return flow;
    // What can never be resolved (RFC 2606 2) is reached along the connection that it came by, or not at all (RFC 7118 5).
    if (flow.connection !== undefined && hop.host.endsWith('.invalid')) return flow;
    if (hop.transport !== flow.transport) return undefined;
    if (hop.host === flow.remote.address && hop.port === flow.remote.port) return flow;
    if (!this.#direct || flow.connection === undefined) return undefined;
    // The connection of the INVITE serves on; its far port is nowhere to connect to, so that a new one would go to the hop.
    const address = isIP(hop.host) ? hop.host : flow.remote.address;
    return { ...flow, remote: { address, port: hop.port }, serverName: hop.serverName };
  }

  /** Keeps what the resolver said about {@link hop}. */
  setFlow(hop: Hop, flow: Flow): void {
    this.#hopOfFlow = hop;
    this.flow = flow;
  }

  /** Takes over what the early dialog has counted. */
  succeed(early: Dialog): void {
    this.localSeq = early.localSeq;
    this.remoteSeq = early.remoteSeq;
    this.#allowed ??= early.#allowed;
  }

  /** Remembers Allow of the peer's INVITE, UPDATE, or response to ours (RFC 3311 5.1). */
  noteAllow(message: SipRequest | SipResponse): void {
    if (message.has('allow')) this.#allowed = ` ${message.headerValues('allow').join(' ')} `;
  }

  /** The peer answered a request of that method 405 or 501. */
  disallow(method: string): void {
    this.#allowed = (this.#allowed ?? ' ').replace(` ${method} `, ' ');
  }

  /** Whether the peer takes requests of that method; undefined when it has not said. */
  allows(method: string): boolean | undefined {
    return this.#allowed?.includes(` ${method} `);
  }

  /** A target refresh request or its 2xx moved the peer (12.2.1.2, 12.2.2). */
  refreshTarget(contact: NameAddr | undefined): void {
    if (!contact) return;
    const target = targetOf(contact);
    if (target === this.#remoteTarget) return;
    this.#remoteTarget = target;
    this.#hop = undefined;
  }

  /** Request-URI and headers of a request in this dialog, without Via (12.2.1.1). */
  requestHead(method: string, cseq: number): { readonly uri: string; readonly headers: [string, string][] } {
    const headers: [string, string][] = [['Max-Forwards', '70']];
    const first = this.routeSet[0];
    const strict = first === undefined ? undefined : strictTarget(first);
    // A strict router (RFC 2543) takes its own URI from the request line and the target from the last Route.
    const routes = strict === undefined ? this.routeSet : [...this.routeSet.slice(1), `<${this.#remoteTarget}>`];
    for (const route of routes) headers.push(['Route', route]);
    headers.push(
      ['From', this.localAddress],
      ['To', this.remoteAddress],
      ['Call-ID', this.callId],
      ['CSeq', `${cseq} ${method}`],
    );
    return { uri: strict ?? this.#remoteTarget, headers };
  }

  #findHop(): Hop | string {
    const first = this.routeSet[0];
    const uri = first === undefined ? parseUri(this.#remoteTarget) : parseNameAddr(first)?.uri;
    return uri ? hopOf(uri) : 'the peer gave no usable address';
  }
}

/** What the caller put into its INVITE. */
export interface CallerIdentity {
  readonly callId: string;
  readonly localTag: string;
  readonly localAddress: string;
  readonly cseq: number;
  readonly auth: ClientAuth | undefined;
}

/** The dialog that a response with a To tag makes for the caller (12.1.2). */
export function dialogOfCaller(
  invite: CallerIdentity,
  response: SipResponse,
  contact: string,
  target: string,
  flow: Flow,
): Dialog {
  const dialog = new Dialog({
    callId: invite.callId,
    localTag: invite.localTag,
    remoteTag: response.toTag ?? '',
    localAddress: invite.localAddress,
    remoteAddress: response.header('to') ?? '',
    localSeq: invite.cseq,
    remoteSeq: undefined,
    // A response must carry Contact (12.1.1). Where it does not, the address that was called is the best guess.
    remoteTarget: response.contact ? targetOf(response.contact) : target,
    routeSet: response.headerValues('record-route').reverse(),
    contact,
    flow,
    auth: invite.auth,
    // A connection that we opened goes to the port that the peer listens on, and no other hop is there.
    direct: false,
  });
  dialog.noteAllow(response);
  return dialog;
}

/** The dialog that our response to an INVITE makes (12.1.1). */
export function dialogOfCallee(
  request: SipRequest,
  localTag: string,
  localSeq: number,
  contact: string,
  flow: Flow,
): Dialog {
  const dialog = new Dialog({
    callId: request.callId,
    localTag,
    remoteTag: request.fromTag ?? '',
    localAddress: `${request.header('to') ?? ''};tag=${localTag}`,
    remoteAddress: request.header('from') ?? '',
    localSeq,
    remoteSeq: request.cseq.number,
    remoteTarget: request.contact ? targetOf(request.contact) : '',
    routeSet: request.headerValues('record-route'),
    contact,
    flow,
    direct: flow.transport !== 'udp' && cameFromNextHop(request),
  });
  dialog.noteAllow(request);
  return dialog;
}

/** Whether the sender of an INVITE is where requests to its author go first: the author itself, or the last proxy that stays in the path. */
function cameFromNextHop(request: SipRequest): boolean {
  const first = request.headerValues('record-route')[0];
  if (first === undefined) return request.headerValues('via').length === 1;
  return parseNameAddr(first)?.uri.host === request.topVia.host;
}

function isSameHop(a: Hop, b: Hop): boolean {
  return a.transport === b.transport && a.host === b.host && a.port === b.port && a.serverName === b.serverName;
}

/** The Request-URI for a first route that is strict; undefined for a loose one. */
function strictTarget(route: string): string | undefined {
  const uri = parseNameAddr(route)?.uri;
  return uri && !uri.params.has('lr') ? requestUri(uri) : undefined;
}

/** The URI of a Contact as a Request-URI: as written, unless it holds what may not stand there. */
function targetOf(contact: NameAddr): string {
  return isRequestUri(contact.uri) ? contact.uriText : requestUri(contact.uri);
}

function isRequestUri(uri: SipUri): boolean {
  return uri.headers === undefined && !uri.params.has('method');
}

/** A URI as it may stand in a request line: without headers and the method parameter (19.1.5). */
export function requestUri(uri: SipUri): string {
  if (isRequestUri(uri)) return printUri(uri);
  const params = new Map([...uri.params].filter(([name]) => name !== 'method'));
  return printUri({ ...uri, headers: undefined, params });
}

/** Headers of `extra` come instead of the defaults of the same name. */
export function withDefaults(defaults: HeaderList, extra: HeaderList | undefined): HeaderList {
  if (!extra || extra.length === 0) return defaults;
  const given = new Set(extra.map(([name]) => name.toLowerCase()));
  return [...defaults.filter(([name]) => !given.has(name.toLowerCase())), ...extra];
}
