/**
 * Bytes with the same text beside them, which the scans of header values and URIs work on. Pure. A scan (`scanX`) walks the bytes, says where
 * it stopped or -1, and leaves the positions of the parts in marks of its module; the builder (`buildX`) of the same module makes strings
 * of those marks and must follow at once. The parser only scans, which allocates nothing; a view builds when it is asked.
 */
import { SP, TAB } from './chars.js';

export interface Source {
  readonly bytes: Uint8Array;
  /** The bytes as Latin-1, so that positions in one are positions in the other. */
  readonly text: string;
}

/** A text as source; characters beyond ASCII stand as their UTF-8 bytes. */
export function sourceOf(text: string): Source {
  const bytes = Buffer.from(text);
  return { bytes, text: bytes.length === text.length ? text : bytes.toString('latin1') };
}

/** Position of the first byte that is neither space nor tab. Values are unfolded before they are scanned. */
export function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] === SP || bytes[at] === TAB)) at++;
  return at;
}

/** Position after a byte that may have white space on both sides (SEMI, EQUAL, SLASH … of RFC 3261 25.1), or -1 when it is not there. */
export function skipSpaced(bytes: Uint8Array, from: number, end: number, code: number): number {
  const at = from < end && bytes[from] === code ? from : skipSpace(bytes, from, end);
  if (at >= end || bytes[at] !== code) return -1;
  return at + 1 < end && bytes[at + 1]! <= SP ? skipSpace(bytes, at + 1, end) : at + 1;
}
