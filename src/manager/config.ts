/**
 * Options of the whole, in the user's terms, and what each layer gets of them. Pure; used by wiring.ts.
 */
import { isIP } from 'node:net';
import { type Clock, systemClock } from '../base/clock.js';
import { SessionError } from '../base/errors.js';
import { type IdSource, randomIds } from '../base/ids.js';
import { type Logger, silentLogger } from '../base/logger.js';
import type { ResourceLimits } from '../coordination/index.js';
import {
  type Authentication,
  type CoreLimits,
  type DatagramNetwork,
  type DialogOptions,
  type DnsConfig,
  type Middleware,
  type RegistrarConfig,
  type ReliablePolicy,
  type SessionTimerConfig,
  type StreamNetwork,
  type TimerConfig,
  type TlsCredentials,
  toListenAddress,
  type WebSocketConfig,
} from '../dialog/index.js';
import type { CodecName, JitterOptions, MediaNetwork, MediaOptions, OpusOptions } from '../media/index.js';

export interface ManagerOptions {
  /** `udp://IP:PORT`, `tcp://…`, `tls://…`, `ws://…`, `wss://…` each; default `udp://0.0.0.0:5060`. Port 0 takes a free one. */
  readonly listen?: readonly string[] | undefined;
  /** Certificates as PEM text, for `tls://` and for calling `sips:` and `;transport=tls`. */
  readonly tls?: TlsCredentials | undefined;
  /** Who may connect by WebSocket, and under which path; default: everybody, '/'. */
  readonly websocket?: WebSocketConfig | undefined;
  /** Functions that see SIP requests before anything else does, in order: they answer, drop, add headers or pass on. */
  readonly middleware?: readonly Middleware[] | undefined;
  /** Bounds of SIP: sizes, connections, rates, times; each with the default that CoreLimits tells. */
  readonly signalling?: Partial<CoreLimits> | undefined;
  /** Which servers of names are asked where SIP goes (RFC 3263); default: those of the system. */
  readonly dns?: DnsConfig | undefined;
  /** Numeric address written into Via, Contact and SDP instead of the local one, for a server behind NAT. */
  readonly advertise?: string | undefined;
  readonly media?:
    | {
        /** Inclusive UDP range; default [16384, 32767]. A call takes two ports. */
        readonly ports?: readonly [min: number, max: number] | undefined;
        readonly portRestMs?: number | undefined;
        readonly workers?: number | undefined;
        readonly rtpTimeoutMs?: number | undefined;
        /** Audio that we like in a packet: 10–60 ms in steps of 10; default 20. A peer that asks for another length gets that. */
        readonly ptimeMs?: number | undefined;
        /** Take comfort noise (RFC 3389) where a peer offers it; default true. */
        readonly comfortNoise?: boolean | undefined;
        /**
         * Offer comfort noise, and where the peer takes it send a description of the background in place of silence; default false. Not
         * for Opus, which is silent on a peer's wish (usedtx).
         */
        readonly silenceSuppression?: boolean | undefined;
        readonly opus?: OpusOptions | undefined;
        /** How long audio is held back for late packets; default: as long as is worth it, at most 400 ms. */
        readonly jitter?: JitterOptions | undefined;
      }
    | undefined;
  readonly limits?:
    | {
        /** Calls at once; past it a caller gets 503 with Retry-After. Default 1000. */
        readonly maxCalls?: number | undefined;
        /** Seconds in Retry-After; default 5. */
        readonly retryAfterS?: number | undefined;
        /** Places in conferences and bridges; past it joining throws ERR_LIMIT. Default no limit. */
        readonly mixSlots?: number | undefined;
        /** kbit/s of one direction, all calls together, headers included; past it a call gets 503. Default no limit. */
        readonly bandwidthKbps?: number | undefined;
        /** Incoming calls at once with one From address; as trustworthy as the authentication. Default no limit. */
        readonly callsPerUser?: number | undefined;
        /** Incoming calls at once from one numeric address. Default no limit. */
        readonly callsPerPeer?: number | undefined;
        /**
         * Incoming calls that wait for a place when `maxCalls` is reached: they get 182, come in by priority and then in the order in
         * which they came, and get 503 after `maxMs` (default 30 000). Default: none waits.
         */
        readonly waiting?: { readonly max: number; readonly maxMs?: number | undefined } | undefined;
      }
    | undefined;
  /** Which calls matter more than others. */
  readonly priority?:
    | {
        /** Reads the priority of incoming calls from Resource-Priority (RFC 4412); default false, since any stranger can write it. */
        readonly resourcePriority?: boolean | undefined;
        /** A call ends one of a lower priority when all calls are in use, with Reason `preemption` (RFC 4411). Default false. */
        readonly preempt?: boolean | undefined;
      }
    | undefined;
  /** In order of preference; default opus, g722, pcmu, pcma, as far as the build has them. */
  readonly codecs?: readonly CodecName[] | undefined;
  readonly userAgent?: string | undefined;
  /** Provisional responses that are acknowledged (RFC 3262): `supported` (default) where both sides can, `required`, or `off`. */
  readonly reliable?: ReliablePolicy | undefined;
  /** Session timers (RFC 4028), which end calls whose other side is gone: half an hour by default, between peers that both know them. */
  readonly sessionTimer?: 'off' | Partial<SessionTimerConfig> | undefined;
  /** Packages of INFO that are wanted (RFC 6086 5.2.3), told to peers in Recv-Info; an INFO of another gets 469. Default none. */
  readonly infoPackages?: readonly string[] | undefined;
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
  readonly limits: Pick<ResourceLimits, 'mixSlots' | 'bandwidthKbps' | 'callsPerUser' | 'callsPerPeer'>;
  readonly waiting: { readonly max: number; readonly maxMs: number };
  readonly preempt: boolean;
  readonly resourcePriority: boolean;
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
    ...toAdmission(options),
    answerTimeoutMs: positive('answerTimeoutMs', options.answerTimeoutMs ?? 60_000, 3_600_000),
    shutdownTimeoutMs: positive('shutdownTimeoutMs', options.shutdownTimeoutMs ?? 2000, 60_000),
    dialog: {
      ...common,
      listen,
      advertise: options.advertise,
      userAgent: options.userAgent,
      reliable: options.reliable,
      sessionTimer: options.sessionTimer,
      infoPackages: options.infoPackages,
      authentication: options.authentication,
      registrar: options.registrar,
      timers: options.timers,
      network: options.virtual?.datagram,
      streams: options.virtual?.streams,
      tls: options.tls,
      websocket: options.websocket,
      dns: options.dns,
      middleware: options.middleware,
      limits: { maxUsages: 2 * maxCalls + (options.limits?.waiting?.max ?? 0) + 64, ...options.signalling },
    },
    media: {
      ...common,
      ports,
      portRestMs: options.media?.portRestMs,
      workers: options.media?.workers,
      rtpTimeoutMs: options.media?.rtpTimeoutMs,
      codecs: options.codecs,
      opus: options.media?.opus,
      jitter: options.media?.jitter,
      ptimeMs: options.media?.ptimeMs,
      comfortNoise: options.media?.comfortNoise,
      silenceSuppression: options.media?.silenceSuppression,
      maxStreams: maxCalls + endingMargin + (options.priority?.preempt ? preemptionMargin : 0),
      network: options.virtual?.media,
      bindAddresses: [...new Set(listen.map((url) => toListenAddress(url).address))],
    },
  };
}

/** A call's place is free when it is over, its stream a tick later. */
const endingMargin = 16;
/** A call that gives way to a higher one keeps its stream until its end is confirmed. */
const preemptionMargin = 64;

function toAdmission({
  limits = {},
  priority = {},
}: ManagerOptions): Pick<ManagerConfig, 'limits' | 'waiting' | 'preempt' | 'resourcePriority'> {
  const most = (name: 'mixSlots' | 'bandwidthKbps' | 'callsPerUser' | 'callsPerPeer'): number | undefined =>
    limits[name] === undefined ? undefined : positive(`limits.${name}`, limits[name], 1_000_000_000);
  const { waiting } = limits;
  return {
    limits: {
      mixSlots: most('mixSlots'),
      bandwidthKbps: most('bandwidthKbps'),
      callsPerUser: most('callsPerUser'),
      callsPerPeer: most('callsPerPeer'),
    },
    waiting: {
      max: waiting ? positive('limits.waiting.max', waiting.max, 1_000_000) : 0,
      maxMs: positive('limits.waiting.maxMs', waiting?.maxMs ?? 30_000, 3_600_000),
    },
    preempt: priority.preempt ?? false,
    resourcePriority: priority.resourcePriority ?? false,
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
