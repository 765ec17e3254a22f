/**
 * Digest authentication as client (RFC 3261 22, RFC 7616, RFC 8760) and the arithmetic that both sides share. No input or output: the
 * owners of requests show it refusals, and add to the next request what it says. One {@link ClientAuth} for a call, a query or a
 * registration; it keeps the nonces, so that later requests need no challenge.
 */
import { createHash } from 'node:crypto';
import type { IdSource } from '../base/ids.js';
import {
  algorithms,
  type Challenge,
  type DigestAlgorithm,
  type DigestCredentials,
  parseChallenge,
  printCount,
  printCredentials,
} from './auth-challenge.js';
import type { HeaderList, SipResponse } from './message/index.js';
import type { Credentials } from './types.js';

const hashNames: Readonly<Record<string, string>> = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' };

/** The hash of an algorithm over UTF-8 text or bytes, in lower-case hexadecimal. */
export function digestHash(algorithm: DigestAlgorithm, data: string | Uint8Array): string {
  return createHash(hashNames[algorithm.replace('-sess', '')] as string)
    .update(data)
    .digest('hex');
}

/** H(username:realm:password), which stands for the password; that of a `-sess` algorithm is that of its plain form. */
export function hashPassword(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return digestHash(algorithm, `${username}:${realm}:${password}`);
}

/** The `response` of credentials (RFC 7616 3.4.1); without qop as RFC 2069 had it. */
export function digestResponse(
  credentials: Omit<DigestCredentials, 'response' | 'opaque'>,
  ha1: string,
  method: string,
  body: Uint8Array,
): string {
  const { algorithm, nonce, cnonce, qop, uri, nc } = credentials;
  const key = algorithm.endsWith('-sess') ? digestHash(algorithm, `${ha1}:${nonce}:${cnonce}`) : ha1;
  const entity = qop === 'auth-int' ? `:${digestHash(algorithm, body)}` : '';
  const ha2 = digestHash(algorithm, `${method}:${uri}${entity}`);
  const middle = qop === 'none' ? nonce : `${nonce}:${printCount(nc)}:${cnonce}:${qop}`;
  return digestHash(algorithm, `${key}:${middle}:${ha2}`);
}

/** A challenge that is in force, and how often it was answered. */
interface Answered {
  readonly header: 'Authorization' | 'Proxy-Authorization';
  readonly challenge: Challenge;
  /** One for the life of a nonce, as the `-sess` algorithms need it. */
  readonly cnonce: string;
  count: number;
}

/** Realms of one call that are remembered; a bound on what a peer can make us keep. */
const maxRealms = 8;
const noBody = new Uint8Array(0);

export class ClientAuth {
  readonly #credentials: Credentials;
  readonly #ids: IdSource;
  readonly #answered = new Map<string, Answered>();
  #ofInvite: HeaderList = [];

  constructor(credentials: Credentials, ids: IdSource) {
    this.#credentials = credentials;
    this.#ids = ids;
  }

  /** Headers for a request that is about to be sent; each call counts as one use of the nonces. Empty before the first challenge. */
  headers(method: string, uri: string, body: Uint8Array = noBody): HeaderList {
    // RFC 3261 22.1: an ACK repeats what its INVITE carried, since nobody may challenge it.
    if (method === 'ACK') return this.#ofInvite;
    const headers = [...this.#answered.values()].map((each) => this.#answer(each, method, uri, body));
    if (method === 'INVITE') this.#ofInvite = headers;
    return headers;
  }

  /** For one request with all its repetitions: whether a refusal is worth another try. */
  attempt(): AuthAttempt {
    return new AuthAttempt((header, challenge) => this.#enter(header, challenge));
  }

  /** False for a realm that the credentials are not for. */
  #enter(header: Answered['header'], challenge: Challenge): boolean {
    const { realm } = this.#credentials;
    if (realm !== undefined && realm !== challenge.realm) return false;
    const key = `${header} ${challenge.realm}`;
    if (!this.#answered.has(key) && this.#answered.size >= maxRealms) return false;
    this.#answered.set(key, { header, challenge, cnonce: this.#ids.token(128), count: 0 });
    return true;
  }

  #answer(answered: Answered, method: string, uri: string, body: Uint8Array): readonly [string, string] {
    const { username, password } = this.#credentials;
    const { realm, nonce, opaque, algorithm, qop } = answered.challenge;
    answered.count += 1;
    // RFC 2069 knows no cnonce; a -sess algorithm has no sense without one.
    const cnonce = qop === 'none' && !algorithm.endsWith('-sess') ? '' : answered.cnonce;
    const open = { username, realm, nonce, uri, algorithm, opaque, qop, nc: answered.count, cnonce };
    const response = digestResponse(open, hashPassword(algorithm, username, realm, password), method, body);
    return [answered.header, printCredentials({ ...open, response })];
  }
}

/** Tries of one request; more than proxies on any real path, and an end to every game of stale nonces. */
const maxTries = 5;

export class AuthAttempt {
  readonly #enter: (header: Answered['header'], challenge: Challenge) => boolean;
  readonly #answered = new Set<string>();
  #tries = 0;

  constructor(enter: (header: Answered['header'], challenge: Challenge) => boolean) {
    this.#enter = enter;
  }

  /**
   * Takes the challenges of a 401 or 407. True when there is an answer that was not refused already: each realm is answered once, and
   * again where the server says that only the nonce was stale (RFC 7616 3.3).
   */
  accept(response: SipResponse): boolean {
    const header = response.status === 401 ? 'Authorization' : 'Proxy-Authorization';
    if ((response.status !== 401 && response.status !== 407) || this.#tries >= maxTries) return false;
    this.#tries += 1;
    let accepted = false;
    for (const challenge of strongest(challengesOf(response))) {
      const key = `${header} ${challenge.realm}`;
      if (this.#answered.has(key) && !challenge.stale) return false;
      if (!this.#enter(header, challenge)) continue;
      this.#answered.add(key);
      accepted = true;
    }
    return accepted;
  }
}

function challengesOf(response: SipResponse): Challenge[] {
  const name = response.status === 401 ? 'www-authenticate' : 'proxy-authenticate';
  return response
    .headerValues(name)
    .map(parseChallenge)
    .filter((challenge) => challenge !== undefined);
}

/** One challenge for each realm: by RFC 8760 2.3 the topmost that is known; by our policy, which it allows, the strongest. */
function strongest(challenges: readonly Challenge[]): Challenge[] {
  const best = new Map<string, Challenge>();
  for (const challenge of challenges) {
    const known = best.get(challenge.realm);
    if (!known || strength(challenge) < strength(known)) best.set(challenge.realm, challenge);
  }
  return [...best.values()];
}

function strength({ algorithm }: Challenge): number {
  return algorithms.indexOf(algorithm) >> 1;
}
