/**
 * What a session is: identity, parties, state, and where its offer/answer exchange stands. A plain record: transition.ts says how it
 * changes, the manager's per-session queue is its only writer.
 */
import type { MediaRoute, Party } from './events.js';
import type { EndReason } from './lifecycle.js';
import type { Description, MediaChange, NegotiatedMedia } from './media.js';
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
  /**
   * As caller: the answer in a provisional response, which a 2xx of the same branch without one confirms (RFC 3261 13.2.1). A `final` one
   * came reliably: the exchange with that branch is over, and whatever its 2xx says is a repetition (RFC 3262 5).
   */
  readonly earlyAnswer:
    | { readonly description: Description; readonly branch: string | undefined; readonly final: boolean }
    | undefined;
  /** As callee: whether our provisional responses are acknowledged, so that they can settle the media (RFC 3262). */
  readonly reliable: 'no' | 'supported' | 'required';
  /** As callee: the 2xx is out, its ACK is not here. */
  readonly accepted: boolean;
  /** As callee: the ACK for our 2xx is here. */
  readonly acked: boolean;
  /** A re-INVITE or UPDATE of ours is out, and for what. */
  readonly pendingReoffer: 'hold' | 'resume' | 'update' | 'refresh' | undefined;
  /** What the pending `update` changes, for the case that it has to be sent again. */
  readonly pendingChange: MediaChange | undefined;
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
  reliable?: Session['reliable'] | undefined;
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
    reliable: parts.reliable ?? 'no',
    accepted: false,
    acked: false,
    pendingReoffer: undefined,
    pendingChange: undefined,
    remoteHold: false,
    transfer: undefined,
    replaces: parts.replaces,
    media: undefined,
    codecs: parts.codecs,
    endReason: undefined,
    answeredAtMs: undefined,
  };
}
