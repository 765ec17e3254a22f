/**
 * Verbs on a session's audio that change no state of it: play and record. They go straight to the media layer (house.md, "One
 * clock") and bypass the queue. A player or recorder ends with its session.
 */
import type { MediaLayer, Player, Recorder } from '../media/index.js';
import type { SessionId } from '../session/index.js';

export class SessionAudio {
  readonly #media: MediaLayer;

  constructor(media: MediaLayer) {
    this.#media = media;
  }

  /** Mono 8 kHz samples of a WAV file; throws MediaError ERR_FILE or ERR_INVALID_AUDIO naming the file. */
  load(path: string): Promise<Int16Array> {
    return this.#media.players.load(path);
  }

  /** Plays to the peer. Throws ERR_INVALID_STATE when the session has no media. */
  play(sessionId: SessionId, pcm: Int16Array, loop: boolean): Player {
    return this.#media.players.play(sessionId, pcm, loop);
  }

  /** Records to a WAV file: what the peer sends, or what it hears. Throws ERR_FILE. */
  record(sessionId: SessionId, path: string, source: 'received' | 'sent'): Recorder {
    return this.#media.players.record(sessionId, path, source);
  }
}
