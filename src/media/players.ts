/**
 * Players by session: sound files, streams of their bytes, samples and tones, decoded in the engine on a thread of its own. Called by
 * manager/ for verbs that change no state of a session.
 */
import { type ErrorCode, SessionError } from '../base/errors.js';
import type { MediaEngine, Player, PlayerOptions, PlaySource, ToneStep } from '../media-core/index.js';
import type { SessionId } from '../session/index.js';
import { toMediaError } from './errors.js';
import type { MediaManager } from './manager.js';
import { MediaError } from './types.js';

export type { Player } from '../media-core/index.js';

/**
 * What can be played: the path of a WAV or Ogg Opus file, such a file as bytes or as a stream of bytes (Node's or the web's), mono
 * samples, or tones.
 */
export type Sound =
  | string
  | Uint8Array
  | Int16Array
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | readonly ToneStep[];

export interface PlayOptions extends PlayerOptions {
  /** Of samples; 4000 to 192000 Hz, default 8000. */
  readonly rateHz?: number | undefined;
}

export class MediaPlayers {
  readonly #engine: MediaEngine;
  readonly #manager: MediaManager;

  constructor(engine: MediaEngine, manager: MediaManager) {
    this.#engine = engine;
    this.#manager = manager;
  }

  /** Reads the head of a sound file. Throws MediaError ERR_FILE or ERR_INVALID_AUDIO naming the file. */
  check(path: string): void {
    try {
      this.#engine.checkSound(path);
    } catch (error) {
      throw toMediaError(error);
    }
  }

  /** What is wrong with a file or stream rejects the player's `ended`. Throws ERR_INVALID_STATE without media. */
  play(sessionId: SessionId, sound: Sound, options: PlayOptions = {}): Player {
    const stream = this.#manager.withStream(sessionId);
    const bytes = toByteStream(sound);
    try {
      const player = stream.play(bytes ? { stream: true } : toSource(sound, options.rateHz), options);
      if (bytes) void pump(bytes, player);
      return player;
    } catch (error) {
      throw toMediaError(error);
    }
  }
}

function toSource(sound: Sound, rateHz: number | undefined): PlaySource {
  if (typeof sound === 'string') return { path: sound };
  if (sound instanceof Int16Array) return { samples: sound, rateHz };
  if (sound instanceof Uint8Array) return { bytes: sound };
  if (Array.isArray(sound)) return { tones: sound as readonly ToneStep[] };
  throw new MediaError(
    'ERR_INVALID_ARGUMENT',
    'a sound is a path, a Uint8Array, an Int16Array, a stream of bytes, or a list of tones',
    500,
  );
}

function toByteStream(sound: Sound): AsyncIterator<unknown> | undefined {
  if (typeof sound !== 'object' || sound === null || !(Symbol.asyncIterator in sound)) return undefined;
  return (sound as AsyncIterable<unknown>)[Symbol.asyncIterator]();
}

/** Feeds a player; when it ends first, the stream is told that nobody wants the rest. */
async function pump(bytes: AsyncIterator<unknown>, player: Player): Promise<void> {
  const over = player.ended.then(
    () => undefined,
    () => undefined,
  );
  try {
    for (;;) {
      const next = await Promise.race([bytes.next(), over]);
      if (next === undefined || player.done) {
        await bytes.return?.();
        return;
      }
      if (next.done) break;
      await player.feed(toBytes(next.value));
    }
    player.endFeed();
  } catch (error) {
    const code: ErrorCode = error instanceof SessionError ? error.code : 'ERR_FILE';
    const reason = error instanceof Error ? error.message : String(error);
    player.fail(new SessionError(code, `the stream to be played failed: ${reason}`, { cause: error }));
  }
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new SessionError('ERR_INVALID_ARGUMENT', 'a stream of a sound file gives Uint8Array, without an encoding');
}
