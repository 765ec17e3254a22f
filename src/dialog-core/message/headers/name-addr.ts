/**
 * Addresses of From, To, Contact, Route, Record-Route and their kin (RFC 3261 20.10 and 25.1): an optional display name, a URI, parameters.
 * Pure; called by the message views and by whoever reads one of those headers.
 */
import { SessionError } from '../../../base/errors.js';
import { COMMA, GREATER, isToken, LESS, QUESTION, QUOTE, quote, SEMICOLON, SP, skip, TAB, TOKEN } from '../chars.js';
import { type Source, skipSpace, sourceOf } from '../source.js';
import { buildUri, printUri, type SipUri, scanUri } from '../uri.js';
import { buildParams, printParams, scanParams } from './params.js';
import { scanQuoted, unquote } from './quoted.js';

export interface NameAddr {
  /** Plain text: without quotes, escapes resolved. Undefined when there is none. */
  readonly displayName: string | undefined;
  readonly uri: SipUri;
  /** The URI as written. */
  readonly uriText: string;
  /** Parameters of the header, not of the URI: tag, q, expires. Names in lower case. */
  readonly params: ReadonlyMap<string, string>;
}

/** Parts of the address scanned last, as positions. */
const marks = { nameFrom: 0, nameEnd: 0, uriFrom: 0, uriEnd: 0 };

/** Parses one address; undefined when it is malformed or something follows it. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const source = sourceOf(text);
  const end = source.bytes.length;
  return scanNameAddr(source.bytes, 0, end) === end ? buildNameAddr(source) : undefined;
}

/** Scans one address with its parameters and the white space around it, up to a comma or the end; returns that position, or -1. */
export function scanNameAddr(bytes: Uint8Array, from: number, end: number): number {
  let at = skipSpace(bytes, from, end);
  marks.nameFrom = at;
  marks.nameEnd = at;
  if (at < end && bytes[at] === QUOTE) {
    at = scanQuoted(bytes, at, end);
    if (at < 0) return -1;
    marks.nameEnd = at;
    at = skipSpace(bytes, at, end);
    if (at >= end || bytes[at] !== LESS) return -1;
  } else if (at < end && bytes[at] !== LESS) at = scanTokens(bytes, at, end);
  at = at < end && bytes[at] === LESS ? scanBracketed(bytes, at, end) : scanBare(bytes, at, end);
  if (at >= 0) at = scanParams(bytes, at, end);
  if (at < 0) return -1;
  at = skipSpace(bytes, at, end);
  return at >= end || bytes[at] === COMMA ? at : -1;
}

/** `*(token LWS)` before '<'; returns the position of '<', or `from` when it is no display name. */
function scanTokens(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  let last = from;
  while (at < end) {
    const start = at;
    at = skip(bytes, start, end, TOKEN);
    if (at === start) break;
    last = at;
    at = skipSpace(bytes, at, end);
  }
  if (at >= end || bytes[at] !== LESS) return from;
  marks.nameEnd = last;
  return at;
}

function scanBracketed(bytes: Uint8Array, from: number, end: number): number {
  const close = scanUri(bytes, from + 1, end);
  marks.uriFrom = from + 1;
  marks.uriEnd = close;
  return close >= 0 && close < end && bytes[close] === GREATER ? close + 1 : -1;
}

/** Without brackets the URI ends at the first semicolon, comma or space, and may hold no '?' (RFC 3261 20.10). */
function scanBare(bytes: Uint8Array, from: number, end: number): number {
  let stop = from;
  for (; stop < end; stop++) {
    const code = bytes[stop]!;
    if (code === SEMICOLON || code === COMMA || code === SP || code === TAB) break;
    if (code === QUESTION) return -1;
  }
  marks.uriFrom = from;
  marks.uriEnd = stop;
  return scanUri(bytes, from, stop) === stop ? stop : -1;
}

/** The address of the last scan. */
export function buildNameAddr(source: Source): NameAddr {
  const { text } = source;
  const { nameFrom, nameEnd, uriFrom, uriEnd } = marks;
  let displayName: string | undefined;
  if (nameEnd > nameFrom) {
    const isQuoted = text.charCodeAt(nameFrom) === QUOTE;
    displayName = isQuoted ? unquote(text, nameFrom, nameEnd) : text.substring(nameFrom, nameEnd);
  }
  return { displayName, uri: buildUri(text), uriText: text.substring(uriFrom, uriEnd), params: buildParams(text) };
}

/** Whether the address scanned last had its brackets. */
export function isBracketed(bytes: Uint8Array): boolean {
  return marks.uriFrom > 0 && bytes[marks.uriFrom - 1] === LESS;
}

/**
 * Text of an address, always with brackets. Throws ERR_INVALID_HEADER for a URI text, display name or parameter that would end the
 * header or the brackets early.
 */
export function printNameAddr(n: {
  displayName?: string | undefined;
  uri: string | SipUri;
  params?: Iterable<[string, string]>;
}): string {
  const uri = typeof n.uri === 'string' ? n.uri : printUri(n.uri);
  const params = [...(n.params ?? [])];
  const unsafe = /[\r\n\0]/;
  if (/[\s<>"\0]/.test(uri))
    throw new SessionError('ERR_INVALID_HEADER', 'a URI in an address holds no space, quote or bracket');
  if (params.some(([name, value]) => !isToken(name) || unsafe.test(value)) || unsafe.test(n.displayName ?? '')) {
    throw new SessionError('ERR_INVALID_HEADER', 'an address holds a line break or a parameter name that is no token');
  }
  const name = n.displayName === undefined || n.displayName === '' ? '' : `${printDisplayName(n.displayName)} `;
  return `${name}<${uri}>${printParams(params)}`;
}

/** Tokens stay bare, everything else is quoted. */
function printDisplayName(text: string): string {
  return isToken(text) ? text : quote(text);
}
