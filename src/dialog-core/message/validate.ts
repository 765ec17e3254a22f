/**
 * The checks behind "never fails" in message.ts: the headers that every message must have (RFC 3261 8.1.1) and those that the stack relies on
 * are scanned here and refused when they are malformed. Pure; called by parser.ts.
 */
import { AT, SEMICOLON, SLASH, STAR, skip, TOKEN, WORD } from './chars.js';
import { type HeaderIndex, NUMBER_MASK, STRIDE, UNCLEAN } from './header-index.js';
import { buildCSeq, isMethodAt, scanCSeq } from './headers/cseq.js';
import { isSipDate } from './headers/date.js';
import { isBracketed, scanNameAddr } from './headers/name-addr.js';
import {
  CALL_ID,
  CONTACT,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  CSEQ,
  DATE,
  FROM,
  isSingle,
  MAX_FORWARDS,
  RECORD_ROUTE,
  ROUTE,
  TO,
  UNKNOWN,
  VIA,
} from './headers/names.js';
import { buildParam, headerParams } from './headers/params.js';
import { buildSentBy, buildVia, scanSentBy, scanVia } from './headers/via.js';
import { type ParseProblem, type ProblemCode, problem } from './problems.js';
import { type Source, skipSpace, skipSpaced, sourceOf } from './source.js';
import type { RequestView, ResponseView } from './view.js';

type AnyView = RequestView | ResponseView;

/** Checks every header line that has a rule; fills the view's Via, CSeq and tags; returns the first fault. */
export function checkHeaders(view: AnyView, index: HeaderIndex): ParseProblem | undefined {
  let fault: ParseProblem | undefined;
  const { lines } = view;
  const { first } = index;
  for (let line = 0; line < lines.length; line += STRIDE) {
    const number = lines[line]! & NUMBER_MASK;
    if (number === UNKNOWN || number > DATE) continue;
    // Later lines of a single-valued header are refused as duplicates already.
    const isFirst = first[number]! * STRIDE === line;
    if (!isFirst && isSingle(number)) continue;
    let code: ProblemCode | undefined;
    if ((lines[line]! & UNCLEAN) === 0) {
      code = checkLine(view, number, isFirst, view, lines[line + 3]!, lines[line + 4]!);
    } else {
      const source = sourceOf(view.valueAt(line));
      code = checkLine(view, number, isFirst, source, 0, source.bytes.length);
    }
    if (code !== undefined) fault ??= problem(code);
  }
  if (first[VIA]! < 0) return problem('missing-via');
  if (first[FROM]! < 0) return problem('missing-from');
  if (first[TO]! < 0) return problem('missing-to');
  if (first[CALL_ID]! < 0) return problem('missing-call-id');
  if (first[CSEQ]! < 0) return problem('missing-cseq');
  // Max-Forwards is not among them: RFC 2543 did not have it, and RFC 4475 3.4.1 wants such requests accepted. Nor is Contact, which
  // only some methods need.
  return fault;
}

/** Whether a reply to a refused request could be addressed. */
export function canReply(view: AnyView): boolean {
  return view.topVia.host !== '';
}

function checkLine(
  view: AnyView,
  number: number,
  isFirst: boolean,
  source: Source,
  from: number,
  end: number,
): ProblemCode | undefined {
  const { bytes } = source;
  switch (number) {
    case VIA:
      return checkVia(view, isFirst, source, from, end);
    case FROM:
      if (!isTagged(bytes, from, end)) return 'bad-from';
      view.fromTag = buildParam(source.text, tag);
      return undefined;
    case TO:
      if (!isTagged(bytes, from, end)) return 'bad-to';
      view.toTag = buildParam(source.text, tag);
      return undefined;
    case CALL_ID:
      return isCallId(bytes, from, end) ? undefined : 'bad-call-id';
    case CSEQ:
      return checkCSeq(view, source, from, end);
    case CONTACT:
      return isContact(bytes, from, end) ? undefined : 'bad-contact';
    case CONTENT_LENGTH:
      return checkContentLength(view, bytes, from, end);
    case CONTENT_TYPE:
      return isMediaType(bytes, from, end) ? undefined : 'bad-content-type';
    case MAX_FORWARDS:
      return isNumber(bytes, from, end, 255) ? undefined : 'bad-max-forwards';
    case ROUTE:
      return isRoute(bytes, from, end) ? undefined : 'bad-route';
    case RECORD_ROUTE:
      return isRoute(bytes, from, end) ? undefined : 'bad-record-route';
    case DATE:
      // A response with a strange Date is worth more than the date; a request is refused as RFC 4475 3.1.2.12 allows.
      return view.kind === 'request' && !isSipDate(bytes, from, end) ? 'bad-date' : undefined;
    default:
      return undefined;
  }
}

function checkVia(view: AnyView, isFirst: boolean, source: Source, from: number, end: number): ProblemCode | undefined {
  const { bytes, text } = source;
  let at = scanVia(bytes, from, end);
  if (isFirst && at >= 0) view.topVia = buildVia(text);
  // RFC 4475 3.1.2.1: the sent-by before garbage is enough to answer.
  else if (isFirst && scanSentBy(bytes, from, end) >= 0) view.topVia = buildSentBy(text);
  if (at < 0 || (isFirst && view.topVia.version !== '2.0')) return 'bad-via';
  if (isFirst && view.kind === 'request' && isCookieAlone(view.topVia.branch)) return 'bad-branch';
  while (at < end) {
    at = scanVia(bytes, at + 1, end);
    if (at < 0) return 'bad-via';
  }
  return undefined;
}

/** From or To: one address whose tag, where it has one, is a token. */
function isTagged(bytes: Uint8Array, from: number, end: number): boolean {
  if (scanNameAddr(bytes, from, end) !== end) return false;
  tag = headerParams.indexOf(bytes, tagName);
  if (tag < 0) return true;
  const tagFrom = headerParams.at[tag * 4 + 2]!;
  const tagEnd = headerParams.at[tag * 4 + 3]!;
  return tagEnd > tagFrom && skip(bytes, tagFrom, tagEnd, TOKEN) === tagEnd;
}

const tagName = Buffer.from('tag');
/** Index of the tag among the parameters of the address checked last, or -1. */
let tag = -1;

/** Whether a branch is the magic cookie with nothing behind it (RFC 4475 3.2.1). */
function isCookieAlone(branch: string | undefined): boolean {
  return branch?.length === 7 && branch.toLowerCase() === 'z9hg4bk';
}

/** `word [ "@" word ]`. */
function isCallId(bytes: Uint8Array, from: number, end: number): boolean {
  const at = skip(bytes, from, end, WORD);
  if (at === end || at === from) return at > from;
  return bytes[at] === AT && at + 1 < end && skip(bytes, at + 1, end, WORD) === end;
}

function checkCSeq(view: AnyView, source: Source, from: number, end: number): ProblemCode | undefined {
  const { bytes, text } = source;
  if (!scanCSeq(bytes, from, end)) return 'bad-cseq';
  view.cseq = buildCSeq(text);
  if (view.kind === 'response') return undefined;
  // RFC 3261 8.1.1.5. For a method nobody knows RFC 4475 3.1.2.18 would rather see 501, and accepts 400.
  return isMethodAt(bytes, view.bytes, view.methodFrom, view.methodEnd) ? undefined : 'cseq-method';
}

/** `*` alone, or addresses. */
function isContact(bytes: Uint8Array, from: number, end: number): boolean {
  if (end - from === 1 && bytes[from] === STAR) return true;
  let at = scanNameAddr(bytes, from, end);
  while (at >= 0 && at < end) at = scanNameAddr(bytes, at + 1, end);
  return at === end;
}

/** RFC 3261 18.3 for datagrams: octets behind the body are dropped, a body that is cut off is refused. */
function checkContentLength(view: AnyView, bytes: Uint8Array, from: number, end: number): ProblemCode | undefined {
  if (!isNumber(bytes, from, end, Number.MAX_SAFE_INTEGER)) return 'bad-content-length';
  if (scannedNumber > view.bodyEnd - view.bodyFrom) return 'body-too-short';
  view.bodyEnd = view.bodyFrom + scannedNumber;
  return undefined;
}

let scannedNumber = 0;

/** Whether exactly these bytes are digits of a number up to `max`. */
function isNumber(bytes: Uint8Array, from: number, end: number, max: number): boolean {
  let value = 0;
  for (let at = from; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return false;
    value = value * 10 + digit;
    if (value > max) return false;
  }
  scannedNumber = value;
  return end > from;
}

/** Type and subtype; what follows the semicolon is read by those who need it. */
function isMediaType(bytes: Uint8Array, from: number, end: number): boolean {
  const typeEnd = skip(bytes, from, end, TOKEN);
  const subtypeFrom = skipSpaced(bytes, typeEnd, end, SLASH);
  if (typeEnd === from || subtypeFrom < 0) return false;
  const subtypeEnd = skip(bytes, subtypeFrom, end, TOKEN);
  const at = skipSpace(bytes, subtypeEnd, end);
  return subtypeEnd > subtypeFrom && (at === end || bytes[at] === SEMICOLON);
}

/** Addresses of Route and Record-Route stand in brackets (RFC 3261 25.1, name-addr). */
function isRoute(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from - 1;
  do {
    at = scanNameAddr(bytes, at + 1, end);
    if (at < 0 || !isBracketed(bytes)) return false;
  } while (at < end);
  return true;
}
