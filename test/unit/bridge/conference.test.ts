import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConferenceState } from '../../../src/bridge/conference.js';
import { hears } from '../../../src/bridge/hearing.js';
import type { RoomChange } from '../../../src/bridge/types.js';

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

  it('lets only moderators in while locked', () => {
    const room = new ConferenceState({ maxMembers: 10 });
    room.join('a', plain);
    room.locked = true;
    expect(() => room.join('b', plain)).toThrow(expect.objectContaining({ code: 'ERR_REJECTED' }));
    expect(room.has('b')).toBe(false);
    room.join('m', { ...plain, moderator: true });
    expect(room.size).toBe(2);
  });

  it('keeps everybody apart until a moderator is there, and again when the last one has gone', () => {
    const room = new ConferenceState({ maxMembers: 10, waitForModerator: true });
    const apart = { muted: true, deaf: true };
    expect(room.join('a', plain)).toEqual([{ op: 'add', sessionId: 'a', ...apart }]);
    room.join('b', { muted: true, deaf: false });
    expect([room.waiting, hears(room.edges, 'b', 'a')]).toEqual([true, false]);
    expect(room.join('m', { ...plain, moderator: true })).toEqual([
      { op: 'add', sessionId: 'm', ...plain },
      { op: 'set', sessionId: 'a', ...plain },
      { op: 'set', sessionId: 'b', muted: true, deaf: false },
    ]);
    expect([hears(room.edges, 'b', 'a'), hears(room.edges, 'a', 'b')]).toEqual([true, false]);
    expect(room.set('b', { moderator: true })).toEqual([]);
    expect(room.leave('m')).toEqual([{ op: 'remove', sessionId: 'm' }]);
    expect(room.waiting).toBe(false);
    expect(room.set('b', { moderator: false })).toEqual([
      { op: 'set', sessionId: 'b', ...apart },
      { op: 'set', sessionId: 'a', ...apart },
    ]);
  });

  it('describes all its edges by its changes, whatever happens', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd');
    const flags = fc.record({ muted: fc.boolean(), deaf: fc.boolean(), moderator: fc.boolean() });
    const verb = fc.oneof(
      fc.record({ verb: fc.constant('join' as const), id, flags }),
      fc.record({ verb: fc.constant('set' as const), id, flags }),
      fc.record({ verb: fc.constant('leave' as const), id }),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(verb, { maxLength: 40 }), (waitForModerator, verbs) => {
        const room = new ConferenceState({ maxMembers: 3, waitForModerator });
        const told = new Map<string, { muted: boolean; deaf: boolean }>();
        for (const one of verbs) {
          let changes: RoomChange[] = [];
          try {
            changes = one.verb === 'leave' ? room.leave(one.id) : room[one.verb](one.id, one.flags);
          } catch {
            // A refused verb must have changed nothing, which the comparison below sees.
          }
          for (const change of changes) {
            expect(told.has(change.sessionId)).toBe(change.op !== 'add');
            if (change.op === 'remove') told.delete(change.sessionId);
            else if (change.op !== 'relate') told.set(change.sessionId, { muted: change.muted, deaf: change.deaf });
          }
          const moderated = [...room.members.values()].some(({ moderator }) => moderator);
          const waits = waitForModerator && !moderated;
          const expected = [...room.members].map(([key, member]) => [
            key,
            { muted: member.muted || waits, deaf: member.deaf || waits },
          ]);
          expect(new Map(told)).toEqual(new Map(expected as [string, { muted: boolean; deaf: boolean }][]));
        }
      }),
    );
  });
});
