/**
 * Finds usages by id and dialogs by their identity (RFC 3261 12). A dialog lives as long as one of its usages does (RFC 5057 4.1): the call,
 * and any number of subscriptions. Holds, and decides nothing; owned by stack.ts.
 */
import type { SipRequest } from '../message/index.js';
import type { Flow, UsageId } from '../types.js';
import { type Dialog, type DialogIdentity, dialogKey } from './dialog.js';
import type { InviteUsage } from './invite-usage.js';

/** A usage of a dialog that is no INVITE: a subscription of either role. */
export interface DialogTenant {
  /** True when the request was for this usage, and is answered. */
  takeRequest(dialog: Dialog, request: SipRequest, flow: Flow): boolean;
  /** The core closes: nothing is sent any more. */
  abandon(): void;
}

export interface Found {
  readonly dialog: Dialog;
  /** Undefined once the call is over and only subscriptions are left. */
  readonly usage: InviteUsage | undefined;
  readonly tenants: ReadonlySet<DialogTenant>;
}

interface Entry extends Found {
  usage: InviteUsage | undefined;
  tenants: ReadonlySet<DialogTenant>;
}

const nobody: ReadonlySet<DialogTenant> = new Set();

/** Calls that ended last, which a Replaces may still name (RFC 3891 3). */
const maxEnded = 1024;

export class DialogStore {
  readonly #usages = new Map<UsageId, InviteUsage>();
  readonly #dialogs = new Map<string, Entry>();
  readonly #ended = new Set<string>();

  get usages(): number {
    return this.#usages.size;
  }

  get dialogs(): number {
    return this.#dialogs.size;
  }

  addUsage(usage: InviteUsage): void {
    this.#usages.set(usage.id, usage);
  }

  usage(id: UsageId): InviteUsage | undefined {
    return this.#usages.get(id);
  }

  removeUsage(id: UsageId): void {
    this.#usages.delete(id);
  }

  allUsages(): InviteUsage[] {
    return [...this.#usages.values()];
  }

  allTenants(): Set<DialogTenant> {
    return new Set([...this.#dialogs.values()].flatMap(({ tenants }) => [...tenants]));
  }

  addDialog(dialog: Dialog, usage: InviteUsage): void {
    this.#enter(dialog).usage = usage;
  }

  /** The call is over; subscriptions in its dialog live on. */
  removeDialog(dialog: Dialog): void {
    const key = dialogKey(dialog);
    const entry = this.#dialogs.get(key);
    if (!entry) return;
    entry.usage = undefined;
    this.#ended.add(key);
    if (this.#ended.size > maxEnded)
      for (const oldest of [...this.#ended].slice(0, maxEnded / 2)) this.#ended.delete(oldest);
    this.#sweep(key, entry);
  }

  addTenant(dialog: Dialog, tenant: DialogTenant): void {
    const entry = this.#enter(dialog);
    entry.tenants = new Set([...entry.tenants, tenant]);
  }

  removeTenant(dialog: Dialog, tenant: DialogTenant): void {
    const key = dialogKey(dialog);
    const entry = this.#dialogs.get(key);
    if (!entry?.tenants.has(tenant)) return;
    entry.tenants = new Set([...entry.tenants].filter((each) => each !== tenant));
    this.#sweep(key, entry);
  }

  tenants(dialog: Dialog): ReadonlySet<DialogTenant> {
    return this.#dialogs.get(dialogKey(dialog))?.tenants ?? nobody;
  }

  /** The dialog that a received request belongs to: its To tag is ours (12.2.2). */
  find(request: SipRequest): Found | undefined {
    const { callId, toTag, fromTag } = request;
    if (toTag === undefined) return undefined;
    return this.#dialogs.get(dialogKey({ callId, localTag: toTag, remoteTag: fromTag ?? '' }));
  }

  /** A dialog by its identity; 'ended' for that of a call that is over. */
  identify(identity: DialogIdentity): Found | 'ended' | undefined {
    const key = dialogKey(identity);
    const found = this.#dialogs.get(key);
    return found?.usage || !this.#ended.has(key) ? found : 'ended';
  }

  clear(): void {
    this.#usages.clear();
    this.#dialogs.clear();
    this.#ended.clear();
  }

  #enter(dialog: Dialog): Entry {
    const key = dialogKey(dialog);
    const known = this.#dialogs.get(key);
    if (known) return known;
    const entry: Entry = { dialog, usage: undefined, tenants: nobody };
    this.#dialogs.set(key, entry);
    return entry;
  }

  #sweep(key: string, { usage, tenants }: Entry): void {
    if (!usage && tenants.size === 0) this.#dialogs.delete(key);
  }
}
