/**
 * Configuration of the SIP core: defaults and checks. Pure; called once by the endpoint and the stack. Everything below reads the
 * resolved form, in which nothing is optional.
 */
import { isIP } from 'node:net';
import manifest from '../../package.json' with { type: 'json' };
import { type Clock, systemClock } from '../base/clock.js';
import { SessionError } from '../base/errors.js';
import { type IdSource, randomIds } from '../base/ids.js';
import { type Logger, silentLogger } from '../base/logger.js';
import type { Middleware } from './middleware.js';
import type {
  Authentication,
  CoreLimits,
  DialogCoreConfig,
  ListenAddress,
  OfferedAlgorithm,
  RegistrarConfig,
  ReliablePolicy,
  SessionTimerConfig,
  TimerConfig,
  TransportName,
  WebSocketConfig,
} from './types.js';

export type ResolvedAuthentication = Authentication & { readonly algorithms: readonly OfferedAlgorithm[] };

export type ResolvedRegistrar = Pick<RegistrarConfig, 'accept'> & typeof defaultRegistrar;

const defaultRegistrar = { maxAors: 10_000, maxBindings: 10, minExpiresS: 60, maxExpiresS: 3600 };

export interface ResolvedConfig {
  readonly listen: readonly ListenAddress[];
  readonly advertise: string | undefined;
  readonly userAgent: string;
  readonly timers: TimerConfig;
  readonly limits: CoreLimits;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly authentication: ResolvedAuthentication | undefined;
  readonly registrar: ResolvedRegistrar | undefined;
  readonly middleware: readonly Middleware[];
  readonly reliable: ReliablePolicy;
  readonly sessionTimer: SessionTimerConfig | undefined;
  readonly infoPackages: readonly string[];
}

/** RFC 3261 table 4; timer C is "more than 3 minutes" there (16.6), the shortest that proxies on the way allow. */
export const defaultTimers: TimerConfig = { t1Ms: 500, t2Ms: 4000, t4Ms: 5000, timerCMs: 180_000 };

export const defaultLimits: CoreLimits = {
  maxMessageBytes: 65_535,
  maxHeaderBytes: 8192,
  maxHeaders: 128,
  maxTransactions: 100_000,
  maxUsages: 50_000,
  maxPendingInvites: 5000,
  maxSubscriptions: 10_000,
  retryAfterS: 5,
  maxConnections: 10_000,
  maxConnectionsPerPeer: 512,
  maxQueuedBytes: 1_048_576,
  connectTimeoutMs: 5000,
  partialMessageTimeoutMs: 15_000,
  idleTimeoutMs: 3_600_000,
  maxRequestsPerSecond: Number.POSITIVE_INFINITY,
  maxRequestBurst: 50,
  maxLoopDelayMs: 300,
  keepAliveMs: 120_000,
  pongTimeoutMs: 10_000,
  maxCachedNames: 4096,
};

/** Fills in defaults; throws SessionError ERR_CONFIG that names the key. */
export function resolveConfig(config: DialogCoreConfig): ResolvedConfig {
  if (config.listen.length === 0) throw wrong('listen', 'at least one address is needed');
  config.listen.forEach(checkListen);
  const { advertise, userAgent = `${manifest.name}/${manifest.version}` } = config;
  if (advertise !== undefined && !isIP(advertise)) throw wrong('advertise', `'${advertise}' is not a numeric address`);
  if (advertise !== undefined && isWildcard(advertise)) throw wrong('advertise', 'a wildcard cannot be called');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused here.
  if (/[\x00-\x1f\x7f]/.test(userAgent)) throw wrong('userAgent', 'it holds a control character');
  const timers = merge('timers', defaultTimers, config.timers);
  const { cert, key } = config.tls ?? {};
  if ((cert === undefined) !== (key === undefined)) throw wrong('tls', 'cert and key are given together');
  checkWebSocket(config.websocket ?? {});
  if (timers.t2Ms < timers.t1Ms) throw wrong('timers.t2Ms', 'it is shorter than t1Ms');
  return {
    listen: config.listen,
    advertise,
    userAgent,
    timers,
    limits: merge('limits', defaultLimits, config.limits),
    clock: config.clock ?? systemClock,
    ids: config.ids ?? randomIds,
    logger: config.logger ?? silentLogger,
    authentication: config.authentication && resolveAuthentication(config.authentication),
    registrar: config.registrar && resolveRegistrar(config.registrar),
    middleware: config.middleware ?? [],
    reliable: resolveReliable(config.reliable),
    sessionTimer: resolveSessionTimer(config.sessionTimer),
    infoPackages: resolveInfoPackages(config.infoPackages),
  };
}

function checkWebSocket({ origins = [], path = '/' }: WebSocketConfig): void {
  const isOrigin = (text: unknown): boolean =>
    typeof text === 'string' && /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+$/i.test(text);
  const odd = origins.find((origin) => !isOrigin(origin));
  if (odd !== undefined)
    throw wrong('websocket.origins', `'${odd}' is not an origin such as https://phone.example.com`);
  if (!/^\/[^\s?#]*$/.test(path)) throw wrong('websocket.path', `'${path}' is not a path such as /sip`);
}

function resolveAuthentication(given: Authentication): ResolvedAuthentication {
  const { realm, authenticate, algorithms = ['SHA-256', 'MD5'] } = given;
  if (typeof realm !== 'string' || realm === '' || /\p{Cc}/u.test(realm)) {
    throw wrong('authentication.realm', 'it is a text without control characters');
  }
  if (typeof authenticate !== 'function') throw wrong('authentication.authenticate', 'it is a function');
  const known = ['SHA-512-256', 'SHA-256', 'MD5'];
  if (algorithms.length === 0 || algorithms.some((name) => !known.includes(name))) {
    throw wrong('authentication.algorithms', `one or more of ${known.join(', ')} are needed`);
  }
  return { realm, authenticate, algorithms };
}

function resolveRegistrar({ accept, ...numbers }: RegistrarConfig): ResolvedRegistrar {
  const merged = merge('registrar', defaultRegistrar, numbers as Partial<typeof defaultRegistrar>);
  if (merged.maxExpiresS < merged.minExpiresS) throw wrong('registrar.maxExpiresS', 'it is shorter than minExpiresS');
  if (accept !== undefined && typeof accept !== 'function') throw wrong('registrar.accept', 'it is a function');
  return { ...merged, accept };
}

const policies: readonly ReliablePolicy[] = ['off', 'supported', 'required'];

function resolveReliable(given: ReliablePolicy = 'supported'): ReliablePolicy {
  if (!policies.includes(given)) throw wrong('reliable', `'${String(given)}' is none of ${policies.join(', ')}`);
  return given;
}

/** RFC 6086 9.2: a package's name is a token. */
function resolveInfoPackages(given: readonly string[] = []): readonly string[] {
  const odd = given.find((name) => !/^[\w.!%*+`'~-]+$/.test(name));
  if (odd !== undefined) throw wrong('infoPackages', `'${odd}' is not the name of a package`);
  return given;
}

/** RFC 4028 4 recommends half an hour, and 5 forbids less than 90 s. */
export const defaultSessionTimer: SessionTimerConfig = { expiresS: 1800, minSeS: 90, refresher: 'auto' };

function resolveSessionTimer(given: DialogCoreConfig['sessionTimer'] = {}): SessionTimerConfig | undefined {
  if (given === 'off') return undefined;
  const { refresher = 'auto', ...numbers } = given;
  if (!['auto', 'local', 'remote'].includes(refresher)) {
    throw wrong('sessionTimer.refresher', `'${String(refresher)}' is none of auto, local, remote`);
  }
  const { expiresS, minSeS } = merge('sessionTimer', defaultSessionTimer, numbers);
  if (!Number.isInteger(minSeS) || minSeS < 90) throw wrong('sessionTimer.minSeS', 'it is a whole number from 90 on');
  if (!Number.isInteger(expiresS) || expiresS < minSeS || expiresS > 604_800) {
    throw wrong('sessionTimer.expiresS', 'it is a whole number from minSeS to 604800');
  }
  return { expiresS, minSeS, refresher };
}

/** True for 0.0.0.0 and every spelling of ::. */
export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || (isIP(address) === 6 && /^[0:]+$/.test(address));
}

const transports: readonly TransportName[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];

function checkListen(listen: ListenAddress, index: number): void {
  const key = `listen[${index}]`;
  if (!transports.includes(listen.transport))
    throw wrong(`${key}.transport`, `'${String(listen.transport)}' is not supported`);
  if (!isIP(listen.address)) throw wrong(`${key}.address`, `'${listen.address}' is not a numeric address`);
  const { port } = listen;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw wrong(`${key}.port`, `${port} is not a port`);
}

/** Every timer and limit is a number above zero. */
function merge<T extends object>(section: string, defaults: T, given: Partial<T> | undefined): T {
  const merged: T = { ...defaults };
  for (const key of Object.keys(given ?? {}) as (keyof T)[]) {
    const value = given?.[key];
    if (value === undefined) continue;
    if (!(key in defaults)) throw wrong(`${section}.${String(key)}`, 'there is no such setting');
    const fits = typeof value === 'number' && Number.isFinite(value) && value > 0;
    if (!fits) throw wrong(`${section}.${String(key)}`, `${String(value)} is not a number above zero`);
    merged[key] = value as T[keyof T];
  }
  return merged;
}

function wrong(key: string, problem: string): SessionError {
  return new SessionError('ERR_CONFIG', `${key}: ${problem}`);
}
