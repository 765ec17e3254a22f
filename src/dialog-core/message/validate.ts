/**
 * The checks behind "never fails" in message.ts: the headers that every message must have (RFC 3261 8.1.1) and those that the stack relies on
 * are parsed here, kept in the view, and refused when they are malformed. Pure; called by parser.ts.
 */
import { AT, COMMA, DIGIT, isToken, LESS, QUOTE, SEMICOLON, SLASH, TOKEN, WORD } from './chars.js';
import { type HeaderIndex, NON_ASCII, NUMBER_MASK, STRIDE, UNCLEAN } from './header-index.js';
import { readCSeq } from './headers/cseq.js';
import { isSipDate } from './headers/date.js';
import { type NameAddr, readNameAddr } from './headers/name-addr.js';
import * as names from './headers/names.js';
import { noParams } from './headers/params.js';
import { readSentBy, readVia } from './headers/via.js';
import { type ParseProblem, type ProblemCode, problem } from './problems.js';
import type { Scanner } from './scanner.js';
import { RequestView, type ResponseView } from './view.js';

type AnyView = RequestView | ResponseView;

/**
 * Max-Forwards is not among them: RFC 2543 did not have it, and RFC 4475 3.4.1 wants such requests accepted. Nor is Contact, which only
 * some methods need.
 */
const mandatory: readonly (readonly [number: number, code: ProblemCode])[] = [
  [names.VIA, 'missing-via'],
  [names.FROM, 'missing-from'],
  [names.TO, 'missing-to'],
  [names.CALL_ID, 'missing-call-id'],
  [names.CSEQ, 'missing-cseq'],
];

/** Checks every header line that has a rule and fills the view; returns the first fault. */
export function checkHeaders(view: AnyView, index: HeaderIndex, s: Scanner): ParseProblem | undefined {
  let fault: ParseProblem | undefined;
  const { lines } = view;
  for (let line = 0; line < lines.length; line += STRIDE) {
    const number = lines[line]! & NUMBER_MASK;
    if (number === names.UNKNOWN || number > names.DATE) continue;
    const isFirst = index.first[number]! * STRIDE === line;
    if (!isFirst && names.isSingle(number)) continue;
    if ((lines[line]! & (UNCLEAN | NON_ASCII)) === 0) {
      s.text = view.head;
      s.at = lines[line + 3]!;
      s.end = lines[line + 4]!;
    } else {
      s.text = view.valueAt(line);
      s.at = 0;
      s.end = s.text.length;
    }
    const code = checkLine(view, number, isFirst, s);
    if (code !== undefined) fault ??= problem(code);
  }
  for (const [number, code] of mandatory) if (index.first[number]! < 0) return problem(code);
  return fault;
}

/** Whether a reply to a refused request could be addressed. */
export function canReply(view: AnyView): boolean {
  return view.topVia.host !== '';
}

function checkLine(view: AnyView, number: number, isFirst: boolean, s: Scanner): ProblemCode | undefined {
  switch (number) {
    case names.VIA:
      return checkVia(view, isFirst, s);
    case names.FROM:
      view.from = readTagged(s) ?? view.from;
      return view.from.uriText === '' ? 'bad-from' : undefined;
    case names.TO:
      view.to = readTagged(s) ?? view.to;
      return view.to.uriText === '' ? 'bad-to' : undefined;
    case names.CALL_ID:
      return isCallId(s) ? undefined : 'bad-call-id';
    case names.CSEQ:
      return checkCSeq(view, s);
    case names.CONTACT:
      return checkContact(view, isFirst, s);
    case names.CONTENT_LENGTH:
      return checkContentLength(view, s);
    case names.CONTENT_TYPE:
      return isMediaType(s) ? undefined : 'bad-content-type';
    case names.MAX_FORWARDS:
      return checkMaxForwards(view, s);
    case names.ROUTE:
      return isRoute(s) ? undefined : 'bad-route';
    case names.RECORD_ROUTE:
      return isRoute(s) ? undefined : 'bad-record-route';
    case names.DATE:
      // A response with a strange Date is worth more than the date; a request is refused as RFC 4475 3.1.2.12 allows.
      return view instanceof RequestView && !isSipDate(s.text.substring(s.at, s.end)) ? 'bad-date' : undefined;
    default:
      return undefined;
  }
}

function checkVia(view: AnyView, isFirst: boolean, s: Scanner): ProblemCode | undefined {
  const from = s.at;
  const via = readVia(s);
  if (isFirst && via === undefined) {
    // RFC 4475 3.1.2.1: the sent-by before garbage is enough to answer.
    s.at = from;
    const sentBy = readSentBy(s);
    if (sentBy !== undefined) view.topVia = { ...sentBy, params: noParams, branch: undefined };
  }
  if (via === undefined) return 'bad-via';
  while (s.peek() === COMMA) {
    s.at++;
    if (readVia(s) === undefined) return 'bad-via';
  }
  if (!isFirst) return undefined;
  view.topVia = via;
  if (via.version !== '2.0') return 'bad-via';
  // RFC 4475 3.2.1: a magic cookie with nothing behind it identifies no transaction.
  return via.branch?.length === 7 && via.branch.toLowerCase() === 'z9hg4bk' ? 'bad-branch' : undefined;
}

/** From or To: one address whose tag, where it has one, is a token. */
function readTagged(s: Scanner): NameAddr | undefined {
  const address = readNameAddr(s);
  if (address === undefined || !s.done()) return undefined;
  const tag = address.params.get('tag');
  return tag === undefined || isToken(tag) ? address : undefined;
}

/** `word [ "@" word ]`. */
function isCallId(s: Scanner): boolean {
  if (s.run(WORD) === undefined) return false;
  if (s.take(AT) && s.run(WORD) === undefined) return false;
  return s.done();
}

function checkCSeq(view: AnyView, s: Scanner): ProblemCode | undefined {
  const cseq = readCSeq(s);
  if (cseq === undefined) return 'bad-cseq';
  view.cseq = cseq;
  // RFC 3261 8.1.1.5. For a method nobody knows RFC 4475 3.1.2.18 would rather see 501, and accepts 400.
  return view instanceof RequestView && view.method !== cseq.method ? 'cseq-method' : undefined;
}

/** `*` alone, or addresses; the first of the first line is kept. */
function checkContact(view: AnyView, isFirst: boolean, s: Scanner): ProblemCode | undefined {
  if (s.end - s.at === 1 && s.text[s.at] === '*') return undefined;
  const first = readNameAddr(s);
  if (first === undefined) return 'bad-contact';
  if (isFirst) view.contact = first;
  while (s.take(COMMA)) if (readNameAddr(s) === undefined) return 'bad-contact';
  return undefined;
}

/** RFC 3261 18.3 for datagrams: octets behind the body are dropped, a body that is cut off is refused. */
function checkContentLength(view: AnyView, s: Scanner): ProblemCode | undefined {
  const length = s.number(DIGIT, Number.MAX_SAFE_INTEGER);
  if (length === undefined || !s.done()) return 'bad-content-length';
  if (length > view.bodyEnd - view.bodyFrom) return 'body-too-short';
  view.bodyEnd = view.bodyFrom + length;
  return undefined;
}

/** Type and subtype; what follows the semicolon is read by those who need it. */
function isMediaType(s: Scanner): boolean {
  if (s.run(TOKEN) === undefined || !s.takeSpaced(SLASH) || s.run(TOKEN) === undefined) return false;
  s.space();
  return s.done() || s.peek() === SEMICOLON;
}

function checkMaxForwards(view: AnyView, s: Scanner): ProblemCode | undefined {
  const value = s.number(DIGIT, 255);
  if (value === undefined || !s.done()) return 'bad-max-forwards';
  if (view instanceof RequestView) view.maxForwards = value;
  return undefined;
}

/** Addresses of Route and Record-Route stand in brackets (RFC 3261 25.1, name-addr). */
function isRoute(s: Scanner): boolean {
  do {
    s.space();
    const from = s.at;
    if (readNameAddr(s) === undefined) return false;
    const opening = s.text.charCodeAt(from);
    if (opening !== LESS && opening !== QUOTE && !s.text.substring(from, s.at).includes('<')) return false;
  } while (s.take(COMMA));
  return true;
}
