/** Request-Line and Status-Line (RFC 3261 7.1, 7.2). Pure; called by parser.ts. */
import { DIGIT, find, SLASH, SP, skip, TOKEN } from './chars.js';
import type { HeaderIndex } from './header-index.js';
import { type ParseProblem, problem } from './problems.js';
import { requestUriProblem } from './uri.js';
import type { RequestView, ResponseView } from './view.js';

/**
 * Marks method and Request-URI. RFC 3261 7.1 wants exactly one space between the three parts and none after them; RFC 4475 3.1.2.8 to
 * 3.1.2.10 let an element repair other spacing, and here it is refused.
 */
export function scanRequestLine(view: RequestView, index: HeaderIndex): ParseProblem | undefined {
  const { bytes } = view;
  const from = index.startLineFrom;
  const end = index.startLineEnd;
  view.methodFrom = from;
  view.methodEnd = skip(bytes, from, end, TOKEN);
  if (view.methodEnd === from || view.methodEnd === end || bytes[view.methodEnd] !== SP) return problem('not-sip');
  view.uriFrom = view.methodEnd + 1;
  view.uriEnd = find(bytes, SP, view.uriFrom, end);
  const fault = versionProblem(bytes, view.uriEnd + 1, end);
  return fault ?? requestUriProblem(bytes, view.uriFrom, view.uriEnd);
}

/** `SIP/2.0`, in any case (RFC 3261 7.1). */
function versionProblem(data: Uint8Array, from: number, end: number): ParseProblem | undefined {
  if (!isSip(data, from, end)) return problem('bad-request-line');
  if (isVersion2(data, from, end)) return undefined;
  const version = Buffer.from(data.subarray(from + 4, Math.min(end, from + 16))).toString('latin1');
  return problem(/^\d+\.\d+$/.test(version) ? 'bad-version' : 'bad-request-line');
}

/** Whether `SIP/` stands there. No method can begin like this, since '/' is no token character. */
export function isSip(data: Uint8Array, from: number, end: number): boolean {
  if (from + 4 > end || data[from + 3] !== SLASH) return false;
  return (data[from]! | 32) === 115 && (data[from + 1]! | 32) === 105 && (data[from + 2]! | 32) === 112;
}

function isVersion2(data: Uint8Array, from: number, end: number): boolean {
  return end - from === 7 && data[from + 4] === 50 && data[from + 5] === 46 && data[from + 6] === 48;
}

/** Fills the status and marks the reason phrase. */
export function scanStatusLine(view: ResponseView, index: HeaderIndex): ParseProblem | undefined {
  const { bytes } = view;
  const from = index.startLineFrom;
  const end = index.startLineEnd;
  const first = find(bytes, SP, from, end);
  const second = find(bytes, SP, first + 1, end);
  if (!isVersion2(bytes, from, first)) return problem('bad-version');
  // The reason may be empty, the space before it may not be missing (RFC 3261 7.2).
  if (second === end || second - first !== 4 || skip(bytes, first + 1, second, DIGIT) !== second) {
    return problem('bad-status-line');
  }
  const status = Number(view.text.substring(first + 1, second));
  if (status < 100 || status > 699) return problem('bad-status-line');
  view.status = status;
  view.reasonFrom = second + 1;
  view.reasonEnd = end;
  view.reasonFlags = index.startLineFlags;
  return undefined;
}
