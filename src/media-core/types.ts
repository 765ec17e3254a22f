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
  /** Bounds of every stream's jitter buffer. */
  readonly jitter?: JitterOptions | undefined;
  /** Manual tick: no threads and no sockets; time from `clock`, datagrams through `network`. */
  readonly manual?: { readonly clock: Clock; readonly network: MediaNetwork; readonly seed?: number } | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * How long audio is held back for late packets, counted from the fastest recent packet to the tick that plays it. The target adapts
 * to the network: more delay where it saves packets, none where it does not.
 */
export interface JitterOptions {
  /** The target is never less; 0–10 000 ms, default 0. */
  readonly minMs?: number | undefined;
  /** The target is never more, and audio held for longer is thrown away; 60–10 000 ms, default 400. */
  readonly maxMs?: number | undefined;
  /** The target, whatever the network does; 0–maxMs. Default: it adapts. */
  readonly fixedMs?: number | undefined;
}

/** A payload type and what it means. */
export interface StreamFormat {
  readonly payloadType: number;
  readonly codec: CodecName;
  /** RTP clock; default 8000 Hz, which is right for G.711 and G.722. */
  readonly clockHz?: number | undefined;
  /** Rate of the audio in the engine, 8000, 16000, 24000 or 48000 Hz; default: the codec's own. Only Opus has a choice. */
  readonly rateHz?: number | undefined;
}

/** What we ask of Opus in both directions. */
export interface OpusOptions {
  /** Our encoder's target, and the most that a peer shall send (maxaveragebitrate); 6000–510 000 bit/s. Default: 32 000, and no wish. */
  readonly bitrateBps?: number | undefined;
  /** In-band forward error correction, both ways; default true. */
  readonly fec?: boolean | undefined;
  /** Ask the peer to send nothing in silence (usedtx); default false. We do so where the peer asks for it. */
  readonly dtx?: boolean | undefined;
  /** Constant bit rate both ways; default false. */
  readonly cbr?: boolean | undefined;
  /** The most that is played: 8000–48 000 Hz; default 48 000. */
  readonly maxPlaybackRateHz?: number | undefined;
}

/** How one stream is encoded: RFC 7587 6.1, the peer's wishes within ours. */
export interface OpusEncoding {
  readonly bitrateBps: number;
  readonly fec: boolean;
  readonly dtx: boolean;
  readonly cbr: boolean;
  readonly maxPlaybackRateHz: number;
}

/** What negotiation settled for one stream; applied as a whole at one tick edge. */
export interface StreamParameters {
  /** What may arrive, at most 8. */
  readonly receive: readonly StreamFormat[];
  /** Payload types of comfort noise (RFC 3389) that may arrive, at most 4; default: none. */
  readonly comfortNoisePayloadTypes?: readonly number[] | undefined;
  readonly send: StreamFormat & {
    /** Silence is not sent, but described with comfort noise of this payload type; default: it is sent. Opus has its own (`dtx`). */
    readonly comfortNoisePayloadType?: number | undefined;
    /** Audio in a packet: 10–60 ms; default 20. What the codec cannot make, or no datagram holds, becomes shorter. */
    readonly ptimeMs?: number | undefined;
    /** Of Opus. */
    readonly opus?: OpusEncoding | undefined;
  };
  readonly telephoneEventPayloadType: number | undefined;
  /** What digits are sent with: the peer's payload type; default: they cannot be sent. */
  readonly sendTelephoneEvent?: { readonly payloadType: number; readonly clockHz?: number | undefined } | undefined;
  /** Default 8000. */
  readonly telephoneEventClockHz?: number | undefined;
  /** In place of the engine's. */
  readonly jitter?: JitterOptions | undefined;
  readonly remote: MediaAddress;
  readonly remoteRtcpPort: number;
  readonly rtcpMux: boolean;
  /** From our side. */
  readonly direction: MediaDirection;
}

/** How digits are sent. */
export interface DtmfOptions {
  /** Of each digit, 40 to 60,000 ms; default 100. */
  readonly durationMs?: number | undefined;
  /** Between digits, 40 to 60,000 ms; default 100. */
  readonly gapMs?: number | undefined;
  /** Power of the tone that the peer shall make of it, -63 to 0 dBm0 (RFC 4733 2.3.4); default -10. */
  readonly levelDbm0?: number | undefined;
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
  /** What is sent; undefined before a negotiation. */
  readonly codec: CodecName | undefined;
  /** What arrives, which may differ from `codec`; undefined before the first packet of the present source. */
  readonly receiveCodec: CodecName | undefined;
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
  /** Made up for packets that were missing or not there yet; samples of the decoded audio, as are the three below. */
  readonly concealedSamples: number;
  /** Runs of those. */
  readonly concealmentEvents: number;
  /** Delay added: late packets were waited for, or audio was stretched. */
  readonly insertedSamples: number;
  /** Delay taken away: audio was compressed, or thrown away past the maximum. */
  readonly removedSamples: number;
  /** Brought back by in-band FEC; these do not count as concealed. */
  readonly repairedSamples: number;
  /** Missing packets that a redundant copy (RFC 2198) brought back. */
  readonly redundantPackets: number;
  /** From the arrival of the fastest recent packet to the tick that plays it. */
  readonly playoutDelayMs: number;
  /** Where the jitter buffer wants `playoutDelayMs` to be. */
  readonly targetDelayMs: number;
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

/** What a player plays. Sound files are RIFF/WAVE (PCM 8 to 32 bit, float, A-law, µ-law) or Ogg Opus, of any rate, mono or more. */
export type PlaySource =
  | { readonly path: string }
  /** A whole sound file. */
  | { readonly bytes: Uint8Array }
  /** Mono, 4000 to 192000 Hz; default 8000. */
  | { readonly samples: Int16Array; readonly rateHz?: number | undefined }
  | { readonly tones: readonly ToneStep[] }
  /** A sound file whose bytes come by {@link import('./player.js').Player.feed}. */
  | { readonly stream: true };

/** One step of a sequence of tones: no frequency is a pause, two sound at once. */
export interface ToneStep {
  readonly frequenciesHz: readonly number[];
  /** Of each frequency; default −13 dBFS, at most 0. */
  readonly levelDbfs?: number | undefined;
  readonly durationMs: number;
}

export interface PlayerOptions {
  /** Default false; not for streams. */
  readonly loop?: boolean | undefined;
  /** Where to begin; default 0. */
  readonly startMs?: number | undefined;
  /** Default 0, at most 60. */
  readonly gainDb?: number | undefined;
}

export interface RecorderOptions {
  /** `received` (default): what the peer says. `sent`: what it hears. `both`: as stereo, received left, sent right. */
  readonly source?: 'received' | 'sent' | 'both' | undefined;
  /** Default: opus for a path that ends in .opus or .ogg, else wav (PCM, 16 bit). */
  readonly format?: 'wav' | 'opus' | undefined;
  /** 8000, 16000, 24000 or 48000; default: the rate of the codec in use. */
  readonly rateHz?: number | undefined;
  /** Of Opus, all channels together; default 32000, with both sides 48000. */
  readonly bitrateBps?: number | undefined;
  /** The recording ends with ERR_LIMIT before the file grows larger; default what the format can hold (WAV: 4 GiB). */
  readonly maxBytes?: number | undefined;
}

export interface RecorderResult {
  readonly path: string;
  /** Of each channel. */
  readonly samples: number;
  readonly rateHz: number;
  /** Samples that the disk was too slow for: silence stands in the file in their place. */
  readonly droppedSamples: number;
}

export interface PcmReaderOptions {
  /** `received` (default): what the peer says. `sent`: what it hears. */
  readonly source?: 'received' | 'sent' | undefined;
  /** 8000, 16000, 24000 or 48000; default 8000. */
  readonly rateHz?: number | undefined;
  /** How much waits for a busy event loop, 20 to 60000 ms; default 500. What does not fit is dropped and counted. */
  readonly bufferMs?: number | undefined;
}

export interface PcmWriterOptions {
  /** 8000, 16000, 24000 or 48000; default 8000. */
  readonly rateHz?: number | undefined;
  /** How much may be queued, 20 to 60000 ms; default 200. */
  readonly bufferMs?: number | undefined;
  /** How much is gathered before sound begins, at first and after it ran dry; default 40 ms, or less where the buffer is small. */
  readonly prebufferMs?: number | undefined;
  /** Default 0, at most 60. */
  readonly gainDb?: number | undefined;
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
