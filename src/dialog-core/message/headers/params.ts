/**
 * Parameters of headers, `;name`, `;name=token`, `;name="text"` (RFC 3261 25.1, generic-param), and the marks that they share with the parameters
 * of URIs. Pure; called by the scans of the other headers.
 */
import { EQUAL, isToken, PARAM_VALUE, QUOTE, quote, resolveEscapes, SEMICOLON, skip, TOKEN } from '../chars.js';
import { skipSpace, skipSpaced, sourceOf } from '../source.js';
import { scanQuoted, unquote } from './quoted.js';

export const noParams: ReadonlyMap<string, string> = new Map();

/** Where the parameters of the last scan stand. */
export class ParamMarks {
  count = 0;
  /** Start and end of the name, start and end of the value (both the end of the name where there is none), for each parameter. */
  readonly at: number[] = [];

  add(nameFrom: number, nameEnd: number, valueFrom: number, valueEnd: number): void {
    const slot = this.count++ * 4;
    this.at[slot] = nameFrom;
    this.at[slot + 1] = nameEnd;
    this.at[slot + 2] = valueFrom;
    this.at[slot + 3] = valueEnd;
  }

  /** Index of the parameter with that lower-case name, or -1. */
  indexOf(bytes: Uint8Array, name: Uint8Array): number {
    for (let i = 0; i < this.count; i++) {
      const from = this.at[i * 4]!;
      if (this.at[i * 4 + 1]! - from === name.length && isSame(bytes, from, name, 0, name.length)) return i;
    }
    return -1;
  }

  /**
   * Whether a name comes twice; with `isEscaped` after their escapes are resolved. A few are compared in pairs, many by a set, so that the
   * time stays linear in the header's length.
   */
  hasDuplicate(bytes: Uint8Array, isEscaped: boolean): boolean {
    const { count, at } = this;
    if (count > 16 || isEscaped) {
      return new Set(Array.from({ length: count }, (_, i) => this.#name(bytes, i, isEscaped))).size < count;
    }
    for (let slot = 4; slot < count * 4; slot += 4) {
      const from = at[slot]!;
      const length = at[slot + 1]! - from;
      for (let other = 0; other < slot; other += 4) {
        if (at[other + 1]! - at[other]! === length && isSame(bytes, from, bytes, at[other]!, length)) return true;
      }
    }
    return false;
  }

  #name(bytes: Uint8Array, i: number, isEscaped: boolean): string {
    const name = Buffer.from(bytes.subarray(this.at[i * 4]!, this.at[i * 4 + 1]!)).toString('latin1');
    return (isEscaped ? resolveEscapes(name) : name).toLowerCase();
  }
}

/** Whether two stretches are the same name. Name characters that differ in nothing but bit 5 are the two cases of a letter. */
function isSame(a: Uint8Array, from: number, b: Uint8Array, other: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if ((a[from + i]! | 32) !== (b[other + i]! | 32)) return false;
  }
  return true;
}

/** Marks of the parameters of the header scanned last. */
export const headerParams = new ParamMarks();

/**
 * Parses `;a=b;c="d";e`. Names become lower case, quoted values are unescaped, a parameter without a value has ''. Undefined when the text
 * is malformed or a name comes twice (RFC 3261 7.3.1).
 */
export function parseParams(text: string): ReadonlyMap<string, string> | undefined {
  const { bytes, text: latin } = sourceOf(text);
  const end = bytes.length;
  const at = scanParams(bytes, 0, end);
  return at >= 0 && skipSpace(bytes, at, end) === end ? buildParams(latin) : undefined;
}

/** Scans parameters as long as there are semicolons; returns the position behind them, or -1. */
export function scanParams(bytes: Uint8Array, from: number, end: number): number {
  headerParams.count = 0;
  let at = from;
  while (at < end) {
    const nameFrom = skipSpaced(bytes, at, end, SEMICOLON);
    if (nameFrom < 0) break;
    at = skip(bytes, nameFrom, end, TOKEN);
    const nameEnd = at;
    if (nameEnd === nameFrom) return -1;
    let valueFrom = at < end && bytes[at] === SEMICOLON ? -1 : skipSpaced(bytes, at, end, EQUAL);
    if (valueFrom < 0) valueFrom = nameEnd;
    else {
      at =
        valueFrom < end && bytes[valueFrom] === QUOTE
          ? scanQuoted(bytes, valueFrom, end)
          : skip(bytes, valueFrom, end, PARAM_VALUE);
      if (at <= valueFrom) return -1;
    }
    headerParams.add(nameFrom, nameEnd, valueFrom, at);
  }
  return headerParams.count > 1 && headerParams.hasDuplicate(bytes, false) ? -1 : at;
}

/** The parameters of the last scan. */
export function buildParams(text: string): ReadonlyMap<string, string> {
  const { count, at } = headerParams;
  if (count === 0) return noParams;
  const params = new Map<string, string>();
  for (let slot = 0; slot < count * 4; slot += 4) {
    const valueFrom = at[slot + 2]!;
    const valueEnd = at[slot + 3]!;
    const isQuoted = text.charCodeAt(valueFrom) === QUOTE && valueEnd > valueFrom;
    const value = isQuoted ? unquote(text, valueFrom, valueEnd) : text.substring(valueFrom, valueEnd);
    params.set(text.substring(at[slot]!, at[slot + 1]!).toLowerCase(), value);
  }
  return params;
}

/** Value of one parameter of the last scan that is no quoted string, by its index; undefined for index -1. */
export function buildParam(text: string, index: number): string | undefined {
  return index < 0 ? undefined : text.substring(headerParams.at[index * 4 + 2]!, headerParams.at[index * 4 + 3]!);
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
