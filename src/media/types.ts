/**
 * Types of the media layer: its error, its options, and the types of the core that it lets through (AudioFormat, StreamStats).
 */
import type { Clock } from '../base/clock.js';
import { type ErrorCode, SessionError } from '../base/errors.js';
import type { IdSource } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type { CodecName, JitterOptions, MediaNetwork, OpusOptions } from '../media-core/index.js';

export type {
  AudioFormat,
  CodecName,
  DtmfOptions,
  JitterOptions,
  MediaNetwork,
  OpusOptions,
  StreamStats,
  ToneStep,
  WorkerHealth,
} from '../media-core/index.js';

/** An error of media; `status` is the SIP status that says it best: 488 no common codec, 400 a broken description, 503 no port. */
export class MediaError extends SessionError {
  override readonly name = 'MediaError';
  readonly status: number;

  constructor(code: ErrorCode, message: string, status: number, options?: { cause?: unknown }) {
    super(code, message, options);
    this.status = status;
  }
}

export interface MediaOptions {
  /** Inclusive UDP port range for RTP and RTCP; default [16384, 32767]. */
  readonly ports?: readonly [min: number, max: number] | undefined;
  /** How long a returned port pair rests; default 5000 ms. */
  readonly portRestMs?: number | undefined;
  /** Threads that move audio; default half the processors, 1 to 8. */
  readonly workers?: number | undefined;
  /** Streams at once; default 1000. */
  readonly maxStreams?: number | undefined;
  /** Silence of a peer that should send, after which `rtpTimeout` is told; default 0 = never. */
  readonly rtpTimeoutMs?: number | undefined;
  /** How long audio is held back for late packets; default: as long as is worth it, at most 400 ms. */
  readonly jitter?: JitterOptions | undefined;
  /** In order of preference; default opus, g722, pcmu, pcma, as far as the build has them. */
  readonly codecs?: readonly CodecName[] | undefined;
  readonly opus?: OpusOptions | undefined;
  /** Audio that we like in a packet: 10–60 ms in steps of 10; default 20. A peer that asks for another length gets that. */
  readonly ptimeMs?: number | undefined;
  /** Take comfort noise (RFC 3389) where a peer offers it; default true. */
  readonly comfortNoise?: boolean | undefined;
  /**
   * Offer comfort noise, and where the peer takes it send a description of the background in place of silence; default false. For
   * codecs other than Opus, which is silent on a peer's wish (usedtx).
   */
  readonly silenceSuppression?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly ids?: IdSource | undefined;
  readonly logger?: Logger | undefined;
  /** Addresses whose port pools are filled at start. */
  readonly bindAddresses?: readonly string[] | undefined;
  /** Virtual time and network in place of threads and sockets; for tests. */
  readonly network?: MediaNetwork | undefined;
}
