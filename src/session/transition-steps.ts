/**
 * What the rows of the transition table are made of: the shape of a step, and the moves that several rows share. Pure; used by the
 * transition files only.
 */
import type { Effect } from './effects.js';
import type { SessionEvent, SessionInput } from './events.js';
import type { EndCause, EndReason, ReasonValue } from './lifecycle.js';
import { isRemoteHold } from './media.js';
import { moveOfferAnswer, type OfferAnswerMove } from './offer-answer.js';
import type { Session } from './session.js';
import { CallState } from './state.js';

export interface Step {
  readonly session: Session;
  readonly effects: readonly Effect[];
}

export type InputType = SessionInput['type'];
export type InputOf<T extends InputType> = Extract<SessionInput, { type: T }>;
export type Handler<T extends InputType> = (session: Session, input: InputOf<T>, nowMs: number) => Step | undefined;
export type Row = { readonly [T in InputType]?: Handler<T> };

export function step(session: Session, changes: Partial<Session>, ...effects: Effect[]): Step {
  return { session: { ...session, ...changes }, effects };
}

/** A step that changes the state, with the event that says so in front of the other effects. */
export function move(session: Session, to: CallState, changes: Partial<Session>, ...effects: Effect[]): Step {
  if (to.kind === session.state.kind) return step(session, changes, ...effects);
  const event: SessionEvent = { type: 'stateChanged', sessionId: session.id, from: session.state, to };
  return step(session, { ...changes, state: to }, { type: 'publish', event }, ...effects);
}

export function offerAnswer(session: Session, ...all: OfferAnswerMove[]): Partial<Session> | undefined {
  let state = session.offerAnswer;
  for (const one of all) {
    const next = moveOfferAnswer(state, one);
    if (!next) return undefined;
    state = next;
  }
  return { offerAnswer: state };
}

export function endReason(cause: EndCause, text: string, status?: number, reason?: ReasonValue): EndReason {
  return { cause, text, status, reason };
}

/** Enters the terminal state that the first recorded cause demands. */
export function end(session: Session, fallback: EndReason): Step {
  const reason = session.endReason ?? fallback;
  const to = terminalState(session, reason);
  const step = move(session, to, { endReason: reason, pendingReoffer: undefined, pendingChange: undefined });
  const ended: Effect = { type: 'publish', event: { type: 'ended', sessionId: session.id, reason } };
  return { session: step.session, effects: [...step.effects, { type: 'finish' }, ended] };
}

export function terminalState(session: Session, reason: EndReason): CallState {
  if (reason.cause === 'cancelled') return CallState.Cancelled;
  const established = session.answeredAtMs !== undefined;
  if (reason.cause === 'transferred' && !established) return CallState.Cancelled;
  if (established || reason.cause === 'local-hangup' || reason.cause === 'remote-hangup' || reason.cause === 'closed')
    return CallState.Terminated;
  return CallState.Failed(reason.status ?? 500, reason.text);
}

/** Our description could not be used after the 2xx: the dialog exists, so it ends by BYE with Reason 488 (RFC 3261 13.2.2.4). */
export function byeForMedia(session: Session, status: number, text: string): Step {
  const reason: ReasonValue = { protocol: 'SIP', cause: status, text };
  const changes = { endReason: session.endReason ?? endReason('media', text, status) };
  return move(session, CallState.Terminating, changes, { type: 'bye', reason });
}

export function applyMedia(
  session: Session,
  input: InputOf<'negotiated'>,
): { changes: Partial<Session>; effects: Effect[] } {
  const remoteHold = isRemoteHold(input.media.direction);
  const effects: Effect[] = [];
  if (remoteHold !== session.remoteHold)
    effects.push({ type: 'publish', event: { type: 'remoteHold', sessionId: session.id, held: remoteHold } });
  return { changes: { media: input.media, remoteHold }, effects };
}

export const terminate: Handler<'terminate'> = (session, input) => {
  const cause = session.endReason ?? endReason('local-hangup', input.reason?.text ?? 'hung up');
  return move(session, CallState.Terminating, { endReason: cause }, { type: 'bye', reason: input.reason });
};

export const ended: Handler<'ended'> = (session, input) => {
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
    case 'prack-timeout':
      return end(session, endReason('timeout', 'no PRACK came for a provisional response', 504));
    case 'session-expired':
      return end(session, endReason('session-expired', 'nobody refreshed the session', 408));
    case 'dialog-gone':
      return end(session, endReason('timeout', 'the peer no longer knows the call', 481));
    case 'closed':
      return end(session, endReason('closed', 'the endpoint was closed'));
  }
};

export const refuseReoffer: Handler<'reoffered'> = (session) =>
  step(session, {}, { type: 'replyReoffer', status: 491 });

/** Facts of media that change nothing about the call and are told as they are. */
export function pass<T extends 'dtmf' | 'talking' | 'mediaLatched' | 'rtpTimeout' | 'mediaEventsLost'>(
  toEvent: (session: Session, input: InputOf<T>) => SessionEvent,
): Handler<T> {
  return (session, input) => step(session, {}, { type: 'publish', event: toEvent(session, input) });
}

/** An INFO that is no digit is told as it is. */
export const info: Handler<'info'> = (session, input) =>
  step(session, {}, { type: 'publish', event: { type: 'info', sessionId: session.id, info: input.info } });

export const mediaRow: Row = {
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
