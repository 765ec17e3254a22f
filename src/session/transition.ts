/**
 * The one transition table: (session, input) → next session and effects, or refused. Pure and synchronous; the manager's queue calls it
 * once for each input of a session. A pair of state and input that is not in the table is refused: a verb then throws
 * ERR_INVALID_STATE, a fact is counted and dropped.
 */
import type { SessionInput } from './events.js';
import type { Session } from './session.js';
import type { CallStateKind } from './state.js';
import { cancelledByPeer, earlyRow, failed } from './transition-early.js';
import { activeRow, establishedRow, onHoldRow } from './transition-established.js';
import { ended, type Handler, type InputType, type Row, refuseReoffer, type Step, step } from './transition-steps.js';

import { transferringRow } from './transition-transfer.js';

export type { InputType, Step } from './transition-steps.js';

const ignore = (session: Session): Step => step(session, {});

/** A PRACK with an offer after we gave up; the final response is on its way. */
const refusePrack: Handler<'pracked'> = (session, input) =>
  step(session, {}, ...(input.description ? [{ type: 'replyReoffer', status: 488 } as const] : []));

/** In force while we wait for the other side of an end that we asked for: what comes late changes nothing any more. */
const terminatingRow: Row = {
  failed,
  ended,
  cancelledByPeer,
  reoffered: refuseReoffer,
  terminate: ignore,
  routed: ignore,
  progress: ignore,
  answered: ignore,
  acked: ignore,
  negotiated: ignore,
  negotiationFailed: ignore,
  reofferAcked: ignore,
  reofferCancelled: ignore,
  reofferAnswered: ignore,
  reofferFailed: ignore,
  reofferRetry: ignore,
  replaced: ignore,
  transferNews: ignore,
  refreshDue: ignore,
  pracked: refusePrack,
  info: ignore,
  dtmf: ignore,
  talking: ignore,
  mediaLatched: ignore,
  rtpTimeout: ignore,
  rtcpBye: ignore,
  mediaEventsLost: ignore,
};

const table: Record<CallStateKind, Row> = {
  Initiating: earlyRow,
  Ringing: earlyRow,
  Active: activeRow,
  HoldPending: establishedRow,
  OnHold: onHoldRow,
  Transferring: { ...establishedRow, ...transferringRow },
  Terminating: terminatingRow,
  Terminated: {},
  Cancelled: {},
  Failed: {},
};

/** One step of a session, or undefined when the table refuses the input in this state. */
export function transition(session: Session, input: SessionInput, nowMs: number): Step | undefined {
  const handler = table[session.state.kind][input.type] as Handler<InputType> | undefined;
  return handler?.(session, input, nowMs);
}

/** Whether the table has an entry for this pair, for diagrams and tests. */
export function isAllowed(state: CallStateKind, input: InputType): boolean {
  return table[state][input] !== undefined;
}
