/**
 * A recorder: a WAV file that the engine writes on a thread of its own. A thin handle. Made by Stream.record, settled by MediaEngine when
 * the file is closed.
 */
import { SessionError } from '../base/errors.js';
import { callNative } from './config.js';
import type { NativeEngine, NativeEvent, NativeHandle } from './native.js';
import type { RecorderResult } from './types.js';

export class Recorder {
  readonly path: string;
  /**
   * Resolves when the file is complete, also when the stream's end was the reason. Rejects with ERR_FILE when it could not be written to
   * its end; nobody has to listen.
   */
  readonly closed: Promise<RecorderResult>;
  readonly #native: NativeEngine;
  readonly #handle: NativeHandle;
  #resolve!: (result: RecorderResult) => void;
  #reject!: (error: SessionError) => void;
  #done = false;

  constructor(native: NativeEngine, handle: NativeHandle, path: string) {
    this.#native = native;
    this.#handle = handle;
    this.path = path;
    this.closed = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.closed.catch(() => undefined);
  }

  /** Ends the recording at the next tick; the promise is {@link closed}. */
  stop(): Promise<RecorderResult> {
    if (!this.#done) callNative(() => this.#native.stopRecorder(this.#handle));
    return this.closed;
  }

  /** @internal The engine says that the file is closed. */
  finish(event: NativeEvent & { type: 'recorderClosed' }): void {
    this.#done = true;
    const { samples, droppedSamples, error } = event;
    if (error === undefined) this.#resolve({ path: this.path, samples, droppedSamples });
    else this.#reject(new SessionError('ERR_FILE', `recording to ${this.path} stopped: ${error}`));
  }
}
