import { describe, expect, it } from 'vitest';
import { moveOfferAnswer } from '../../../src/session/offer-answer.js';

describe('moveOfferAnswer', () => {
  it('closes both kinds of exchange', () => {
    expect(moveOfferAnswer('stable', 'sendOffer')).toBe('localOffer');
    expect(moveOfferAnswer('localOffer', 'receiveAnswer')).toBe('stable');
    expect(moveOfferAnswer('stable', 'receiveOffer')).toBe('remoteOffer');
    expect(moveOfferAnswer('remoteOffer', 'sendAnswer')).toBe('stable');
    expect(moveOfferAnswer('localOffer', 'rollback')).toBe('stable');
  });

  it('refuses a second offer and an answer to nothing', () => {
    expect(moveOfferAnswer('localOffer', 'sendOffer')).toBeUndefined();
    expect(moveOfferAnswer('localOffer', 'receiveOffer')).toBeUndefined();
    expect(moveOfferAnswer('remoteOffer', 'sendOffer')).toBeUndefined();
    expect(moveOfferAnswer('stable', 'sendAnswer')).toBeUndefined();
    expect(moveOfferAnswer('stable', 'receiveAnswer')).toBeUndefined();
  });
});
