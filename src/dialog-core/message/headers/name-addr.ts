/**
 * Addresses of From, To, Contact, Route, Record-Route and their kin (RFC 3261 20.10 and 25.1): an optional display name, a URI, parameters.
 * Pure; called by the message views and by whoever reads one of those headers.
 */
import { SessionError } from '../../../base/errors.js';
import {
  COMMA,
  find,
  GREATER,
  isToken,
  LESS,
  QUOTE,
  quote,
  SEMICOLON,
  SP,
  skipQuoted,
  TAB,
  TOKEN,
  unquote,
} from '../chars.js';
import { Scanner } from '../scanner.js';
import { printUri, readUri, type SipUri } from '../uri.js';
import { printParams, readParams } from './params.js';

export interface NameAddr {
  /** Plain text: without quotes, escapes resolved. Undefined when there is none. */
  readonly displayName: string | undefined;
  readonly uri: SipUri;
  /** The URI as written. */
  readonly uriText: string;
  /** Parameters of the header, not of the URI: tag, q, expires. Names in lower case. */
  readonly params: ReadonlyMap<string, string>;
}

/** Parses one address; undefined when it is malformed or something follows it. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const s = new Scanner(text);
  const address = readNameAddr(s);
  return address !== undefined && s.done() ? address : undefined;
}

/** Reads one address with its parameters and the white space behind, up to a comma or the end. */
export function readNameAddr(s: Scanner): NameAddr | undefined {
  s.space();
  let displayName: string | undefined;
  if (s.peek() === QUOTE) {
    const end = skipQuoted(s.text, s.at, s.end);
    if (end < 0) return undefined;
    displayName = unquote(s.text, s.at, end);
    s.at = end;
    s.space();
    if (s.peek() !== LESS) return undefined;
  } else if (s.peek() !== LESS) {
    const name = readTokens(s);
    if (name === undefined) return readBare(s);
    displayName = name;
  }
  return readBracketed(s, displayName);
}

/** `*(token LWS)` before '<'. Undefined, with the position restored, when it is no display name. */
function readTokens(s: Scanner): string | undefined {
  const from = s.at;
  let last = from;
  while (s.run(TOKEN) !== undefined) {
    last = s.at;
    s.space();
  }
  if (s.peek() === LESS && last > from) return s.text.substring(from, last);
  s.at = from;
  return undefined;
}

function readBracketed(s: Scanner, displayName: string | undefined): NameAddr | undefined {
  const open = s.at;
  const end = s.end;
  const close = find(s.text, GREATER, open, end);
  if (close === end) return undefined;
  s.at = open + 1;
  s.end = close;
  const uri = readUri(s);
  s.end = end;
  if (uri === undefined) return undefined;
  s.at = close + 1;
  const uriText = s.text.substring(open + 1, close);
  return finish(s, displayName, uri, uriText);
}

/** Without brackets the URI ends at the first semicolon, comma or space, and may hold no '?' (RFC 3261 20.10). */
function readBare(s: Scanner): NameAddr | undefined {
  const from = s.at;
  const end = s.end;
  let stop = from;
  while (stop < end && !isBareEnd(s.text.charCodeAt(stop))) stop++;
  s.end = stop;
  const uri = readUri(s);
  s.end = end;
  if (uri === undefined || uri.headers !== undefined) return undefined;
  s.at = stop;
  return finish(s, undefined, uri, s.text.substring(from, stop));
}

function isBareEnd(code: number): boolean {
  return code === SEMICOLON || code === COMMA || code === SP || code === TAB;
}

function finish(s: Scanner, displayName: string | undefined, uri: SipUri, uriText: string): NameAddr | undefined {
  const params = readParams(s);
  if (params === undefined) return undefined;
  s.space();
  if (!s.done() && s.peek() !== COMMA) return undefined;
  return { displayName, uri, uriText, params };
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
