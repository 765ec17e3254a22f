/**
 * Verbs on a session's audio that change no state of it: play, record, send digits, PCM in and out. They go straight to the media layer (house.md,
 * "One clock") and bypass the queue. All that they open ends with its session.
 */
import type {
  AudioReadable,
  AudioReadableOptions,
  AudioWritable,
  AudioWritableOptions,
  DtmfOptions,
  MediaLayer,
  Player,
  PlayOptions,
  Recorder,
  RecorderOptions,
  Sound,
} from '../media/index.js';
import type { SessionId } from '../session/index.js';

export class SessionAudio {
  readonly #media: MediaLayer;

  constructor(media: MediaLayer) {
    this.#media = media;
  }

  /** Reads the head of a sound file; throws MediaError ERR_FILE or ERR_INVALID_AUDIO when it could not be played. */
  check(path: string): void {
    this.#media.players.check(path);
  }

  /** Plays to the peer. Throws ERR_INVALID_STATE when the session has no media; a bad file rejects the player's `ended`. */
  play(sessionId: SessionId, sound: Sound, options?: PlayOptions): Player {
    return this.#media.players.play(sessionId, sound, options);
  }

  /** Records into a sound file. Throws ERR_FILE. */
  record(sessionId: SessionId, path: string, options: RecorderOptions = {}): Recorder {
    return this.#media.recorders.record(sessionId, path, options);
  }

  /** PCM of what the peer says, or hears. */
  readable(sessionId: SessionId, options?: AudioReadableOptions): AudioReadable {
    return this.#media.pcm.readable(sessionId, options);
  }

  /** PCM to the peer. */
  writable(sessionId: SessionId, options?: AudioWritableOptions): AudioWritable {
    return this.#media.pcm.writable(sessionId, options);
  }

  /** Sends digits as telephone events; resolves when the last one was sent. Rejects with ERR_NOT_NEGOTIATED, ERR_ABORTED. */
  sendDtmf(sessionId: SessionId, digits: string, options: DtmfOptions): Promise<void> {
    return this.#media.dtmf.send(sessionId, digits, options);
  }
}
