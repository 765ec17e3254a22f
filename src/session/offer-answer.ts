/**
 * The offer/answer state of one session (RFC 3264, RFC 6337): who owes an answer. Pure. It knows nothing of what a description says;
 * `manager/` moves it when descriptions pass, and asks it whether one may pass.
 */

export type OfferAnswerState =
  /** No exchange under way. */
  | 'stable'
  /** Our offer is out, the peer owes the answer. */
  | 'localOffer'
  /** The peer's offer is here, we owe the answer. */
  | 'remoteOffer';

export type OfferAnswerMove = 'sendOffer' | 'receiveOffer' | 'sendAnswer' | 'receiveAnswer' | 'rollback';

const moves: Record<OfferAnswerState, Partial<Record<OfferAnswerMove, OfferAnswerState>>> = {
  stable: { sendOffer: 'localOffer', receiveOffer: 'remoteOffer', rollback: 'stable' },
  localOffer: { receiveAnswer: 'stable', rollback: 'stable' },
  remoteOffer: { sendAnswer: 'stable', rollback: 'stable' },
};

/** The state after `move`, or undefined when the move is not allowed in this state (for example a second offer before the answer). */
export function moveOfferAnswer(state: OfferAnswerState, move: OfferAnswerMove): OfferAnswerState | undefined {
  return moves[state][move];
}
