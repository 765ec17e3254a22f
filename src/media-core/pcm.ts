/**
 * PCM between JavaScript and a stream: a reader of what the peer says or hears, a writer into what it hears. Thin handles, without
 * queues of their own; media/pcm.ts makes Node streams of them. Made by Stream, fed by MediaEngine once for all that the engine has
 * (one call into the addon each time it wakes the event loop).
 */
import { check } from '../base/assert.js';
import { Emitter } from '../base/emitter.js';
import { callNative } from './config.js';
import type { NativeEngine, NativeEvent, NativeHandle } from './native.js';
import type { PcmReaderOptions, PcmWriterOptions } from './types.js';

const defaultRateHz = 8000;
const defaultReaderMs = 500;
const defaultWriterMs = 200;
const defaultPrebufferMs = 40;

export interface PcmReaderEvents {
  /** What came since the last time; the array is the listener's own. */
  samples: [samples: Int16Array];
  /** Nothing more comes: closed, or the stream ended. */
  closed: [];
}

export class PcmReader {
  readonly rateHz: number;
  readonly bufferMs: number;
  readonly events: Emitter<PcmReaderEvents> = new Emitter();
  /** @internal */
  readonly handle: NativeHandle;
  readonly #native: NativeEngine;
  #dropped = 0;
  #closed = false;

  constructor(native: NativeEngine, leg: NativeHandle, options: PcmReaderOptions) {
    this.#native = native;
    this.rateHz = options.rateHz ?? defaultRateHz;
    this.bufferMs = options.bufferMs ?? defaultReaderMs;
    this.handle = callNative(() => native.openReader(leg, options.source ?? 'received', this.rateHz, this.bufferMs));
  }

  /** Samples that were dropped because the event loop did not come for them. */
  get droppedSamples(): number {
    return this.#dropped;
  }

  /** Idempotent. */
  close(): void {
    if (!this.#closed) callNative(() => this.#native.closeReader(this.handle));
    this.#closed = true;
  }

  /** @internal */
  handleSamples(samples: Int16Array, dropped: number): void {
    this.#dropped = dropped;
    this.events.emit('samples', samples);
  }

  /** @internal */
  handleClosed(event: NativeEvent & { type: 'readerClosed' }): void {
    this.#closed = true;
    this.#dropped = event.droppedSamples;
    this.events.emit('closed');
    this.events.removeAllListeners();
  }
}

export interface PcmWriterEvents {
  /** A position asked for by `notifyAt` was reached, or (`dry`) the queue has run empty. */
  taken: [position: number, dry: boolean];
  /** All was played after `end`, it was stopped, or the stream closed. */
  ended: [];
}

export class PcmWriter {
  readonly rateHz: number;
  readonly bufferMs: number;
  readonly events: Emitter<PcmWriterEvents> = new Emitter();
  /** @internal */
  readonly handle: NativeHandle;
  readonly #native: NativeEngine;
  #counts = { taken: 0, underruns: 0, starvedSamples: 0 };
  #written = 0;
  #done = false;

  constructor(native: NativeEngine, leg: NativeHandle, options: PcmWriterOptions) {
    this.#native = native;
    this.rateHz = options.rateHz ?? defaultRateHz;
    this.bufferMs = options.bufferMs ?? defaultWriterMs;
    check(this.bufferMs >= 20, `bufferMs must be at least 20, not ${this.bufferMs}`);
    const prebufferMs = options.prebufferMs ?? Math.min(defaultPrebufferMs, this.bufferMs - 20);
    const settings = { rateHz: this.rateHz, bufferMs: this.bufferMs, prebufferMs, gainDb: options.gainDb ?? 0 };
    this.handle = callNative(() => native.openWriter(leg, settings));
  }

  get done(): boolean {
    return this.#done;
  }

  /** Samples that were accepted in all. */
  get written(): number {
    return this.#written;
  }

  /** Samples played or cleared, times it ran dry, and samples of silence in their place; as of the last event. */
  get counts(): { readonly taken: number; readonly underruns: number; readonly starvedSamples: number } {
    return this.#counts;
  }

  /** Returns how many were accepted; the others have no room now. All, and thrown away, when it has ended. */
  write(samples: Int16Array): number {
    if (this.#done) return samples.length;
    const accepted = callNative(() => this.#native.writePcm(this.handle, samples));
    this.#written += accepted;
    return accepted;
  }

  /** What was written and not played is dropped at the next tick. */
  clear(): void {
    if (!this.#done) callNative(() => this.#native.clearWriter(this.handle));
  }

  /** Asks for `taken` once so many samples in all were played or cleared. */
  notifyAt(position: number): void {
    if (!this.#done) callNative(() => this.#native.notifyWriter(this.handle, position));
  }

  /** Nothing more is written: ends when all is played. */
  end(): void {
    if (!this.#done) callNative(() => this.#native.endWriter(this.handle));
  }

  /** Ends at the next tick. */
  stop(): void {
    if (!this.#done) callNative(() => this.#native.stopPlayer(this.handle));
  }

  /** @internal */
  handleTaken(event: NativeEvent & { type: 'pcmTaken' }): void {
    this.#counts = event;
    this.events.emit('taken', event.taken, event.dry);
  }

  /** @internal */
  handleEnded(event: NativeEvent & { type: 'playerEnded' }): void {
    this.#done = true;
    this.#counts = event;
    this.events.emit('taken', event.taken, false);
    this.events.emit('ended');
    this.events.removeAllListeners();
  }
}
