/**
 * What a user holds of a sound being played or a recording being made. Thin: the player and the recorder are the media layer's.
 */
import type { Player, Recorder, RecorderOptions, RecorderResult } from '../media/index.js';
import { toSipError } from './types.js';

/** A promise of the end of a sound, and the means to change its course. Nobody has to listen to it. */
export interface Playback extends Promise<void> {
  /** Ends it at the next tick (20 ms); nothing happens when it has ended. */
  stop(): void;
  /** Goes on at another place, counted from the beginning. Throws ERR_INVALID_STATE for a stream. */
  seek(ms: number): void;
  /** Stops, and waits for the end. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a player; whatever goes wrong, even at once, rejects the promise. */
export function startPlayback(start: () => Player, signal: AbortSignal | undefined): Playback {
  let player: Player | undefined;
  let failure: unknown;
  try {
    if (!signal?.aborted) player = start();
  } catch (error) {
    failure = toSipError(error);
  }
  const stop = (): void => player?.stop();
  const ended = failure ? Promise.reject(failure) : untilEnded(player, signal, stop);
  ended.catch(() => undefined);
  return Object.assign(ended, {
    stop,
    seek: (ms: number): void => player?.seek(ms),
    async [Symbol.asyncDispose](): Promise<void> {
      stop();
      await ended.catch(() => undefined);
    },
  });
}

async function untilEnded(
  player: Player | undefined,
  signal: AbortSignal | undefined,
  stop: () => void,
): Promise<void> {
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await player?.ended;
  } catch (error) {
    throw toSipError(error);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** `source`, `format`, `rateHz`, `bitrateBps`, `maxBytes` as {@link RecorderOptions} says. */
export interface RecordOptions extends RecorderOptions {
  /** Short for `source: 'both'`: what the peer says on the left, what it hears on the right. */
  readonly stereo?: boolean | undefined;
  /** Stops the recording. */
  readonly signal?: AbortSignal | undefined;
}

export function toRecorderOptions({ stereo, signal: _signal, ...options }: RecordOptions): RecorderOptions {
  return stereo ? { ...options, source: 'both' } : options;
}

/** A recording under way. */
export interface Recording {
  readonly path: string;
  /** Finishes the file and says what is in it. */
  stop(): Promise<RecorderResult>;
  /**
   * Settles when the file is finished, by stop or by the end of the call; rejects with ERR_FILE by an error of the disk, ERR_LIMIT when the
   * file is as large as it may be. What was written until then is a whole file. Nobody has to listen.
   */
  readonly closed: Promise<RecorderResult>;
  /** Stops, and waits for the file. */
  [Symbol.asyncDispose](): Promise<void>;
}

export function startRecording(recorder: Recorder, signal: AbortSignal | undefined): Recording {
  const stop = (): Promise<RecorderResult> => recorder.stop();
  const abort = (): void => void stop();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const forget = (): void => signal?.removeEventListener('abort', abort);
  recorder.closed.then(forget, forget);
  return {
    path: recorder.path,
    stop,
    closed: recorder.closed,
    async [Symbol.asyncDispose](): Promise<void> {
      await stop().catch(() => undefined);
    },
  };
}
