/**
 * What a session is: identity, parties, state, and where its offer/answer exchange stands. A plain record: transition.ts says how it
 * changes, the manager's per-session queue is its only writer.
 */
import type { MediaRoute, Party } from './events.js';
import type { EndReason } from './lifecycle.js';
import type { Description, NegotiatedMedia } from './media.js';
import type { OfferAnswerState } from './offer-answer.js';
import { CallState } from './state.js';
import type { TransferProgress } from './transfer.js';

/** Unique among all sessions of a process; random, so that it can be given to others. */
export type SessionId = string;

export interface Session {
  readonly id: SessionId;
  readonly direction: 'outgoing' | 'incoming';
  readonly local: Party;
  readonly remote: Party;
  /** Request-URI of the INVITE. */
  readonly target: string;
  readonly createdAtMs: number;
  readonly callId: string | undefined;
  readonly route: MediaRoute | undefined;
  readonly state: CallState;
  readonly offerAnswer: OfferAnswerState;
  /** As callee: the offer of the INVITE. */
  readonly offer: Description | undefined;
  /** As caller: the answer in a provisional response, which a 2xx without one confirms (RFC 3261 13.2.1). */
  readonly earlyAnswer: Description | undefined;
  /** As callee: the 2xx is out, its ACK is not here. */
  readonly accepted: boolean;
  /** A re-INVITE of ours is out, and for what. */
  readonly pendingReoffer: 'hold' | 'resume' | undefined;
  readonly remoteHold: boolean;
  readonly transfer: TransferProgress | undefined;
  /** The session whose place this one takes when it is established. */
  readonly replaces: SessionId | undefined;
  readonly media: NegotiatedMedia | undefined;
  /** Codecs of this call alone, in order of preference; undefined: those of the manager. */
  readonly codecs: readonly string[] | undefined;
  /** Set on the way to a terminal state; the first cause stays. */
  readonly endReason: EndReason | undefined;
  readonly answeredAtMs: number | undefined;
}

/** A session at its very start. */
export function newSession(parts: {
  id: SessionId;
  direction: Session['direction'];
  local: Party;
  remote: Party;
  target: string;
  createdAtMs: number;
  callId?: string;
  route?: MediaRoute;
  offer?: Description | undefined;
  replaces?: SessionId | undefined;
  codecs?: readonly string[] | undefined;
}): Session {
  return {
    id: parts.id,
    direction: parts.direction,
    local: parts.local,
    remote: parts.remote,
    target: parts.target,
    createdAtMs: parts.createdAtMs,
    callId: parts.callId,
    route: parts.route,
    state: CallState.Initiating,
    offerAnswer: parts.offer ? 'remoteOffer' : 'stable',
    offer: parts.offer,
    earlyAnswer: undefined,
    accepted: false,
    pendingReoffer: undefined,
    remoteHold: false,
    transfer: undefined,
    replaces: parts.replaces,
    media: undefined,
    codecs: parts.codecs,
    endReason: undefined,
    answeredAtMs: undefined,
  };
}
