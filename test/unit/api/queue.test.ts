import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../../src/api/queue.js';

describe('EventQueue', () => {
  it('gives items in order, waiting or ready, then ends', async () => {
    let ended = 0;
    const queue = new EventQueue<number>(() => {
      ended += 1;
    });
    const first = queue.next();
    queue.push(1);
    queue.push(2);
    queue.end();
    queue.push(3);
    expect(await first).toEqual({ done: false, value: 1 });
    expect(await queue.next()).toEqual({ done: false, value: 2 });
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    queue.end();
    expect(ended).toBe(1);
  });

  it('ends by its signal, and by leaving the loop', async () => {
    const abort = new AbortController();
    const queue = new EventQueue<number>(() => {}, abort.signal);
    const waiting = queue.next();
    abort.abort();
    expect((await waiting).done).toBe(true);
    expect(new EventQueue<number>(() => {}, AbortSignal.abort()).ended).toBe(true);
    let ended = false;
    const left = new EventQueue<number>(() => {
      ended = true;
    });
    left.push(1);
    for await (const item of left) {
      expect(item).toBe(1);
      break;
    }
    expect(ended).toBe(true);
  });

  it('keeps the newest when nobody reads', async () => {
    const queue = new EventQueue<number>(() => {});
    for (let i = 0; i < 5000; i += 1) queue.push(i);
    expect((await queue.next()).value).toBe(5000 - 4096);
  });
});
