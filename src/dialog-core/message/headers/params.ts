/**
 * Header parameters: `;name`, `;name=token`, `;name="text"` (RFC 3261 25.1, generic-param). Pure; called by the readers of the other headers.
 */
import { EQUAL, isToken, PARAM_VALUE, QUOTE, quote, SEMICOLON, skipQuoted, TOKEN, unquote } from '../chars.js';
import { Scanner } from '../scanner.js';

export const noParams: ReadonlyMap<string, string> = new Map();

/**
 * Parses `;a=b;c="d";e`. Names become lower case, quoted values are unescaped, a parameter without a value has ''. Undefined when the text
 * is malformed or a name comes twice (RFC 3261 7.3.1).
 */
export function parseParams(text: string): ReadonlyMap<string, string> | undefined {
  const s = new Scanner(text);
  const params = readParams(s);
  if (params === undefined) return undefined;
  s.space();
  return s.done() ? params : undefined;
}

/** Reads parameters as long as there are semicolons. */
export function readParams(s: Scanner): ReadonlyMap<string, string> | undefined {
  if (!s.takeSpaced(SEMICOLON)) return noParams;
  const params = new Map<string, string>();
  do {
    const name = s.run(TOKEN)?.toLowerCase();
    if (name === undefined || params.has(name)) return undefined;
    const value = s.takeSpaced(EQUAL) ? readValue(s) : '';
    if (value === undefined) return undefined;
    params.set(name, value);
  } while (s.takeSpaced(SEMICOLON));
  return params;
}

function readValue(s: Scanner): string | undefined {
  if (s.peek() !== QUOTE) return s.run(PARAM_VALUE);
  const from = s.at;
  const end = skipQuoted(s.text, from, s.end);
  if (end < 0) return undefined;
  s.at = end;
  return unquote(s.text, from, end);
}

/** `;name=value` of each pair; values that are no token are quoted. Names are the caller's and go out as they are. */
export function printParams(params: Iterable<readonly [string, string]>): string {
  let out = '';
  for (const [name, value] of params) {
    out += `;${name}`;
    if (value !== '') out += isToken(value) ? `=${value}` : `=${quote(value)}`;
  }
  return out;
}
