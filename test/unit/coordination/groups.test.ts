import { describe, expect, it } from 'vitest';
import { type GroupEvent, GroupState } from '../../../src/coordination/groups.js';
import type { Priority } from '../../../src/coordination/priority.js';

const member = (sessionId: string, priority: Priority = 'normal', role = 'member') => ({
  sessionId,
  role,
  priority,
  joinedAtMs: 0,
});
const told = (events: readonly GroupEvent[]): string[] =>
  events.map((event) => {
    if (event.type === 'leaderChanged') return `leader ${event.leader}`;
    return 'member' in event ? `${event.type} ${event.member.sessionId}` : event.type;
  });

describe('GroupState', () => {
  it('tells joining, the first leader and being ready', () => {
    const group = new GroupState('g', { type: 'custom', min: 2 });
    expect(told(group.add(member('a')))).toEqual(['joined a', 'leader a']);
    expect(told(group.add(member('b')))).toEqual(['joined b', 'ready']);
    expect(group.leader).toBe('a');
  });

  it('elects the oldest, the most important, or nobody', () => {
    const oldest = new GroupState('g', { type: 'custom' });
    const important = new GroupState('g', { type: 'custom', election: 'priority' });
    const nobody = new GroupState('g', { type: 'hunt' });
    for (const group of [oldest, important, nobody])
      for (const one of [member('a'), member('b', 'low'), member('c', 'urgent'), member('d', 'urgent')]) group.add(one);
    expect([oldest.leader, important.leader, nobody.leader]).toEqual(['a', 'a', undefined]);
    expect(told(oldest.remove('a'))).toEqual(['left a', 'leader b']);
    expect(told(important.remove('a'))).toEqual(['left a', 'leader c']);
    expect(told(nobody.remove('a'))).toEqual(['left a']);
    expect(told(nobody.lead('d'))).toEqual(['leader d']);
    expect(told(nobody.remove('d'))).toEqual(['left d', 'leader undefined']);
  });

  it('refuses duplicates and one too many, and knows the sizes of its types', () => {
    const bridge = new GroupState('g', { type: 'bridge' });
    bridge.add(member('a'));
    expect(() => bridge.add(member('a'))).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE' }));
    bridge.add(member('b'));
    expect(() => bridge.add(member('c'))).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
    expect(() => bridge.lead('c')).toThrow(expect.objectContaining({ code: 'ERR_NOT_FOUND' }));
    expect(() => bridge.setRole('c', 'x')).toThrow(expect.objectContaining({ code: 'ERR_NOT_FOUND' }));
    for (const options of [{ min: -1 }, { max: 0 }, { max: 1.5 }, { min: 3, max: 2 }])
      expect(() => new GroupState('g', { type: 'custom', ...options })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
  });

  it('ends when it falls below its minimum, but not before it had it', () => {
    const group = new GroupState('g', { type: 'consultation' });
    group.add(member('a'));
    expect(told(group.remove('a'))).toEqual(['left a', 'leader undefined']);
    group.add(member('a'));
    group.add(member('b', 'normal', 'consulted'));
    expect(told(group.remove('b'))).toEqual(['left b', 'left a', 'closed']);
    expect(group.closed).toBe(true);
    expect(group.close()).toEqual([]);
    expect(() => group.add(member('c'))).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });
});
