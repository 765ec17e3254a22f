/**
 * A stream: the media of one call. It has its own ports from the start, knows its peer once it is configured, and sends nothing before
 * `allowSend` or a packet from the peer. A handle on the engine's leg: commands take effect at the next tick edge, events come from the
 * engine once a tick, statistics are read from shared memory. Made by MediaEngine.openStream.
 */
import { check } from '../base/assert.js';
import { Emitter } from '../base/emitter.js';
import { callNative, toLegConfig } from './config.js';
import { DtmfSendings, toTelephoneEvents } from './dtmf.js';
import type { Mixer } from './mixer.js';
import type { NativeEngine, NativeEvent, NativeHandle } from './native.js';
import { PcmReader, PcmWriter } from './pcm.js';
import { Player, toPlayRequest } from './player.js';
import { Recorder, toRecordRequest } from './recorder.js';
import { emptyStreamStats, handleGeneration, readStreamStats } from './stats.js';
import type {
  CodecName,
  DtmfOptions,
  JitterOptions,
  PcmReaderOptions,
  PcmWriterOptions,
  PlayerOptions,
  PlaySource,
  RecorderOptions,
  StreamEvents,
  StreamParameters,
  StreamStats,
} from './types.js';

/** What the engine lends to its streams. */
export interface StreamHost {
  readonly native: NativeEngine;
  readonly table: Float64Array;
  readonly jitter: JitterOptions;
  readonly players: Map<NativeHandle, Player | PcmWriter>;
  readonly recorders: Map<NativeHandle, Recorder>;
  readonly readers: Map<NativeHandle, PcmReader>;
}

export class Stream {
  readonly bindAddress: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly events: Emitter<StreamEvents> = new Emitter();
  /** @internal */
  readonly handle: NativeHandle;
  /** @internal The mixer that it is in; kept by Mixer. */
  mixer: Mixer | undefined;
  readonly #host: StreamHost;
  readonly #row: number;
  readonly #generation: number;
  readonly #sendings = new DtmfSendings();
  #sendsEvents = false;
  #lastStats: StreamStats = emptyStreamStats;
  #codec: CodecName | undefined;
  #closed = false;

  /** Leases the ports. Throws ERR_NO_PORTS, ERR_LIMIT, ERR_ADDRESS_NOT_AVAILABLE, ERR_FILE_DESCRIPTORS, ERR_CLOSED. */
  constructor(host: StreamHost, bindAddress: string) {
    const { leg, rtpPort, rtcpPort } = callNative(() => host.native.openLeg(bindAddress));
    this.#host = host;
    this.bindAddress = bindAddress;
    this.handle = leg;
    this.rtpPort = rtpPort;
    this.rtcpPort = rtcpPort;
    this.#row = host.native.legRow(leg);
    this.#generation = handleGeneration(leg);
  }

  /** True from {@link close} on; the `closed` event follows when the ports are back. */
  get closed(): boolean {
    return this.#closed;
  }

  /** What negotiation settled, as a whole. The send gate stays open when the peer's address is the same as before. */
  configure(parameters: StreamParameters): void {
    this.#command((native) => native.configureLeg(this.handle, toLegConfig(parameters, this.#host.jitter)));
    this.#sendsEvents = parameters.sendTelephoneEvent !== undefined;
    this.#codec = parameters.send.codec;
  }

  /** Opens the send gate for the configured address: the ACK came, or the answer proves that the peer wants media. */
  allowSend(): void {
    this.#command((native) => native.allowSend(this.handle));
  }

  /**
   * Plays into what this stream hears, over the mix if it is in a mixer. Samples and bytes are copied; files are read on a thread of the
   * engine, and what is wrong with one rejects {@link Player.ended}.
   */
  play(source: PlaySource, options: PlayerOptions = {}): Player {
    const { native, players } = this.#host;
    const handle = this.#command(() => native.play(this.handle, toPlayRequest(source, options)));
    const player = new Player(native, handle);
    players.set(handle, player);
    return player;
  }

  /** Records into a sound file. The file is there when this returns; throws ERR_FILE when it cannot be made. */
  record(path: string, options: RecorderOptions = {}): Recorder {
    const { native, recorders } = this.#host;
    const handle = this.#command(() => native.record(this.handle, toRecordRequest(path, options)));
    const recorder = new Recorder(native, handle, path);
    recorders.set(handle, recorder);
    return recorder;
  }

  /** PCM of one side, as it comes. */
  openReader(options: PcmReaderOptions = {}): PcmReader {
    const reader = this.#command((native) => new PcmReader(native, this.handle, options));
    this.#host.readers.set(reader.handle, reader);
    return reader;
  }

  /** PCM into what this stream hears, over the mix if it is in a mixer. */
  openWriter(options: PcmWriterOptions = {}): PcmWriter {
    const writer = this.#command((native) => new PcmWriter(native, this.handle, options));
    this.#host.players.set(writer.handle, writer);
    return writer;
  }

  /**
   * Sends digits as telephone events in the place of audio, after those that wait already; resolves when the last one was sent. A hold
   * stops time for them. Throws ERR_INVALID_ARGUMENT, ERR_NOT_NEGOTIATED; rejects with ERR_ABORTED when the stream ends before.
   */
  async sendDtmf(digits: string, options: DtmfOptions = {}): Promise<void> {
    const events = toTelephoneEvents(digits, options);
    check(!this.#closed, 'the stream is closed', 'ERR_CLOSED');
    check(this.#sendsEvents, 'the peer does not take telephone events (RFC 4733)', 'ERR_NOT_NEGOTIATED');
    const number = this.#command((native) => native.sendDigits(this.handle, events));
    await this.#sendings.whenSent(number);
  }

  /** Latest figures; after {@link close} those of that moment. */
  stats(): StreamStats {
    if (!this.#closed)
      this.#lastStats = readStreamStats(this.#host.table, this.#row, this.#generation, this.#codec) ?? this.#lastStats;
    return this.#lastStats;
  }

  /** Says RTCP BYE and gives the ports back; players, recorders, readers and writers end. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.stats();
    this.#closed = true;
    this.mixer?.leave(this);
    callNative(() => this.#host.native.closeLeg(this.handle));
  }

  /** @internal The engine closed, and the leg with it. */
  detach(): void {
    this.stats();
    this.#closed = true;
    this.#sendings.abandon();
  }

  /** @internal A fact of this stream from the engine. After `close` only `closed` is told. */
  handleEvent(event: NativeEvent): void {
    if (event.type === 'digitsSent') {
      this.#sendings.finish(event.number, event.completed);
    } else if (event.type === 'legClosed') {
      this.#closed = true;
      this.#sendings.abandon();
      this.events.emit('closed');
      this.events.removeAllListeners();
    } else if (!this.#closed) {
      this.#emit(event);
    }
  }

  #emit(event: NativeEvent): void {
    switch (event.type) {
      case 'dtmf':
        this.events.emit('dtmf', event.digit, event.durationMs);
        break;
      case 'talking':
        this.events.emit('talking', event.talking);
        break;
      case 'latched':
        this.events.emit('latched', { address: event.address, port: event.port });
        break;
      case 'rtpTimeout':
        this.events.emit('rtpTimeout');
        break;
      case 'rtcpBye':
        this.events.emit('rtcpBye');
        break;
      case 'eventsLost':
        this.events.emit('eventsLost', event.count);
        break;
      default:
        break;
    }
  }

  #command<T>(call: (native: NativeEngine) => T): T {
    check(!this.#closed, 'the stream is closed', 'ERR_CLOSED');
    return callNative(() => call(this.#host.native));
  }
}
