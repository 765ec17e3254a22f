import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConferenceState } from '../../../src/bridge/conference.js';
import { gainBetweenDb, hears } from '../../../src/bridge/hearing.js';

const plain = { muted: false, deaf: false };

function room(...ids: string[]): ConferenceState {
  const state = new ConferenceState({ maxMembers: 100 });
  for (const id of ids) state.join(id, plain);
  return state;
}

const gain = (state: ConferenceState, listener: string, speaker: string): number | undefined =>
  gainBetweenDb(state.edges, listener, speaker, state.exceptions);

describe('exceptions of a conference', () => {
  it('blocks, scales and ends, telling only what changed', () => {
    const state = room('a', 'b', 'c');
    const base = { op: 'relate', sessionId: 'a', speaker: 'b' };
    expect(state.relate('a', 'b', { hears: false })).toEqual([{ ...base, hears: 'never', gainDb: 0 }]);
    expect(state.relate('a', 'b', { hears: false })).toEqual([]);
    expect([gain(state, 'a', 'b'), gain(state, 'b', 'a'), gain(state, 'c', 'b')]).toEqual([undefined, 0, 0]);
    expect(state.relate('a', 'b', { gainDb: -6 })).toEqual([{ ...base, hears: 'scaled', gainDb: -6 }]);
    state.set('b', { gainInDb: 4 });
    state.set('a', { gainOutDb: 1 });
    expect([gain(state, 'a', 'b'), gain(state, 'c', 'b')]).toEqual([-1, 4]);
    expect(state.relate('a', 'b', { gainDb: 0 })).toEqual([{ ...base, hears: 'usual', gainDb: 0 }]);
    expect(state.exceptions.size).toBe(0);
    expect(state.relate('a', 'b', undefined)).toEqual([]);
  });

  it('lets one whisper to some, and gives them back', () => {
    const state = room('coach', 'agent', 'customer');
    expect(state.whisper('coach', ['agent'])).toEqual([
      { op: 'set', sessionId: 'coach', ...plain, apart: true },
      { op: 'relate', sessionId: 'agent', speaker: 'coach', hears: 'always', gainDb: 0 },
    ]);
    expect([gain(state, 'agent', 'coach'), gain(state, 'customer', 'coach'), gain(state, 'coach', 'customer')]).toEqual(
      [0, undefined, 0],
    );
    state.whisper('coach', ['customer'], 3);
    expect([gain(state, 'agent', 'coach'), gain(state, 'customer', 'coach')]).toEqual([undefined, 3]);
    // Muted is muted, also for those who always hear.
    state.set('coach', { muted: true });
    expect(hears(state.edges, 'customer', 'coach', state.exceptions)).toBe(false);
    state.set('coach', { muted: false });
    expect(state.whisper('coach', undefined)).toHaveLength(2);
    expect([gain(state, 'agent', 'coach'), gain(state, 'customer', 'coach')]).toEqual([0, 0]);
    expect(state.exceptions.size).toBe(0);
  });

  it('refuses strangers, oneself, wrong gains and priorities, and changes nothing', () => {
    const state = room('a', 'b');
    const code = (act: () => unknown): unknown => {
      try {
        act();
        return undefined;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code(() => state.relate('a', 'x', { hears: false }))).toBe('ERR_NOT_FOUND');
    expect(code(() => state.relate('x', 'a', { hears: false }))).toBe('ERR_NOT_FOUND');
    expect(code(() => state.relate('a', 'a', { hears: false }))).toBe('ERR_INVALID_ARGUMENT');
    for (const gainDb of [21, -61, Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(code(() => state.relate('a', 'b', { gainDb }))).toBe('ERR_INVALID_ARGUMENT');
      expect(code(() => state.set('a', { gainInDb: gainDb }))).toBe('ERR_INVALID_ARGUMENT');
      expect(code(() => state.join('c', { ...plain, gainOutDb: gainDb }))).toBe('ERR_INVALID_ARGUMENT');
      expect(code(() => state.whisper('a', ['b'], gainDb))).toBe('ERR_INVALID_ARGUMENT');
    }
    expect(code(() => state.relate('a', 'b', { hears: false, gainDb: 1 } as never))).toBe('ERR_INVALID_ARGUMENT');
    expect(code(() => state.set('a', { priority: 6 }))).toBe('ERR_INVALID_ARGUMENT');
    expect(code(() => state.whisper('a', []))).toBe('ERR_INVALID_ARGUMENT');
    expect(code(() => state.whisper('a', ['a']))).toBe('ERR_INVALID_ARGUMENT');
    expect(code(() => state.whisper('a', ['b', 'x']))).toBe('ERR_NOT_FOUND');
    expect([state.exceptions.size, state.has('c'), gain(state, 'b', 'a')]).toEqual([0, false, 0]);
  });

  it('forgets who leaves and follows who is replaced', () => {
    const state = room('a', 'b', 'c');
    state.relate('a', 'b', { gainDb: 3 });
    state.relate('b', 'c', { hears: false });
    state.whisper('c', ['a']);
    expect(state.replace('b', 'z')).toEqual([
      { op: 'remove', sessionId: 'b' },
      { op: 'add', sessionId: 'z', ...plain },
      { op: 'relate', sessionId: 'a', speaker: 'z', hears: 'scaled', gainDb: 3 },
      { op: 'relate', sessionId: 'z', speaker: 'c', hears: 'never', gainDb: 0 },
    ]);
    expect(state.leave('z')).toEqual([{ op: 'remove', sessionId: 'z' }]);
    expect(state.replace('a', 'y')).toHaveLength(3);
    expect(gain(state, 'y', 'c')).toBe(0);
    state.whisper('c', undefined);
    expect(state.exceptions.size).toBe(0);
    expect(state.leave('y')).toEqual([{ op: 'remove', sessionId: 'y' }]);
  });

  it('is told by its changes, whatever happens', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd');
    const relation = fc.constantFrom(undefined, { hears: false } as const, { hears: true } as const, { gainDb: -6 });
    const verb = fc.tuple(fc.constantFrom('join', 'leave', 'relate', 'whisper', 'hush'), id, id, relation);
    fc.assert(
      fc.property(fc.array(verb, { maxLength: 60 }), (verbs) => {
        const state = new ConferenceState({ maxMembers: 4 });
        const told = new Map<string, string>();
        for (const [name, one, other, how] of verbs) {
          try {
            const changes =
              name === 'join'
                ? state.join(one, plain)
                : name === 'leave'
                  ? state.leave(one)
                  : name === 'relate'
                    ? state.relate(one, other, how)
                    : state.whisper(one, name === 'hush' ? undefined : [other]);
            for (const change of changes) {
              if (change.op === 'remove')
                for (const key of [...told.keys()]) if (key.includes(change.sessionId)) told.delete(key);
              if (change.op !== 'relate') continue;
              const key = `${change.sessionId}>${change.speaker}`;
              if (change.hears === 'usual') told.delete(key);
              else told.set(key, `${change.hears} ${change.gainDb}`);
            }
          } catch {
            // A refused verb must have changed nothing, which the comparison sees.
          }
          const now = [...state.exceptions].flatMap(([listener, speakers]) =>
            [...speakers.keys()].map((speaker) => `${listener}>${speaker}`),
          );
          expect(now.sort()).toEqual([...told.keys()].sort());
        }
      }),
    );
  });
});
