/**
 * A small registrar (RFC 3261 10.3): which contacts an address of record is bound to, in memory, up to a bound. Sans-IO and without timers:
 * what has expired is left out when it is read, and swept out when room is wanted. Owned by stack.ts, which has authenticated the request.
 */
import { warnListener } from '../base/emitter.js';
import type { ResolvedRegistrar } from './config.js';
import { hasTag } from './dialog/context.js';
import { routeOf } from './dialog/preloaded.js';
import type { Reply } from './dialog/reply.js';
import {
  type NameAddr,
  parseNameAddr,
  printUri,
  type SipRequest,
  type SipUri,
  unescapeUser,
  uriEquals,
} from './message/index.js';
import { detached } from './transaction/matching.js';
import type { Binding, Flow } from './types.js';

interface Bound {
  readonly uri: SipUri;
  readonly uriText: string;
  readonly q: number;
  readonly callId: string;
  readonly sequence: number;
  readonly expiresAtMs: number;
  /** What the registration came along: the way to a contact behind NAT or at the far end of a WebSocket (RFC 5626 5.3, RFC 7118 5). */
  readonly flow: Flow | undefined;
  /** The proxies that requests to the contact have to pass, as values of Route (RFC 3327 5.3). */
  readonly path: readonly string[];
}

/** What a request asks for one contact. */
interface Wish {
  readonly contact: NameAddr;
  readonly expiresS: number;
  readonly q: number;
}

const outOfOrder: Reply = { status: 500, reason: 'CSeq Out of Order' };
const sweepEveryMs = 1000;

export class Registrar {
  readonly #config: ResolvedRegistrar;
  readonly #bound = new Map<string, readonly Bound[]>();
  /** The same bindings by contact, and the addresses of record by the connection that they were registered on. */
  readonly #byContact = new Map<string, Bound>();
  readonly #byConnection = new Map<number, Set<string>>();
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(config: ResolvedRegistrar) {
    this.#config = config;
  }

  /** Addresses of record with a binding, those that have expired since the last look included. */
  get size(): number {
    return this.#bound.size;
  }

  /** The bindings of an address of record, the best first. */
  lookup(aor: SipUri, nowMs: number): Binding[] {
    return this.#live(keyOf(aor), nowMs)
      .map(({ uriText, q, expiresAtMs, path }) => {
        const binding = { contact: uriText, q, expiresS: leftS(expiresAtMs, nowMs) };
        return path.length === 0 ? binding : { ...binding, path };
      })
      .sort((a, b) => b.q - a.q);
  }

  /** The flow that a contact was registered along; undefined for an address that is none of a live binding. */
  flowTo(uri: SipUri, nowMs: number): Flow | undefined {
    return this.#boundTo(uri, nowMs)?.flow;
  }

  /** The path that a contact was registered with. */
  pathTo(uri: SipUri, nowMs: number): readonly string[] {
    return this.#boundTo(uri, nowMs)?.path ?? [];
  }

  #boundTo(uri: SipUri, nowMs: number): Bound | undefined {
    if (this.#byContact.size === 0) return undefined;
    const bound = this.#byContact.get(contactKey(uri));
    return bound && bound.expiresAtMs > nowMs ? bound : undefined;
  }

  /** Who was there by a connection alone is gone with it (RFC 5626 5.3); others keep their address. */
  handleConnectionLost(connection: number, nowMs: number): void {
    for (const key of [...(this.#byConnection.get(connection) ?? [])]) {
      const left = this.#live(key, nowMs).flatMap((each): Bound[] => {
        if (each.flow?.connection !== connection) return [each];
        return each.uri.host.endsWith('.invalid') ? [] : [{ ...each, flow: undefined }];
      });
      this.#store(key, left, nowMs);
    }
  }

  /** Answers a REGISTER; `username` is who has proved to be, undefined without authentication. All of its contacts count, or none. */
  handle(request: SipRequest, username: string | undefined, nowMs: number, flow?: Flow): Reply {
    const aor = request.to.uri;
    if (aor.scheme !== 'sip' || aor.user === undefined || aor.user === '') return { status: 404 };
    const refusal = this.#refuse(aor, username);
    if (refusal) return refusal;
    const path = readPath(request);
    if ('status' in path) return path;
    const key = keyOf(aor);
    const before = this.#live(key, nowMs);
    const values = request.headerValues('contact');
    const after = values.includes('*')
      ? removeAll(request, before)
      : this.#apply(request, before, nowMs, { path, flow });
    if ('status' in after) return after;
    if (after.length > this.#config.maxBindings) return { status: 403, reason: 'Too Many Bindings' };
    if (!this.#store(key, after, nowMs)) return { status: 503, headers: [['Retry-After', '60']] };
    const contacts = after.map((each) => ['Contact', printBinding(each, nowMs)] as const);
    return { status: 200, headers: [...contacts, ...path.map((each) => ['Path', each] as const)] };
  }

  /** 10.3 step 4: who may change this address of record; by default its user, or everybody where nobody has to say who they are. */
  #refuse(aor: SipUri, username: string | undefined): Reply | undefined {
    const { accept } = this.#config;
    const own = username === undefined || unescapeUser(aor.user ?? '') === username;
    try {
      const text = printUri({ ...aor, params: new Map(), headers: undefined });
      return (accept ? accept(text, username) : own) ? undefined : { status: 403 };
    } catch (error) {
      warnListener('registrar.accept', error);
      return { status: 500 };
    }
  }

  /** 10.3 step 7. A request without contacts changes nothing: it asks. */
  #apply(
    request: SipRequest,
    before: readonly Bound[],
    nowMs: number,
    by: Pick<Bound, 'flow' | 'path'>,
  ): readonly Bound[] | Reply {
    const { cseq } = request;
    const callId = detached(request.callId);
    let after = before;
    for (const value of request.headerValues('contact')) {
      const wish = this.#read(value, request);
      if ('status' in wish) return wish;
      const { contact, expiresS, q } = wish;
      const old = after.find(({ uri }) => uriEquals(uri, contact.uri));
      if (old && old.callId === callId && cseq.number <= old.sequence) return outOfOrder;
      after = after.filter((each) => each !== old);
      if (expiresS === 0) continue;
      const expiresAtMs = nowMs + 1000 * expiresS;
      const { uri, uriText } = contact;
      // The last proxy of a path knows the way to the contact; the flow that we see is that of the first.
      const flow = by.path.length === 0 ? by.flow : undefined;
      after = [...after, { uri, uriText, q, callId, sequence: cseq.number, expiresAtMs, ...by, flow }];
    }
    return after;
  }

  #read(value: string, request: SipRequest): Wish | Reply {
    const { minExpiresS, maxExpiresS } = this.#config;
    const contact = parseNameAddr(detached(value));
    if (!contact) return { status: 400, reason: 'Malformed Contact' };
    const asked = contact.params.get('expires') ?? request.header('expires');
    // 10.2.1.1 with 20.19: what is malformed counts as 3600.
    const wanted = asked === undefined ? maxExpiresS : /^\s*\d{1,10}\s*$/.test(asked) ? Number(asked) : 3600;
    if (wanted > 0 && wanted < minExpiresS) return { status: 423, headers: [['Min-Expires', String(minExpiresS)]] };
    const q = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(contact.params.get('q') ?? '')
      ? Number(contact.params.get('q'))
      : 1;
    return { contact, expiresS: Math.min(wanted, maxExpiresS), q };
  }

  #live(key: string, nowMs: number): readonly Bound[] {
    return (this.#bound.get(key) ?? []).filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  }

  /** False when there is no room for another address of record. */
  #store(key: string, bound: readonly Bound[], nowMs: number): boolean {
    if (bound.length === 0) {
      this.#forget(key);
      return true;
    }
    if (!this.#bound.has(key) && this.#bound.size >= this.#config.maxAors) this.#sweep(nowMs);
    if (!this.#bound.has(key) && this.#bound.size >= this.#config.maxAors) return false;
    this.#forget(key);
    this.#bound.set(key, bound);
    for (const each of bound) {
      this.#byContact.set(contactKey(each.uri), each);
      const connection = each.flow?.connection;
      if (connection === undefined) continue;
      const tied = this.#byConnection.get(connection) ?? new Set();
      this.#byConnection.set(connection, tied.add(key));
    }
    return true;
  }

  /** Seldom, so that a flood against a full table does not cost a walk through it each time. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptAtMs < sweepEveryMs) return;
    this.#sweptAtMs = nowMs;
    for (const key of this.#bound.keys()) if (this.#live(key, nowMs).length === 0) this.#forget(key);
  }

  #forget(key: string): void {
    for (const each of this.#bound.get(key) ?? []) {
      const contact = contactKey(each.uri);
      if (this.#byContact.get(contact) === each) this.#byContact.delete(contact);
      const connection = each.flow?.connection;
      const tied = connection === undefined ? undefined : this.#byConnection.get(connection);
      if (tied?.delete(key) && tied.size === 0 && connection !== undefined) this.#byConnection.delete(connection);
    }
    this.#bound.delete(key);
  }
}

/** `*` stands alone and with Expires: 0 (10.2.2, 10.3 step 6). */
function removeAll(request: SipRequest, before: readonly Bound[]): readonly Bound[] | Reply {
  const isAlone = request.headerValues('contact').length === 1;
  if (!isAlone || !/^\s*0+\s*$/.test(request.header('expires') ?? '')) return { status: 400, reason: 'Misplaced *' };
  const { callId, cseq } = request;
  return before.some((each) => each.callId === callId && cseq.number <= each.sequence) ? outOfOrder : [];
}

/**
 * RFC 3327 5.3. A path that the phone says nothing of was put there by a proxy that should not have, and is refused as recommended. Where it
 * changes no binding it is no one's.
 */
function readPath(request: SipRequest): readonly string[] | Reply {
  if (!request.has('path')) return [];
  const knows = hasTag(request, 'supported', 'path') || hasTag(request, 'require', 'path');
  if (!knows) return { status: 420, headers: [['Unsupported', 'path']] };
  const path = routeOf(request, 'path');
  return path.length > 0 ? path : { status: 400, reason: 'Unusable Path' };
}

/** 10.3 step 5: parameters go, escapes are undone; a host is the same in any case. */
function keyOf(aor: SipUri): string {
  return detached(`${unescapeUser(aor.user ?? '')}@${aor.host.toLowerCase()}:${aor.port ?? ''}`);
}

/** What tells contacts apart: everything that says where to send. */
function contactKey({ scheme, user = '', host, port, params }: SipUri): string {
  return detached(
    `${scheme} ${user}@${host.toLowerCase()}:${port ?? ''} ${params.get('transport')?.toLowerCase() ?? ''}`,
  );
}

function leftS(expiresAtMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((expiresAtMs - nowMs) / 1000));
}

function printBinding({ uriText, q, expiresAtMs }: Bound, nowMs: number): string {
  return `<${uriText}>;expires=${leftS(expiresAtMs, nowMs)}${q === 1 ? '' : `;q=${q}`}`;
}
