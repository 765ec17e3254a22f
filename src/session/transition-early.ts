/**
 * The row of a call that is not established yet (Initiating, Ringing), as caller and as callee. Pure; used by transition.ts.
 */
import type { Effect } from './effects.js';
import type { SessionEvent } from './events.js';
import type { Session } from './session.js';
import { CallState } from './state.js';
import {
  applyMedia,
  byeForMedia,
  end,
  ended,
  endReason,
  type Handler,
  mediaRow,
  move,
  offerAnswer,
  type Row,
  refuseReoffer,
  type Step,
  step,
  terminate,
} from './transition-steps.js';
import { replacedEarly } from './transition-transfer.js';

const settleConnect: Effect = { type: 'settle', verb: 'connect', failure: undefined };

function activate(session: Session, changes: Partial<Session>, nowMs: number): Step {
  const takeOver: Effect[] = session.replaces === undefined ? [] : [{ type: 'takeOver', from: session.replaces }];
  const all = { ...changes, answeredAtMs: nowMs };
  return move(session, CallState.Active, all, { type: 'allowSend' }, settleConnect, ...takeOver);
}

/** Takes over what was negotiated; a change of the peer's hold is an event of its own. */

const routed: Handler<'routed'> = (session, input) => {
  const moved = offerAnswer(session, 'sendOffer');
  if (!moved || session.direction !== 'outgoing') return undefined;
  return step(session, { ...moved, route: input.route, callId: input.callId }, { type: 'sendOffer' });
};

const progress: Handler<'progress'> = (session, input) => {
  if (session.direction !== 'outgoing' || session.accepted) return undefined;
  const event: SessionEvent = {
    type: 'progress',
    sessionId: session.id,
    status: input.status,
    reason: input.reason,
  };
  const early: Effect[] = input.description
    ? [{ type: 'applyAnswer', description: input.description, early: true }]
    : [];
  const changes = input.description ? { earlyAnswer: input.description } : {};
  return move(session, CallState.Ringing, changes, { type: 'publish', event }, ...early);
};

const answered: Handler<'answered'> = (session, input) => {
  if (session.direction !== 'outgoing' || session.accepted) return undefined;
  const ack: Effect = { type: 'sendAck' };
  const description = input.description ?? session.earlyAnswer;
  return step(session, { accepted: true }, ack, { type: 'applyAnswer', description, early: false });
};

const negotiatedEarly: Handler<'negotiated'> = (session, input, nowMs) => {
  const { changes, effects } = applyMedia(session, input);
  // An offer answered inside our 200 is in force at once, but the call is established by the ACK.
  const incomingAnswered = session.direction === 'incoming' && session.offerAnswer === 'remoteOffer';
  if (input.early) return step(session, { media: input.media });
  if (incomingAnswered) return step(session, { ...changes, ...offerAnswer(session, 'sendAnswer') }, ...effects);
  const moved = offerAnswer(session, 'receiveAnswer');
  if (!moved) return undefined;
  const active = activate(session, { ...changes, ...moved }, nowMs);
  return { session: active.session, effects: [...active.effects, ...effects] };
};

const negotiationFailedEarly: Handler<'negotiationFailed'> = (session, input) => {
  const cause = endReason('media', input.text, input.status);
  if (session.accepted && input.during === 'apply') return byeForMedia(session, input.status, input.text);
  // A description in a provisional response that cannot be used is ignored; the 2xx decides.
  if (input.during === 'apply') return step(session, {});
  if (session.direction === 'incoming') {
    const reject: Effect = { type: 'sendReject', status: input.status, reason: undefined, headers: [] };
    const ended = end({ ...session, endReason: session.endReason ?? cause }, cause);
    return { session: ended.session, effects: [reject, ...ended.effects] };
  }
  const cancel: Effect = { type: 'cancel', reason: undefined };
  return move(session, CallState.Terminating, { endReason: session.endReason ?? cause }, cancel);
};

const acked: Handler<'acked'> = (session, input, nowMs) => {
  if (session.direction !== 'incoming' || !session.accepted) return undefined;
  if (session.offerAnswer === 'localOffer')
    return step(session, {}, { type: 'applyAnswer', description: input.description, early: false });
  return activate(session, {}, nowMs);
};

export const failed: Handler<'failed'> = (session, input) => {
  if (input.cause === 'cancelled') return end(session, endReason('cancelled', input.reason, input.status));
  const cause = input.cause === 'response' ? 'rejected' : input.cause;
  // A final answer that crossed our CANCEL is what happened (RFC 3261 9.1); a cause of our own media stays first.
  const first = session.endReason?.cause === 'media' ? session.endReason : undefined;
  return end({ ...session, endReason: first }, endReason(cause, input.reason, input.status));
};

export const cancelledByPeer: Handler<'cancelledByPeer'> = (session, input) =>
  end(session, endReason('cancelled', 'Request Terminated', 487, input.reason));

const ring: Handler<'ring'> = (session, input) => {
  if (session.direction !== 'incoming' || session.accepted) return undefined;
  return move(session, CallState.Ringing, {}, { type: 'ring', status: input.status, reason: input.reason });
};

const accept: Handler<'accept'> = (session, input) => {
  if (session.direction !== 'incoming' || session.accepted) return undefined;
  const codecs = input.codecs ?? session.codecs;
  if (session.offerAnswer === 'remoteOffer')
    return step(session, { accepted: true, codecs }, { type: 'sendAccept', offer: false });
  const moved = offerAnswer(session, 'sendOffer');
  return moved && step(session, { ...moved, accepted: true, codecs }, { type: 'sendAccept', offer: true });
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
  reoffered: refuseReoffer,
  ring,
  accept,
  reject,
  terminate: terminateEarly,
  replaced: replacedEarly,
};
