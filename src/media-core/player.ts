/**
 * A player: PCM that the engine plays into what one stream hears. A thin handle; the samples are in the engine. Made by Stream.play,
 * settled by MediaEngine when the engine says that it ended.
 */
import { callNative } from './config.js';
import type { NativeEngine, NativeHandle } from './native.js';

export class Player {
  /** Resolves when the last sample was played, after {@link stop}, and when the stream closed; never rejects. */
  readonly ended: Promise<void>;
  readonly #native: NativeEngine;
  readonly #handle: NativeHandle;
  #settle!: () => void;
  #done = false;

  constructor(native: NativeEngine, handle: NativeHandle) {
    this.#native = native;
    this.#handle = handle;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Stops at the next tick; does nothing when it has ended. */
  stop(): void {
    if (!this.#done) callNative(() => this.#native.stopPlayer(this.#handle));
  }

  /** @internal The engine says that it ended. */
  finish(): void {
    this.#done = true;
    this.#settle();
  }
}
