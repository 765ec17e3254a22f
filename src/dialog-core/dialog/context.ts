/**
 * What the dialog layer needs of the stack around it, and what all its parts write about us: tags, branches, Via, Contact, abilities.
 * Implemented by stack.ts; no state of its own.
 */
import { isIPv6 } from 'node:net';
import type { DeadlineTable } from '../../base/clock.js';
import type { ResolvedConfig } from '../config.js';
import type { HeaderList, SipUri } from '../message/index.js';
import type { TransactionLayer } from '../transaction/layer.js';
import { magicCookie } from '../transaction/matching.js';
import type { Transaction } from '../transaction/transaction.js';
import type { Body, DialogCoreEvent, Flow, ReasonHeader, TransportName } from '../types.js';
import { misuse } from './arguments.js';
import { type Hop, hopOf } from './hop.js';
import type { ServedMethods } from './methods.js';
import { hostPort } from './reply.js';
import type { DialogStore } from './store.js';
import type { Timer } from './timer.js';

/** `flow` or, when there is no way, why. */
export type RouteDone = (flow: Flow | undefined, problem: string) => void;

export interface CoreContext {
  readonly config: ResolvedConfig;
  /** Time of the input that is being handled. */
  readonly nowMs: number;
  readonly deadlines: DeadlineTable<Transaction | Timer>;
  readonly transactions: TransactionLayer;
  readonly store: DialogStore;
  readonly methods: ServedMethods;
  readonly counters: { retransmissionsOut: number; refused: number };
  /** Incoming INVITEs without a final answer. */
  pendingInvites: number;
  /** The way to a contact that is registered here. */
  flowTo(uri: SipUri): Flow | undefined;
  /** The path that a contact registered here with, as values of Route (RFC 3327 5.3); empty for others. */
  pathTo(uri: SipUri): readonly string[];
  /** The public GRUU that stands for a contact of ours which a registrar knows (RFC 5627 4.4). */
  gruuOf(contact: SipUri): string | undefined;
  emit(event: DialogCoreEvent): void;
  send(flow: Flow, data: Uint8Array): void;
  /** Asks the shell for a flow, from the same listener where that can be. Answers to equal questions come in the order of asking. */
  /** `avoid` are ways that failed already (resolver.ts, targetKey). */
  route(hop: Hop, listener: number | undefined, done: RouteDone, avoid?: readonly string[]): void;
}

/** The one type of session description that is understood; SDP itself is bytes here. */
export const acceptedType = 'application/sdp';

type Extensions = Pick<ResolvedConfig, 'reliable' | 'sessionTimer'>;

/** Option tags of extensions in force, for Supported: RFC 3891, RFC 4488, RFC 3262, RFC 4028. */
export function supportedTags({ reliable, sessionTimer }: Extensions): string[] {
  return ['replaces', 'norefersub', ...(reliable === 'off' ? [] : ['100rel']), ...(sessionTimer ? ['timer'] : [])];
}

/** What INVITE, its 2xx and OPTIONS tell of our abilities (RFC 3261 13.2.1, 13.3.1.4, 11.2); no tags are an empty Supported. */
export function abilities({ methods, config }: Pick<CoreContext, 'methods' | 'config'>): HeaderList {
  const { infoPackages } = config;
  // RFC 6086 5.2.3: without one, no package is wanted.
  const receives: HeaderList = infoPackages.length === 0 ? [] : [['Recv-Info', infoPackages.join(', ')]];
  return [methods.allow, ['Supported', supportedTags(config).join(', ')], ...methods.allowEvents, ...receives];
}

/** Whether a header that lists option tags (Supported, Require, Unsupported) holds that one; they are compared without case. */
export function hasTag(message: { headerValues(name: string): string[] }, header: string, tag: string): boolean {
  return message.headerValues(header).some((value) => value.toLowerCase() === tag);
}

export function newTag(core: CoreContext): string {
  return core.config.ids.token(64);
}

export function newBranch(core: CoreContext): string {
  return `${magicCookie}${core.config.ids.token(96)}`;
}

/** Sequence numbers begin anywhere below 2^31 (RFC 3261 8.1.1.5); low, so that none ever gets there. */
export function newSequence(core: CoreContext): number {
  return 1 + (core.config.ids.uint32() & 0x7fff);
}

/** The host that peers on this flow are told: the advertised one where its family fits, otherwise our address; without a zone. */
export function advertisedHost(config: Pick<ResolvedConfig, 'advertise'>, flow: Flow): string {
  const { advertise } = config;
  const local = flow.local.address;
  if (advertise !== undefined && isIPv6(advertise) === isIPv6(local)) return advertise;
  const zone = local.indexOf('%');
  return zone < 0 ? local : local.slice(0, zone);
}

export function viaOf(core: CoreContext, flow: Flow, branch: string): string {
  const sentBy = ownAddress(core, flow);
  // RFC 3581 is about UDP; responses in a stream come back in it.
  const rport = flow.transport === 'udp' ? ';rport' : '';
  return `SIP/2.0/${flow.transport.toUpperCase()} ${sentBy};branch=${branch}${rport}`;
}

/** Contact on this flow; `user` is in its escaped form. `secure` where the peer may know of sips URIs only (RFC 3261 8.1.1.8, 12.1.1). */
export function contactOf(core: CoreContext, flow: Flow, user: string | undefined, secure = false): string {
  const at = user === undefined || user === '' ? '' : `${user}@`;
  return `<${secure ? 'sips' : 'sip'}:${at}${ownAddress(core, flow)}${transportParam(flow, secure)}>`;
}

/** Where peers on this flow reach us: a name that nobody can resolve where they cannot (RFC 7118 5). */
function ownAddress(core: CoreContext, flow: Flow): string {
  return flow.host ?? hostPort(advertisedHost(core.config, flow), flow.local.port);
}

/** With sips, TLS goes without saying (RFC 3261 26.2.2), under WebSocket as well (RFC 7118 5.2.2). */
function transportParam({ transport }: Flow, secure: boolean): string {
  if (secure) return transport === 'wss' ? ';transport=ws' : '';
  return transport === 'udp' ? '' : `;transport=${transport}`;
}

/** The hop of a target that a caller named; throws ERR_INVALID_URI when there is none from here. */
export function requireHop(core: Pick<CoreContext, 'config' | 'flowTo'>, uri: SipUri): Hop {
  const hop = hopOf(uri);
  if (typeof hop === 'string') throw misuse('ERR_INVALID_URI', hop);
  const flow = core.flowTo(uri);
  if (flow) return { ...hop, flow };
  // A WebSocket client need not listen (RFC 7118 3): what peers have to say comes along the connection.
  const isClient = hop.transport === 'ws' || hop.transport === 'wss';
  const listens = (name: TransportName): boolean => core.config.listen.some(({ transport }) => transport === name);
  // RFC 3263 4.1 leaves the choice of transport to us where the URI does.
  if (hop.search?.transport && hop.transport === 'udp' && !listens('udp') && listens('tcp'))
    return { ...hop, transport: 'tcp' };
  if (!isClient && !listens(hop.transport)) {
    const listen = `${hop.transport}://`;
    throw misuse('ERR_INVALID_URI', `transport ${hop.transport} needs a listen address ${listen} of our own`);
  }
  return hop;
}

export function userAgent(core: CoreContext): HeaderList {
  return core.config.userAgent === '' ? [] : [['User-Agent', core.config.userAgent]];
}

export function serverName(core: CoreContext): HeaderList {
  return core.config.userAgent === '' ? [] : [['Server', core.config.userAgent]];
}

export function bodyHeaders(body: Body | undefined): HeaderList {
  return body ? [['Content-Type', body.contentType]] : [];
}

export function reasonHeaders(reason: ReasonHeader | undefined): [string, string][] {
  if (!reason) return [];
  const cause = reason.cause === undefined ? '' : `;cause=${reason.cause}`;
  const text = reason.text === undefined ? '' : `;text="${reason.text.replace(/[\\"]/g, '\\$&')}"`;
  return [['Reason', `${reason.protocol}${cause}${text}`]];
}
