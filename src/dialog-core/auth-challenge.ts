/**
 * The text of digest authentication (RFC 7616 3.3 and 3.4, RFC 8760): challenges in WWW-Authenticate and Proxy-Authenticate, credentials
 * in Authorization and Proxy-Authorization. Pure; read by auth.ts and auth-server.ts. Malformed text is undefined, never an error.
 */
import { parseParams, quote, splitList } from './message/index.js';

/** From the strongest to the weakest; `-sess` is as strong as its plain form. */
export const algorithms = ['SHA-512-256', 'SHA-512-256-sess', 'SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'] as const;
export type DigestAlgorithm = (typeof algorithms)[number];

/** 'none' is RFC 2069, which RFC 7616 still allows a server to ask for. */
export type Qop = 'auth' | 'auth-int' | 'none';

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  readonly qop: Qop;
  /** The nonce was too old, the credentials were right. */
  readonly stale: boolean;
}

export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly opaque: string | undefined;
  readonly qop: Qop;
  /** Eight hexadecimal digits as a number; 0 without qop. */
  readonly nc: number;
  readonly cnonce: string;
}

/** A challenge that can be answered; undefined for another scheme, an unknown algorithm or qop, and malformed text. */
export function parseChallenge(text: string): Challenge | undefined {
  const params = parseDigest(text);
  const realm = params?.get('realm');
  const nonce = params?.get('nonce');
  const algorithm = algorithmOf(params?.get('algorithm'));
  const qop = chooseQop(params?.get('qop'));
  if (!params || realm === undefined || nonce === undefined || !algorithm || !qop) return undefined;
  const stale = params.get('stale')?.toLowerCase() === 'true';
  return { realm, nonce, opaque: params.get('opaque'), algorithm, qop, stale };
}

export function parseCredentials(text: string): DigestCredentials | undefined {
  const params = parseDigest(text);
  const algorithm = algorithmOf(params?.get('algorithm'));
  const qop = qopOf(params?.get('qop') ?? 'none');
  if (!params || !algorithm || !qop) return undefined;
  const [username, realm, nonce, uri] = ['username', 'realm', 'nonce', 'uri'].map((name) => params.get(name));
  const response = params.get('response')?.toLowerCase();
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined) return undefined;
  if (response === undefined || !/^[0-9a-f]+$/.test(response)) return undefined;
  const nc = params.get('nc') ?? (qop === 'none' ? '00000000' : '');
  const cnonce = params.get('cnonce') ?? '';
  if (!/^[0-9a-f]{8}$/i.test(nc) || (qop !== 'none' && cnonce === '')) return undefined;
  const opaque = params.get('opaque');
  return { username, realm, nonce, uri, response, algorithm, opaque, qop, nc: Number.parseInt(nc, 16), cnonce };
}

/** A header value that asks for credentials; both kinds of qop are offered unless it is 'none'. */
export function printChallenge(challenge: Challenge): string {
  const { realm, nonce, opaque, algorithm, qop, stale } = challenge;
  const parts = [`realm=${quote(realm)}`, `nonce=${quote(nonce)}`];
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
  if (stale) parts.push('stale=true');
  parts.push(`algorithm=${algorithm}`);
  if (qop !== 'none') parts.push(`qop="${qop}"`);
  return `Digest ${parts.join(', ')}`;
}

/** Quotes stand where RFC 7616 3.4 wants them: around all but algorithm, qop and nc. */
export function printCredentials(credentials: DigestCredentials): string {
  const { username, realm, nonce, uri, response, algorithm, opaque, qop, nc, cnonce } = credentials;
  const parts = [
    `username=${quote(username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
  ];
  if (cnonce !== '') parts.push(`cnonce=${quote(cnonce)}`);
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
  if (qop !== 'none') parts.push(`qop=${qop}`, `nc=${printCount(nc)}`);
  return `Digest ${parts.join(', ')}`;
}

/** A nonce count as it is hashed and sent. */
export function printCount(nc: number): string {
  return nc.toString(16).padStart(8, '0');
}

/** The parameters behind the scheme; their list of commas is the list of semicolons that the message module reads. */
function parseDigest(text: string): ReadonlyMap<string, string> | undefined {
  const match = /^\s*digest\s+(\S[\s\S]*)$/i.exec(text);
  return match ? parseParams(`;${splitList(match[1] ?? '').join(';')}`) : undefined;
}

/** MD5 where nothing is said (RFC 7616 3.3). */
function algorithmOf(text: string | undefined): DigestAlgorithm | undefined {
  const wanted = (text ?? 'MD5').toLowerCase();
  return algorithms.find((algorithm) => algorithm.toLowerCase() === wanted);
}

function qopOf(text: string): Qop | undefined {
  const wanted = text.trim().toLowerCase();
  return (['auth', 'auth-int', 'none'] as const).find((qop) => qop === wanted);
}

/** Of those offered 'auth', which a proxy that touches the body leaves valid; 'auth-int' where a server insists. */
function chooseQop(text: string | undefined): Qop | undefined {
  if (text === undefined) return 'none';
  const offered = text.split(',').map((part) => part.trim().toLowerCase());
  return (['auth', 'auth-int'] as const).find((qop) => offered.includes(qop));
}
