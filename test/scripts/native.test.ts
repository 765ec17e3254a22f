import { describe, expect, it } from 'vitest';
import { missingPackages } from '../../scripts/lib/debian.mjs';
import { countDoctest } from '../../scripts/lib/native.mjs';

describe('countDoctest', () => {
  it('reads the summary line', () => {
    const output =
      '[doctest] test cases:  12 |  10 passed |  2 failed | 1 skipped\n[doctest] assertions: 99 | 97 passed | 2 failed |';
    expect(countDoctest(output)).toEqual({ passed: 10, failed: 2, skipped: 1 });
  });

  it('finds nothing in the output of a program that died', () => {
    expect(countDoctest('Segmentation fault')).toBeUndefined();
  });
});

describe('missingPackages', () => {
  it('misses nothing that the tests run with', () => {
    expect(missingPackages(['build', 'test'])).toEqual([]);
  });
});
