import { describe, expect, it } from 'vitest';
import { SessionEventProcessor } from '../../../src/manager/events.js';
import type { SessionEvent, SessionInput } from '../../../src/session/index.js';

const event = (sessionId: string): SessionEvent => ({ type: 'rtpTimeout', sessionId });
const input: SessionInput = { type: 'hold' };

describe('SessionEventProcessor', () => {
  it('takes one input at a time, also when a step or a listener adds more', () => {
    const log: string[] = [];
    let depth = 0;
    const processor: SessionEventProcessor = new SessionEventProcessor((id) => {
      depth += 1;
      expect(depth).toBe(1);
      log.push(`step ${id}`);
      if (id === 'a') processor.enqueue('b', input);
      processor.publish(event(id));
      depth -= 1;
    });
    processor.subscribe((e) => {
      log.push(`told ${e.sessionId}`);
      if (e.sessionId === 'a') processor.enqueue('c', input);
    });
    processor.enqueue('a', input);
    expect(log).toEqual(['step a', 'told a', 'step b', 'told b', 'step c', 'told c']);
  });

  it('tells every subscriber in order even when one throws, and runs what comes afterwards last', () => {
    const log: string[] = [];
    const processor: SessionEventProcessor = new SessionEventProcessor((id) => {
      processor.publish(event(`${id}1`));
      processor.publish(event(`${id}2`));
      processor.afterwards(() => log.push('afterwards'));
    });
    processor.subscribe(() => {
      throw new Error('a listener broke');
    });
    const stop = processor.subscribe((e) => log.push(e.sessionId));
    processor.enqueue('x', input);
    expect(log).toEqual(['x1', 'x2', 'afterwards']);
    stop();
    processor.enqueue('y', input);
    expect(log).toEqual(['x1', 'x2', 'afterwards', 'afterwards']);
  });
});
