/**
 * Rooms by the caller's key over the engine's mixers: the owner of that map. One call applies all changes at one tick edge. Called by
 * manager/ with the differences that bridge/conference.ts computes.
 */
import type { MediaEngine, Mixer, MixerChange } from '../media-core/index.js';
import type { RoomChange, RoomPort } from '../session/index.js';
import { toMediaError } from './errors.js';
import type { MediaManager } from './manager.js';
import { MediaError } from './types.js';

export class MediaRooms implements RoomPort {
  readonly #engine: MediaEngine;
  readonly #manager: MediaManager;
  readonly #mixers = new Map<string, Mixer>();

  constructor(engine: MediaEngine, manager: MediaManager) {
    this.#engine = engine;
    this.#manager = manager;
  }

  openRoom(roomId: string, options: { readonly loudest: number | 'all' }): void {
    if (this.#mixers.has(roomId)) throw new MediaError('ERR_DUPLICATE', `room ${roomId} is open`, 500);
    try {
      this.#mixers.set(roomId, this.#engine.createMixer(options));
    } catch (error) {
      throw toMediaError(error);
    }
  }

  /** A session without media any more is passed over: its stream left the mixer when it closed. */
  applyRoom(roomId: string, changes: readonly RoomChange[]): void {
    const mixer = this.#mixers.get(roomId);
    if (!mixer) throw new MediaError('ERR_NOT_FOUND', `there is no room ${roomId}`, 500);
    const applied: MixerChange[] = [];
    for (const change of changes) {
      const stream = this.#manager.streamOf(change.sessionId);
      if (!stream) continue;
      if (change.op === 'remove') applied.push({ op: 'remove', stream });
      else applied.push({ op: change.op, stream, muted: change.muted, deaf: change.deaf });
    }
    if (applied.length > 0) mixer.apply(applied);
  }

  closeRoom(roomId: string): void {
    const mixer = this.#mixers.get(roomId);
    this.#mixers.delete(roomId);
    mixer?.close();
  }

  get size(): number {
    return this.#mixers.size;
  }
}
