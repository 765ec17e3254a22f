/**
 * Recorders by session: WAV and Ogg Opus, encoded and written in the engine on a thread of its own. Called by manager/ for verbs that
 * change no state of a session.
 */
import type { Recorder, RecorderOptions } from '../media-core/index.js';
import type { SessionId } from '../session/index.js';
import { toMediaError } from './errors.js';
import type { MediaManager } from './manager.js';

export type { Recorder, RecorderOptions, RecorderResult } from '../media-core/index.js';

export class MediaRecorders {
  readonly #manager: MediaManager;

  constructor(manager: MediaManager) {
    this.#manager = manager;
  }

  /** Throws ERR_FILE when the file cannot be made, ERR_INVALID_STATE without media. */
  record(sessionId: SessionId, path: string, options: RecorderOptions): Recorder {
    const stream = this.#manager.withStream(sessionId);
    try {
      return stream.record(path, options);
    } catch (error) {
      throw toMediaError(error);
    }
  }
}
