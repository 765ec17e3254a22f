/**
 * SIP and SIPS URIs (RFC 3261 19.1) and, opaquely, URIs of every other scheme. Pure; called by the header readers, the parser (Request-URI)
 * and whoever writes a target. Comparison is in uri-equals.ts.
 */
import { SessionError } from '../../base/errors.js';
import {
  ALPHA,
  AT,
  COLON,
  classes,
  EQUAL,
  PASSWORD,
  PERCENT,
  percentEncode,
  QUESTION,
  resolveEscapes,
  SCHEME,
  SEMICOLON,
  skip,
  skipEscaped,
  URI_HEADER,
  URI_PARAM,
  URIC,
  USER,
} from './chars.js';
import { noParams, ParamMarks } from './headers/params.js';
import { buildHost, isHost, printHost, scanHost, scannedPort, scanPort } from './host.js';
import { type ParseProblem, problem } from './problems.js';
import { sourceOf } from './source.js';

/** A parsed URI. Values are immutable; make changed ones with {@link makeUri} or a spread. */
export interface SipUri {
  /** Lower case: 'sip', 'sips', 'tel' or any other. */
  readonly scheme: string;
  /** As written, escapes kept: see {@link unescapeUser}. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Lower case; IPv6 without brackets; '' for schemes other than sip and sips. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number | undefined;
  /** Names in lower case and values with escapes resolved; a parameter without a value has ''. */
  readonly params: ReadonlyMap<string, string>;
  /** What stands after '?', as written. */
  readonly headers: string | undefined;
  /** For schemes other than sip and sips: everything after ':'. */
  readonly opaque: string | undefined;
}

/** Parts of the URI scanned last, as positions; -1 where there is none. */
const marks = {
  from: 0,
  schemeEnd: 0,
  isSip: false,
  userEnd: -1,
  passwordEnd: -1,
  hostFrom: 0,
  hostEnd: 0,
  port: 0,
  headersFrom: -1,
  end: 0,
};
const uriParams = new ParamMarks();

/** Parses a whole text; undefined when it is no URI by RFC 3261 25.1. */
export function parseUri(text: string): SipUri | undefined {
  const source = sourceOf(text);
  return scanUri(source.bytes, 0, source.bytes.length) === source.bytes.length ? buildUri(source.text) : undefined;
}

/** Scans a URI as far as it goes; returns the position behind it, or -1. */
export function scanUri(bytes: Uint8Array, from: number, end: number): number {
  marks.from = from;
  uriParams.count = 0;
  const colon = scanScheme(bytes, from, end);
  if (colon < 0) return -1;
  marks.schemeEnd = colon;
  const at = marks.isSip ? scanSip(bytes, colon + 1, end) : skipEscaped(bytes, colon + 1, end, URIC);
  marks.end = at;
  return at > colon + 1 ? at : -1;
}

/** Position of the colon after a scheme, or -1. */
function scanScheme(bytes: Uint8Array, from: number, end: number): number {
  if (from >= end || (classes[bytes[from]!]! & ALPHA) === 0) return -1;
  const colon = skip(bytes, from + 1, end, SCHEME);
  if (colon >= end || bytes[colon] !== COLON) return -1;
  const length = colon - from;
  const isSip = (bytes[from]! | 32) === 115 && (bytes[from + 1]! | 32) === 105 && (bytes[from + 2]! | 32) === 112;
  marks.isSip = isSip && (length === 3 || (length === 4 && (bytes[from + 3]! | 32) === 115));
  return colon;
}

function scanSip(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  // The user part may hold ';' and '?', so it is tried first. It is one only when '@' follows, which no other part of the URI may hold.
  const userEnd = skipEscaped(bytes, from, end, USER);
  let stop = userEnd;
  if (stop < end && bytes[stop] === COLON) stop = skipEscaped(bytes, stop + 1, end, PASSWORD);
  const hasUser = stop < end && bytes[stop] === AT;
  if (hasUser) {
    if (userEnd === from) return -1;
    at = stop + 1;
  }
  marks.userEnd = hasUser ? userEnd : -1;
  marks.passwordEnd = hasUser && stop > userEnd ? stop : -1;
  marks.hostFrom = at;
  at = scanHost(bytes, at, end);
  marks.hostEnd = at;
  if (at < 0) return -1;
  marks.port = 0;
  if (at < end && bytes[at] === COLON) {
    at = scanPort(bytes, at + 1, end);
    if (at < 0) return -1;
    marks.port = scannedPort;
  }
  if (at < end && bytes[at] === SEMICOLON) at = scanUriParams(bytes, at, end);
  if (at < 0) return -1;
  marks.headersFrom = -1;
  if (at < end && bytes[at] === QUESTION) {
    marks.headersFrom = at + 1;
    at = skipEscaped(bytes, at + 1, end, URI_HEADER);
    if (at === marks.headersFrom) return -1;
  }
  return at;
}

/** `*( ";" pname [ "=" pvalue ] )`; a name that comes twice makes the URI invalid (RFC 3261 19.1.1). */
function scanUriParams(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  let isEscaped = false;
  while (at < end && bytes[at] === SEMICOLON) {
    const nameFrom = at + 1;
    at = skip(bytes, nameFrom, end, URI_PARAM);
    if (at < end && bytes[at] === PERCENT) {
      isEscaped = true;
      at = skipEscaped(bytes, at, end, URI_PARAM);
    }
    const nameEnd = at;
    if (nameEnd === nameFrom) return -1;
    let valueFrom = nameEnd;
    if (at < end && bytes[at] === EQUAL) {
      valueFrom = at + 1;
      at = skipEscaped(bytes, valueFrom, end, URI_PARAM);
      if (at === valueFrom) return -1;
    }
    uriParams.add(nameFrom, nameEnd, valueFrom, at);
  }
  return uriParams.count > 1 && uriParams.hasDuplicate(bytes, isEscaped) ? -1 : at;
}

/** What is wrong with these bytes as Request-URI. */
export function requestUriProblem(bytes: Uint8Array, from: number, end: number): ParseProblem | undefined {
  if (scanUri(bytes, from, end) !== end) return problem('bad-request-uri');
  if (!marks.isSip) {
    // RFC 3261 8.2.2.1. A tel URI names somebody who may well be reached here; what it means is for the layers above.
    const isTel =
      marks.schemeEnd - from === 3 &&
      Buffer.from(bytes)
        .toString('latin1', from, from + 3)
        .toLowerCase() === 'tel';
    return isTel ? undefined : problem('unsupported-scheme');
  }
  // RFC 3261 19.1.1 table 1: no headers in a Request-URI; RFC 4475 3.1.2.11 lets us ignore or refuse them.
  return marks.headersFrom < 0 ? undefined : problem('request-uri-headers');
}

/** The URI of the last scan. */
export function buildUri(text: string): SipUri {
  const { from, schemeEnd, end, userEnd, passwordEnd, hostFrom, hostEnd, port, headersFrom } = marks;
  const scheme = marks.isSip && schemeEnd - from === 3 ? 'sip' : text.substring(from, schemeEnd).toLowerCase();
  if (!marks.isSip) {
    const opaque = text.substring(schemeEnd + 1, end);
    const none = undefined;
    return { scheme, user: none, password: none, host: '', port: none, params: noParams, headers: none, opaque };
  }
  return {
    scheme,
    user: userEnd < 0 ? undefined : text.substring(schemeEnd + 1, userEnd),
    password: passwordEnd < 0 ? undefined : text.substring(userEnd + 1, passwordEnd),
    host: buildHost(text, hostFrom, hostEnd),
    port: port === 0 ? undefined : port,
    params: uriParams.count === 0 ? noParams : buildUriParams(text),
    headers: headersFrom < 0 ? undefined : text.substring(headersFrom, end),
    opaque: undefined,
  };
}

function buildUriParams(text: string): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  const { count, at } = uriParams;
  for (let slot = 0; slot < count * 4; slot += 4) {
    const name = resolveEscapes(text.substring(at[slot]!, at[slot + 1]!)).toLowerCase();
    params.set(name, resolveEscapes(text.substring(at[slot + 2]!, at[slot + 3]!)));
  }
  return params;
}

/** The text of a URI, brackets around IPv6 and escapes where they are needed. */
export function printUri(uri: SipUri): string {
  if (uri.opaque !== undefined) return `${uri.scheme}:${uri.opaque}`;
  let out = `${uri.scheme}:`;
  if (uri.user !== undefined) {
    out += uri.user;
    if (uri.password !== undefined) out += `:${uri.password}`;
    out += '@';
  }
  out += printHost(uri.host);
  if (uri.port !== undefined) out += `:${uri.port}`;
  for (const [name, value] of uri.params) {
    out += `;${percentEncode(name, URI_PARAM)}`;
    if (value !== '') out += `=${percentEncode(value, URI_PARAM)}`;
  }
  if (uri.headers !== undefined) out += `?${uri.headers}`;
  return out;
}

/**
 * Builds a sip (default) or sips URI. `user` is plain text and is escaped here; `host` may carry brackets. Throws ERR_INVALID_URI for
 * a host, port or scheme that could not be printed.
 */
export function makeUri(parts: {
  scheme?: string;
  user?: string;
  host: string;
  port?: number;
  params?: Iterable<[string, string]>;
}): SipUri {
  const scheme = (parts.scheme ?? 'sip').toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') throw new SessionError('ERR_INVALID_URI', `not a SIP scheme: ${scheme}`);
  if (!isHost(parts.host)) throw new SessionError('ERR_INVALID_URI', `not a host: ${parts.host}`);
  const { port } = parts;
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= 65535)) {
    throw new SessionError('ERR_INVALID_URI', `not a port: ${port}`);
  }
  if (parts.user === '') throw new SessionError('ERR_INVALID_URI', 'the user part of a URI is not empty: leave it out');
  const params = new Map<string, string>();
  for (const [name, value] of parts.params ?? []) {
    if (name === '') throw new SessionError('ERR_INVALID_URI', 'a URI parameter has a name');
    params.set(name.toLowerCase(), value);
  }
  const host = parts.host.toLowerCase().replace(/^\[|\]$/g, '');
  const user = parts.user === undefined ? undefined : escapeUser(parts.user);
  return { scheme, user, password: undefined, host, port, params, headers: undefined, opaque: undefined };
}

/** The user part as a person would write it: escapes resolved. Escapes that are not UTF-8 are left alone. */
export function unescapeUser(user: string): string {
  return resolveEscapes(user);
}

/** The text as it may stand before '@': what RFC 3261 25.1 does not allow there is escaped, and so is '%'. */
export function escapeUser(text: string): string {
  return percentEncode(text, USER);
}
