/** Request-Line and Status-Line (RFC 3261 7.1, 7.2). Pure; called by parser.ts. */
import { DIGIT, find, isAll, isToken, SP } from './chars.js';
import type { HeaderIndex } from './header-index.js';
import { type ParseProblem, problem } from './problems.js';
import type { Scanner } from './scanner.js';
import { readUri } from './uri.js';
import type { RequestView, ResponseView } from './view.js';

/**
 * Fills method, uriText and uri. RFC 3261 7.1 wants exactly one space between the three parts and none after them; RFC 4475 3.1.2.8 to 3.1.2.10
 * let an element repair other spacing, and here it is refused.
 */
export function readRequestLine(view: RequestView, index: HeaderIndex, s: Scanner): ParseProblem | undefined {
  const { head } = view;
  const from = index.startLineFrom;
  const end = index.startLineEnd;
  const first = find(head, SP, from, end);
  const method = head.substring(from, first);
  if (!isToken(method)) return problem('not-sip');
  view.method = method;
  const second = find(head, SP, first + 1, end);
  const version = head.substring(second + 1, end);
  if (!/^SIP\/\d+\.\d+$/i.test(version)) return problem('bad-request-line');
  if (version.length !== 7 || !version.endsWith('2.0')) return problem('bad-version');
  view.uriText = head.substring(first + 1, second);
  s.at = first + 1;
  s.end = second;
  const uri = readUri(s);
  if (uri === undefined) return problem('bad-request-uri');
  view.uri = uri;
  // RFC 3261 19.1.1 table 1: no headers in a Request-URI; RFC 4475 3.1.2.11 lets us ignore or refuse them.
  if (uri.headers !== undefined) return problem('request-uri-headers');
  // RFC 3261 8.2.2.1. A tel URI names somebody who may well be reached here; what it means is for the layers above.
  if (uri.opaque !== undefined && uri.scheme !== 'tel') return problem('unsupported-scheme');
  return undefined;
}

/** Fills status and reason. */
export function readStatusLine(view: ResponseView, index: HeaderIndex): ParseProblem | undefined {
  const { head } = view;
  const from = index.startLineFrom;
  const end = index.startLineEnd;
  const first = find(head, SP, from, end);
  const second = find(head, SP, first + 1, end);
  if (head.substring(from, first).toUpperCase() !== 'SIP/2.0') return problem('bad-version');
  // The reason may be empty, the space before it may not be missing (RFC 3261 7.2).
  if (second === end || second - first !== 4 || !isAll(head, first + 1, second, DIGIT))
    return problem('bad-status-line');
  const status = Number(head.substring(first + 1, second));
  if (status < 100 || status > 699) return problem('bad-status-line');
  view.status = status;
  view.setReason(second + 1, end, index.startLineFlags);
  return undefined;
}
