/**
 * The early dialogs of one INVITE of ours, one for each branch that answered provisionally (RFC 3261 12.1.2, 13.2.2), and how far each is
 * with its reliable responses (RFC 3262 4). Owned by invite-uac.ts.
 */
import { parseRSeq, type SipResponse } from '../message/index.js';
import { hasTag } from './context.js';
import type { Dialog } from './dialog.js';

/** Branches of one INVITE that are remembered; more than any sane fork, and a bound on what strangers can make us keep. */
export const maxForks = 32;

export interface EarlyDialog {
  readonly dialog: Dialog;
  /** RSeq of the last reliable response that was taken; undefined before the first. */
  rseq: number | undefined;
  /** A reliable response whose offer waits for `prack`. */
  owed: number | undefined;
}

export class EarlyDialogs {
  readonly #byTag = new Map<string, EarlyDialog>();

  get(tag: string): EarlyDialog | undefined {
    return this.#byTag.get(tag);
  }

  get isFull(): boolean {
    return this.#byTag.size >= maxForks;
  }

  add(tag: string, dialog: Dialog): EarlyDialog {
    const early: EarlyDialog = { dialog, rseq: undefined, owed: undefined };
    this.#byTag.set(tag, early);
    return early;
  }

  delete(tag: string): void {
    this.#byTag.delete(tag);
  }

  /** The one that a request of ours goes to: that of the tag, or the only one. */
  choose(tag: string | undefined): Dialog | undefined {
    if (tag !== undefined) return this.#byTag.get(tag)?.dialog;
    return this.#byTag.size === 1 ? [...this.#byTag.values()][0]?.dialog : undefined;
  }

  dialogs(): Dialog[] {
    return [...this.#byTag.values()].map(({ dialog }) => dialog);
  }
}

/** RSeq of a response that wants a PRACK; undefined for all others. */
export function reliableSequence(response: SipResponse): number | undefined {
  const value = response.header('rseq');
  if (value === undefined || response.status === 100 || !hasTag(response, 'require', '100rel')) return undefined;
  return parseRSeq(value);
}

/**
 * Whether a reliable response is the next of its dialog (RFC 3262 4): the first may have any number, each further one the number before
 * and one. A repetition was answered by its PRACK, and one that came too early is sent again.
 */
export function takeInOrder(early: EarlyDialog, rseq: number): boolean {
  if (early.rseq !== undefined && rseq !== early.rseq + 1) return false;
  early.rseq = rseq;
  return true;
}
