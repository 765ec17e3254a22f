/** The CSeq header (RFC 3261 20.16). Pure; called by the message views. */
import { DIGIT, SP, TAB, TOKEN } from '../chars.js';
import { Scanner } from '../scanner.js';

export interface CSeq {
  /** 0 to 2^31 - 1 (RFC 3261 8.1.1.5). */
  readonly number: number;
  /** As written; methods are case-sensitive. */
  readonly method: string;
}

const maxNumber = 2 ** 31 - 1;

/** Parses `314159 INVITE`; undefined when it is malformed or the number is 2^31 or more. */
export function parseCSeq(text: string): CSeq | undefined {
  const s = new Scanner(text);
  return readCSeq(s);
}

/** Reads up to the end of the scanner. */
export function readCSeq(s: Scanner): CSeq | undefined {
  s.space();
  const number = s.number(DIGIT, maxNumber);
  const gap = s.peek();
  if (number === undefined || (gap !== SP && gap !== TAB)) return undefined;
  s.space();
  const method = s.run(TOKEN);
  if (method === undefined) return undefined;
  s.space();
  return s.done() ? { number, method } : undefined;
}
