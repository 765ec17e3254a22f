/**
 * The rows of transfers (Transferring; a peer's wish in any established state), and of a call whose place another one takes. Pure; used by
 * transition.ts.
 */
import type { Session } from './session.js';
import { CallState } from './state.js';
import { isRinging, toOutcome } from './transfer.js';
import { endReason, type Handler, move, type Row, step } from './transition-steps.js';

/** From Active or OnHold, with no re-INVITE of ours under way. */
export const transfer: Handler<'transfer'> = (session, input) => {
  const back = session.state.kind;
  if (session.pendingReoffer || (back !== 'Active' && back !== 'OnHold')) return undefined;
  const changes = { transfer: { back, ringing: undefined } };
  return move(session, CallState.Transferring, changes, { type: 'sendTransfer', params: input.params });
};

const transferNews: Handler<'transferNews'> = (session, { news }) => {
  const { transfer } = session;
  if (!transfer) return undefined;
  const outcome = toOutcome(news, transfer.ringing);
  if (!outcome) {
    const ringing = isRinging(news) ? { status: news.status, reason: news.reason } : transfer.ringing;
    const { status, reason } = news.kind === 'progress' ? news : { status: 202, reason: 'Accepted' };
    const event = { type: 'transferProgress', sessionId: session.id, status, reason } as const;
    return step(session, { transfer: { ...transfer, ringing } }, { type: 'publish', event });
  }
  if (outcome.kind !== 'answered') return move(session, CallState[transfer.back], { transfer: undefined });
  // RFC 5589 6.1: the transferee has what it needs; the transferor hangs up.
  const changes = { transfer: undefined, endReason: session.endReason ?? transferred };
  return move(session, CallState.Terminating, changes, { type: 'bye', reason: undefined });
};

const transferred = endReason('transferred', 'the peer was transferred');

const transferWished: Handler<'transferWished'> = (session, { wish }) =>
  step(session, {}, { type: 'publish', event: { type: 'transferWished', sessionId: session.id, wish } });

/** Another call took this one's place: RFC 3891 3 has its dialog ended by BYE, by CANCEL while it rings. */
export const replaced: Handler<'replaced'> = (session) => {
  const reason = session.endReason ?? endReason('transferred', 'another call took its place');
  return move(session, CallState.Terminating, { endReason: reason }, { type: 'bye', reason: undefined });
};

/** Outgoing and unanswered: `failed` with cause 'cancelled' follows. */
export const replacedEarly: Handler<'replaced'> = (session) => {
  if (session.direction !== 'outgoing') return undefined;
  const reason = session.endReason ?? endReason('transferred', 'another call took its place', 487);
  return move(session, CallState.Terminating, { endReason: reason }, { type: 'cancel', reason: undefined });
};

/** Every established state has these. */
export const transferRow: Row = { transferWished, replaced };

export const transferringRow: Row = { ...transferRow, transferNews };

/** Whether we hold the peer: what a new answer has to say. */
export function isHolding({ state, transfer }: Session): boolean {
  return state.kind === 'OnHold' || (state.kind === 'Transferring' && transfer?.back === 'OnHold');
}
