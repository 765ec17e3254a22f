/** Digits by INFO, one after another. Used by Call. */
import { SessionError } from '../base/errors.js';
import { digitContent, type SessionManager } from '../manager/index.js';
import { SipError } from './types.js';

export interface InfoDtmfOptions {
  /** `info`: as INFO with application/dtmf-relay. */
  readonly via: 'info';
  /** How long each digit lasts, 40 to 10 000 ms; default 160. */
  readonly durationMs?: number | undefined;
  /** Silence between two digits, at most 10 000 ms; default 100. */
  readonly gapMs?: number | undefined;
}

/** Sends digits one after another, each when the one before was taken; rejects with SipError when the peer refuses one. */
export async function sendDigits(
  manager: SessionManager,
  sessionId: string,
  digits: string,
  { durationMs = 160, gapMs = 100 }: InfoDtmfOptions,
): Promise<void> {
  if (!/^[0-9*#A-Da-d]{1,64}$/.test(digits))
    throw new SessionError('ERR_INVALID_ARGUMENT', `digits: '${digits}' is not one to 64 of 0–9, *, #, A–D`);
  if (!(durationMs >= 40 && durationMs <= 10_000 && gapMs >= 0 && gapMs <= 10_000))
    throw new SessionError('ERR_INVALID_ARGUMENT', 'a digit lasts 40 to 10 000 ms, a gap at most 10 000 ms');
  let first = true;
  for (const digit of digits.toUpperCase()) {
    // An INFO is a digit as a whole; who plays it at the other end needs the time for it.
    if (!first) await new Promise<void>((resolve) => manager.clock.after(durationMs + gapMs, resolve));
    first = false;
    const content = digitContent(digit, durationMs);
    const { status, reason, response } = await manager.messaging.requestInside(sessionId, 'INFO', { content });
    if (status < 300) continue;
    throw new SipError('ERR_REJECTED', `${status} ${reason}`, { status, reason, response });
  }
}
