/**
 * Routing of incoming calls by who was called: names, prefixes and patterns, the most specific first.
 */
import { SessionError } from '../base/errors.js';
import { type CallHandler, type CallHandlerLike, type Handled, toCallHandler } from './handlers.js';
import type { IncomingCall } from './incoming-call.js';

/**
 * One way in; exactly one of `exact`, `prefix` and `pattern`, or none of them for the route of everything else.
 *
 * A pattern is matched against the whole user part: `X` is a digit 0–9, `Z` 1–9, `N` 2–9, `[2-57]` one of a set, `.` one or more
 * characters of any kind (at the end only), `\` takes the next character as it is, and every other character is itself.
 */
export interface Route {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly pattern?: string | undefined;
  readonly handler: CallHandlerLike;
}

interface CompiledRoute {
  matches(user: string): boolean;
  /** Literal characters from the start: more of them go first. */
  readonly weight: number;
  readonly handler: CallHandler;
}

/** Hands each call to the handler of its most specific route; passes on a call that has none. */
export class RoutingHandler implements CallHandler {
  readonly #routes: readonly CompiledRoute[];
  readonly #by: (incoming: IncomingCall) => string;

  /**
   * Exact routes go first, then prefixes and patterns by the number of literal characters they begin with, the longest first; equals in
   * the order given. Throws ERR_INVALID_ARGUMENT for a route that says two things or whose pattern is malformed.
   *
   * @param options `by`: what is looked at; default the user part of the Request-URI.
   */
  constructor(routes: readonly Route[], options: { by?: (incoming: IncomingCall) => string } = {}) {
    this.#routes = routes.map(compile).sort((a, b) => b.weight - a.weight);
    this.#by = options.by ?? ((incoming) => incoming.targetUser);
  }

  /** A handler that passes is followed by the next route that fits. */
  async handle(incoming: IncomingCall): Promise<Handled> {
    const user = this.#by(incoming);
    for (const route of this.#routes) {
      if (!route.matches(user)) continue;
      if ((await route.handler.handle(incoming)) !== 'pass') return;
    }
    return 'pass';
  }
}

function compile({ exact, prefix, pattern, handler: like }: Route): CompiledRoute {
  const handler = toCallHandler(like);
  if ([exact, prefix, pattern].filter((one) => one !== undefined).length > 1)
    throw new SessionError('ERR_INVALID_ARGUMENT', 'a route has one of exact, prefix and pattern');
  if (exact !== undefined) return { matches: (user) => user === exact, weight: Number.POSITIVE_INFINITY, handler };
  if (prefix !== undefined) return { matches: (user) => user.startsWith(prefix), weight: prefix.length, handler };
  if (pattern === undefined) return { matches: () => true, weight: -1, handler };
  const { expression, weight } = toExpression(pattern);
  return { matches: (user) => expression.test(user), weight, handler };
}

const sets: Readonly<Record<string, string>> = { X: '[0-9]', Z: '[1-9]', N: '[2-9]' };

function toExpression(pattern: string): { expression: RegExp; weight: number } {
  const wrong = (what: string): SessionError =>
    new SessionError('ERR_INVALID_ARGUMENT', `pattern '${pattern}': ${what}`);
  let source = '';
  let weight = 0;
  let literal = true;
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern.charAt(i);
    const set = char === '[' ? /^\[[0-9A-Za-z*#+-]+\]/.exec(pattern.slice(i))?.[0] : sets[char];
    if (char === '.' && i < pattern.length - 1) throw wrong("'.' stands at the end only");
    if (char === '[' && set === undefined) throw wrong('a set has no end, is empty or holds a strange character');
    if (char === '\\' && i === pattern.length - 1) throw wrong("'\\' needs a character behind it");
    if (set !== undefined || char === '.') {
      literal = false;
      source += set ?? '.+';
      if (char === '[') i += (set?.length ?? 1) - 1;
      continue;
    }
    if (char === '\\') i += 1;
    source += pattern.charAt(i).replace(/[^A-Za-z0-9]/, '\\$&');
    if (literal) weight += 1;
  }
  try {
    return { expression: new RegExp(`^${source}$`, 's'), weight };
  } catch (error) {
    throw new SessionError('ERR_INVALID_ARGUMENT', `pattern '${pattern}' is malformed`, { cause: error });
  }
}
