/**
 * Digest authentication as server (RFC 3261 22.2, RFC 7616, RFC 8760): challenges requests without credentials, asks the shell for the
 * secret of a user, which may take its time, and lets in or refuses. Sans-IO; owned by reception.ts. Nothing is kept for a request that was
 * only challenged; one that waits for its user is kept once, however often it is repeated.
 */
import { timingSafeEqual } from 'node:crypto';
import { digestResponse, hashPassword } from './auth.js';
import { type DigestCredentials, parseCredentials, printChallenge } from './auth-challenge.js';
import { Nonces } from './auth-nonces.js';
import type { ResolvedAuthentication } from './config.js';
import type { Core } from './core.js';
import type { Reply } from './dialog/reply.js';
import { Timer, type TimerOwner } from './dialog/timer.js';
import type { SipRequest } from './message/index.js';
import { detached, serverKey } from './transaction/matching.js';
import { patienceMs } from './transaction/timers.js';
import type { OfferedAlgorithm, UserSecret } from './types.js';

/** How long a nonce serves before `stale=true`. */
const nonceLifetimeMs = 300_000;
const maxUsedNonces = 20_000;

/** `refusal` is undefined for who may come in; then `username` has been proved. */
export type Admission = (refusal: Reply | undefined, username: string | undefined) => void;

interface Waiting {
  readonly request: SipRequest;
  readonly credentials: DigestCredentials;
  readonly timer: Timer;
  readonly done: Admission;
}

export class Authenticator {
  readonly #core: Core;
  readonly #config: ResolvedAuthentication;
  readonly #nonces: Nonces;
  readonly #waiting = new Map<string, Waiting>();

  constructor(core: Core, config: ResolvedAuthentication) {
    this.#core = core;
    this.#config = config;
    this.#nonces = new Nonces(core.config.ids, { lifetimeMs: nonceLifetimeMs, maxUsed: maxUsedNonces });
  }

  /** Requests that wait for their user to be found. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls `done` now or when the user was found; never for a repetition of a request that waits. */
  admit(request: SipRequest, done: Admission): void {
    const core = this.#core;
    const key = serverKey(request, request.method);
    if (this.#waiting.has(key)) {
      core.counters.retransmissionsIn += 1;
      return;
    }
    const credentials = this.#credentialsOf(request);
    if (!credentials) {
      done(this.#challenge(false), undefined);
      return;
    }
    const { maxPendingInvites, retryAfterS } = core.config.limits;
    if (this.#waiting.size >= maxPendingInvites) {
      core.counters.refused += 1;
      done({ status: 503, headers: [['Retry-After', String(retryAfterS)]] }, undefined);
      return;
    }
    const own = detached(key);
    const timer = new Timer(core.deadlines, new Overdue(() => this.answer(own, { status: 503 })));
    timer.set(core.nowMs + patienceMs(core.config.timers));
    this.#waiting.set(own, { request, credentials, timer, done });
    const { username, realm, algorithm } = credentials;
    core.lookUp({ key: own, username, realm, algorithm: plain(algorithm) });
  }

  /** What the shell found for the key of {@link admit}: a secret, nobody, or why it could not look. */
  answer(key: string, found: UserSecret | Reply | undefined): void {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    this.#waiting.delete(key);
    waiting.timer.clear();
    const refusal = found && 'status' in found ? found : this.#judge(waiting, found);
    waiting.done(refusal, waiting.credentials.username);
  }

  clear(): void {
    for (const { timer } of this.#waiting.values()) timer.clear();
    this.#waiting.clear();
  }

  /** RFC 3261 22.2 leaves open what wrong credentials get: 403 says that asking again with the same ones is of no use. */
  #judge({ request, credentials }: Waiting, secret: UserSecret | undefined): Reply | undefined {
    if (!isRight(credentials, secret, request)) return { status: 403 };
    // RFC 3261 22.4: that the URI in the credentials is another than the Request-URI is no failure; proxies rewrite the latter.
    return this.#nonces.use(credentials.nonce, credentials.nc, this.#core.nowMs) ? undefined : this.#challenge(true);
  }

  /** Credentials for our realm by an algorithm that was offered; others were meant for somebody else on the way. */
  #credentialsOf(request: SipRequest): DigestCredentials | undefined {
    const { realm, algorithms } = this.#config;
    return request
      .headerValues('authorization')
      .map(parseCredentials)
      .find((each) => each?.realm === realm && algorithms.some((algorithm) => algorithm === each.algorithm));
  }

  /** One challenge for each algorithm, the preferred one on top (RFC 8760 2.4). */
  #challenge(stale: boolean): Reply {
    const { realm, algorithms } = this.#config;
    const nonce = this.#nonces.issue(this.#core.nowMs);
    const common = { realm, nonce, opaque: undefined, qop: 'auth', stale } as const;
    return {
      status: 401,
      headers: algorithms.map((algorithm) => ['WWW-Authenticate', printChallenge({ ...common, algorithm })] as const),
    };
  }
}

/** The deadline of one look-up. */
class Overdue implements TimerOwner {
  readonly #act: () => void;

  constructor(act: () => void) {
    this.#act = act;
  }

  handleTimer(): void {
    this.#act();
  }
}

/** Hashes for unknown users, too, so that the time of a refusal does not tell which users there are. */
function isRight(credentials: DigestCredentials, secret: UserSecret | undefined, request: SipRequest): boolean {
  const { algorithm, username, realm } = credentials;
  const { password, ha1 } = secret ?? {};
  const isKnown = password !== undefined || ha1 !== undefined;
  const key = ha1?.toLowerCase() ?? hashPassword(algorithm, username, realm, password ?? '');
  const expected = Buffer.from(digestResponse(credentials, key, request.method, request.body));
  const given = Buffer.from(credentials.response);
  return given.length === expected.length && timingSafeEqual(given, expected) && isKnown;
}

function plain(algorithm: DigestCredentials['algorithm']): OfferedAlgorithm {
  return algorithm.replace('-sess', '') as OfferedAlgorithm;
}
