/** Finds usages by id and dialogs by their identity (RFC 3261 12). Holds, and decides nothing; owned by stack.ts. */
import type { SipRequest } from '../message/index.js';
import type { UsageId } from '../types.js';
import { type Dialog, dialogKey } from './dialog.js';
import type { InviteUsage } from './invite-usage.js';

interface Found {
  readonly dialog: Dialog;
  readonly usage: InviteUsage;
}

export class DialogStore {
  readonly #usages = new Map<UsageId, InviteUsage>();
  readonly #dialogs = new Map<string, Found>();

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

  addDialog(dialog: Dialog, usage: InviteUsage): void {
    this.#dialogs.set(dialogKey(dialog), { dialog, usage });
  }

  removeDialog(dialog: Dialog): void {
    this.#dialogs.delete(dialogKey(dialog));
  }

  /** The dialog that a received request belongs to: its To tag is ours (12.2.2). */
  find(request: SipRequest): Found | undefined {
    const { callId, toTag, fromTag } = request;
    if (toTag === undefined) return undefined;
    return this.#dialogs.get(dialogKey({ callId, localTag: toTag, remoteTag: fromTag ?? '' }));
  }

  clear(): void {
    this.#usages.clear();
    this.#dialogs.clear();
  }
}
