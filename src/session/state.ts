/**
 * The states of a call. Pure data; the moves between them stand in transition.ts and nowhere else.
 */

/** A terminal state is never left. */
export type TerminalStateKind = 'Terminated' | 'Cancelled' | 'Failed';

/**
 * Where a call stands, from our side:
 *
 * ```
 *              ┌──────────────────────── hangup / BYE ───────────────────────┐
 * Initiating ─→ Ringing ─→ Active ─→ HoldPending ─→ OnHold ─→ (resume) Active │
 *     │            │         │            │            │                      ▼
 *     └────────────┴─────────┴────────────┴────────────┴──→ Terminating ─→ Terminated
 *     └────────────┴──→ Failed(status, reason)   Cancelled (487)
 * ```
 *
 * Transferring lasts from our REFER until its outcome: back to Active or OnHold when nothing came of it, else Terminating.
 *
 * HoldPending lasts until the 2xx of our re-INVITE; OnHold lasts until the 2xx of the re-INVITE that resumes. OnHold is *our* hold; a
 * hold by the peer is independent of it ({@link import('./session.js').Session.remoteHold}).
 */
export type CallState =
  | { readonly kind: 'Initiating' }
  | { readonly kind: 'Ringing' }
  | { readonly kind: 'Active' }
  | { readonly kind: 'HoldPending' }
  | { readonly kind: 'OnHold' }
  | { readonly kind: 'Transferring' }
  | { readonly kind: 'Terminating' }
  | { readonly kind: 'Terminated' }
  | { readonly kind: 'Cancelled' }
  | { readonly kind: 'Failed'; readonly status: number; readonly reason: string };

export type CallStateKind = CallState['kind'];

/** The states without data, and a maker of the one with data, so that no caller writes literals. */
export const CallState = {
  Initiating: { kind: 'Initiating' },
  Ringing: { kind: 'Ringing' },
  Active: { kind: 'Active' },
  HoldPending: { kind: 'HoldPending' },
  OnHold: { kind: 'OnHold' },
  Transferring: { kind: 'Transferring' },
  Terminating: { kind: 'Terminating' },
  Terminated: { kind: 'Terminated' },
  Cancelled: { kind: 'Cancelled' },
  /** @param status SIP status 300–699, or the nearest one for a local cause. */
  Failed: (status: number, reason: string): CallState => ({ kind: 'Failed', status, reason }),
} as const satisfies Record<string, CallState | ((status: number, reason: string) => CallState)>;

export function isTerminal(state: CallState): boolean {
  return state.kind === 'Terminated' || state.kind === 'Cancelled' || state.kind === 'Failed';
}

/** True while a confirmed dialog exists, so that audio can flow. */
export function isEstablished(state: CallState): boolean {
  const { kind } = state;
  return kind === 'Active' || kind === 'HoldPending' || kind === 'OnHold' || kind === 'Transferring';
}
