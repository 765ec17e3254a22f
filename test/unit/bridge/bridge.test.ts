import { describe, expect, it } from 'vitest';
import { TwoPartyState } from '../../../src/bridge/bridge.js';

describe('TwoPartyState', () => {
  it('joins both and knows who is whose peer', () => {
    const state = new TwoPartyState('a', 'b');
    expect(state.join().map((change) => change.sessionId)).toEqual(['a', 'b']);
    expect(state.peerOf('a')).toBe('b');
    expect(state.peerOf('b')).toBe('a');
    expect(state.peerOf('c')).toBeUndefined();
  });

  it('refuses a call with itself', () => {
    expect(() => new TwoPartyState('a', 'a')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
