/**
 * Options of the whole, in the user's terms, and what each layer gets of them. Pure; used by wiring.ts.
 */
import { isIP } from 'node:net';
import { type Clock, systemClock } from '../base/clock.js';
import { SessionError } from '../base/errors.js';
import { type IdSource, randomIds } from '../base/ids.js';
import { type Logger, silentLogger } from '../base/logger.js';
import {
  type Authentication,
  type DatagramNetwork,
  type DialogOptions,
  type RegistrarConfig,
  type StreamNetwork,
  type TimerConfig,
  type TlsCredentials,
  toListenAddress,
} from '../dialog/index.js';
import type { CodecName, MediaNetwork, MediaOptions } from '../media/index.js';

export interface ManagerOptions {
  /** `udp://IP:PORT`, `tcp://…`, `tls://…` each; default `udp://0.0.0.0:5060`. Port 0 takes a free one. */
  readonly listen?: readonly string[] | undefined;
  /** Certificates as PEM text, for `tls://` and for calling `sips:` and `;transport=tls`. */
  readonly tls?: TlsCredentials | undefined;
  /** Numeric address written into Via, Contact and SDP instead of the local one, for a server behind NAT. */
  readonly advertise?: string | undefined;
  readonly media?:
    | {
        /** Inclusive UDP range; default [16384, 32767]. A call takes two ports. */
        readonly ports?: readonly [min: number, max: number] | undefined;
        readonly portRestMs?: number | undefined;
        readonly workers?: number | undefined;
        readonly rtpTimeoutMs?: number | undefined;
      }
    | undefined;
  readonly limits?:
    | {
        /** Calls at once; past it a caller gets 503 with Retry-After. Default 1000. */
        readonly maxCalls?: number | undefined;
        /** Seconds in Retry-After; default 5. */
        readonly retryAfterS?: number | undefined;
      }
    | undefined;
  /** In order of preference; default ['pcmu', 'pcma']. */
  readonly codecs?: readonly CodecName[] | undefined;
  readonly userAgent?: string | undefined;
  /** Challenges callers and lets in who gives right credentials; default: everybody may call. */
  readonly authentication?: Authentication | undefined;
  /** Takes registrations, `{}` with all defaults; default: REGISTER gets 405. */
  readonly registrar?: RegistrarConfig | undefined;
  /** How long an incoming call may stay unanswered before 480; default 60 000 ms. */
  readonly answerTimeoutMs?: number | undefined;
  /** How long close() waits for BYEs to be answered; default 2000 ms. */
  readonly shutdownTimeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
  /** Timers of RFC 3261; for tests of real sockets. */
  readonly timers?: Partial<TimerConfig> | undefined;
  /** One clock, network and source of randomness for everything: whole calls in virtual time. */
  readonly virtual?:
    | {
        readonly clock: Clock;
        readonly datagram: DatagramNetwork;
        /** Connections of TCP and TLS; without it those of the machine. */
        readonly streams?: StreamNetwork | undefined;
        readonly media: MediaNetwork;
        readonly ids?: IdSource | undefined;
      }
    | undefined;
}

/** Options with every default filled in. */
export interface ManagerConfig {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly maxCalls: number;
  readonly retryAfterS: number;
  readonly mediaPorts: number;
  readonly answerTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly dialog: DialogOptions;
  readonly media: MediaOptions;
}

/** Throws ERR_CONFIG naming the option. */
export function toManagerConfig(options: ManagerOptions): ManagerConfig {
  const clock = options.virtual?.clock ?? systemClock;
  const ids = options.virtual?.ids ?? randomIds;
  const logger = options.logger ?? silentLogger;
  const maxCalls = positive('limits.maxCalls', options.limits?.maxCalls ?? 1000, 1_000_000);
  const ports = portRange(options.media?.ports ?? [16_384, 32_767]);
  const listen = options.listen ?? ['udp://0.0.0.0:5060'];
  if (listen.length === 0) throw new SessionError('ERR_CONFIG', 'listen: name at least one address');
  if (options.advertise !== undefined && (isIP(options.advertise) === 0 || isWildcard(options.advertise)))
    throw new SessionError(
      'ERR_CONFIG',
      `advertise: '${options.advertise}' is not a numeric address that a peer could reach`,
    );
  const common = { clock, ids, logger };
  return {
    ...common,
    maxCalls,
    retryAfterS: positive('limits.retryAfterS', options.limits?.retryAfterS ?? 5, 3600),
    mediaPorts: 2 * Math.floor((ports[1] - ports[0] + 1) / 2),
    answerTimeoutMs: positive('answerTimeoutMs', options.answerTimeoutMs ?? 60_000, 3_600_000),
    shutdownTimeoutMs: positive('shutdownTimeoutMs', options.shutdownTimeoutMs ?? 2000, 60_000),
    dialog: {
      ...common,
      listen,
      advertise: options.advertise,
      userAgent: options.userAgent,
      authentication: options.authentication,
      registrar: options.registrar,
      timers: options.timers,
      network: options.virtual?.datagram,
      streams: options.virtual?.streams,
      tls: options.tls,
      limits: { maxUsages: 2 * maxCalls + 64 },
    },
    media: {
      ...common,
      ports,
      portRestMs: options.media?.portRestMs,
      workers: options.media?.workers,
      rtpTimeoutMs: options.media?.rtpTimeoutMs,
      codecs: options.codecs,
      maxStreams: maxCalls,
      network: options.virtual?.media,
      bindAddresses: [...new Set(listen.map((url) => toListenAddress(url).address))],
    },
  };
}

function positive(name: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new SessionError('ERR_CONFIG', `${name}: ${value} is not a whole number from 1 to ${max}`);
  return value;
}

function portRange([min, max]: readonly [number, number]): readonly [number, number] {
  const valid = Number.isInteger(min) && Number.isInteger(max) && min >= 1024 && max <= 65_535 && max > min;
  if (!valid)
    throw new SessionError('ERR_CONFIG', `media.ports: [${min}, ${max}] is not a range of ports within 1024 to 65535`);
  return [min, max];
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || /^[0:]+$/.test(address);
}
