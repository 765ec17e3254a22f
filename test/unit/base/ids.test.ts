import { describe, expect, it } from 'vitest';
import { randomIds, seededIds } from '../../../src/base/ids.js';

describe('ids', () => {
  it('makes tokens of the length asked for, never twice', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i += 1) {
      const token = randomIds.token(96);
      expect(token).toMatch(/^[0-9a-f]{24}$/);
      seen.add(token);
    }
    expect(seen.size).toBe(2000);
  });

  it('repeats with the same seed only', () => {
    const a = seededIds(1);
    const b = seededIds(1);
    const c = seededIds(2);
    expect([a.token(64), a.uint32()]).toEqual([b.token(64), b.uint32()]);
    expect(c.token(64)).not.toBe(seededIds(1).token(64));
  });
});
