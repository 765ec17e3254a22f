/**
 * What there is only so much of: sessions, media ports, mix slots, bandwidth, and how much of it one user or one peer may have. Each
 * taking is a lease with an owner (a session); ending the owner gives all its leases back, so none can leak. Pure bookkeeping, called by
 * manager/ at admission, negotiation, joining and cleanup.
 */
import type { SessionId } from '../session/index.js';

const kinds = ['sessions', 'mediaPorts', 'mixSlots', 'bandwidthKbps'] as const;
export type ResourceKind = (typeof kinds)[number];

export interface ResourceLimits {
  /** Calls at once. */
  readonly sessions: number;
  /** UDP ports; a call takes two (RTP and RTCP). */
  readonly mediaPorts: number;
  /** Places in conferences and bridges. Default no limit. */
  readonly mixSlots?: number | undefined;
  /** kbit/s of one direction, all calls together. Default no limit. */
  readonly bandwidthKbps?: number | undefined;
  /** Calls at once of one user. Default no limit. */
  readonly callsPerUser?: number | undefined;
  /** Calls at once of one peer's address. Default no limit. */
  readonly callsPerPeer?: number | undefined;
}

/** Whose share a session is counted to. */
export interface ResourceHolder {
  readonly user?: string | undefined;
  readonly peer?: string | undefined;
}

/** Refused: which resource is used up, and when trying again makes sense. */
export interface Refusal {
  readonly kind: ResourceKind | 'callsPerUser' | 'callsPerPeer';
  readonly limit: number;
  readonly retryAfterS: number;
}

export interface ResourceUsage {
  readonly kind: ResourceKind;
  readonly used: number;
  /** Infinity for no limit. */
  readonly limit: number;
  /** Takings refused since the start. */
  readonly refused: number;
}

type Amounts = Partial<Record<ResourceKind, number>>;

interface Lease {
  readonly amounts: Amounts;
  readonly holder: ResourceHolder;
}

export class Resources {
  readonly #limits: Record<ResourceKind, number>;
  readonly #users: Shares;
  readonly #peers: Shares;
  readonly #retryAfterS: number;
  readonly #used: Record<ResourceKind, number> = { sessions: 0, mediaPorts: 0, mixSlots: 0, bandwidthKbps: 0 };
  readonly #refused: Record<ResourceKind, number> = { sessions: 0, mediaPorts: 0, mixSlots: 0, bandwidthKbps: 0 };
  readonly #leases = new Map<SessionId, Lease>();

  constructor(limits: ResourceLimits, retryAfterS: number) {
    const { mixSlots = Number.POSITIVE_INFINITY, bandwidthKbps = Number.POSITIVE_INFINITY } = limits;
    this.#limits = { sessions: limits.sessions, mediaPorts: limits.mediaPorts, mixSlots, bandwidthKbps };
    this.#users = new Shares(limits.callsPerUser ?? Number.POSITIVE_INFINITY);
    this.#peers = new Shares(limits.callsPerPeer ?? Number.POSITIVE_INFINITY);
    this.#retryAfterS = retryAfterS;
  }

  /**
   * Takes all of `wants` for `owner`, or none of it. Returns undefined when taken, otherwise why not. `holder` is read at an owner's
   * first lease.
   */
  lease(owner: SessionId, wants: Amounts, holder: ResourceHolder = {}): Refusal | undefined {
    const held = this.#leases.get(owner);
    const refusal = this.#refusal(wants) ?? (held ? undefined : this.#refusalOf(holder));
    if (refusal) return refusal;
    const lease = held ?? this.#open(owner, holder);
    for (const kind of kinds) this.#add(lease, kind, wants[kind] ?? 0);
    return undefined;
  }

  /** Gives back what `owner` holds of one kind. */
  giveBack(owner: SessionId, kind: ResourceKind): void {
    const lease = this.#leases.get(owner);
    if (lease) this.#add(lease, kind, -(lease.amounts[kind] ?? 0));
  }

  /** Gives back everything that `owner` holds; doing it twice gives nothing twice. */
  release(owner: SessionId): void {
    const lease = this.#leases.get(owner);
    if (!lease) return;
    this.#leases.delete(owner);
    for (const kind of kinds) this.#used[kind] -= lease.amounts[kind] ?? 0;
    this.#users.leave(lease.holder.user);
    this.#peers.leave(lease.holder.peer);
  }

  /** Whether a lease of one of a kind would be given now. */
  hasRoom(kind: ResourceKind): boolean {
    return this.#used[kind] < this.#limits[kind];
  }

  usage(): ResourceUsage[] {
    return kinds.map((kind) => ({
      kind,
      used: this.#used[kind],
      limit: this.#limits[kind],
      refused: this.#refused[kind],
    }));
  }

  /** Owners with leases, for leak tests. */
  get owners(): number {
    return this.#leases.size;
  }

  #refusal(wants: Amounts): Refusal | undefined {
    for (const kind of kinds) {
      const limit = this.#limits[kind];
      if (this.#used[kind] + (wants[kind] ?? 0) <= limit) continue;
      this.#refused[kind] += 1;
      return { kind, limit, retryAfterS: this.#retryAfterS };
    }
    return undefined;
  }

  #refusalOf({ user, peer }: ResourceHolder): Refusal | undefined {
    const retryAfterS = this.#retryAfterS;
    if (this.#users.isFull(user)) return { kind: 'callsPerUser', limit: this.#users.limit, retryAfterS };
    if (this.#peers.isFull(peer)) return { kind: 'callsPerPeer', limit: this.#peers.limit, retryAfterS };
    return undefined;
  }

  #open(owner: SessionId, holder: ResourceHolder): Lease {
    const lease: Lease = { amounts: {}, holder };
    this.#leases.set(owner, lease);
    this.#users.enter(holder.user);
    this.#peers.enter(holder.peer);
    return lease;
  }

  #add(lease: Lease, kind: ResourceKind, amount: number): void {
    if (amount === 0) return;
    this.#used[kind] += amount;
    lease.amounts[kind] = (lease.amounts[kind] ?? 0) + amount;
  }
}

/** Calls by name; a name without calls is forgotten. */
class Shares {
  readonly limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.limit = limit;
  }

  isFull(name: string | undefined): boolean {
    return name !== undefined && (this.#counts.get(name) ?? 0) >= this.limit;
  }

  enter(name: string | undefined): void {
    if (name !== undefined) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  leave(name: string | undefined): void {
    if (name === undefined) return;
    const left = (this.#counts.get(name) ?? 0) - 1;
    if (left > 0) this.#counts.set(name, left);
    else this.#counts.delete(name);
  }
}
