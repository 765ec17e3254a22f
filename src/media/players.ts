/**
 * Players and recorders by session: files in, files out, never through the event loop once they run. Called by manager/ for verbs that
 * change no state of a session.
 */
import { readFile, stat } from 'node:fs/promises';
import type { MediaEngine, Player, Recorder } from '../media-core/index.js';
import type { SessionId } from '../session/index.js';
import { toMediaError } from './errors.js';
import type { MediaManager } from './manager.js';
import { MediaError } from './types.js';

/** A file is decoded as a whole into memory: ten minutes of 48 kHz stereo fit. */
const maxFileBytes = 128 * 1024 * 1024;

export type { Player, Recorder, RecorderResult } from '../media-core/index.js';

export class MediaPlayers {
  readonly #engine: MediaEngine;
  readonly #manager: MediaManager;

  constructor(engine: MediaEngine, manager: MediaManager) {
    this.#engine = engine;
    this.#manager = manager;
  }

  /** Mono 8 kHz samples of a WAV file. Throws MediaError ERR_FILE or ERR_INVALID_AUDIO naming the file. */
  async load(path: string): Promise<Int16Array> {
    try {
      const { size } = await stat(path);
      if (size > maxFileBytes)
        throw new MediaError('ERR_FILE', `${path} has ${size} bytes; at most ${maxFileBytes} can be played`, 500);
      return this.#engine.loadWav(await readFile(path));
    } catch (error) {
      throw fileError(path, error);
    }
  }

  play(sessionId: SessionId, pcm: Int16Array, loop: boolean): Player {
    return this.#stream(sessionId).play(pcm, { loop });
  }

  /** @param source `received`: what the peer sends; `sent`: what it hears. */
  record(sessionId: SessionId, path: string, source: 'received' | 'sent'): Recorder {
    try {
      return this.#stream(sessionId).record(path, source);
    } catch (error) {
      throw fileError(path, error);
    }
  }

  #stream(sessionId: SessionId): NonNullable<ReturnType<MediaManager['streamOf']>> {
    const stream = this.#manager.streamOf(sessionId);
    if (!stream) throw new MediaError('ERR_INVALID_STATE', 'the call has no media (not answered yet, or over)', 500);
    return stream;
  }
}

/** Errors of files name the file and the system's reason. */
function fileError(path: string, error: unknown): MediaError {
  if (error instanceof MediaError) return error;
  const wrapped = toMediaError(error);
  const system = (error as NodeJS.ErrnoException).syscall !== undefined;
  const code = system ? 'ERR_FILE' : wrapped.code;
  return new MediaError(code, `${path}: ${wrapped.message}`, wrapped.status, { cause: error });
}
