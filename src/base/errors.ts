/**
 * The one error type of the library. Pure; every layer throws it or a subclass of it (DialogError, MediaError, SipError), so that
 * a user can switch on `code` wherever an error surfaces. Messages may change between releases, codes may not.
 */

/** Stable error codes. A code names what went wrong, not where; the layer is told by the subclass. */
export type ErrorCode =
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_INVALID_STATE'
  | 'ERR_INVALID_URI'
  | 'ERR_INVALID_HEADER'
  | 'ERR_INVALID_SDP'
  | 'ERR_NO_COMMON_CODEC'
  | 'ERR_NOT_NEGOTIATED'
  | 'ERR_CLOSED'
  | 'ERR_ABORTED'
  | 'ERR_TIMEOUT'
  | 'ERR_REJECTED'
  | 'ERR_CANCELLED'
  | 'ERR_NOT_FOUND'
  | 'ERR_DUPLICATE'
  | 'ERR_LIMIT'
  | 'ERR_TRANSPORT'
  | 'ERR_ADDRESS_IN_USE'
  | 'ERR_ADDRESS_NOT_AVAILABLE'
  | 'ERR_UNRESOLVABLE'
  | 'ERR_NO_BINARY'
  | 'ERR_NO_PORTS'
  | 'ERR_FILE_DESCRIPTORS'
  | 'ERR_ENGINE_BUSY'
  | 'ERR_STALE_HANDLE'
  | 'ERR_FILE'
  | 'ERR_INVALID_AUDIO'
  | 'ERR_CONFIG'
  | 'ERR_INTERNAL';

/** An error with a stable {@link ErrorCode} and, where another error caused it, that error as `cause`. */
export class SessionError extends Error {
  override readonly name: string = 'SessionError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Returns `error` when it is a SessionError already, otherwise wraps it as `code` with the original as `cause`. */
export function toSessionError(error: unknown, code: ErrorCode = 'ERR_INTERNAL'): SessionError {
  if (error instanceof SessionError) return error;
  return new SessionError(code, error instanceof Error ? error.message : String(error), { cause: error });
}
