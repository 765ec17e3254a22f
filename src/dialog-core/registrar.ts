/**
 * A small registrar (RFC 3261 10.3): which contacts an address of record is bound to, in memory, up to a bound. Sans-IO and without timers:
 * what has expired is left out when it is read, and swept out when room is wanted. Owned by stack.ts, which has authenticated the request.
 */
import { warnListener } from '../base/emitter.js';
import type { ResolvedRegistrar } from './config.js';
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
import type { Binding } from './types.js';

interface Bound {
  readonly uri: SipUri;
  readonly uriText: string;
  readonly q: number;
  readonly callId: string;
  readonly sequence: number;
  readonly expiresAtMs: number;
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
      .map(({ uriText, q, expiresAtMs }) => ({ contact: uriText, q, expiresS: leftS(expiresAtMs, nowMs) }))
      .sort((a, b) => b.q - a.q);
  }

  /** Answers a REGISTER; `username` is who has proved to be, undefined without authentication. All of its contacts count, or none. */
  handle(request: SipRequest, username: string | undefined, nowMs: number): Reply {
    const aor = request.to.uri;
    if (aor.scheme !== 'sip' || aor.user === undefined || aor.user === '') return { status: 404 };
    const refusal = this.#refuse(aor, username);
    if (refusal) return refusal;
    const key = keyOf(aor);
    const before = this.#live(key, nowMs);
    const values = request.headerValues('contact');
    const after = values.includes('*') ? removeAll(request, before) : this.#apply(request, before, nowMs);
    if ('status' in after) return after;
    if (after.length > this.#config.maxBindings) return { status: 403, reason: 'Too Many Bindings' };
    if (!this.#store(key, after, nowMs)) return { status: 503, headers: [['Retry-After', '60']] };
    return { status: 200, headers: after.map((each) => ['Contact', printBinding(each, nowMs)] as const) };
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
  #apply(request: SipRequest, before: readonly Bound[], nowMs: number): readonly Bound[] | Reply {
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
      after = [...after, { uri: contact.uri, uriText: contact.uriText, q, callId, sequence: cseq.number, expiresAtMs }];
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
      this.#bound.delete(key);
      return true;
    }
    if (!this.#bound.has(key) && this.#bound.size >= this.#config.maxAors) this.#sweep(nowMs);
    if (!this.#bound.has(key) && this.#bound.size >= this.#config.maxAors) return false;
    this.#bound.set(key, bound);
    return true;
  }

  /** Seldom, so that a flood against a full table does not cost a walk through it each time. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptAtMs < sweepEveryMs) return;
    this.#sweptAtMs = nowMs;
    for (const key of this.#bound.keys()) if (this.#live(key, nowMs).length === 0) this.#bound.delete(key);
  }
}

/** `*` stands alone and with Expires: 0 (10.2.2, 10.3 step 6). */
function removeAll(request: SipRequest, before: readonly Bound[]): readonly Bound[] | Reply {
  const isAlone = request.headerValues('contact').length === 1;
  if (!isAlone || !/^\s*0+\s*$/.test(request.header('expires') ?? '')) return { status: 400, reason: 'Misplaced *' };
  const { callId, cseq } = request;
  return before.some((each) => each.callId === callId && cseq.number <= each.sequence) ? outOfOrder : [];
}

/** 10.3 step 5: parameters go, escapes are undone; a host is the same in any case. */
function keyOf(aor: SipUri): string {
  return detached(`${unescapeUser(aor.user ?? '')}@${aor.host.toLowerCase()}:${aor.port ?? ''}`);
}

function leftS(expiresAtMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((expiresAtMs - nowMs) / 1000));
}

function printBinding({ uriText, q, expiresAtMs }: Bound, nowMs: number): string {
  return `<${uriText}>;expires=${leftS(expiresAtMs, nowMs)}${q === 1 ? '' : `;q=${q}`}`;
}
