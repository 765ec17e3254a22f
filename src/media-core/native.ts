/**
 * The addon as TypeScript sees it: types only, no code. `binding.ts` loads the binary and returns it as {@link NativeBinding};
 * `engine.ts` is its only user. Handles are numbers made of an index and a generation, so that a handle of a removed object is
 * refused (ERR_STALE_HANDLE) and never reaches the object that took its place.
 */

export type NativeHandle = number;

/** Codecs that a leg carries. */
export type NativeCodecName = 'opus' | 'g722' | 'pcmu' | 'pcma' | 'l16';

/** Codecs that a binary may hold: `opus` only where libopus was found when it was built. */
export type BuiltCodecName = NativeCodecName;

export interface NativeBinding {
  /** Version of the package whose sources made this binary. */
  readonly version: string;
  capabilities(): { readonly codecs: readonly BuiltCodecName[] };
  /** Reads the head of a WAV or Ogg Opus file. Throws ERR_FILE or ERR_INVALID_AUDIO with what is wrong. */
  checkSound(path: string): void;
  readonly Engine: new (options: NativeEngineOptions, wake: () => void) => NativeEngine;
}

export interface NativeEngineOptions {
  /** Worker threads, 1 to 64; ignored in manual mode, which has none. */
  readonly workers: number;
  /** No threads, no sockets: time moves by `advance`, datagrams by `inject` and `takeSent`. */
  readonly manual: boolean;
  readonly maxLegs: number;
  readonly maxRooms: number;
  /** Inclusive range of UDP ports; RTP takes an even one, RTCP the odd one above it. */
  readonly portMin: number;
  readonly portMax: number;
  /** How long a returned pair rests before another leg may have it. */
  readonly portRestMs: number;
  /** Addresses whose pools are filled at start; others are filled at their first use. */
  readonly bindAddresses: readonly string[];
  /** RTCP CNAME (RFC 3550 6.5.1), at most 255 bytes. */
  readonly cname: string;
  /** Seed of SSRCs, sequence numbers and RTCP intervals in manual mode; other modes draw from the system. */
  readonly seed: number;
  /** Silence after which a leg that should receive reports `rtpTimeout`; 0 turns it off. */
  readonly rtpTimeoutMs: number;
}

export interface NativeLegConfig {
  /** What may arrive: dynamic and static payload types with their codec. At most 8. */
  readonly receive: readonly {
    readonly payloadType: number;
    readonly codec: NativeCodecName;
    /** RTP clock; default 8000. */
    readonly clockHz?: number | undefined;
    /** Of the decoded audio; default: the codec's own. */
    readonly rateHz?: number | undefined;
  }[];
  /** Payload types of comfort noise (RFC 3389) that may arrive, at most 4. */
  readonly receiveNoise?: readonly number[] | undefined;
  readonly sendPayloadType: number;
  /** With it, silence is not sent, but described with comfort noise of this payload type. Ignored for Opus. */
  readonly sendNoisePayloadType?: number | undefined;
  readonly sendCodec: NativeCodecName;
  /** Default 8000. */
  readonly sendClockHz?: number | undefined;
  /** Of the audio that is encoded; default: the codec's own. */
  readonly sendRateHz?: number | undefined;
  /** 10…60; default 20. */
  readonly sendPtimeMs?: number | undefined;
  /** Default: 32 kbit/s with FEC. */
  readonly sendOpus?:
    | {
        readonly bitrateBps: number;
        readonly fec: boolean;
        readonly dtx: boolean;
        readonly cbr: boolean;
        readonly maxPlaybackRateHz: number;
      }
    | undefined;
  /** Payload type of telephone-event, or -1. */
  readonly telephoneEventPayloadType: number;
  /** Default 8000. */
  readonly telephoneEventClockHz?: number | undefined;
  /** What `sendDigits` sends with; none: not negotiated. The clock is 8000 by default. */
  readonly sendEvent?: { readonly payloadType: number; readonly clockHz?: number | undefined } | undefined;
  /** Delay bounds of the jitter buffer, ms; fixedMs -1 adapts. Default 0, 400, -1. */
  readonly jitter?: { readonly minMs: number; readonly maxMs: number; readonly fixedMs: number } | undefined;
  readonly remoteAddress: string;
  readonly remoteRtpPort: number;
  /** Ignored with rtcpMux. */
  readonly remoteRtcpPort: number;
  readonly rtcpMux: boolean;
  /** Direction from our side after negotiation (RFC 3264): a hold clears one or both. */
  readonly send: boolean;
  readonly receiveMedia: boolean;
  /** Opens the send gate: an ACK or an authenticated answer proved that the address wants media. A packet from there opens it too. */
  readonly allowSend: boolean;
}

export interface NativeTelephoneEvent {
  /** RFC 4733 3.2, or -1 for a pause in which audio goes on. */
  readonly code: number;
  readonly durationMs: number;
  /** After the event; holds the repeats of its end. */
  readonly gapMs: number;
  /** 0 to 63: 0 to -63 dBm0. */
  readonly volume: number;
}

/** One change of a room; all changes of one `applyRoom` call take effect at the same tick edge. Gains are −60…20 dB. */
export type NativeRoomChange =
  | {
      readonly op: 'add' | 'set';
      readonly leg: NativeHandle;
      readonly muted: boolean;
      readonly deaf: boolean;
      /** Heard only by those who always hear this leg. */
      readonly apart: boolean;
      readonly gainInDb: number;
      readonly gainOutDb: number;
      /** 0 (background) … 5 (emergency). */
      readonly priority: number;
    }
  /** How `leg` hears `speaker`; `gainDb` of scaled and always. */
  | {
      readonly op: 'relate';
      readonly leg: NativeHandle;
      readonly speaker: NativeHandle;
      readonly hears: 'usual' | 'never' | 'scaled' | 'always';
      readonly gainDb: number;
    }
  | { readonly op: 'remove'; readonly leg: NativeHandle };

/** Of a writer of PCM; zeros of other players. */
export interface NativeTaken {
  /** Samples played or cleared. */
  readonly taken: number;
  /** How often it ran dry. */
  readonly underruns: number;
  /** Samples of silence that were played where it had none. */
  readonly starvedSamples: number;
}

/** Why something ended before its end: a code of base/errors and a sentence. */
export interface NativeFailure {
  readonly code?: string;
  readonly error?: string;
}

export type NativePlayRequest = {
  readonly loop: boolean;
  readonly startMs: number;
  /** At most 60. */
  readonly gainDb: number;
} & (
  | { readonly kind: 'file'; readonly path: string }
  /** A whole sound file; copied. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Mono, 4000 to 192000 Hz; copied. */
  | { readonly kind: 'samples'; readonly samples: Int16Array; readonly rateHz: number }
  /** The bytes of a sound file come by `feedPlayer`. */
  | { readonly kind: 'stream' }
  | { readonly kind: 'tones'; readonly tones: readonly NativeTone[]; readonly rateHz: number }
);

/** Up to two frequencies at once, each at the level; none is a pause. */
export interface NativeTone {
  readonly frequenciesHz: readonly number[];
  readonly levelDbfs: number;
  readonly durationMs: number;
}

export type NativeEvent =
  | { readonly type: 'dtmf'; readonly leg: NativeHandle; readonly digit: string; readonly durationMs: number }
  | { readonly type: 'talking'; readonly leg: NativeHandle; readonly talking: boolean }
  /** First valid packet after opening or re-arming; the address that media is now exchanged with. */
  | { readonly type: 'latched'; readonly leg: NativeHandle; readonly address: string; readonly port: number }
  | { readonly type: 'rtpTimeout'; readonly leg: NativeHandle }
  | { readonly type: 'rtcpBye'; readonly leg: NativeHandle }
  | ({ readonly type: 'playerEnded'; readonly leg: NativeHandle; readonly player: NativeHandle } & NativeTaken &
      NativeFailure)
  /** A player that is fed has room again. */
  | { readonly type: 'playerHungry'; readonly leg: NativeHandle; readonly player: NativeHandle }
  /** A writer reached the position of `notifyWriter`, or has run dry since the last event. */
  | ({
      readonly type: 'pcmTaken';
      readonly leg: NativeHandle;
      readonly player: NativeHandle;
      readonly dry: boolean;
    } & NativeTaken)
  | ({
      readonly type: 'recorderClosed';
      readonly recorder: NativeHandle;
      readonly samples: number;
      readonly rateHz: number;
      readonly droppedSamples: number;
    } & NativeFailure)
  | { readonly type: 'readerClosed'; readonly reader: NativeHandle; readonly droppedSamples: number }
  /** The answer to each `sendDigits`: all of it was sent, or the leg could not send it to its end. */
  | { readonly type: 'digitsSent'; readonly leg: NativeHandle; readonly number: number; readonly completed: boolean }
  /** The leg left its worker; its ports rest. Sent once for every closed leg. */
  | { readonly type: 'legClosed'; readonly leg: NativeHandle }
  | { readonly type: 'eventsLost'; readonly leg: NativeHandle; readonly count: number }
  | { readonly type: 'warning'; readonly code: string; readonly message: string };

export interface NativeSentPacket {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly data: Uint8Array;
}

/**
 * Misuse (wrong type, stale handle, closed engine) throws an Error with a `code` of base/errors. Commands return at once and take
 * effect at the worker's next tick edge, in the order in which they were given.
 */
export interface NativeEngine {
  /** Leases a port pair on `bindAddress` and creates a leg; synchronous. Throws ERR_NO_PORTS, ERR_LIMIT, ERR_ADDRESS_NOT_AVAILABLE. */
  openLeg(bindAddress: string): { readonly leg: NativeHandle; readonly rtpPort: number; readonly rtcpPort: number };
  configureLeg(leg: NativeHandle, config: NativeLegConfig): void;
  /** Opens the send gate (the ACK came). */
  allowSend(leg: NativeHandle): void;
  /** RTCP BYE, then the ports rest. `legClosed` follows. */
  closeLeg(leg: NativeHandle): void;

  /** `loudest` 0 mixes everybody. */
  openRoom(options: { readonly loudest: number }): NativeHandle;
  applyRoom(room: NativeHandle, changes: readonly NativeRoomChange[]): void;
  /** Members become lone legs. */
  closeRoom(room: NativeHandle): void;

  /**
   * Plays into what the leg hears, over the room's mix if it is in one; decoded on a thread of its own. `playerEnded` follows, also after
   * a stop, with `code` ERR_FILE or ERR_INVALID_AUDIO when the sound could not be played to its end.
   */
  play(leg: NativeHandle, request: NativePlayRequest): NativeHandle;
  /** False: enough waits, `playerHungry` says when more is wanted. */
  feedPlayer(player: NativeHandle, bytes: Uint8Array): boolean;
  endFeed(player: NativeHandle): void;
  /** Throws ERR_INVALID_STATE for a player that is fed. */
  seekPlayer(player: NativeHandle, ms: number): void;
  stopPlayer(player: NativeHandle): void;

  /** A player that is given PCM: rate 8000, 16000, 24000 or 48000; buffer 20 to 60000 ms. `stopPlayer` and `playerEnded` are for it as well. */
  openWriter(
    leg: NativeHandle,
    options: {
      readonly rateHz: number;
      readonly bufferMs: number;
      readonly prebufferMs: number;
      readonly gainDb: number;
    },
  ): NativeHandle;
  /** Returns how many samples were taken; the others have no room now. */
  writePcm(writer: NativeHandle, samples: Int16Array): number;
  /** Drops what was written and not yet played, at the next tick. */
  clearWriter(writer: NativeHandle): void;
  /** Asks for `pcmTaken` once so many samples in all were played or cleared; replaces what was asked before. */
  notifyWriter(writer: NativeHandle, position: number): void;
  /** Ends when all is played. */
  endWriter(writer: NativeHandle): void;

  /**
   * Records what the peer sends to us (`received`), what we send to it (`sent`), or both as stereo. `rateHz` 0 is that of the leg's codec,
   * `maxBytes` 0 what the format holds. Creates the file at once (ERR_FILE); `recorderClosed` follows a stop, the leg's end or an error.
   */
  record(
    leg: NativeHandle,
    request: {
      readonly path: string;
      readonly source: 'received' | 'sent' | 'both';
      readonly format: 'wav' | 'opus';
      readonly rateHz: number;
      readonly bitrateBps: number;
      readonly maxBytes: number;
    },
  ): NativeHandle;
  stopRecorder(recorder: NativeHandle): void;

  /** One side of a leg as PCM; `readerClosed` follows `closeReader` and the leg's end. */
  openReader(leg: NativeHandle, source: 'received' | 'sent', rateHz: number, bufferMs: number): NativeHandle;
  closeReader(reader: NativeHandle): void;
  /**
   * Empties all readers into `samples`, one after the other, as far as it has room; three numbers for each: reader, samples, samples
   * dropped since it was opened.
   */
  drainReaders(samples: Int16Array): Float64Array;

  /** Telephone events, after those that wait already; returns a number that `digitsSent` repeats. */
  sendDigits(leg: NativeHandle, events: readonly NativeTelephoneEvent[]): number;

  /** Facts since the last call, in order per leg; nothing is lost while the event loop is blocked, see `eventsLost`. */
  drainEvents(): NativeEvent[];
  /** Statistics of all legs and workers, overwritten by the workers; layout in stats.ts. */
  readonly statsTable: ArrayBuffer;
  /** Row of a leg in the table. */
  legRow(leg: NativeHandle): number;

  /** Manual mode only: runs every 5 ms grid point up to `nowMs`. */
  advance(nowMs: number): void;
  inject(localAddress: string, localPort: number, remoteAddress: string, remotePort: number, data: Uint8Array): void;
  takeSent(): NativeSentPacket[];

  /** Live objects, for leak tests. */
  counts(): {
    readonly legs: number;
    readonly rooms: number;
    readonly players: number;
    readonly recorders: number;
    readonly readers: number;
    readonly leasedPorts: number;
    readonly restingPorts: number;
    readonly freePorts: number;
    readonly sockets: number;
  };
  /** Stops the threads, closes recorders and sockets; idempotent; bounded (about one tick). */
  close(): void;
}

/** Codecs by their number in a leg's row. */
export const legCodecs: readonly (NativeCodecName | undefined)[] = [undefined, 'pcmu', 'pcma', 'l16', 'g722', 'opus'];

/** Doubles per row of the statistics table. */
export const statsRowDoubles = 40;

/**
 * Slots of a leg's row. Rows 0 … maxLegs−1 are legs, the rows after them are workers ({@link workerStatSlots}).
 * `generation` is written last when a leg starts and zeroed when it ends; a reader that finds another generation reads nothing.
 */
export const legStatSlots = {
  generation: 0,
  packetsReceived: 1,
  bytesReceived: 2,
  packetsLost: 3,
  jitterMs: 4,
  duplicates: 5,
  reordered: 6,
  late: 7,
  discarded: 8,
  malformed: 9,
  strangers: 10,
  unknownPayload: 11,
  concealedSamples: 12,
  concealmentEvents: 13,
  insertedSamples: 14,
  removedSamples: 15,
  playoutDelayMs: 16,
  /** −127…0 dBov of what the peer sent in the last tick. */
  levelInDbov: 17,
  /** −127…0 dBov of what was sent to the peer. */
  levelOutDbov: 18,
  talking: 19,
  packetsSent: 20,
  bytesSent: 21,
  rttMs: 22,
  remoteLostFraction: 23,
  remoteLostPackets: 24,
  remoteJitterMs: 25,
  rtcpReceived: 26,
  rtcpSent: 27,
  /** Monotonic milliseconds of the engine's clock at the last valid packet; 0 before the first. */
  lastPacketMs: 28,
  latched: 29,
  sending: 30,
  inMix: 31,
  telephoneEvents: 32,
  eventsLost: 33,
  sendErrors: 34,
  targetDelayMs: 35,
  repairedSamples: 36,
  redundantPackets: 37,
  /** Index in {@link legCodecs}; 0 = nothing has arrived. */
  receiveCodec: 38,
} as const;

export const workerStatSlots = {
  ticks: 0,
  skippedTicks: 1,
  maxLatenessUs: 2,
  sumLatenessUs: 3,
  busyNs: 4,
  packetsIn: 5,
  packetsOut: 6,
  legs: 7,
  rooms: 8,
  realtime: 9,
} as const;
