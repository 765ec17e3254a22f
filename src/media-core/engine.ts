/**
 * The media engine: loads the addon, starts its threads, opens streams and mixers, and hands the engine's facts to them. All calls come
 * from one thread and return at once; audio never passes here. With `manual` there are no threads and no sockets, and the whole engine
 * runs on a virtual clock and network (manual-drive.ts).
 */
import { check } from '../base/assert.js';
import { Emitter } from '../base/emitter.js';
import { type Logger, silentLogger } from '../base/logger.js';
import { loadBinding } from './binding.js';
import { callNative, toNativeJitter, toNativeOptions } from './config.js';
import { ManualDrive } from './manual-drive.js';
import { Mixer } from './mixer.js';
import type { BuiltCodecName, NativeBinding, NativeEngine, NativeEvent, NativeHandle } from './native.js';
import type { PcmReader, PcmWriter } from './pcm.js';
import { Player } from './player.js';
import type { Recorder } from './recorder.js';
import { readWorkerHealth } from './stats.js';
import { Stream, type StreamHost } from './stream.js';
import type { MediaEngineOptions, WorkerHealth } from './types.js';

export interface MediaEngineEvents {
  /** Something that an operator should know: a stable code and a sentence that says what to do. */
  warning: [code: string, message: string];
}

/** Room for what all readers of PCM have at one wake-up; more takes another round. */
const scratchSamples = 65_536;
const mostSpeakers = 65_535;

export class MediaEngine {
  /** What the binary holds. */
  readonly codecs: readonly BuiltCodecName[];
  readonly events: Emitter<MediaEngineEvents> = new Emitter();
  readonly #binding: NativeBinding;
  readonly #native: NativeEngine;
  readonly #host: StreamHost;
  readonly #maxStreams: number;
  readonly #logger: Logger;
  readonly #streams = new Map<NativeHandle, Stream>();
  readonly #mixers = new Set<Mixer>();
  readonly #players = new Map<NativeHandle, Player | PcmWriter>();
  readonly #recorders = new Map<NativeHandle, Recorder>();
  readonly #readers = new Map<NativeHandle, PcmReader>();
  #scratch: Int16Array | undefined;
  readonly #drive: ManualDrive | undefined;
  #closed = false;

  /**
   * Starts the engine. Throws ERR_NO_BINARY, ERR_INVALID_ARGUMENT (naming the option), ERR_FILE_DESCRIPTORS (with numbers) and
   * ERR_ADDRESS_NOT_AVAILABLE for an address of `bindAddresses`.
   */
  constructor(options: MediaEngineOptions = {}) {
    const nativeOptions = toNativeOptions(options);
    toNativeJitter(options.jitter ?? {});
    this.#binding = loadBinding();
    this.codecs = this.#binding.capabilities().codecs;
    this.#logger = options.logger ?? silentLogger;
    this.#maxStreams = nativeOptions.maxLegs;
    this.#native = callNative(() => new this.#binding.Engine(nativeOptions, () => this.#drain()));
    const table = new Float64Array(this.#native.statsTable);
    this.#host = {
      native: this.#native,
      table,
      jitter: options.jitter ?? {},
      players: this.#players,
      recorders: this.#recorders,
      readers: this.#readers,
    };
    if (options.manual) this.#drive = new ManualDrive(this.#native, options.manual, () => this.#drain());
    // Warnings of the start are told once whoever made the engine could subscribe.
    queueMicrotask(() => this.#drain());
  }

  /** Leases ports on a local address. Throws ERR_NO_PORTS, ERR_LIMIT, ERR_ADDRESS_NOT_AVAILABLE, ERR_CLOSED. */
  openStream(bindAddress: string): Stream {
    // First, so that a lease under virtual time knows which ports have rested.
    this.#drive?.start();
    const stream = new Stream(this.#host, bindAddress);
    this.#streams.set(stream.handle, stream);
    return stream;
  }

  /** @param options.loudest how many are heard at once; 'all' mixes everybody. */
  createMixer(options: { readonly loudest: number | 'all' }): Mixer {
    const { loudest } = options;
    const fits = loudest === 'all' || (Number.isInteger(loudest) && loudest >= 1 && loudest <= mostSpeakers);
    check(fits, `loudest must be 'all' or a whole number from 1 to ${mostSpeakers}, not ${loudest}`);
    const room = callNative(() => this.#native.openRoom({ loudest: loudest === 'all' ? 0 : loudest }));
    const mixer = new Mixer(this.#native, room, (closed) => this.#mixers.delete(closed));
    this.#mixers.add(mixer);
    return mixer;
  }

  /** Reads the head of a sound file. Throws ERR_FILE or ERR_INVALID_AUDIO when it could not be played. */
  checkSound(path: string): void {
    callNative(() => this.#binding.checkSound(path));
  }

  /** Live objects of the engine, for leak tests and operators. */
  counts(): ReturnType<NativeEngine['counts']> {
    return this.#native.counts();
  }

  /** One entry per worker thread. */
  health(): WorkerHealth[] {
    return readWorkerHealth(this.#host.table, this.#maxStreams);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Ends everything: BYE on each stream, recorders written, sockets released, threads ended. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) stream.detach();
    for (const mixer of this.#mixers) mixer.detach();
    this.#mixers.clear();
    callNative(() => this.#native.close());
    this.#drive?.stop();
    this.#drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #drain(): void {
    // First, so that a reader's last samples come before its end.
    this.#drainReaders();
    for (const event of this.#native.drainEvents()) this.#dispatch(event);
  }

  /** One call into the addon for all readers; again only when the scratch memory was too small. */
  #drainReaders(): void {
    if (this.#readers.size === 0) return;
    this.#scratch ??= new Int16Array(scratchSamples);
    for (let at = scratchSamples; at === scratchSamples; ) {
      const table = this.#native.drainReaders(this.#scratch);
      at = 0;
      for (let row = 0; row < table.length; row += 3) {
        const samples = table[row + 1] as number;
        this.#readers
          .get(table[row] as number)
          ?.handleSamples(this.#scratch.slice(at, at + samples), table[row + 2] as number);
        at += samples;
      }
    }
  }

  #dispatch(event: NativeEvent): void {
    switch (event.type) {
      case 'warning':
        this.#logger.warn({ code: event.code }, event.message);
        this.events.emit('warning', event.code, event.message);
        return;
      case 'playerEnded':
        this.#players.get(event.player)?.handleEnded(event);
        this.#players.delete(event.player);
        return;
      case 'playerHungry':
      case 'pcmTaken':
        this.#tellPlayer(event);
        return;
      case 'recorderClosed':
        this.#recorders.get(event.recorder)?.handleClosed(event);
        this.#recorders.delete(event.recorder);
        return;
      case 'readerClosed':
        this.#readers.get(event.reader)?.handleClosed(event);
        this.#readers.delete(event.reader);
        return;
      default:
        this.#streams.get(event.leg)?.handleEvent(event);
        if (event.type === 'legClosed') this.#streams.delete(event.leg);
    }
  }
  #tellPlayer(event: NativeEvent & { type: 'playerHungry' | 'pcmTaken' }): void {
    const player = this.#players.get(event.player);
    if (player instanceof Player) player.handleHungry();
    else if (event.type === 'pcmTaken') player?.handleTaken(event);
  }
}
