import { describe, expect, it } from 'vitest';
import { TwoPartyState } from '../../../src/bridge/bridge.js';

describe('TwoPartyState', () => {
  it('joins both, neither muted nor deaf', () => {
    const state = new TwoPartyState('a', 'b');
    expect(state.join()).toEqual(['a', 'b'].map((sessionId) => ({ op: 'add', sessionId, muted: false, deaf: false })));
  });

  it('refuses a call with itself', () => {
    expect(() => new TwoPartyState('a', 'a')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
