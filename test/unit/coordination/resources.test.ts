import { describe, expect, it } from 'vitest';
import { Resources } from '../../../src/coordination/resources.js';

const used = (resources: Resources): Record<string, number> =>
  Object.fromEntries(resources.usage().map((one) => [one.kind, one.used]));

describe('Resources', () => {
  it('takes all of a wish or nothing, and says what is used up', () => {
    const resources = new Resources({ sessions: 2, mediaPorts: 3 }, 7);
    expect(resources.lease('a', { sessions: 1, mediaPorts: 2 })).toBeUndefined();
    expect(resources.lease('b', { sessions: 1, mediaPorts: 2 })).toEqual({
      kind: 'mediaPorts',
      limit: 3,
      retryAfterS: 7,
    });
    expect(resources.usage().slice(0, 2)).toEqual([
      { kind: 'sessions', used: 1, limit: 2, refused: 0 },
      { kind: 'mediaPorts', used: 2, limit: 3, refused: 1 },
    ]);
  });

  it('gives back everything of an owner, once', () => {
    const resources = new Resources({ sessions: 1, mediaPorts: 4, mixSlots: 1, bandwidthKbps: 80 }, 5);
    resources.lease('a', { sessions: 1 });
    resources.lease('a', { mediaPorts: 2, mixSlots: 1, bandwidthKbps: 80 });
    resources.release('a');
    resources.release('a');
    expect(resources.owners).toBe(0);
    expect(used(resources)).toEqual({ sessions: 0, mediaPorts: 0, mixSlots: 0, bandwidthKbps: 0 });
    expect(resources.lease('b', { sessions: 1, mediaPorts: 4, mixSlots: 1 })).toBeUndefined();
  });

  it('gives back one kind alone', () => {
    const resources = new Resources({ sessions: 1, mediaPorts: 2, mixSlots: 1 }, 5);
    resources.lease('a', { sessions: 1, mixSlots: 1 });
    expect(resources.lease('b', { mixSlots: 1 })?.kind).toBe('mixSlots');
    resources.giveBack('a', 'mixSlots');
    resources.giveBack('a', 'mixSlots');
    expect(used(resources)).toMatchObject({ sessions: 1, mixSlots: 0 });
    expect(resources.hasRoom('sessions')).toBe(false);
    expect(resources.hasRoom('mixSlots')).toBe(true);
  });

  it('bounds what one user and one peer may have, and forgets who has nothing', () => {
    const resources = new Resources({ sessions: 10, mediaPorts: 20, callsPerUser: 1, callsPerPeer: 2 }, 5);
    expect(resources.lease('a', { sessions: 1 }, { user: 'u1', peer: 'p' })).toBeUndefined();
    expect(resources.lease('b', { sessions: 1 }, { user: 'u1', peer: 'p' })).toMatchObject({
      kind: 'callsPerUser',
      limit: 1,
    });
    expect(resources.lease('b', { sessions: 1 }, { user: 'u2', peer: 'p' })).toBeUndefined();
    expect(resources.lease('c', { sessions: 1 }, { user: 'u3', peer: 'p' })).toMatchObject({ kind: 'callsPerPeer' });
    expect(used(resources).sessions).toBe(2);
    // A later lease of the same owner is no second call.
    expect(resources.lease('a', { mediaPorts: 2 })).toBeUndefined();
    resources.release('a');
    expect(resources.lease('c', { sessions: 1 }, { user: 'u1', peer: 'p' })).toBeUndefined();
  });
});
