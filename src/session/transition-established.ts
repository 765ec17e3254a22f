/**
 * The rows of an established call: hold, resume and re-INVITEs of both sides (Active, HoldPending, OnHold). Pure; used by transition.ts.
 */
import type { Effect, VerbFailure } from './effects.js';
import type { MediaWish } from './media.js';
import type { Session } from './session.js';
import { CallState } from './state.js';
import {
  applyMedia,
  byeForMedia,
  ended,
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
import { isHolding, transfer, transferRow } from './transition-transfer.js';

const hold: Handler<'hold'> = (session) => {
  const moved = session.pendingReoffer ? undefined : offerAnswer(session, 'sendOffer');
  if (!moved) return undefined;
  const send: Effect = { type: 'sendReoffer', purpose: 'hold', wish: { hold: true }, change: undefined };
  return move(session, CallState.HoldPending, { ...moved, pendingReoffer: 'hold' }, send);
};

const resume: Handler<'resume'> = (session) => {
  const moved = session.pendingReoffer ? undefined : offerAnswer(session, 'sendOffer');
  if (!moved) return undefined;
  const send: Effect = { type: 'sendReoffer', purpose: 'resume', wish: { hold: false }, change: undefined };
  return step(session, { ...moved, pendingReoffer: 'resume' }, send);
};

/** What our side wants while nothing is being changed. */
function standingWish(session: Session): MediaWish {
  return { hold: isHolding(session) };
}

const update: Handler<'update'> = (session, { change }) => {
  const moved = session.pendingReoffer ? undefined : offerAnswer(session, 'sendOffer');
  if (!moved) return undefined;
  const send: Effect = { type: 'sendReoffer', purpose: 'update', wish: standingWish(session), change };
  return step(session, { ...moved, pendingReoffer: 'update', pendingChange: change }, send);
};

/** Whatever is under way refreshes the session as well; while the peer's offer is here, the timer asks again. */
const refreshDue: Handler<'refreshDue'> = (session) => {
  const moved = session.pendingReoffer ? undefined : offerAnswer(session, 'sendOffer');
  if (!moved) return step(session, {});
  const send: Effect = { type: 'sendReoffer', purpose: 'refresh', wish: standingWish(session), change: undefined };
  return step(session, { ...moved, pendingReoffer: 'refresh' }, send);
};

const reofferAnswered: Handler<'reofferAnswered'> = (session, input) => {
  if (!session.pendingReoffer) return undefined;
  const ack: Effect[] = input.byUpdate ? [] : [{ type: 'sendAck' }];
  return step(session, {}, ...ack, { type: 'applyAnswer', description: input.description, early: false });
};

const reofferFailed: Handler<'reofferFailed'> = (session, input) => {
  if (!session.pendingReoffer) return undefined;
  const rolled = { ...offerAnswer(session, 'rollback') };
  if (input.willRetry) return step(session, rolled, { type: 'rollbackOffer' });
  return abandonReoffer(session, { status: input.status, text: input.reason, message: input.message });
};

/** A refused re-INVITE leaves the call as it was (RFC 3261 14.1); the verb that asked for it fails. */
function abandonReoffer(session: Session, failure: VerbFailure): Step | undefined {
  const verb = session.pendingReoffer;
  if (!verb) return undefined;
  const changes = { ...offerAnswer(session, 'rollback'), pendingReoffer: undefined, pendingChange: undefined };
  // A refresh that failed is tried again by the session timer; nobody waits for it.
  if (verb === 'refresh') return step(session, changes, { type: 'rollbackOffer' });
  const settle: Effect = { type: 'settle', verb, failure };
  if (verb === 'update') return step(session, changes, { type: 'rollbackOffer' }, settle);
  const back = verb === 'hold' ? CallState.Active : CallState.OnHold;
  return move(session, back, changes, { type: 'rollbackOffer' }, settle);
}

const reofferRetry: Handler<'reofferRetry'> = (session) => {
  const { pendingReoffer: purpose, pendingChange: change } = session;
  if (!purpose) return undefined;
  const moved = offerAnswer(session, 'sendOffer');
  const wish = purpose === 'hold' || purpose === 'resume' ? { hold: purpose === 'hold' } : standingWish(session);
  return moved && step(session, moved, { type: 'sendReoffer', purpose, wish, change });
};

const negotiated: Handler<'negotiated'> = (session, input) => {
  const { changes, effects } = applyMedia(session, input);
  if (session.offerAnswer === 'remoteOffer')
    return step(session, { ...changes, ...offerAnswer(session, 'sendAnswer') }, ...effects);
  const closed = { ...changes, ...offerAnswer(session, 'receiveAnswer') };
  const verb = session.pendingReoffer;
  if (!verb) return step(session, closed, ...effects);
  const settled = { ...closed, pendingReoffer: undefined, pendingChange: undefined };
  if (verb === 'refresh') return step(session, settled, ...effects);
  if (verb === 'update') return step(session, settled, { type: 'settle', verb, failure: undefined }, ...effects);
  const to = verb === 'hold' ? CallState.OnHold : CallState.Active;
  const done: Effect = { type: 'settle', verb, failure: undefined };
  return move(session, to, settled, done, ...effects);
};

const negotiationFailed: Handler<'negotiationFailed'> = (session, input) => {
  if (session.pendingReoffer)
    return abandonReoffer(session, { status: input.status, text: input.text, message: undefined });
  // The ACK of a re-INVITE without an offer brought no usable answer: the session cannot go on (house.md, offer/answer).
  if (input.during === 'apply') return byeForMedia(session, input.status, input.text);
  return step(session, { ...offerAnswer(session, 'rollback') });
};

const reoffered: Handler<'reoffered'> = (session, input) => {
  const wish = standingWish(session);
  const moved = offerAnswer(session, input.description ? 'receiveOffer' : 'sendOffer');
  if (!moved) return step(session, {}, { type: 'replyReoffer', status: 491 });
  return step(session, moved, { type: 'answerReoffer', description: input.description, wish });
};

const reofferAcked: Handler<'reofferAcked'> = (session, input) => {
  if (session.offerAnswer !== 'localOffer' || session.pendingReoffer) return step(session, {});
  return step(session, {}, { type: 'applyAnswer', description: input.description, early: false });
};

const reofferCancelled: Handler<'reofferCancelled'> = (session) =>
  step(session, { ...offerAnswer(session, 'rollback') }, { type: 'rollbackOffer' });

/** Active adds `hold`, OnHold adds `resume`. */
export const establishedRow: Row = {
  ...mediaRow,
  ...transferRow,
  ended,
  terminate,
  reoffered,
  reofferAcked,
  reofferCancelled,
  reofferAnswered,
  reofferFailed,
  reofferRetry,
  refreshDue,
  info,
  negotiated,
  negotiationFailed,
};

export const activeRow: Row = { ...establishedRow, hold, update, transfer };

export const onHoldRow: Row = { ...establishedRow, resume, update, transfer };
