/** The CSeq header (RFC 3261 20.16). Pure; called by the parser and the message views. */
import { skip, TOKEN } from '../chars.js';
import { skipSpace, sourceOf } from '../source.js';

export interface CSeq {
  /** 0 to 2^31 - 1 (RFC 3261 8.1.1.5). */
  readonly number: number;
  /** As written; methods are case-sensitive. */
  readonly method: string;
}

const maxNumber = 2 ** 31 - 1;

/** Parts of the value scanned last. */
const marks = { number: 0, methodFrom: 0, methodEnd: 0 };

/** Parses `314159 INVITE`; undefined when it is malformed or the number is 2^31 or more. */
export function parseCSeq(text: string): CSeq | undefined {
  const source = sourceOf(text);
  return scanCSeq(source.bytes, 0, source.bytes.length) ? buildCSeq(source.text) : undefined;
}

/** Whether exactly these bytes, and white space around them, are a CSeq. */
export function scanCSeq(bytes: Uint8Array, from: number, end: number): boolean {
  let at = skipSpace(bytes, from, end);
  const numberFrom = at;
  let number = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
    if (number > maxNumber) return false;
  }
  const methodFrom = skipSpace(bytes, at, end);
  if (at === numberFrom || methodFrom === at) return false;
  const methodEnd = skip(bytes, methodFrom, end, TOKEN);
  marks.number = number;
  marks.methodFrom = methodFrom;
  marks.methodEnd = methodEnd;
  return methodEnd > methodFrom && skipSpace(bytes, methodEnd, end) === end;
}

/** The value of the last scan. */
export function buildCSeq(text: string): CSeq {
  return { number: marks.number, method: text.substring(marks.methodFrom, marks.methodEnd) };
}

/** Whether the method scanned last is the one that stands from `from` to `end` of other bytes. */
export function isMethodAt(bytes: Uint8Array, other: Uint8Array, from: number, end: number): boolean {
  const { methodFrom, methodEnd } = marks;
  if (methodEnd - methodFrom !== end - from) return false;
  for (let i = 0; i < end - from; i++) if (bytes[methodFrom + i] !== other[from + i]) return false;
  return true;
}
