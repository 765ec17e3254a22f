/**
 * A mixer: the streams of one room. Each hears everybody but itself. Membership is known here so that `size` needs no call; the audio is
 * the engine's. Made by MediaEngine.createMixer.
 */
import { check } from '../base/assert.js';
import { callNative } from './config.js';
import type { NativeEngine, NativeHandle, NativeRoomChange } from './native.js';
import type { Stream } from './stream.js';

const normalPriority = 3;

/** What a member is to the others, and they to it. Gains are −60…20 dB, default 0; all changes fade within 20 ms. */
export interface MixerMember {
  /** Nobody hears this stream. */
  readonly muted: boolean;
  /** This stream hears nobody. */
  readonly deaf: boolean;
  /** Only those hear this stream who always do; default false. */
  readonly apart?: boolean | undefined;
  /** Of the stream's voice, to all. */
  readonly gainInDb?: number | undefined;
  /** Of the room, to the stream; not of what is played to it. */
  readonly gainOutDb?: number | undefined;
  /** Who is chosen first among those who talk: 0 (background) … 5 (emergency); default 3. */
  readonly priority?: number | undefined;
}

export type MixerChange =
  | ({ readonly op: 'add' | 'set'; readonly stream: Stream } & MixerMember)
  /** How `stream` hears `speaker`: as all do, never, louder or quieter than all do, or also when others do not. */
  | {
      readonly op: 'relate';
      readonly stream: Stream;
      readonly speaker: Stream;
      readonly hears: 'usual' | 'never' | 'scaled' | 'always';
      readonly gainDb: number;
    }
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
   * (not a member), ERR_INVALID_STATE (member of another mixer), ERR_INVALID_ARGUMENT (a gain out of range, a stream related with itself).
   * Removing a stream that has closed does nothing: it left by itself.
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
        native.push(toNative(change));
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

function toNative(change: Exclude<MixerChange, { op: 'remove' }>): NativeRoomChange {
  const leg = change.stream.handle;
  if (change.op === 'relate') {
    const { op, speaker, hears, gainDb } = change;
    check(!speaker.closed, 'the stream is closed', 'ERR_CLOSED');
    return { op, leg, speaker: speaker.handle, hears, gainDb };
  }
  const { op, muted, deaf, apart = false, gainInDb = 0, gainOutDb = 0, priority = normalPriority } = change;
  return { op, leg, muted, deaf, apart, gainInDb, gainOutDb, priority };
}
