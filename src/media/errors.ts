/**
 * Errors of the engine → errors of the layer, with the SIP status that a peer should see. Pure; used by the files of media/ only.
 */
import { type ErrorCode, SessionError } from '../base/errors.js';
import { MediaError } from './types.js';

/** Want of a resource is 503 (try again later), anything else is a fault of ours. */
const statusOf: Partial<Record<ErrorCode, number>> = {
  ERR_NO_PORTS: 503,
  ERR_LIMIT: 503,
  ERR_ENGINE_BUSY: 503,
  ERR_CLOSED: 503,
  ERR_FILE: 500,
  ERR_INVALID_AUDIO: 500,
};

export function toMediaError(error: unknown): MediaError {
  if (error instanceof MediaError) return error;
  const code = error instanceof SessionError ? error.code : 'ERR_INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  return new MediaError(code, message, statusOf[code] ?? 500, { cause: error });
}
