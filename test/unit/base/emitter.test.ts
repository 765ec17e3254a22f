import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/base/emitter.js';

describe('Emitter', () => {
  it('calls listeners in order and removes them', () => {
    const emitter = new Emitter<{ tick: [number] }>();
    const seen: string[] = [];
    const remove = emitter.on('tick', (n) => seen.push(`a${n}`));
    emitter.once('tick', (n) => seen.push(`b${n}`));
    emitter.emit('tick', 1);
    emitter.emit('tick', 2);
    remove();
    emitter.emit('tick', 3);
    expect(seen).toEqual(['a1', 'b1', 'a2']);
    expect(emitter.listenerCount('tick')).toBe(0);
  });

  it('survives a listener that throws, and says so', async () => {
    const emitter = new Emitter<{ tick: [] }>();
    let reached = false;
    emitter.on('tick', () => {
      throw new Error('broken listener');
    });
    emitter.on('tick', () => {
      reached = true;
    });
    const warned = once(process, 'warning');
    emitter.emit('tick');
    expect(reached).toBe(true);
    const [warning] = (await warned) as [Error & { code: string }];
    expect(warning.code).toBe('MIXMINUS_LISTENER');
    expect(warning.message).toContain('broken listener');
  });
});
