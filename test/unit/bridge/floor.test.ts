import { describe, expect, it } from 'vitest';
import { FloorState } from '../../../src/bridge/floor.js';

describe('FloorState', () => {
  it('stays with who talks until they are silent and another talks', () => {
    const floor = new FloorState();
    expect(floor.handleTalking('a', true)).toBe(true);
    expect(floor.handleTalking('b', true)).toBe(false);
    expect(floor.holder).toBe('a');
    expect(floor.handleTalking('c', true)).toBe(false);
    expect(floor.handleTalking('a', false)).toBe(true);
    expect(floor.holder).toBe('b');
    expect(floor.handleTalking('b', false)).toBe(true);
    expect(floor.holder).toBe('c');
    expect(floor.handleTalking('c', false)).toBe(false);
    expect(floor.handleTalking('c', true)).toBe(false);
    expect(floor.holder).toBe('c');
    expect(floor.handleTalking('b', false)).toBe(false);
  });

  it('goes on when its holder leaves, or is free', () => {
    const floor = new FloorState();
    floor.handleTalking('a', true);
    floor.handleTalking('b', true);
    expect(floor.leave('x')).toBe(false);
    expect(floor.leave('a')).toBe(true);
    expect(floor.holder).toBe('b');
    expect(floor.leave('b')).toBe(true);
    expect(floor.holder).toBeUndefined();
  });
});
