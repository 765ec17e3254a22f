/**
 * INFO as a session understands it (RFC 6086): a digit in one of the two forms that telephones and gateways send, or a message for the
 * application; and the digit on its way out. One-sided, since media tells its digits by itself. Pure.
 */
import type { SipRequest } from '../dialog-core/index.js';
import type { DialogFact } from '../session/index.js';
import type { Content } from './messaging.js';

/** How long a digit lasts that does not say it, as RFC 4733 senders have it. */
const usualDurationMs = 160;
const maxDurationMs = 10_000;

type InfoFact = Extract<DialogFact, { type: 'info' | 'dtmf' }>;

export function toInfo(request: SipRequest): InfoFact {
  const infoPackage = request.header('info-package');
  // A package says what its body means, whatever the type (RFC 6086 4.2.2).
  const digit = infoPackage === undefined ? toDigit(request.contentType, request.bodyText()) : undefined;
  if (digit) return { type: 'dtmf', ...digit };
  const { contentType, body } = request;
  return { type: 'info', info: { infoPackage, contentType, body, message: request } };
}

/**
 * `application/dtmf-relay`: lines `Signal=5` and `Duration=160`, in milliseconds. `application/dtmf`: the digit alone. Both also say 10 for
 * the star and 11 for the hash. Undefined for everything else.
 */
export function toDigit(
  contentType: string | undefined,
  text: string,
): { readonly digit: string; readonly durationMs: number } | undefined {
  if (contentType === 'application/dtmf') {
    const digit = readDigit(text);
    return digit === undefined ? undefined : { digit, durationMs: usualDurationMs };
  }
  if (contentType !== 'application/dtmf-relay') return undefined;
  const digit = readDigit(/^[ \t]*Signal[ \t]*=(.*)$/im.exec(text)?.[1] ?? '');
  if (digit === undefined) return undefined;
  const duration = Number(/^[ \t]*Duration[ \t]*=[ \t]*(\d{1,6})[ \t]*$/im.exec(text)?.[1] ?? usualDurationMs);
  return { digit, durationMs: Math.min(duration, maxDurationMs) };
}

function readDigit(text: string): string | undefined {
  const value = text.trim().toUpperCase();
  if (value === '10') return '*';
  if (value === '11') return '#';
  return /^[0-9*#A-D]$/.test(value) ? value : undefined;
}

/** One digit as the body of an INFO, in the form that more peers understand. */
export function digitContent(digit: string, durationMs: number): Content {
  const data = `Signal=${digit}\r\nDuration=${Math.round(durationMs)}\r\n`;
  return { contentType: 'application/dtmf-relay', data };
}
