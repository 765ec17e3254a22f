/**
 * A mixer: the streams of one room. Each hears everybody but itself. Membership is known here so that `size` needs no call; the audio is
 * the engine's. Made by MediaEngine.createMixer.
 */
import { check } from '../base/assert.js';
import { callNative } from './config.js';
import type { NativeEngine, NativeHandle, NativeRoomChange } from './native.js';
import type { Stream } from './stream.js';

export type MixerChange =
  | { readonly op: 'add' | 'set'; readonly stream: Stream; readonly muted: boolean; readonly deaf: boolean }
  | { readonly op: 'remove'; readonly stream: Stream };

export class Mixer {
  readonly #native: NativeEngine;
  readonly #room: NativeHandle;
  readonly #members = new Set<Stream>();
  readonly #onClose: (mixer: Mixer) => void;
  #closed = false;

  constructor(native: NativeEngine, room: NativeHandle, onClose: (mixer: Mixer) => void) {
    this.#native = native;
    this.#room = room;
    this.#onClose = onClose;
  }

  /** Members now, by the changes applied so far. */
  get size(): number {
    return this.#members.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Applies all changes at one tick edge, or none: throws ERR_CLOSED (this mixer, or a stream), ERR_DUPLICATE (added twice), ERR_NOT_FOUND
   * (not a member), ERR_INVALID_STATE (member of another mixer). Removing a stream that has closed does nothing: it left by itself.
   */
  apply(changes: readonly MixerChange[]): void {
    check(!this.#closed, 'the mixer is closed', 'ERR_CLOSED');
    const native: NativeRoomChange[] = [];
    for (const change of changes) {
      const { op, stream } = change;
      if (op === 'remove') {
        if (!stream.closed) native.push({ op, leg: stream.handle });
      } else {
        check(!stream.closed, 'the stream is closed', 'ERR_CLOSED');
        native.push({ op, leg: stream.handle, muted: change.muted, deaf: change.deaf });
      }
    }
    if (native.length === 0) return;
    callNative(() => this.#native.applyRoom(this.#room, native));
    for (const { op, stream } of changes) {
      if (op === 'add') this.#join(stream);
      else if (op === 'remove') this.leave(stream);
    }
  }

  /** Its members hear nobody from the next tick on, and go on as streams. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of [...this.#members]) this.leave(stream);
    this.#onClose(this);
    callNative(() => this.#native.closeRoom(this.#room));
  }

  /** @internal The stream closed, or was removed. */
  leave(stream: Stream): void {
    if (this.#members.delete(stream)) stream.mixer = undefined;
  }

  /** @internal The engine closed, and the room with it. */
  detach(): void {
    this.#closed = true;
    for (const stream of [...this.#members]) this.leave(stream);
  }

  #join(stream: Stream): void {
    this.#members.add(stream);
    stream.mixer = this;
  }
}
