/**
 * A recorder: a sound file that the engine writes on a thread of its own. A thin handle. Made by Stream.record, settled by MediaEngine
 * when the file is closed.
 */
import { type ErrorCode, SessionError } from '../base/errors.js';
import { callNative } from './config.js';
import type { NativeEngine, NativeEvent, NativeHandle } from './native.js';
import type { RecorderOptions, RecorderResult } from './types.js';

const defaultBitrateBps = 32_000;
const stereoBitrateBps = 48_000;

export function toRecordRequest(path: string, options: RecorderOptions): Parameters<NativeEngine['record']>[1] {
  const source = options.source ?? 'received';
  return {
    path,
    source,
    format: options.format ?? (/\.(opus|ogg)$/i.test(path) ? 'opus' : 'wav'),
    rateHz: options.rateHz ?? 0,
    bitrateBps: options.bitrateBps ?? (source === 'both' ? stereoBitrateBps : defaultBitrateBps),
    maxBytes: options.maxBytes ?? 0,
  };
}

export class Recorder {
  readonly path: string;
  /**
   * Resolves when the file is complete, also when the stream's end was the reason. Rejects with ERR_FILE when it could not be written to
   * its end, ERR_LIMIT when it is as large as it may be; nobody has to listen.
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
  handleClosed(event: NativeEvent & { type: 'recorderClosed' }): void {
    this.#done = true;
    const { samples, rateHz, droppedSamples, code, error } = event;
    if (code === undefined) this.#resolve({ path: this.path, samples, rateHz, droppedSamples });
    else this.#reject(new SessionError(code as ErrorCode, `the recording stopped: ${error}`));
  }
}
