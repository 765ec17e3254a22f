/**
 * What there is only so much of: sessions and media ports. Each taking is a lease with an owner (a session); ending the owner gives all
 * its leases back, so none can leak. Pure bookkeeping, called by manager/ at admission and cleanup.
 */
import type { SessionId } from '../session/index.js';

export type ResourceKind = 'sessions' | 'mediaPorts';

export interface ResourceLimits {
  /** Calls at once. */
  readonly sessions: number;
  /** UDP ports; a call takes two (RTP and RTCP). */
  readonly mediaPorts: number;
}

/** Refused: which resource is used up, and when trying again makes sense. */
export interface Refusal {
  readonly kind: ResourceKind;
  readonly limit: number;
  readonly retryAfterS: number;
}

export interface ResourceUsage {
  readonly kind: ResourceKind;
  readonly used: number;
  readonly limit: number;
  /** Takings refused since the start. */
  readonly refused: number;
}

export class Resources {
  readonly #limits: ResourceLimits;
  readonly #retryAfterS: number;
  readonly #used: Record<ResourceKind, number> = { sessions: 0, mediaPorts: 0 };
  readonly #refused: Record<ResourceKind, number> = { sessions: 0, mediaPorts: 0 };
  readonly #leases = new Map<SessionId, Partial<Record<ResourceKind, number>>>();

  constructor(limits: ResourceLimits, retryAfterS: number) {
    this.#limits = limits;
    this.#retryAfterS = retryAfterS;
  }

  /** Takes all of `wants` for `owner`, or none of it. Returns undefined when taken, otherwise why not. */
  lease(owner: SessionId, wants: Partial<Record<ResourceKind, number>>): Refusal | undefined {
    const kinds = Object.keys(wants) as ResourceKind[];
    for (const kind of kinds) {
      const limit = this.#limits[kind];
      if (this.#used[kind] + (wants[kind] ?? 0) <= limit) continue;
      this.#refused[kind] += 1;
      return { kind, limit, retryAfterS: this.#retryAfterS };
    }
    const held = this.#leases.get(owner) ?? {};
    for (const kind of kinds) {
      const amount = wants[kind] ?? 0;
      this.#used[kind] += amount;
      held[kind] = (held[kind] ?? 0) + amount;
    }
    this.#leases.set(owner, held);
    return undefined;
  }

  /** Gives back everything that `owner` holds; doing it twice gives nothing twice. */
  release(owner: SessionId): void {
    const held = this.#leases.get(owner);
    if (!held) return;
    this.#leases.delete(owner);
    for (const kind of Object.keys(held) as ResourceKind[]) this.#used[kind] -= held[kind] ?? 0;
  }

  usage(): ResourceUsage[] {
    return (Object.keys(this.#used) as ResourceKind[]).map((kind) => ({
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
}
