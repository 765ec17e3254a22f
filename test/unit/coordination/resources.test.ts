import { describe, expect, it } from 'vitest';
import { Resources } from '../../../src/coordination/resources.js';

describe('Resources', () => {
  it('takes all of a wish or nothing, and says what is used up', () => {
    const resources = new Resources({ sessions: 2, mediaPorts: 3 }, 7);
    expect(resources.lease('a', { sessions: 1, mediaPorts: 2 })).toBeUndefined();
    expect(resources.lease('b', { sessions: 1, mediaPorts: 2 })).toEqual({
      kind: 'mediaPorts',
      limit: 3,
      retryAfterS: 7,
    });
    expect(resources.usage()).toEqual([
      { kind: 'sessions', used: 1, limit: 2, refused: 0 },
      { kind: 'mediaPorts', used: 2, limit: 3, refused: 1 },
    ]);
  });

  it('gives back everything of an owner, once', () => {
    const resources = new Resources({ sessions: 1, mediaPorts: 4 }, 5);
    resources.lease('a', { sessions: 1 });
    resources.lease('a', { mediaPorts: 2 });
    resources.release('a');
    resources.release('a');
    expect(resources.owners).toBe(0);
    expect(resources.usage().map(({ used }) => used)).toEqual([0, 0]);
    expect(resources.lease('b', { sessions: 1, mediaPorts: 4 })).toBeUndefined();
  });
});
