/**
 * What can be settled before a call is answered: provisional responses with media, their PRACKs (RFC 3262 5), UPDATEs of the peer (RFC 3311
 * 5), as caller and as callee. Pure; used by transition-early.ts.
 */
import type { Effect, OwnDescription } from './effects.js';
import type { SessionEvent } from './events.js';
import type { Session } from './session.js';
import { CallState } from './state.js';
import { type Handler, move, offerAnswer, type Step, step } from './transition-steps.js';

export const progress: Handler<'progress'> = (session, input) => {
  if (session.direction !== 'outgoing' || session.accepted) return undefined;
  const { status, reason, description, branch, reliable = false } = input;
  const event: SessionEvent = { type: 'progress', sessionId: session.id, status, reason };
  const publish: Effect = { type: 'publish', event };
  // Once a branch has given its answer for good, what it says again is a repetition.
  const settled = session.earlyAnswer?.final && session.earlyAnswer.branch === branch;
  if (!description || settled) return move(session, CallState.Ringing, {}, publish);
  const changes = { earlyAnswer: { description, branch, final: reliable } };
  return move(session, CallState.Ringing, changes, publish, { type: 'applyAnswer', description, early: true });
};

export const ring: Handler<'ring'> = (session, input) => {
  if (session.direction !== 'incoming' || session.accepted) return undefined;
  const { status, reason, media = false } = input;
  const description = ownDescription(session, media);
  const early = session.reliable === 'no';
  const ringing: Effect = { type: 'ring', status, reason, description, early };
  const moved = description === 'offer' ? offerAnswer(session, 'sendOffer') : {};
  return moved && move(session, CallState.Ringing, moved, ringing);
};

/**
 * An answer wherever early media is wanted and the offer stands open. Our own offer only where it will be acknowledged (RFC 3262 5), and
 * also unasked where the caller insists on reliable responses, of which the first must bear it.
 */
function ownDescription({ offerAnswer: state, media: agreed, reliable }: Session, media: boolean): OwnDescription {
  if (state === 'remoteOffer') return media ? 'answer' : 'none';
  if (state !== 'stable' || agreed) return 'none';
  return reliable === 'required' || (media && reliable === 'supported') ? 'offer' : 'none';
}

/** A PRACK bears the answer to our offer, or an offer of its own once the first exchange is over. */
export const pracked: Handler<'pracked'> = (session, { description }) => {
  if (session.direction !== 'incoming') return undefined;
  if (session.offerAnswer === 'localOffer' && !session.acked) {
    const reply: Effect[] = description ? [{ type: 'replyReoffer', status: 200 }] : [];
    return step(session, {}, ...reply, { type: 'applyAnswer', description, early: false });
  }
  return description ? offered(session, description) : step(session, {});
};

/** An UPDATE before the answer: only when no offer is open in the branch that it came from (RFC 3311 5.2). */
export const reofferedEarly: Handler<'reoffered'> = (session, { description, branch }) => {
  if (!description) return step(session, {}, { type: 'replyReoffer', status: 488 });
  if (session.direction === 'incoming') return offered(session, description);
  const { earlyAnswer } = session;
  const open = !earlyAnswer?.final || earlyAnswer.branch !== branch;
  if (open) return step(session, {}, { type: 'replyReoffer', status: 491 });
  // For the other branches our first offer stays open, so the state does not move.
  return step(session, {}, { type: 'answerReoffer', description, wish: { hold: false } });
};

function offered(session: Session, description: NonNullable<Session['offer']>): Step {
  // RFC 3311 5.2: 491 while our offer is out, 500 while theirs waits for us.
  if (session.offerAnswer === 'localOffer') return step(session, {}, { type: 'replyReoffer', status: 491 });
  const moved = session.media && offerAnswer(session, 'receiveOffer');
  if (!moved) return step(session, {}, { type: 'replyReoffer', status: 500 });
  return step(session, moved, { type: 'answerReoffer', description, wish: { hold: false } });
}
