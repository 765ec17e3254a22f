/**
 * SIP and SIPS URIs (RFC 3261 19.1) and, opaquely, URIs of every other scheme. Pure; called by the header readers, the parser (Request-URI)
 * and whoever writes a target. Comparison is in uri-equals.ts.
 */
import { SessionError } from '../../base/errors.js';
import {
  ALPHA,
  AT,
  COLON,
  EQUAL,
  find,
  isIn,
  PASSWORD,
  QUESTION,
  SCHEME,
  SEMICOLON,
  skip,
  skipEscaped,
  URI_HEADER,
  URI_PARAM,
  URIC,
  USER,
} from './chars.js';
import { isHost, printHost, readHost, readPort } from './host.js';
import { percentDecode, percentEncode, Scanner } from './scanner.js';

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

const noParams: ReadonlyMap<string, string> = new Map();

/** Parses a whole text; undefined when it is no URI by RFC 3261 25.1. */
export function parseUri(text: string): SipUri | undefined {
  return readUri(new Scanner(text));
}

/** Reads a URI from the position up to exactly the end of the scanner. */
export function readUri(s: Scanner): SipUri | undefined {
  const from = s.at;
  if (!isIn(s.peek(), ALPHA)) return undefined;
  s.at = skip(s.text, from, s.end, SCHEME);
  const scheme = s.text.substring(from, s.at).toLowerCase();
  if (!s.take(COLON)) return undefined;
  if (scheme === 'sip' || scheme === 'sips') return readSip(s, scheme);
  if (s.done() || skipEscaped(s.text, s.at, s.end, URIC) !== s.end) return undefined;
  const opaque = s.text.substring(s.at, s.end);
  s.at = s.end;
  return {
    scheme,
    user: undefined,
    password: undefined,
    host: '',
    port: undefined,
    params: noParams,
    headers: undefined,
    opaque,
  };
}

function readSip(s: Scanner, scheme: string): SipUri | undefined {
  let user: string | undefined;
  let password: string | undefined;
  // '@' is reserved in every other part of a SIP URI, so the only one ends the user part, which itself may hold ';' and '?'.
  const at = find(s.text, AT, s.at, s.end);
  if (at < s.end) {
    user = s.escapedRun(USER);
    if (user === undefined) return undefined;
    if (s.take(COLON)) password = s.escapedRun(PASSWORD) ?? '';
    if (s.at !== at) return undefined;
    s.at++;
  }
  const host = readHost(s);
  if (host === undefined) return undefined;
  const port = readPort(s, false);
  if (port === undefined) return undefined;
  const params = readUriParams(s);
  if (params === undefined) return undefined;
  let headers: string | undefined;
  if (s.take(QUESTION)) {
    headers = s.escapedRun(URI_HEADER);
    if (headers === undefined) return undefined;
  }
  if (!s.done()) return undefined;
  return { scheme, user, password, host, port: port ?? undefined, params, headers, opaque: undefined };
}

/** `*( ";" pname [ "=" pvalue ] )`; a name that comes twice makes the URI invalid (RFC 3261 19.1.1). */
function readUriParams(s: Scanner): ReadonlyMap<string, string> | undefined {
  if (s.peek() !== SEMICOLON) return noParams;
  const params = new Map<string, string>();
  while (s.take(SEMICOLON)) {
    const name = decoded(s.escapedRun(URI_PARAM))?.toLowerCase();
    if (name === undefined || params.has(name)) return undefined;
    let value: string | undefined = '';
    if (s.take(EQUAL)) {
      value = decoded(s.escapedRun(URI_PARAM));
      if (value === undefined) return undefined;
    }
    params.set(name, value);
  }
  return params;
}

/** Escapes that are not UTF-8 stay as they are: nothing in the RFC gives them a meaning, or forbids them. */
function decoded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (percentDecode(text) ?? text);
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
  return percentDecode(user) ?? user;
}

/** The text as it may stand before '@': what RFC 3261 25.1 does not allow there is escaped, and so is '%'. */
export function escapeUser(text: string): string {
  return percentEncode(text, USER);
}
