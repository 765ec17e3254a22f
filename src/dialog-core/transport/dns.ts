/**
 * Names of the machine: node:dns (RFC 1035) for NAPTR, SRV and address records, and the system's own names (hosts file, nsswitch) for what
 * DNS does not know. node:dns does not tell the TTL of NAPTR and SRV records: they are believed for a minute. Called by resolver.ts.
 */
import { Resolver } from 'node:dns/promises';
import type { AddressRecord, DatagramNetwork, DnsConfig, NameSource, NaptrRecord, SrvRecord } from '../types.js';

/** TTL of records whose own is not known: NAPTR, SRV, and what the system knows. */
const assumedTtlS = 60;
/** How long a server of names has, and how often each is asked: what does not come within seconds comes too late for a call. */
const timeout = 1500;
const tries = 2;

/** Names that have no records of their own anywhere (RFC 6761 6.3), and those of one label, which only the system knows. */
function isLocal(name: string): boolean {
  return !name.replace(/\.$/, '').includes('.') || /(^|\.)(localhost|local)\.?$/i.test(name);
}

export class DnsNames implements NameSource {
  readonly #resolver = new Resolver({ timeout, tries });
  readonly #system: Pick<DatagramNetwork, 'resolve'>;

  /** Throws ERR_CONFIG's cause for servers that are no addresses. */
  constructor(system: Pick<DatagramNetwork, 'resolve'>, { servers }: DnsConfig) {
    this.#system = system;
    if (servers !== undefined) this.#resolver.setServers([...servers]);
  }

  async naptr(name: string): Promise<NaptrRecord[]> {
    if (isLocal(name)) return [];
    return (await this.#resolver.resolveNaptr(name)).map((record) => ({ ...record, ttlS: assumedTtlS }));
  }

  async srv(name: string): Promise<SrvRecord[]> {
    if (isLocal(name)) return [];
    const records = await this.#resolver.resolveSrv(name);
    return records.map(({ name: target, ...rest }) => ({ ...rest, target, ttlS: assumedTtlS }));
  }

  a(name: string): Promise<AddressRecord[]> {
    return this.#addresses(name, 4, () => this.#resolver.resolve4(name, { ttl: true }));
  }

  aaaa(name: string): Promise<AddressRecord[]> {
    return this.#addresses(name, 6, () => this.#resolver.resolve6(name, { ttl: true }));
  }

  async #addresses(
    name: string,
    family: 4 | 6,
    ask: () => Promise<{ readonly address: string; readonly ttl: number }[]>,
  ): Promise<AddressRecord[]> {
    const records = isLocal(name) ? [] : await ask().catch(() => []);
    if (records.length > 0) return records.map(({ address, ttl }) => ({ address, ttlS: ttl }));
    return [{ address: await this.#system.resolve(name, family), ttlS: assumedTtlS }];
  }
}

/** A virtual network's names, which has addresses alone. */
export function plainNames(network: Pick<DatagramNetwork, 'resolve'>): NameSource {
  const address = async (name: string, family: 4 | 6): Promise<AddressRecord[]> => [
    { address: await network.resolve(name, family), ttlS: 0 },
  ];
  return {
    naptr: async () => [],
    srv: async () => [],
    a: (name) => address(name, 4),
    aaaa: (name) => address(name, 6),
  };
}
