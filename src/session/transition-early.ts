/**
 * The row of a call that is not established yet (Initiating, Ringing), as caller and as callee. Pure; used by transition.ts.
 */
import type { Effect } from './effects.js';
import type { Session } from './session.js';
import { CallState } from './state.js';
import { pracked, progress, reofferedEarly, ring } from './transition-early-media.js';
import {
  applyMedia,
  byeForMedia,
  end,
  ended,
  endReason,
  type Handler,
  info,
  mediaRow,
  move,
  offerAnswer,
  type Row,
  type Step,
  step,
  terminate,
} from './transition-steps.js';
import { replacedEarly } from './transition-transfer.js';

const settleConnect: Effect = { type: 'settle', verb: 'connect', failure: undefined };
const allowSend: Effect = { type: 'allowSend' };

function activate(session: Session, changes: Partial<Session>, nowMs: number): Step {
  const takeOver: Effect[] = session.replaces === undefined ? [] : [{ type: 'takeOver', from: session.replaces }];
  const all = { ...changes, answeredAtMs: nowMs };
  return move(session, CallState.Active, all, allowSend, settleConnect, ...takeOver);
}

const routed: Handler<'routed'> = (session, input) => {
  const moved = offerAnswer(session, 'sendOffer');
  if (!moved || session.direction !== 'outgoing') return undefined;
  return step(session, { ...moved, route: input.route, callId: input.callId }, { type: 'sendOffer' });
};

const answered: Handler<'answered'> = (session, input, nowMs) => {
  if (session.direction !== 'outgoing' || session.accepted) return undefined;
  const { earlyAnswer } = session;
  const ack: Effect = { type: 'sendAck' };
  const known = earlyAnswer?.branch === input.branch ? earlyAnswer : undefined;
  if (known?.final && session.media) {
    // The exchange ended before the answer, and may have been followed by others; the offer of the INVITE is over.
    const active = activate(session, { ...offerAnswer(session, 'rollback'), accepted: true }, nowMs);
    return { session: active.session, effects: [ack, { type: 'rollbackOffer' }, ...active.effects] };
  }
  const description = input.description ?? known?.description;
  return step(session, { accepted: true }, ack, { type: 'applyAnswer', description, early: false });
};

const negotiatedEarly: Handler<'negotiated'> = (session, input, nowMs) => {
  const { changes, effects } = applyMedia(session, input);
  if (input.during === 'reoffer') {
    const moved = session.direction === 'incoming' ? offerAnswer(session, 'sendAnswer') : {};
    return step(session, { ...changes, ...moved }, ...effects);
  }
  // Early media is what the other side asked for by its INVITE, or agreed to by its answer.
  if (input.early) return step(session, { media: input.media }, ...(input.during === 'answer' ? [allowSend] : []));
  if (input.during === 'answer') {
    // An offer answered inside our 200 is in force at once, but RTP waits for the ACK, or for the wish for early media.
    const isEarlyMedia = !session.accepted;
    const settled = { ...changes, ...offerAnswer(session, 'sendAnswer') };
    return step(session, settled, ...(isEarlyMedia ? [allowSend] : []), ...effects);
  }
  const moved = offerAnswer(session, 'receiveAnswer');
  if (!moved) return undefined;
  if (session.direction === 'incoming' && !session.acked)
    return step(session, { ...changes, ...moved }, allowSend, ...effects);
  const active = activate(session, { ...changes, ...moved }, nowMs);
  return { session: active.session, effects: [...active.effects, ...effects] };
};

const negotiationFailedEarly: Handler<'negotiationFailed'> = (session, input) => {
  const cause = endReason('media', input.text, input.status);
  // An UPDATE or PRACK that was answered with its status changes nothing.
  if (input.during === 'reoffer') {
    return step(session, session.direction === 'incoming' ? { ...offerAnswer(session, 'rollback') } : {});
  }
  if (session.accepted && input.during === 'apply') return byeForMedia(session, input.status, input.text);
  if (session.direction === 'incoming') {
    const reject: Effect = { type: 'sendReject', status: input.status, reason: undefined, headers: [] };
    const ended = end({ ...session, endReason: session.endReason ?? cause }, cause);
    return { session: ended.session, effects: [reject, ...ended.effects] };
  }
  // A description in a provisional response that cannot be used is ignored; the 2xx decides.
  if (input.during === 'apply') return step(session, { earlyAnswer: undefined });
  const cancel: Effect = { type: 'cancel', reason: undefined };
  return move(session, CallState.Terminating, { endReason: session.endReason ?? cause }, cancel);
};

const acked: Handler<'acked'> = (session, input, nowMs) => {
  if (session.direction !== 'incoming' || !session.accepted) return undefined;
  const acknowledged = { acked: true };
  if (session.offerAnswer === 'localOffer')
    return step(session, acknowledged, { type: 'applyAnswer', description: input.description, early: false });
  return activate(session, acknowledged, nowMs);
};

export const failed: Handler<'failed'> = (session, input) => {
  if (input.cause === 'cancelled') return end(session, endReason('cancelled', input.reason, input.status));
  const cause = input.cause === 'response' ? 'rejected' : input.cause;
  // A final answer that crossed our CANCEL is what happened (RFC 3261 9.1); a cause of our own media stays first.
  const first = session.endReason?.cause === 'media' ? session.endReason : undefined;
  return end({ ...session, endReason: first }, endReason(cause, input.reason, input.status, input.reasonHeader));
};

export const cancelledByPeer: Handler<'cancelledByPeer'> = (session, input) =>
  end(session, endReason('cancelled', 'Request Terminated', 487, input.reason));

const accept: Handler<'accept'> = (session, input) => {
  if (session.direction !== 'incoming' || session.accepted) return undefined;
  const accepted = { accepted: true, codecs: input.codecs ?? session.codecs };
  if (session.offerAnswer === 'remoteOffer')
    return step(session, accepted, { type: 'sendAccept', description: 'answer' });
  // Settled by a reliable response, or about to be by its PRACK, for which the 200 waits (RFC 3262 3, 5).
  if (session.offerAnswer === 'localOffer' || session.media)
    return step(session, accepted, { type: 'sendAccept', description: 'none' });
  const moved = offerAnswer(session, 'sendOffer');
  return moved && step(session, { ...moved, ...accepted }, { type: 'sendAccept', description: 'offer' });
};

const reject: Handler<'reject'> = (session, input) => {
  if (session.direction !== 'incoming' || session.accepted) return undefined;
  const text = input.reason ?? '';
  const ended = end(session, endReason('rejected', text, input.status));
  const send: Effect = {
    type: 'sendReject',
    status: input.status,
    reason: input.reason,
    headers: input.headers,
  };
  return { session: ended.session, effects: [send, ...ended.effects] };
};

const terminateEarly: Handler<'terminate'> = (session, input, nowMs) => {
  if (session.accepted) return terminate(session, input, nowMs);
  if (session.direction === 'incoming')
    return reject(session, { type: 'reject', status: 480, reason: undefined, headers: [] }, nowMs);
  return move(session, CallState.Terminating, {}, { type: 'cancel', reason: input.reason });
};

/** Initiating and Ringing. */
export const earlyRow: Row = {
  ...mediaRow,
  routed,
  progress,
  answered,
  negotiated: negotiatedEarly,
  negotiationFailed: negotiationFailedEarly,
  acked,
  failed,
  cancelledByPeer,
  ended,
  reoffered: reofferedEarly,
  pracked,
  info,
  ring,
  accept,
  reject,
  terminate: terminateEarly,
  replaced: replacedEarly,
};
