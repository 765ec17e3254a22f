/**
 * One pass over the bytes of a message: where the start line ends, where each header's name and value stand, and where the body begins.
 * Pure; the scratch index is reused for every message, since the pass never waits. Called by parser.ts, which copies out what it keeps.
 * It reads on after a fault, so that a refused request can still be answered; the first fault is the one reported.
 */
import { BACKSLASH, COLON, CR, LF, SP, skip, TAB, TOKEN } from './chars.js';
import { canonicalName, isSingle, nameCount, nameNumberAt, UNKNOWN } from './headers/names.js';
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
  fault: ParseProblem | undefined = undefined;
}

/** A head is no longer than this; bodies may be. */
const maxHeadBytes = 65_536;

/** The head under work, copied to where words can be read at any offset: four bytes a step take a third of the time of one. */
const scratch = new Uint8Array(maxHeadBytes);
const scratchWords = new DataView(scratch.buffer);

/**
 * For the test of four bytes at once: below 32 the subtraction sets the high bit of that byte, from 127 on the addition does. What is carried
 * into a neighbour only ends the loop in the same word, and then the bytes decide.
 */
const HIGH_BITS = 0x80808080 | 0;

/** What {@link readValue} found beside the position it returns. */
let valueEnd = 0;
let valueFlags = 0;

/** Fills `index` from the data. Linear in the data's length, whatever it holds. */
export function indexMessage(data: Uint8Array, limits: ParseLimits, index: HeaderIndex): void {
  const n = Math.min(data.length, limits.maxMessageBytes, maxHeadBytes);
  const bytes = scratch;
  bytes.set(n === data.length ? data : data.subarray(0, n));
  index.fault = data.length > limits.maxMessageBytes ? problem('message-too-large') : undefined;
  index.first.fill(-1);
  let at = 0;
  // RFC 3261 7.5: line ends before the start line are ignored. It says so for streams; datagrams of keep-alives are the same.
  while (at < n && (bytes[at] === CR || bytes[at] === LF)) at++;
  index.startLineFrom = at;
  at = readValue(at, n, index, false);
  index.startLineEnd = valueEnd;
  index.startLineFlags = valueFlags;
  if (index.startLineEnd - index.startLineFrom > limits.maxHeaderBytes) index.fault ??= problem('uri-too-long');
  at = readLines(at, n, limits, index);
  if (at < 0) index.fault ??= problem(data.length > n ? 'message-too-large' : 'missing-blank-line');
  index.bodyFrom = at < 0 ? n : at;
}

/**
 * Reads header lines up to the empty one; returns where the body begins, or -1 when no empty line comes. One flat loop for lines as nearly
 * all are, since this is a third of what a message costs; a line with anything unusual in it is read again by {@link readUnusualLine}.
 */
function readLines(from: number, n: number, limits: ParseLimits, index: HeaderIndex): number {
  const bytes = scratch;
  const words = scratchWords;
  const { lines, first } = index;
  const { maxHeaders, maxHeaderBytes } = limits;
  let count = 0;
  let at = from;
  while (at < n) {
    const lineFrom = at;
    while (at < n && bytes[at]! > SP && bytes[at] !== COLON) at++;
    const nameEnd = at;
    if (nameEnd === lineFrom && isLineEnd(at, n)) {
      index.count = count;
      return endHead(at, index);
    }
    const number = nameNumberAt(words, lineFrom, nameEnd);
    at++;
    if (at < n && bytes[at] === SP) at++;
    const valueFrom = at;
    while (at + 4 <= n) {
      const word = words.getInt32(at, true);
      if ((((word - 0x20202020) | (word + 0x01010101)) & HIGH_BITS) !== 0) break;
      at += 4;
    }
    while (at < n && bytes[at]! >= SP && bytes[at]! < 127) at++;
    const end = at;
    at += 2;
    const isUsual =
      at < n &&
      bytes[end] === CR &&
      bytes[end + 1] === LF &&
      bytes[at] !== SP &&
      bytes[at] !== TAB &&
      bytes[nameEnd] === COLON &&
      bytes[valueFrom] !== SP &&
      bytes[end - 1] !== SP &&
      at - lineFrom <= maxHeaderBytes &&
      count < maxHeaders &&
      (number !== UNKNOWN || isName(lineFrom, nameEnd)) &&
      (first[number]! < 0 || !isSingle(number));
    if (isUsual) {
      if (first[number]! < 0) first[number] = count;
      const slot = count * STRIDE;
      count++;
      lines[slot] = number;
      lines[slot + 1] = lineFrom;
      lines[slot + 2] = nameEnd;
      lines[slot + 3] = valueFrom;
      lines[slot + 4] = end;
    } else {
      index.count = count;
      at = readUnusualLine(lineFrom, n, limits, index);
      if (at < 0) return -1;
      count = index.count;
    }
  }
  index.count = count;
  return -1;
}

/** Reads any line: white space around the colon, folds, octets that are not plain; faults are noted. Returns the next line, or -1 past the limit. */
function readUnusualLine(lineFrom: number, n: number, limits: ParseLimits, index: HeaderIndex): number {
  let at = lineFrom;
  while (at < n && scratch[at]! > SP && scratch[at] !== COLON) at++;
  const nameEnd = at;
  at = skipSpace(at, n);
  if (at >= n || scratch[at] !== COLON || !isName(lineFrom, nameEnd)) {
    index.fault ??= problem('bad-header-line');
    return readValue(at, n, index, true);
  }
  const valueFrom = skipSpace(at + 1, n);
  at = readValue(valueFrom, n, index, true);
  let end = valueEnd;
  while (end > valueFrom && isSpace(scratch[end - 1]!)) end--;
  if (at - lineFrom > limits.maxHeaderBytes) index.fault ??= problem('header-too-long');
  if (index.count >= limits.maxHeaders) {
    index.fault ??= problem('too-many-headers');
    return -1;
  }
  const number = nameNumberAt(scratchWords, lineFrom, nameEnd);
  if (index.first[number]! < 0) index.first[number] = index.count;
  else if (isSingle(number)) index.fault ??= problem('duplicate-header', canonicalName(number));
  const slot = index.count++ * STRIDE;
  index.lines[slot] = number | valueFlags;
  index.lines[slot + 1] = lineFrom;
  index.lines[slot + 2] = nameEnd;
  index.lines[slot + 3] = valueFrom;
  index.lines[slot + 4] = end;
  return at;
}

/** Steps over the empty line. */
function endHead(at: number, index: HeaderIndex): number {
  if (scratch[at] === CR) return at + 2;
  index.fault ??= problem('bad-line-end');
  return at + 1;
}

function skipSpace(from: number, n: number): number {
  let at = from;
  while (at < n && isSpace(scratch[at]!)) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === SP || code === TAB;
}

function isLineEnd(at: number, n: number): boolean {
  return at < n && (scratch[at] === LF || (scratch[at] === CR && at + 1 < n && scratch[at + 1] === LF));
}

function isName(from: number, end: number): boolean {
  return end > from && skip(scratch, from, end, TOKEN) === end;
}

/** Reads to the end of a line, over its folds where `mayFold`; returns where the next line begins. */
function readValue(from: number, n: number, index: HeaderIndex, mayFold: boolean): number {
  const bytes = scratch;
  let at = from;
  let flags = 0;
  let next = n;
  while (true) {
    at = skipPrintable(at, n);
    if (at >= n) break;
    const code = bytes[at]!;
    if (code === LF || (code === CR && at + 1 < n && bytes[at + 1] === LF)) {
      if (code === LF) index.fault ??= problem('bad-line-end');
      next = code === LF ? at + 1 : at + 2;
      // RFC 3261 7.3.1: a line that begins with white space continues the one before.
      if (!mayFold || next >= n || (bytes[next] !== SP && bytes[next] !== TAB)) break;
      flags |= UNCLEAN;
      at = next;
      next = n;
    } else {
      if (code > 127) flags |= NON_ASCII;
      else if (code !== TAB) flags |= markUnclean(at, index);
      at++;
    }
  }
  valueEnd = at;
  valueFlags = flags;
  return next;
}

/** Position of the first byte that is not printable ASCII. */
function skipPrintable(from: number, n: number): number {
  const bytes = scratch;
  let at = from;
  for (; at < n; at++) {
    const code = bytes[at]!;
    if (code < SP || code > 126) break;
  }
  return at;
}

/** A control character may stand in a header only as a quoted pair (RFC 3261 25.1). */
function markUnclean(at: number, index: HeaderIndex): number {
  if (scratch[at] === CR) index.fault ??= problem('bad-line-end');
  else if (at === 0 || scratch[at - 1] !== BACKSLASH) index.fault ??= problem('control-character');
  return UNCLEAN;
}
