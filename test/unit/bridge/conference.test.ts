import { describe, expect, it } from 'vitest';
import { ConferenceState, hears } from '../../../src/bridge/conference.js';

const plain = { muted: false, deaf: false };

describe('ConferenceState', () => {
  it('lets all hear all but themselves', () => {
    const room = new ConferenceState({ maxMembers: 10 });
    for (const id of ['a', 'b', 'c']) expect(room.join(id, plain)).toEqual([{ op: 'add', sessionId: id, ...plain }]);
    for (const listener of ['a', 'b', 'c'])
      for (const speaker of ['a', 'b', 'c']) expect(hears(room.edges, listener, speaker)).toBe(listener !== speaker);
  });

  it('silences a muted member and empties the ears of a deaf one', () => {
    const room = new ConferenceState({ maxMembers: 10 });
    for (const id of ['a', 'b', 'c']) room.join(id, plain);
    expect(room.set('a', { muted: true })).toEqual([{ op: 'set', sessionId: 'a', muted: true, deaf: false }]);
    expect(room.set('a', { muted: true })).toEqual([]);
    room.set('b', { deaf: true });
    expect(hears(room.edges, 'c', 'a')).toBe(false);
    expect(hears(room.edges, 'a', 'c')).toBe(true);
    expect(hears(room.edges, 'b', 'c')).toBe(false);
    expect(hears(room.edges, 'c', 'b')).toBe(true);
  });

  it('refuses a double, one too many, and a stranger', () => {
    const room = new ConferenceState({ maxMembers: 1 });
    room.join('a', plain);
    expect(() => room.join('a', plain)).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE' }));
    expect(() => room.join('b', plain)).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
    expect(() => room.set('b', { muted: true })).toThrow(expect.objectContaining({ code: 'ERR_NOT_FOUND' }));
    expect(room.leave('b')).toEqual([]);
    expect(room.leave('a')).toEqual([{ op: 'remove', sessionId: 'a' }]);
    expect(room.size).toBe(0);
  });
});
