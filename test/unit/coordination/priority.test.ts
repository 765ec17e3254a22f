import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseVictim,
  comparePriority,
  fromResourcePriority,
  priorities,
  toPriority,
  WaitingLine,
} from '../../../src/coordination/priority.js';

describe('priorities', () => {
  it('are ordered from emergency to background', () => {
    const shuffled = ['normal', 'background', 'emergency', 'low', 'urgent', 'high'] as const;
    expect([...shuffled].sort(comparePriority)).toEqual([...priorities]);
    expect(toPriority('high')).toBe('high');
    expect(() => toPriority('hihg')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  it('are read from Resource-Priority, the highest known value counting (RFC 4412)', () => {
    expect(fromResourcePriority(['dsn.flash'])).toBe('urgent');
    expect(fromResourcePriority(['q735.4, ETS.0'])).toBe('emergency');
    expect(fromResourcePriority(['dsn.routine', 'wps.3'])).toBe('high');
    expect(fromResourcePriority(['esnet.0'])).toBe('high');
    for (const unknown of ['', 'dsn', 'dsn.', 'x.1', 'dsn.toString', '__proto__.x', 'constructor.name'])
      expect(fromResourcePriority([unknown])).toBeUndefined();
  });

  it('keep the order of each namespace', () => {
    const falling = {
      dsn: ['flash-override', 'flash', 'immediate', 'priority', 'routine'],
      drsn: ['flash-override-override', 'flash-override', 'flash', 'immediate', 'priority', 'routine'],
      q735: ['0', '1', '2', '3', '4'],
      ets: ['0', '1', '2', '3', '4'],
      wps: ['0', '1', '2', '3', '4'],
      esnet: ['4', '3', '2', '1', '0'],
    };
    for (const [namespace, values] of Object.entries(falling)) {
      const classes = values.map((value) => fromResourcePriority([`${namespace}.${value}`]) ?? 'background');
      expect([...classes].sort(comparePriority)).toEqual(classes);
      expect(classes[0]).toBe('emergency');
    }
  });
});

describe('WaitingLine', () => {
  it('serves by priority, then by arrival, whatever happens in between', () => {
    const step = fc.oneof(
      fc.record({ add: fc.constantFrom(...priorities) }),
      fc.record({ remove: fc.nat(30) }),
      fc.constant('serve' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const line = new WaitingLine<number>(8);
        let model: { id: number; priority: (typeof priorities)[number] }[] = [];
        let ids = 0;
        for (const one of steps) {
          if (one === 'serve') {
            const first = line.first();
            expect(first).toBe(model[0]?.id);
            if (first === undefined) continue;
            line.remove(first);
            model.shift();
          } else if ('add' in one) {
            const fits = model.length < 8;
            expect(line.add(ids, one.add)).toBe(fits);
            if (fits) model.push({ id: ids, priority: one.add });
            model.sort((a, b) => comparePriority(a.priority, b.priority) || a.id - b.id);
            ids += 1;
          } else {
            expect(line.remove(one.remove)).toBe(model.some(({ id }) => id === one.remove));
            model = model.filter(({ id }) => id !== one.remove);
          }
          expect(line.keys()).toEqual(model.map(({ id }) => id));
          expect(line.size).toBe(model.length);
          for (const [i, { id }] of model.entries()) expect(line.position(id)).toBe(i + 1);
        }
      }),
    );
  });
});

describe('chooseVictim', () => {
  const calls = [
    { key: 'old-low', priority: 'low', sinceMs: 1 },
    { key: 'new-low', priority: 'low', sinceMs: 5 },
    { key: 'normal', priority: 'normal', sinceMs: 9 },
    { key: 'urgent', priority: 'urgent', sinceMs: 3 },
  ] as const;

  it('is the latest of the lowest class, and never an equal or a higher call', () => {
    expect(chooseVictim(calls, 'emergency')).toBe('new-low');
    expect(chooseVictim(calls, 'normal')).toBe('new-low');
    expect(chooseVictim(calls.slice(2), 'urgent')).toBe('normal');
    expect(chooseVictim(calls, 'low')).toBeUndefined();
    expect(chooseVictim([], 'emergency')).toBeUndefined();
  });
});
