/**
 * Digits out by session, as telephone events. Called by manager/ for a verb that changes no state of a session.
 */
import type { DtmfOptions } from '../media-core/index.js';
import type { SessionId } from '../session/index.js';
import { toMediaError } from './errors.js';
import type { MediaManager } from './manager.js';
import { MediaError } from './types.js';

export class MediaDtmf {
  readonly #manager: MediaManager;

  constructor(manager: MediaManager) {
    this.#manager = manager;
  }

  /** Resolves when the last digit was sent. */
  async send(sessionId: SessionId, digits: string, options: DtmfOptions): Promise<void> {
    const stream = this.#manager.streamOf(sessionId);
    if (!stream) throw new MediaError('ERR_INVALID_STATE', 'the call has no media (not answered yet, or over)', 500);
    try {
      await stream.sendDtmf(digits, options);
    } catch (error) {
      throw toMediaError(error);
    }
  }
}
