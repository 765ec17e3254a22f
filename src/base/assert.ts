/**
 * Checks on our own logic and on what users pass in. Pure. Never used on network input, which is answered or counted instead.
 */
import { type ErrorCode, SessionError } from './errors.js';

/** Throws ERR_INTERNAL when an invariant of this library does not hold; a failure is a defect of ours. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new SessionError('ERR_INTERNAL', `invariant broken: ${message}`);
}

/** Throws `code` (default ERR_INVALID_ARGUMENT) when a caller misused a function. */
export function check(
  condition: unknown,
  message: string,
  code: ErrorCode = 'ERR_INVALID_ARGUMENT',
): asserts condition {
  if (!condition) throw new SessionError(code, message);
}

/** Makes the compiler prove that a union was handled exhaustively. */
export function unreachable(value: never): never {
  throw new SessionError('ERR_INTERNAL', `unexpected value: ${JSON.stringify(value)}`);
}
