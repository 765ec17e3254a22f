/**
 * Rooms by the caller's key over the engine's mixers: the owner of that map. One call applies all changes at one tick edge. Called by
 * manager/ with the differences that bridge/conference.ts computes.
 */
import type { MediaEngine, Mixer, MixerChange, Stream } from '../media-core/index.js';
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
      const applies = this.#toMixerChange(change, stream);
      if (applies) applied.push(applies);
    }
    if (applied.length > 0) mixer.apply(applied);
  }

  #toMixerChange(change: RoomChange, stream: Stream): MixerChange | undefined {
    if (change.op === 'remove') return { op: 'remove', stream };
    if (change.op === 'relate') {
      const { hears, gainDb } = change;
      const speaker = this.#manager.streamOf(change.speaker);
      return speaker && { op: 'relate', stream, speaker, hears, gainDb };
    }
    const { sessionId: _, ...settings } = change;
    return { ...settings, stream };
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
