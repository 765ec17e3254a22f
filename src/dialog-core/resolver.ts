/**
 * Where a request can go (RFC 3263): the ways that a name's NAPTR, SRV and address records give, in the order in which they are to be tried,
 * out of a bounded cache where that knows. Reads time from a clock and records from a NameSource; owned by transport/transport.ts.
 */
import { isIP } from 'node:net';
import type { Clock } from '../base/clock.js';
import { SessionError } from '../base/errors.js';
import type { IdSource } from '../base/ids.js';
import type { Hop } from './dialog/hop.js';
import type { AddressRecord, NameSource, NaptrRecord, SrvRecord, TransportName } from './types.js';

/** One way to try. */
export interface Target {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  readonly serverName: string | undefined;
}

/** What a way is called where it is to be avoided. */
export function targetKey({ transport, address, port }: Pick<Target, 'transport' | 'address' | 'port'>): string {
  return `${transport} ${address} ${port}`;
}

/** RFC 3263 4.1 and RFC 7118 5.4.1. */
const services: Readonly<Record<string, TransportName>> = {
  'sip+d2u': 'udp',
  'sip+d2t': 'tcp',
  'sips+d2t': 'tls',
  'sip+d2w': 'ws',
  'sips+d2w': 'wss',
};
/** RFC 3263 4.1, 4.2; WebSocket has no SRV names without NAPTR. */
const srvPrefixes: Readonly<Partial<Record<TransportName, string>>> = {
  udp: '_sip._udp',
  tcp: '_sip._tcp',
  tls: '_sips._tcp',
};

/** Records are believed for that long at least and at most, however their owner would have it. */
const minTtlS = 1;
const maxTtlS = 86_400;
/** How long it is believed that there is nothing. */
const emptyTtlS = 30;
/** How long a way that failed is tried after all others (RFC 3263 4.3 keeps to the cached state for as long). */
const badMs = 60_000;
const maxBad = 1024;
/** Ways that one name may give: more than anybody waits for. */
const maxTargets = 32;

type Maybe<T> = T | Promise<T>;
type Cached = { readonly records: readonly { readonly ttlS: number }[]; readonly untilMs: number };

export interface ResolverParts {
  readonly names: NameSource;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly maxNames: number;
}

export class Resolver {
  readonly #parts: ResolverParts;
  readonly #cache = new Map<string, Cached>();
  readonly #asking = new Map<string, Promise<readonly { readonly ttlS: number }[]>>();
  readonly #bad = new Map<string, number>();

  constructor(parts: ResolverParts) {
    this.#parts = parts;
  }

  /** Names whose records are remembered. */
  get size(): number {
    return this.#cache.size;
  }

  /**
   * The ways to a hop, the best first, those that failed lately last; at once where the cache knows. `usable` are the transports that there
   * is a listener for, in order of preference, `family` the only one of addresses that can be reached. Rejects with ERR_UNRESOLVABLE.
   */
  locate(hop: Hop, usable: readonly TransportName[], family: 4 | 6 | undefined): Maybe<readonly Target[]> {
    const { host, port, transport, serverName } = hop;
    if (isIP(host) !== 0) return [{ transport, address: host, port, serverName }];
    const found = hop.search ? this.#search(hop, usable, family) : this.#addresses(hop, hop, family);
    return chain(found, (targets) => {
      if (targets.length === 0) throw new SessionError('ERR_UNRESOLVABLE', `the host ${host} has no address`);
      return this.#badLast(targets.slice(0, maxTargets));
    });
  }

  /** A way failed: for a while others come first. */
  avoid(key: string): void {
    const oldest = this.#bad.keys().next().value;
    if (oldest !== undefined && this.#bad.size >= maxBad) this.#bad.delete(oldest);
    this.#bad.set(key, this.#parts.clock.nowMs() + badMs);
  }

  #badLast(targets: readonly Target[]): readonly Target[] {
    if (this.#bad.size === 0) return targets;
    const nowMs = this.#parts.clock.nowMs();
    const isBad = (target: Target): boolean => (this.#bad.get(targetKey(target)) ?? 0) > nowMs;
    return [...targets.filter((target) => !isBad(target)), ...targets.filter(isBad)];
  }

  /** RFC 3263 4.1: which transports, and 4.2: which hosts and ports. */
  #search(hop: Hop, usable: readonly TransportName[], family: 4 | 6 | undefined): Maybe<readonly Target[]> {
    if (!hop.search?.transport) return this.#services([[hop.transport, hop.host]], hop, family);
    const isSafe = (transport: TransportName): boolean => transport === 'tls' || transport === 'wss';
    const able = usable.filter((transport) => !hop.search?.secure || isSafe(transport));
    return chain(this.#ask<NaptrRecord>('naptr', hop.host), (records) => {
      const ordered = [...records].sort((a, b) => a.order - b.order || a.preference - b.preference);
      const named = ordered.flatMap(({ flags, service, replacement }): [TransportName, string][] => {
        const transport = services[service.toLowerCase()];
        return flags.toLowerCase() === 's' && transport && able.includes(transport)
          ? [[transport, `=${replacement}`]]
          : [];
      });
      const guessed = able.map((transport): [TransportName, string] => [transport, hop.host]);
      return this.#services(named.length > 0 ? named : guessed, hop, family);
    });
  }

  /** The ways of the SRV records in their order; without any, the host itself at the port of the hop. */
  #services(
    names: readonly (readonly [TransportName, string])[],
    hop: Hop,
    family: 4 | 6 | undefined,
  ): Maybe<readonly Target[]> {
    const found = names.map(([transport, name]): Maybe<readonly Target[] | undefined> => {
      const prefix = srvPrefixes[transport];
      // A NAPTR record names its SRV records itself.
      const srvName = name.startsWith('=') ? name.slice(1) : prefix === undefined ? undefined : `${prefix}.${name}`;
      if (srvName === undefined) return undefined;
      return chain(this.#ask<SrvRecord>('srv', srvName), (records) => {
        if (records.length === 0) return undefined;
        const ordered = this.#order(records.filter(({ target }) => target !== '' && target !== '.'));
        const each = ordered.map(({ target, port }) =>
          this.#addresses({ ...hop, transport, port }, { host: target }, family),
        );
        return chain(all(each), (lists) => lists.flat());
      });
    });
    return chain(all(found), (lists) => {
      const known = lists.filter((list) => list !== undefined);
      return known.length > 0 ? known.flat() : this.#addresses(hop, hop, family);
    });
  }

  /** RFC 2782: by priority; among equals at random, as often as their weights say. */
  #order(records: readonly SrvRecord[]): SrvRecord[] {
    const left = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
    const ordered: SrvRecord[] = [];
    while (left.length > 0) {
      const { priority } = left[0] as SrvRecord;
      const equals = left.filter((record) => record.priority === priority);
      const total = equals.reduce((sum, { weight }) => sum + weight, 0);
      let at = this.#parts.ids.uint32() % (total + 1);
      const chosen = equals.find(({ weight }) => {
        at -= weight;
        return at <= 0;
      }) as SrvRecord;
      ordered.push(chosen);
      left.splice(left.indexOf(chosen), 1);
    }
    return ordered;
  }

  #addresses(way: Hop, { host }: { readonly host: string }, family: 4 | 6 | undefined): Maybe<readonly Target[]> {
    const { transport, port, serverName } = way;
    const toTarget = ({ address }: AddressRecord): Target => ({ transport, address, port, serverName });
    if (isIP(host) !== 0) return [toTarget({ address: host, ttlS: 0 })];
    const kinds = family === undefined ? (['a', 'aaaa'] as const) : ([family === 6 ? 'aaaa' : 'a'] as const);
    const lists = kinds.map((kind) => this.#ask<AddressRecord>(kind, host));
    return chain(all(lists), (found) => found.flat().map(toTarget));
  }

  /** The records of a name: at once out of the cache, or by asking, once for all who want them. What cannot be asked is not there. */
  #ask<T extends { readonly ttlS: number }>(kind: 'naptr' | 'srv' | 'a' | 'aaaa', name: string): Maybe<readonly T[]> {
    const { clock, names } = this.#parts;
    const key = `${kind} ${name.toLowerCase()}`;
    const cached = this.#cache.get(key);
    if (cached && cached.untilMs > clock.nowMs()) return cached.records as readonly T[];
    const asking = this.#asking.get(key);
    if (asking) return asking as Promise<readonly T[]>;
    const ask: Promise<readonly { readonly ttlS: number }[]> = names[kind](name);
    const asked = ask.then(
      (records) => this.#keep(key, records),
      () => this.#keep(key, []),
    );
    this.#asking.set(key, asked);
    return asked as Promise<readonly T[]>;
  }

  #keep<T extends { readonly ttlS: number }>(key: string, records: readonly T[]): readonly T[] {
    this.#asking.delete(key);
    const ttlS = records.length === 0 ? emptyTtlS : Math.min(...records.map((record) => record.ttlS), maxTtlS);
    const untilMs = this.#parts.clock.nowMs() + 1000 * Math.max(ttlS, minTtlS);
    this.#cache.delete(key);
    const oldest = this.#cache.keys().next().value;
    if (oldest !== undefined && this.#cache.size >= this.#parts.maxNames) this.#cache.delete(oldest);
    this.#cache.set(key, { records, untilMs });
    return records;
  }
}

function chain<T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function all<T>(values: readonly Maybe<T>[]): Maybe<T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as T[]);
}
