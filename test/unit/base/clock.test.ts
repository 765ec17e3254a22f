import { describe, expect, it } from 'vitest';
import { DeadlineTable } from '../../../src/base/clock.js';

describe('DeadlineTable', () => {
  it('gives keys back in order of their deadlines, each once', () => {
    const table = new DeadlineTable<string>();
    const times = [50, 10, 40, 20, 30, 10];
    for (const [index, atMs] of times.entries()) table.set(`k${index}`, atMs);
    expect(table.nextMs()).toBe(10);
    expect(table.popDue(9)).toBeUndefined();
    const order: number[] = [];
    for (let key = table.popDue(100); key; key = table.popDue(100)) order.push(times[Number(key.slice(1))] as number);
    expect(order).toEqual([10, 10, 20, 30, 40, 50]);
    expect(table.size).toBe(0);
    expect(table.nextMs()).toBeUndefined();
  });

  it('replaces and deletes deadlines', () => {
    const table = new DeadlineTable<string>();
    table.set('a', 10);
    table.set('a', 30);
    table.set('b', 20);
    expect(table.size).toBe(2);
    expect(table.delete('b')).toBe(true);
    expect(table.delete('b')).toBe(false);
    expect(table.popDue(29)).toBeUndefined();
    expect(table.popDue(30)).toBe('a');
  });

  it('agrees with a sorted list under random use', () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
      return seed;
    };
    const table = new DeadlineTable<number>();
    const model = new Map<number, number>();
    let nowMs = 0;
    for (let round = 0; round < 5000; round += 1) {
      const key = random() % 200;
      if (random() % 3 === 0) {
        expect(table.delete(key)).toBe(model.delete(key));
      } else {
        const atMs = nowMs + (random() % 500);
        table.set(key, atMs);
        model.set(key, atMs);
      }
      if (round % 10 === 0) {
        nowMs += 20;
        for (let due = table.popDue(nowMs); due !== undefined; due = table.popDue(nowMs)) {
          expect(model.get(due)).toBeLessThanOrEqual(nowMs);
          model.delete(due);
        }
        expect(Math.min(...model.values(), Number.POSITIVE_INFINITY)).toBeGreaterThan(nowMs);
      }
      expect(table.size).toBe(model.size);
    }
  });
});
