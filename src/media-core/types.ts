/**
 * What the media engine is told and says: options, negotiated parameters, events, statistics. Types only; shapes that the layers
 * above re-export (AudioFormat) are defined here once.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { NativeCodecName } from './native.js';

export type CodecName = NativeCodecName;

/** Format of PCM at the library's edge. Samples are signed 16 bit, mono. */
export interface AudioFormat {
  readonly rateHz: number;
}

/** A datagram network for the manual engine, so that tests run whole calls in virtual time. */
export interface MediaNetwork {
  /** Called once by the engine: `deliver` hands a datagram to a local address and port. */
  attach(deliver: (local: MediaAddress, remote: MediaAddress, data: Uint8Array) => void): void;
  send(local: MediaAddress, remote: MediaAddress, data: Uint8Array): void;
}

export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

export interface MediaEngineOptions {
  /** Worker threads; default: half the processors, at least 1, at most 8. */
  readonly workers?: number | undefined;
  /** Inclusive UDP port range; default 16384–32767. */
  readonly ports?: readonly [min: number, max: number] | undefined;
  /** Default 5000 ms, see media-engine.md: the previous caller's late packets are never heard by the next. */
  readonly portRestMs?: number | undefined;
  /** Legs at once; default 1000. Port pools, tables and queues are sized by it. */
  readonly maxStreams?: number | undefined;
  readonly maxMixers?: number | undefined;
  /** Addresses whose port pools are filled at start. */
  readonly bindAddresses?: readonly string[] | undefined;
  /** RTCP CNAME; default: random, as RFC 7022 4.2 asks. */
  readonly cname?: string | undefined;
  /** Silence from a peer that should send after which `rtpTimeout` rises; default 0 = never. */
  readonly rtpTimeoutMs?: number | undefined;
  /** Manual tick: no threads and no sockets; time from `clock`, datagrams through `network`. */
  readonly manual?: { readonly clock: Clock; readonly network: MediaNetwork; readonly seed?: number } | undefined;
  readonly logger?: Logger | undefined;
}

/** What negotiation settled for one stream; applied as a whole at one tick edge. */
export interface StreamParameters {
  readonly receive: readonly { readonly payloadType: number; readonly codec: CodecName }[];
  readonly send: { readonly payloadType: number; readonly codec: CodecName };
  readonly telephoneEventPayloadType: number | undefined;
  readonly remote: MediaAddress;
  readonly remoteRtcpPort: number;
  readonly rtcpMux: boolean;
  /** From our side. */
  readonly direction: MediaDirection;
}

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface StreamEvents {
  dtmf: [digit: string, durationMs: number];
  talking: [talking: boolean];
  latched: [remote: MediaAddress];
  rtpTimeout: [];
  rtcpBye: [];
  eventsLost: [count: number];
  /** The leg has left its worker and its ports rest. */
  closed: [];
}

export interface StreamStats {
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  readonly jitterMs: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly late: number;
  readonly discarded: number;
  readonly malformed: number;
  /** Packets from addresses that the latch refused. */
  readonly strangers: number;
  readonly unknownPayload: number;
  readonly concealedSamples: number;
  readonly concealmentEvents: number;
  readonly insertedSamples: number;
  readonly removedSamples: number;
  readonly playoutDelayMs: number;
  /** dBov, −127…0 (RFC 6464's scale). */
  readonly levelInDbov: number;
  readonly levelOutDbov: number;
  readonly talking: boolean;
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly rttMs: number;
  readonly remoteLostFraction: number;
  readonly remoteLostPackets: number;
  readonly remoteJitterMs: number;
  readonly rtcpReceived: number;
  readonly rtcpSent: number;
  readonly lastPacketMs: number;
  readonly latched: boolean;
  readonly sending: boolean;
  readonly inMix: boolean;
  readonly telephoneEvents: number;
  readonly eventsLost: number;
  readonly sendErrors: number;
}

export interface PlayerOptions {
  /** Default false. */
  readonly loop?: boolean | undefined;
}

export interface RecorderResult {
  readonly path: string;
  readonly samples: number;
  readonly droppedSamples: number;
}

export interface WorkerHealth {
  readonly ticks: number;
  readonly skippedTicks: number;
  readonly maxLatenessUs: number;
  readonly meanLatenessUs: number;
  readonly busyNs: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly legs: number;
  readonly rooms: number;
  readonly realtime: boolean;
}
