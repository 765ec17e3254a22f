/**
 * The one transition table: (session, input) → next session and effects, or refused. Pure and synchronous; the manager's queue calls it
 * once for each input of a session. A pair of state and input that is not in the table is refused: a verb then throws
 * ERR_INVALID_STATE, a fact is counted and dropped.
 */
import type { Effect, VerbFailure } from './effects.js';
import type { SessionEvent, SessionInput } from './events.js';
import type { EndCause, EndReason, ReasonValue } from './lifecycle.js';
import { isRemoteHold } from './media.js';
import { moveOfferAnswer, type OfferAnswerMove } from './offer-answer.js';
import type { Session } from './session.js';
import { CallState, type CallStateKind } from './state.js';

export interface Step {
  readonly session: Session;
  readonly effects: readonly Effect[];
}

export type InputType = SessionInput['type'];
type InputOf<T extends InputType> = Extract<SessionInput, { type: T }>;
type Handler<T extends InputType> = (session: Session, input: InputOf<T>, nowMs: number) => Step | undefined;
type Row = { readonly [T in InputType]?: Handler<T> };

function step(session: Session, changes: Partial<Session>, ...effects: Effect[]): Step {
  return { session: { ...session, ...changes }, effects };
}

/** A step that changes the state, with the event that says so in front of the other effects. */
function move(session: Session, to: CallState, changes: Partial<Session>, ...effects: Effect[]): Step {
  if (to.kind === session.state.kind) return step(session, changes, ...effects);
  const event: SessionEvent = { type: 'stateChanged', sessionId: session.id, from: session.state, to };
  return step(session, { ...changes, state: to }, { type: 'publish', event }, ...effects);
}

function offerAnswer(session: Session, ...all: OfferAnswerMove[]): Partial<Session> | undefined {
  let state = session.offerAnswer;
  for (const one of all) {
    const next = moveOfferAnswer(state, one);
    if (!next) return undefined;
    state = next;
  }
  return { offerAnswer: state };
}

function endReason(cause: EndCause, text: string, status?: number, reason?: ReasonValue): EndReason {
  return { cause, text, status, reason };
}

/** Enters the terminal state that the first recorded cause demands. */
function end(session: Session, fallback: EndReason): Step {
  const reason = session.endReason ?? fallback;
  const to = terminalState(session, reason);
  const step = move(session, to, { endReason: reason, pendingReoffer: undefined });
  const ended: Effect = { type: 'publish', event: { type: 'ended', sessionId: session.id, reason } };
  return { session: step.session, effects: [...step.effects, { type: 'finish' }, ended] };
}

function terminalState(session: Session, reason: EndReason): CallState {
  if (reason.cause === 'cancelled') return CallState.Cancelled;
  const established = session.answeredAtMs !== undefined;
  if (established || reason.cause === 'local-hangup' || reason.cause === 'remote-hangup' || reason.cause === 'closed')
    return CallState.Terminated;
  return CallState.Failed(reason.status ?? 500, reason.text);
}

/** Our description could not be used after the 2xx: the dialog exists, so it ends by BYE with Reason 488 (RFC 3261 13.2.2.4). */
function byeForMedia(session: Session, status: number, text: string): Step {
  const reason: ReasonValue = { protocol: 'SIP', cause: status, text };
  const changes = { endReason: session.endReason ?? endReason('media', text, status) };
  return move(session, CallState.Terminating, changes, { type: 'bye', reason });
}

const settleConnect: Effect = { type: 'settle', verb: 'connect', failure: undefined };

function activate(session: Session, changes: Partial<Session>, nowMs: number): Step {
  return move(session, CallState.Active, { ...changes, answeredAtMs: nowMs }, { type: 'allowSend' }, settleConnect);
}

/** Takes over what was negotiated; a change of the peer's hold is an event of its own. */
function applyMedia(session: Session, input: InputOf<'negotiated'>): { changes: Partial<Session>; effects: Effect[] } {
  const remoteHold = isRemoteHold(input.media.direction);
  const effects: Effect[] = [];
  if (remoteHold !== session.remoteHold)
    effects.push({ type: 'publish', event: { type: 'remoteHold', sessionId: session.id, held: remoteHold } });
  return { changes: { media: input.media, remoteHold }, effects };
}

// --- before the dialog is confirmed -------------------------------------------------------------------------------------------------

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

const failed: Handler<'failed'> = (session, input) => {
  if (input.cause === 'cancelled') return end(session, endReason('cancelled', input.reason, input.status));
  const cause = input.cause === 'response' ? 'rejected' : input.cause;
  // A final answer that crossed our CANCEL is what happened (RFC 3261 9.1); a cause of our own media stays first.
  const first = session.endReason?.cause === 'media' ? session.endReason : undefined;
  return end({ ...session, endReason: first }, endReason(cause, input.reason, input.status));
};

const cancelledByPeer: Handler<'cancelledByPeer'> = (session, input) =>
  end(session, endReason('cancelled', 'Request Terminated', 487, input.reason));

const ring: Handler<'ring'> = (session, input) => {
  if (session.direction !== 'incoming' || session.accepted) return undefined;
  return move(session, CallState.Ringing, {}, { type: 'ring', status: input.status, reason: input.reason });
};

const accept: Handler<'accept'> = (session) => {
  if (session.direction !== 'incoming' || session.accepted) return undefined;
  if (session.offerAnswer === 'remoteOffer')
    return step(session, { accepted: true }, { type: 'sendAccept', offer: false });
  const moved = offerAnswer(session, 'sendOffer');
  return moved && step(session, { ...moved, accepted: true }, { type: 'sendAccept', offer: true });
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

// --- established --------------------------------------------------------------------------------------------------------------------

const terminate: Handler<'terminate'> = (session, input) => {
  const cause = session.endReason ?? endReason('local-hangup', input.reason?.text ?? 'hung up');
  return move(session, CallState.Terminating, { endReason: cause }, { type: 'bye', reason: input.reason });
};

const ended: Handler<'ended'> = (session, input) => {
  switch (input.by) {
    case 'remote-bye':
      return end(
        session,
        endReason('remote-hangup', input.reason?.text ?? 'the peer hung up', undefined, input.reason),
      );
    case 'local-bye':
      return end(session, endReason('local-hangup', 'hung up'));
    case 'ack-timeout':
      return end(session, endReason('timeout', 'no ACK came for the 200', 408));
    case 'dialog-gone':
      return end(session, endReason('timeout', 'the peer no longer knows the call', 481));
    case 'closed':
      return end(session, endReason('closed', 'the endpoint was closed'));
  }
};

const hold: Handler<'hold'> = (session) => {
  const moved = session.pendingReoffer ? undefined : offerAnswer(session, 'sendOffer');
  if (!moved) return undefined;
  const send: Effect = { type: 'sendReoffer', wish: { hold: true } };
  return move(session, CallState.HoldPending, { ...moved, pendingReoffer: 'hold' }, send);
};

const resume: Handler<'resume'> = (session) => {
  const moved = session.pendingReoffer ? undefined : offerAnswer(session, 'sendOffer');
  if (!moved) return undefined;
  return step(session, { ...moved, pendingReoffer: 'resume' }, { type: 'sendReoffer', wish: { hold: false } });
};

const reofferAnswered: Handler<'reofferAnswered'> = (session, input) => {
  if (!session.pendingReoffer) return undefined;
  const ack: Effect = { type: 'sendAck' };
  return step(session, {}, ack, { type: 'applyAnswer', description: input.description, early: false });
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
  const changes = { ...offerAnswer(session, 'rollback'), pendingReoffer: undefined };
  const back = verb === 'hold' ? CallState.Active : CallState.OnHold;
  return move(session, back, changes, { type: 'rollbackOffer' }, { type: 'settle', verb, failure });
}

const reofferRetry: Handler<'reofferRetry'> = (session) => {
  if (!session.pendingReoffer) return undefined;
  const moved = offerAnswer(session, 'sendOffer');
  const wish = { hold: session.pendingReoffer === 'hold' };
  return moved && step(session, moved, { type: 'sendReoffer', wish });
};

const negotiated: Handler<'negotiated'> = (session, input) => {
  const { changes, effects } = applyMedia(session, input);
  if (session.offerAnswer === 'remoteOffer')
    return step(session, { ...changes, ...offerAnswer(session, 'sendAnswer') }, ...effects);
  const closed = { ...changes, ...offerAnswer(session, 'receiveAnswer') };
  const verb = session.pendingReoffer;
  if (!verb) return step(session, closed, ...effects);
  const to = verb === 'hold' ? CallState.OnHold : CallState.Active;
  const done: Effect = { type: 'settle', verb, failure: undefined };
  return move(session, to, { ...closed, pendingReoffer: undefined }, done, ...effects);
};

const negotiationFailed: Handler<'negotiationFailed'> = (session, input) => {
  if (session.pendingReoffer)
    return abandonReoffer(session, { status: input.status, text: input.text, message: undefined });
  // The ACK of a re-INVITE without an offer brought no usable answer: the session cannot go on (house.md, offer/answer).
  if (input.during === 'apply') return byeForMedia(session, input.status, input.text);
  return step(session, { ...offerAnswer(session, 'rollback') });
};

const reoffered: Handler<'reoffered'> = (session, input) => {
  const wish = { hold: session.state.kind === 'OnHold' };
  const moved = offerAnswer(session, input.description ? 'receiveOffer' : 'sendOffer');
  if (!moved) return step(session, {}, { type: 'refuseReoffer', status: 491 });
  return step(session, moved, { type: 'answerReoffer', description: input.description, wish });
};

const reofferAcked: Handler<'reofferAcked'> = (session, input) => {
  if (session.offerAnswer !== 'localOffer' || session.pendingReoffer) return step(session, {});
  return step(session, {}, { type: 'applyAnswer', description: input.description, early: false });
};

const reofferCancelled: Handler<'reofferCancelled'> = (session) =>
  step(session, { ...offerAnswer(session, 'rollback') }, { type: 'rollbackOffer' });

const refuseReoffer: Handler<'reoffered'> = (session) => step(session, {}, { type: 'refuseReoffer', status: 491 });

/** Facts of media that change nothing about the call and are told as they are. */
function pass<T extends 'dtmf' | 'talking' | 'mediaLatched' | 'rtpTimeout' | 'mediaEventsLost'>(
  toEvent: (session: Session, input: InputOf<T>) => SessionEvent,
): Handler<T> {
  return (session, input) => step(session, {}, { type: 'publish', event: toEvent(session, input) });
}

const mediaRow: Row = {
  dtmf: pass<'dtmf'>((s, i) => ({ type: 'dtmf', sessionId: s.id, digit: i.digit, durationMs: i.durationMs })),
  talking: pass<'talking'>((s, i) => ({ type: 'talking', sessionId: s.id, talking: i.talking })),
  mediaLatched: pass<'mediaLatched'>((s, i) => ({
    type: 'mediaLatched',
    sessionId: s.id,
    address: i.address,
    port: i.port,
  })),
  rtpTimeout: pass<'rtpTimeout'>((s) => ({ type: 'rtpTimeout', sessionId: s.id })),
  mediaEventsLost: pass<'mediaEventsLost'>((s, i) => ({ type: 'mediaEventsLost', sessionId: s.id, count: i.count })),
  rtcpBye: (session) => step(session, {}),
};

const earlyRow: Row = {
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
};

const establishedRow: Row = {
  ...mediaRow,
  ended,
  terminate,
  reoffered,
  reofferAcked,
  reofferCancelled,
  reofferAnswered,
  reofferFailed,
  reofferRetry,
  negotiated,
  negotiationFailed,
};

/** In force while we wait for the other side of an end that we asked for: late facts change nothing any more. */
const terminatingRow: Row = {
  failed,
  ended,
  cancelledByPeer,
  reoffered: refuseReoffer,
  terminate: (session) => step(session, {}),
  answered: (session) => step(session, {}),
  acked: (session) => step(session, {}),
  progress: (session) => step(session, {}),
};

const table: Record<CallStateKind, Row> = {
  Initiating: earlyRow,
  Ringing: earlyRow,
  Active: { ...establishedRow, hold },
  HoldPending: establishedRow,
  OnHold: { ...establishedRow, resume },
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
