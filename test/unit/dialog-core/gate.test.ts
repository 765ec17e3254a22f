import { expect, test } from 'vitest';
import { Gate } from '../../../src/dialog-core/gate.js';
import { defaultLimits } from '../../../src/dialog-core/index.js';

function gate(maxRequestsPerSecond: number, maxRequestBurst = 3): Gate {
  return new Gate({ ...defaultLimits, maxRequestsPerSecond, maxRequestBurst });
}

test('without a limit everything comes in and nothing is remembered', () => {
  const open = new Gate(defaultLimits);
  for (let count = 0; count < 1000; count++) expect(open.judge('10.0.0.9', 0)).toBe('in');
  expect(open.sources).toBe(0);
});

test('a burst comes in, as many again are refused, the rest is dropped; each address has its own', () => {
  const subject = gate(10);
  const verdicts = Array.from({ length: 8 }, () => subject.judge('10.0.0.9', 0));
  expect(verdicts).toEqual(['in', 'in', 'in', 'refuse', 'refuse', 'refuse', 'drop', 'drop']);
  expect(subject.judge('10.0.0.8', 0)).toBe('in');
});

test('who slows down comes in again at the rate', () => {
  const subject = gate(10);
  for (let count = 0; count < 8; count++) subject.judge('10.0.0.9', 0);
  expect(subject.judge('10.0.0.9', 100)).toBe('refuse');
  expect(subject.judge('10.0.0.9', 1000)).toBe('in');
  const later = Array.from({ length: 20 }, (_, index) => subject.judge('10.0.0.9', 2000 + 100 * index));
  expect(later.every((verdict) => verdict === 'in')).toBe(true);
});

test('remembers a bounded number of sources', () => {
  const subject = gate(10);
  for (let index = 0; index < 12_000; index++) subject.judge(`source ${index}`, index);
  expect(subject.sources).toBe(10_000);
});
