/**
 * One pass over the bytes of a message: where the start line ends, where each header's name and value stand, and where the body begins.
 * Pure; the scratch index is reused for every message, since the pass never waits. Called by parser.ts, which copies out what it keeps.
 * It reads on after a fault, so that a refused request can still be answered; the first fault is the one reported.
 */
import { BACKSLASH, COLON, CR, isIn, LF, SP, TAB, TOKEN } from './chars.js';
import { canonicalName, isSingle, nameCount, nameNumberOfBytes } from './headers/names.js';
import type { ParseLimits } from './parser.js';
import { type ParseProblem, problem } from './problems.js';

/** Numbers a header line: name number with flags, start and end of the name, start and end of the value. */
export const STRIDE = 5;
export const NUMBER_MASK = 0xff;
/** The value is folded or holds a control character, so it is cleaned before anybody sees it. */
export const UNCLEAN = 0x100;
/** The value holds octets above 127, which are UTF-8. */
export const NON_ASCII = 0x200;

export class HeaderIndex {
  /** {@link STRIDE} numbers a line; valid up to `count` lines. */
  readonly lines: number[] = [];
  count = 0;
  /** Line of the first header of each known name, or -1. */
  readonly first = new Int32Array(nameCount);
  startLineFrom = 0;
  startLineEnd = 0;
  startLineFlags = 0;
  /** Where the body begins; the length of the data when no empty line was found. */
  bodyFrom = 0;
  fault: ParseProblem | undefined;
}

/** Fills `index` from the data. Linear in the data's length, whatever it holds. */
export function indexMessage(data: Uint8Array, limits: ParseLimits, index: HeaderIndex): void {
  const n = Math.min(data.length, limits.maxMessageBytes);
  index.fault = data.length > limits.maxMessageBytes ? problem('message-too-large') : undefined;
  index.count = 0;
  index.first.fill(-1);
  let at = 0;
  // RFC 3261 7.5: line ends before the start line are ignored. It says so for streams; datagrams of keep-alives are the same.
  while (at < n && (data[at] === CR || data[at] === LF)) at++;
  index.startLineFrom = at;
  at = readValue(data, at, n, index, false);
  index.startLineEnd = valueEnd;
  index.startLineFlags = valueFlags;
  if (index.startLineEnd - index.startLineFrom > limits.maxHeaderBytes) index.fault ??= problem('uri-too-long');
  while (at < n) {
    const code = data[at]!;
    if (code === CR && data[at + 1] === LF) {
      index.bodyFrom = at + 2;
      return;
    }
    if (code === LF) {
      index.fault ??= problem('bad-line-end');
      index.bodyFrom = at + 1;
      return;
    }
    if (index.count >= limits.maxHeaders) {
      index.fault ??= problem('too-many-headers');
      break;
    }
    const next = readLine(data, at, n, index);
    if (next - at > limits.maxHeaderBytes) index.fault ??= problem('header-too-long');
    at = next;
  }
  index.fault ??= problem('missing-blank-line');
  index.bodyFrom = n;
}

/** Reads one header line with its folded continuations; returns where the next line begins. */
function readLine(data: Uint8Array, from: number, n: number, index: HeaderIndex): number {
  let at = from;
  while (at < n && isIn(data[at]!, TOKEN)) at++;
  const nameEnd = at;
  while (at < n && (data[at] === SP || data[at] === TAB)) at++;
  if (nameEnd === from || data[at] !== COLON) {
    index.fault ??= problem('bad-header-line');
    return readValue(data, at, n, index, true);
  }
  at++;
  while (at < n && (data[at] === SP || data[at] === TAB)) at++;
  const valueFrom = at;
  at = readValue(data, at, n, index, true);
  const number = nameNumberOfBytes(data, from, nameEnd);
  if (index.first[number]! < 0) index.first[number] = index.count;
  else if (isSingle(number)) index.fault ??= problem('duplicate-header', canonicalName(number));
  const { lines } = index;
  const slot = index.count++ * STRIDE;
  lines[slot] = number | valueFlags;
  lines[slot + 1] = from;
  lines[slot + 2] = nameEnd;
  lines[slot + 3] = valueFrom;
  lines[slot + 4] = valueEnd;
  return at;
}

/** What {@link readValue} found beside the position it returns. */
let valueEnd = 0;
let valueFlags = 0;

/** Reads to the end of a line, over its folds where `mayFold`; returns where the next line begins. */
function readValue(data: Uint8Array, from: number, n: number, index: HeaderIndex, mayFold: boolean): number {
  let at = from;
  let flags = 0;
  let next = n;
  while (true) {
    while (at < n && data[at]! >= SP && data[at]! < 127) at++;
    if (at >= n) break;
    const code = data[at]!;
    if (code === LF || (code === CR && data[at + 1] === LF)) {
      if (code === LF) index.fault ??= problem('bad-line-end');
      next = code === LF ? at + 1 : at + 2;
      // RFC 3261 7.3.1: a line that begins with white space continues the one before.
      if (!mayFold || next >= n || (data[next] !== SP && data[next] !== TAB)) break;
      flags |= UNCLEAN;
      at = next;
      next = n;
    } else {
      if (code > 127) flags |= NON_ASCII;
      else if (code !== TAB) flags |= unclean(data, at, index);
      at++;
    }
  }
  while (at > from && (data[at - 1] === SP || data[at - 1] === TAB) && mayFold) at--;
  valueEnd = at;
  valueFlags = flags;
  return next;
}

/** A control character may stand in a header only as a quoted pair (RFC 3261 25.1). */
function unclean(data: Uint8Array, at: number, index: HeaderIndex): number {
  const code = data[at]!;
  if (code === CR) index.fault ??= problem('bad-line-end');
  else if (at === 0 || data[at - 1] !== BACKSLASH) index.fault ??= problem('control-character');
  return UNCLEAN;
}
