/**
 * A player: sound that the engine plays into what one stream hears. A thin handle; the sound is decoded in the engine. Made by
 * Stream.play, settled by MediaEngine when the engine says that it ended.
 */
import { type ErrorCode, SessionError } from '../base/errors.js';
import { callNative } from './config.js';
import type { NativeEngine, NativeEvent, NativeHandle, NativePlayRequest } from './native.js';
import type { PlayerOptions, PlaySource } from './types.js';

const defaultRateHz = 8000;
/** Tones lie below 4 kHz on telephones; whoever wants higher ones gets the rate for it. */
const toneRatesHz = [8000, 16_000, 24_000, 48_000] as const;
const defaultToneDbfs = -13;

export function toPlayRequest(source: PlaySource, options: PlayerOptions): NativePlayRequest {
  const common = {
    loop: options.loop ?? false,
    startMs: Math.round(options.startMs ?? 0),
    gainDb: options.gainDb ?? 0,
  };
  if ('path' in source) return { ...common, kind: 'file', path: source.path };
  if ('bytes' in source) return { ...common, kind: 'bytes', bytes: source.bytes };
  if ('stream' in source) return { ...common, kind: 'stream' };
  if ('samples' in source)
    return { ...common, kind: 'samples', samples: source.samples, rateHz: source.rateHz ?? defaultRateHz };
  const highestHz = Math.max(0, ...source.tones.flatMap((tone) => tone.frequenciesHz));
  const rateHz = toneRatesHz.find((rate) => highestHz < 0.45 * rate) ?? 48_000;
  const tones = source.tones.map((tone) => ({ ...tone, levelDbfs: tone.levelDbfs ?? defaultToneDbfs }));
  return { ...common, kind: 'tones', tones, rateHz };
}

export class Player {
  /**
   * Resolves when the last sample was played, after {@link stop}, and when the stream closed. Rejects with ERR_FILE or ERR_INVALID_AUDIO
   * when the sound could not be played to its end; nobody has to listen.
   */
  readonly ended: Promise<void>;
  readonly #native: NativeEngine;
  readonly #handle: NativeHandle;
  #resolve!: () => void;
  #reject!: (error: SessionError) => void;
  #done = false;
  #failure: SessionError | undefined;
  #hungry: (() => void) | undefined;

  constructor(native: NativeEngine, handle: NativeHandle) {
    this.#native = native;
    this.#handle = handle;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.ended.catch(() => undefined);
  }

  get done(): boolean {
    return this.#done;
  }

  /** Stops at the next tick; does nothing when it has ended. */
  stop(): void {
    if (!this.#done) callNative(() => this.#native.stopPlayer(this.#handle));
  }

  /** Goes on at another place; does nothing when it has ended. Throws ERR_INVALID_STATE for a stream. */
  seek(ms: number): void {
    if (!this.#done) callNative(() => this.#native.seekPlayer(this.#handle, Math.round(ms)));
  }

  /** More bytes of a stream. Resolves when there is room for the next ones, or the player has ended. */
  async feed(bytes: Uint8Array): Promise<void> {
    if (this.#done || callNative(() => this.#native.feedPlayer(this.#handle, bytes))) return;
    await new Promise<void>((resolve) => {
      this.#hungry = resolve;
    });
  }

  /** The stream is complete. */
  endFeed(): void {
    if (!this.#done) callNative(() => this.#native.endFeed(this.#handle));
  }

  /** The stream that it was fed from failed: stops, and {@link ended} rejects with this error. */
  fail(error: SessionError): void {
    this.#failure ??= error;
    this.stop();
  }

  /** @internal Fed bytes are used up. */
  handleHungry(): void {
    this.#hungry?.();
    this.#hungry = undefined;
  }

  /** @internal The engine says that it ended. */
  handleEnded(event: NativeEvent & { type: 'playerEnded' }): void {
    this.#done = true;
    this.handleHungry();
    const { code, error } = event;
    const failure = this.#failure ?? (code && new SessionError(code as ErrorCode, error ?? code));
    if (failure) this.#reject(failure);
    else this.#resolve();
  }
}
