import { describe, expect, it } from 'vitest';
import { CompositeHandler, type IncomingCall, type Route, RoutingHandler } from '../../../src/api/index.js';

const incoming = (targetUser: string): IncomingCall => ({ targetUser, decided: false }) as IncomingCall;

/** Names of the routes that were asked, in order; all but `decides` pass. */
async function asked(routes: readonly Omit<Route, 'handler'>[], user: string, decides?: number): Promise<unknown[]> {
  const seen: unknown[] = [];
  const handler = new RoutingHandler(
    routes.map((route, i) => ({
      ...route,
      handler: () => {
        seen.push(route.exact ?? route.prefix ?? route.pattern ?? 'rest');
        return i === decides ? undefined : 'pass';
      },
    })),
  );
  seen.push((await handler.handle(incoming(user))) ?? 'decided');
  return seen;
}

describe('RoutingHandler', () => {
  const routes = [{}, { prefix: '+49' }, { prefix: '+4930' }, { exact: '+49301' }, { pattern: '+4930XX' }];

  it('asks the most specific route first and goes on while they pass', async () => {
    expect(await asked(routes, '+493012')).toEqual(['+4930', '+4930XX', '+49', 'rest', 'pass']);
    expect(await asked(routes, '+49301')).toEqual(['+49301', '+4930', '+49', 'rest', 'pass']);
    expect(await asked(routes, '+49301', 2)).toEqual(['+49301', '+4930', 'decided']);
    expect(await asked(routes, 'reception')).toEqual(['rest', 'pass']);
    expect(await asked(routes.slice(1), 'reception')).toEqual(['pass']);
  });

  it.each([
    ['2XX', '234', true],
    ['2XX', '23', false],
    ['2XX', '2345', false],
    ['NZX', '210', true],
    ['NZX', '110', false],
    ['NZX', '200', false],
    ['[2-57]X', '70', true],
    ['[2-57]X', '60', false],
    ['00.', '0049', true],
    ['00.', '00', false],
    ['\\X1', 'X1', true],
    ['\\X1', '11', false],
    ['a+b*(c)', 'a+b*(c)', true],
    ['a+b', 'aab', false],
    ['x', 'x', true],
  ])('pattern %s, user %s: %s', async (pattern, user, fits) => {
    expect((await asked([{ pattern }], user)).length === 2).toBe(fits);
  });

  it.each(['1.2', '[', '[]', '[3-1]X', '12\\', '[^1]'])('refuses the pattern %s', (pattern) => {
    expect(() => new RoutingHandler([{ pattern, handler: () => {} }])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });

  it('refuses a route that says two things', () => {
    expect(() => new RoutingHandler([{ exact: 'a', prefix: 'b', handler: () => {} }])).toThrow('one of exact');
  });
});

describe('CompositeHandler', () => {
  it('stops at the first that does not pass', async () => {
    const seen: string[] = [];
    const says = (name: string, result: 'pass' | undefined) => () => {
      seen.push(name);
      return result;
    };
    const some = new CompositeHandler(says('a', 'pass'), says('b', undefined), says('c', undefined));
    expect(await some.handle(incoming('x'))).toBeUndefined();
    expect(await new CompositeHandler(says('d', 'pass')).handle(incoming('x'))).toBe('pass');
    expect(seen).toEqual(['a', 'b', 'd']);
  });
});
