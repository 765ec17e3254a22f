import { describe, expect, it } from 'vitest';
import { seededIds } from '../../../src/base/ids.js';
import { Nonces } from '../../../src/dialog-core/auth-nonces.js';

function make(maxUsed = 100): Nonces {
  return new Nonces(seededIds(3), { lifetimeMs: 1000, maxUsed });
}

describe('nonces', () => {
  it('are one of a kind, and cost nothing until they are used', () => {
    const nonces = make();
    const issued = new Set(Array.from({ length: 100 }, () => nonces.issue(5)));
    expect(issued.size).toBe(100);
    expect(nonces.size).toBe(0);
  });

  it('take each count once, in any order within the window', () => {
    const nonces = make();
    const nonce = nonces.issue(0);
    const use = (count: number): boolean => nonces.use(nonce, count, 1);
    expect([1, 1, 3, 2, 2, 3].map(use)).toEqual([true, false, true, true, false, false]);
    expect([40, 9, 8, 40, 39].map(use)).toEqual([true, true, false, false, true]);
    expect([0xffffffff, 0xffffffff, 0xfffffffe, 41].map(use)).toEqual([true, false, true, false]);
  });

  it('are taken once when they come without a count', () => {
    const nonces = make();
    const nonce = nonces.issue(0);
    expect([nonces.use(nonce, 0, 1), nonces.use(nonce, 0, 1)]).toEqual([true, false]);
  });

  it('end with their life', () => {
    const nonces = make();
    const nonce = nonces.issue(500.7);
    expect(nonces.use(nonce, 1, 1499)).toBe(true);
    expect(nonces.use(nonce, 2, 1500)).toBe(false);
    expect(nonces.use(nonces.issue(0), 1, 1000)).toBe(false);
  });

  it('of others, changed ones and nonsense are none', () => {
    const nonces = make();
    const nonce = nonces.issue(0);
    const later = `0${(Number.parseInt(nonce.slice(0, 12), 16) + 900).toString(16).padStart(11, '0')}${nonce.slice(12)}`;
    const other = new Nonces(seededIds(4), { lifetimeMs: 1000, maxUsed: 9 }).issue(0);
    for (const wrong of [later, other, '', 'x', nonce.slice(1), `${nonce}0`, nonce.toUpperCase()]) {
      expect(nonces.use(wrong, 1, 1)).toBe(false);
    }
  });

  it('are remembered up to a bound, and what was forgotten cannot be replayed', () => {
    const nonces = make(3);
    const issued = [1, 2, 3, 4, 5].map((nowMs) => nonces.issue(nowMs));
    for (const nonce of issued) expect(nonces.use(nonce, 1, 10)).toBe(true);
    expect(nonces.size).toBe(3);
    for (const nonce of issued) expect(nonces.use(nonce, 1, 10)).toBe(false);
    expect(nonces.use(nonces.issue(10), 1, 11)).toBe(true);
    expect(nonces.use(nonces.issue(1500), 1, 1501)).toBe(true);
    expect(nonces.size).toBe(1);
  });
});
