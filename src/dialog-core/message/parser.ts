/**
 * One datagram to one message or one reason to refuse it. Pure; called by the endpoint for every datagram. Never throws, and takes time linear
 * in the datagram's length. The bytes are walked once (header-index.ts); then the start line and those headers that the stack relies on
 * are checked (start-line.ts, validate.ts); most of what they say stays bytes until it is asked for (view.ts). Where RFC 3261 or RFC 4475 lets an element choose
 * between tolerating a fault and refusing it, it is refused with 400: two elements that repair a message differently disagree about it.
 */
import { HeaderIndex, indexMessage } from './header-index.js';
import type { SipMessage } from './message.js';
import { type ParseProblem, problem } from './problems.js';
import { isSip, scanRequestLine, scanStatusLine } from './start-line.js';
import { canReply, checkHeaders } from './validate.js';
import { RequestView, ResponseView } from './view.js';

export interface ParseLimits {
  /** Past it 413. Default 65,536. */
  readonly maxMessageBytes: number;
  /** One header with its name and folds, or the start line; past it 400, or 414 for the start line. Default 8192. */
  readonly maxHeaderBytes: number;
  /** Header lines; past it 400. Default 128. */
  readonly maxHeaders: number;
}

export const defaultParseLimits: ParseLimits = { maxMessageBytes: 65_536, maxHeaderBytes: 8192, maxHeaders: 128 };

/**
 * `message` of a refused request is there when its first Via could be read far enough to send a reply; other headers may be missing or
 * malformed, see {@link SipRequest}. Refused responses have none: nothing is owed for them.
 */
export type ParseResult =
  | { readonly ok: true; readonly message: SipMessage }
  | { readonly ok: false; readonly error: ParseProblem; readonly message?: SipMessage };

const index = new HeaderIndex();

/** Parses one datagram. The result holds on to `data`, which must not change afterwards. */
export function parseMessage(data: Uint8Array, limits: ParseLimits = defaultParseLimits): ParseResult {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  indexMessage(bytes, limits, index);
  if (index.startLineFrom >= bytes.length) return refuse('empty');
  const head = bytes.toString('latin1', 0, index.bodyFrom);
  const bodyEnd = Math.min(bytes.length, limits.maxMessageBytes);
  if (isSip(bytes, index.startLineFrom, index.startLineEnd)) {
    const view = new ResponseView(bytes, head, index, bodyEnd);
    const fault = index.fault ?? scanStatusLine(view, index) ?? checkHeaders(view, index);
    return fault === undefined ? { ok: true, message: view } : { ok: false, error: fault };
  }
  const view = new RequestView(bytes, head, index, bodyEnd);
  const lineFault = scanRequestLine(view, index);
  if (lineFault?.code === 'not-sip') return refuse('not-sip');
  const fault = worst(index.fault, lineFault, checkHeaders(view, index));
  if (fault === undefined) return { ok: true, message: view };
  return canReply(view) ? { ok: false, error: fault, message: view } : { ok: false, error: fault };
}

/**
 * An unknown version explains every other fault, and an unknown scheme matters only where nothing else is wrong.
 */
function worst(
  index: ParseProblem | undefined,
  line: ParseProblem | undefined,
  header: ParseProblem | undefined,
): ParseProblem | undefined {
  if (line?.status === 505) return line;
  if (line?.status === 416) return index ?? header ?? line;
  return index ?? line ?? header;
}

function refuse(code: 'empty' | 'not-sip'): ParseResult {
  return { ok: false, error: problem(code) };
}
