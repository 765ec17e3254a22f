/**
 * The audio of a call as PCM, for programs that listen and speak: `call.audio`. Streams are Node's; each is an async iterable, and
 * `Readable.toWeb`, `Writable.toWeb` make web streams of them. Holds nothing but the writable that was opened last.
 */
import { SessionError } from '../base/errors.js';
import type { SessionManager } from '../manager/index.js';
import type { AudioReadable, AudioReadableOptions, AudioWritable, AudioWritableOptions } from '../media/index.js';

export class CallAudio {
  readonly #manager: SessionManager;
  readonly #callId: string;
  #speaking: AudioWritable | undefined;

  /** Made by Call only. */
  constructor(manager: SessionManager, callId: string) {
    this.#manager = manager;
    this.#callId = callId;
  }

  /**
   * What the peer says (or, with `source: 'sent'`, hears) as mono PCM at 8, 16, 24 or 48 kHz. Ends with the call. A consumer that does not
   * read delays nothing: the oldest is dropped and counted. Throws ERR_INVALID_STATE before and after the call has media.
   */
  readable(options: AudioReadableOptions = {}): AudioReadable {
    return this.#manager.audio.readable(this.#callId, options);
  }

  /**
   * Mono PCM at 8, 16, 24 or 48 kHz to the peer, over what it hears already. A producer that does not write is silence, and is counted.
   * Throws as {@link readable}.
   */
  writable(options: AudioWritableOptions = {}): AudioWritable {
    this.#speaking = this.#manager.audio.writable(this.#callId, options);
    return this.#speaking;
  }

  /** {@link AudioWritable.mark} of the writable opened last. */
  mark(name: string): void {
    this.#current().mark(name);
  }

  /** {@link AudioWritable.clear} of the writable opened last: barge-in. */
  clear(): string[] {
    return this.#current().clear();
  }

  #current(): AudioWritable {
    if (!this.#speaking) throw new SessionError('ERR_INVALID_STATE', 'nothing was opened with audio.writable()');
    return this.#speaking;
  }
}
