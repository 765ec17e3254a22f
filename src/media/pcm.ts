/**
 * PCM of sessions as Node streams, which are async iterables and turn into web streams. Audio never waits for them: a consumer that
 * does not read loses the oldest, a producer that does not write is silence, and both are counted. Called by manager/ for verbs that
 * change no state of a session.
 */
import { Readable, Writable } from 'node:stream';
import { SessionError } from '../base/errors.js';
import type { PcmReader, PcmReaderOptions, PcmWriter, PcmWriterOptions } from '../media-core/index.js';
import type { SessionId } from '../session/index.js';
import { toMediaError } from './errors.js';
import type { MediaManager } from './manager.js';

export interface AudioReadableOptions extends PcmReaderOptions {
  /** Chunks are Int16Array (default), or the same bytes, little endian, as Buffer. */
  readonly as?: 'int16' | 'buffer' | undefined;
  /** Destroys the stream. */
  readonly signal?: AbortSignal | undefined;
}

export interface AudioWritableOptions extends PcmWriterOptions {
  /** Destroys the stream: what is queued is not played. */
  readonly signal?: AbortSignal | undefined;
}

export class MediaPcm {
  readonly #manager: MediaManager;

  constructor(manager: MediaManager) {
    this.#manager = manager;
  }

  /** Throws ERR_INVALID_ARGUMENT, ERR_INVALID_STATE without media. */
  readable(sessionId: SessionId, options: AudioReadableOptions = {}): AudioReadable {
    const stream = this.#manager.withStream(sessionId);
    try {
      return new AudioReadable(stream.openReader(options), options);
    } catch (error) {
      throw toMediaError(error);
    }
  }

  /** Throws as {@link readable}. */
  writable(sessionId: SessionId, options: AudioWritableOptions = {}): AudioWritable {
    const stream = this.#manager.withStream(sessionId);
    try {
      return new AudioWritable(stream.openWriter(options), options);
    } catch (error) {
      throw toMediaError(error);
    }
  }
}

/**
 * Mono PCM as it comes, in chunks of whatever came since the last one (20 ms each while the event loop keeps up). Ends with the call.
 * Destroying it, or leaving a `for await` loop, stops it; `Readable.toWeb` makes a web stream of it.
 */
export class AudioReadable extends Readable {
  readonly rateHz: number;
  readonly #reader: PcmReader;
  readonly #asBuffer: boolean;
  readonly #mostSamples: number;
  #queue: Int16Array[] = [];
  #queued = 0;
  #wanted = false;
  #over = false;
  #dropped = 0;

  constructor(reader: PcmReader, options: AudioReadableOptions) {
    super({ objectMode: true, highWaterMark: 1, ...(options.signal && { signal: options.signal }) });
    this.rateHz = reader.rateHz;
    this.#reader = reader;
    this.#asBuffer = options.as === 'buffer';
    this.#mostSamples = Math.ceil((reader.bufferMs * reader.rateHz) / 1000);
    reader.events.on('samples', (samples) => this.#take(samples));
    reader.events.on('closed', () => {
      this.#over = true;
      if (this.#wanted && this.#queue.length === 0) this.push(null);
    });
  }

  /** Samples lost because nobody read for longer than `bufferMs`, or because the event loop was blocked for so long. */
  get droppedSamples(): number {
    return this.#dropped + this.#reader.droppedSamples;
  }

  override _read(): void {
    this.#wanted = true;
    while (this.#wanted) {
      const samples = this.#queue.shift();
      if (!samples) break;
      this.#queued -= samples.length;
      this.#give(samples);
    }
    if (this.#wanted && this.#over) this.push(null);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#queue = [];
    this.#reader.close();
    callback(error);
  }

  #take(samples: Int16Array): void {
    if (this.destroyed) return;
    if (this.#wanted) {
      this.#give(samples);
      return;
    }
    this.#queue.push(samples);
    this.#queued += samples.length;
    while (this.#queued > this.#mostSamples) {
      const oldest = this.#queue.shift() as Int16Array;
      this.#queued -= oldest.length;
      this.#dropped += oldest.length;
    }
  }

  #give(samples: Int16Array): void {
    const { buffer, byteOffset, byteLength } = samples;
    this.#wanted = this.push(this.#asBuffer ? Buffer.from(buffer, byteOffset, byteLength) : samples);
  }
}

interface Mark {
  readonly mark: string;
}

/**
 * Mono PCM to the peer: takes Int16Array, or its bytes (little endian) as Buffer or Uint8Array, in chunks of any size. `write` answers
 * false when more than `bufferMs` waits. Events beside those of a Node stream: `mark` (name) when the sound written before
 * {@link AudioWritable.mark} was played, `drained` when the queue has run empty. `finish` comes when all was played. When the call ends
 * first, the stream is destroyed without an error.
 */
export class AudioWritable extends Writable {
  readonly rateHz: number;
  readonly #writer: PcmWriter;
  readonly #resumeSamples: number;
  #rest: Int16Array | undefined;
  #resume: ((error?: Error | null) => void) | undefined;
  #finished: ((error?: Error | null) => void) | undefined;
  #oddByte: number | undefined;
  /** Chunks in Node's own queue that were there when it was cleared. */
  #toDiscard = 0;
  #marks: { readonly name: string; position: number | undefined }[] = [];

  constructor(writer: PcmWriter, options: AudioWritableOptions) {
    super({ objectMode: true, highWaterMark: 2, ...(options.signal && { signal: options.signal }) });
    this.rateHz = writer.rateHz;
    this.#writer = writer;
    this.#resumeSamples = Math.floor((writer.bufferMs * writer.rateHz) / 2000);
    writer.events.on('taken', (position, dry) => this.#handleTaken(position, dry));
    writer.events.on('ended', () => this.#handleEnded());
  }

  /** How often the queue ran dry while the stream was open: the producer was late, or had nothing to say. */
  get underruns(): number {
    return this.#writer.counts.underruns;
  }

  /** Milliseconds of silence that were played because nothing was queued after the first sound. */
  get starvedMs(): number {
    return (1000 * this.#writer.counts.starvedSamples) / this.rateHz;
  }

  /** Has `mark` told when what was written so far is played. Throws ERR_INVALID_STATE after `end`. */
  mark(name: string): void {
    if (this.writableEnded || this.destroyed)
      throw new SessionError('ERR_INVALID_STATE', 'the stream has ended; there is nothing to mark');
    this.#marks.push({ name, position: undefined });
    this.write({ mark: name } satisfies Mark);
  }

  /** Barge-in: drops everything that is queued, heard at the next tick (20 ms). Returns the marks that were not reached; none of them is told. */
  clear(): string[] {
    const dropped = this.#marks.map(({ name }) => name);
    this.#marks = [];
    this.#rest = undefined;
    this.#oddByte = undefined;
    // The chunk that waits for room counts among Node's; it is answered at once.
    this.#toDiscard = this.writableLength - (this.#resume ? 1 : 0);
    this.#writer.clear();
    this.#answer();
    return dropped;
  }

  override _write(chunk: unknown, _encoding: string, callback: (error?: Error | null) => void): void {
    if (this.#toDiscard > 0) {
      this.#toDiscard -= 1;
      callback();
    } else if (isMark(chunk)) {
      this.#placeMark();
      callback();
    } else {
      this.#writeSamples(chunk, callback);
    }
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.#writer.done) {
      callback();
      return;
    }
    this.#finished = callback;
    this.#writer.end();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#writer.stop();
    this.#rest = undefined;
    this.#resume = undefined;
    this.#marks = [];
    callback(error);
  }

  /** Stops at the next tick; what is queued is not played. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
  }

  #writeSamples(chunk: unknown, callback: (error?: Error | null) => void): void {
    let samples: Int16Array;
    try {
      samples = this.#toSamples(chunk);
    } catch (error) {
      callback(error as Error);
      return;
    }
    const accepted = this.#writer.write(samples);
    if (accepted === samples.length) {
      callback();
      return;
    }
    this.#rest = samples.subarray(accepted);
    this.#resume = callback;
    this.#arm();
  }

  #toSamples(chunk: unknown): Int16Array {
    if (chunk instanceof Int16Array) return chunk;
    if (!(chunk instanceof Uint8Array))
      throw new SessionError('ERR_INVALID_ARGUMENT', 'PCM is written as Int16Array, Buffer or Uint8Array');
    const bytes = this.#oddByte === undefined ? chunk : Buffer.concat([Uint8Array.of(this.#oddByte), chunk]);
    const whole = bytes.length - (bytes.length % 2);
    this.#oddByte = whole < bytes.length ? bytes[whole] : undefined;
    // A copy, because a view of 16 bits needs an even place in memory.
    return new Int16Array(Uint8Array.from(bytes.subarray(0, whole)).buffer);
  }

  #placeMark(): void {
    const mark = this.#marks.find(({ position }) => position === undefined);
    if (mark) mark.position = this.#writer.written;
    this.#handleTaken(this.#writer.counts.taken, false);
  }

  #handleTaken(position: number, dry: boolean): void {
    while (this.#marks[0]?.position !== undefined && this.#marks[0].position <= position)
      this.emit('mark', this.#marks.shift()?.name);
    const rest = this.#rest;
    if (rest) {
      const accepted = this.#writer.write(rest);
      this.#rest = accepted < rest.length ? rest.subarray(accepted) : undefined;
      if (!this.#rest) this.#answer();
    }
    if (dry && !this.#rest && position >= this.#writer.written) this.emit('drained');
    this.#arm();
  }

  /** One wish at a time: the next mark, or room for what waits. */
  #arm(): void {
    const wishes = this.#rest ? [this.#writer.written - this.#resumeSamples] : [];
    const mark = this.#marks[0]?.position;
    if (mark !== undefined) wishes.push(mark);
    if (wishes.length > 0 && !this.destroyed) this.#writer.notifyAt(Math.max(0, Math.min(...wishes)));
  }

  #answer(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #handleEnded(): void {
    if (this.#finished) this.#finished();
    else this.destroy();
  }
}

function isMark(chunk: unknown): chunk is Mark {
  return typeof chunk === 'object' && chunk !== null && 'mark' in chunk;
}
