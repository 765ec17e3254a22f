/**
 * A position in a text, for the readers of header values and URIs. Pure and small; one scanner is reused for a whole message by
 * parser.ts, and each public `parseX(text)` makes its own. Readers return undefined when the grammar does not fit and leave the position
 * anywhere; those that succeed leave it behind what they read.
 */
import { isIn, PERCENT, skip, skipEscaped, skipSpace } from './chars.js';

export class Scanner {
  text: string;
  at: number;
  end: number;

  constructor(text: string, at = 0, end: number = text.length) {
    this.text = text;
    this.at = at;
    this.end = end;
  }

  /** Character code at the position, or -1 behind the end. */
  peek(): number {
    return this.at < this.end ? this.text.charCodeAt(this.at) : -1;
  }

  /** Steps over one given character when it stands there. */
  take(code: number): boolean {
    if (this.at >= this.end || this.text.charCodeAt(this.at) !== code) return false;
    this.at++;
    return true;
  }

  space(): void {
    this.at = skipSpace(this.text, this.at, this.end);
  }

  /** As {@link take}, with white space allowed on both sides (the SEMI, EQUAL, SLASH … of RFC 3261 25.1). */
  takeSpaced(code: number): boolean {
    const from = this.at;
    this.space();
    if (this.take(code)) {
      this.space();
      return true;
    }
    this.at = from;
    return false;
  }

  /** Longest run in the classes, or undefined when it is empty. */
  run(bits: number): string | undefined {
    const from = this.at;
    this.at = skip(this.text, from, this.end, bits);
    return this.at > from ? this.text.substring(from, this.at) : undefined;
  }

  /** As {@link run}, with escapes (`%41`) in it. */
  escapedRun(bits: number): string | undefined {
    const from = this.at;
    this.at = skipEscaped(this.text, from, this.end, bits);
    return this.at > from ? this.text.substring(from, this.at) : undefined;
  }

  /** Decimal number of digits only, or undefined when there is none or it exceeds `max`. */
  number(bits: number, max: number): number | undefined {
    const from = this.at;
    let value = 0;
    let i = from;
    for (; i < this.end; i++) {
      const code = this.text.charCodeAt(i);
      if (!isIn(code, bits)) break;
      value = value * 10 + (code - 48);
      if (value > max) return undefined;
    }
    this.at = i;
    return i > from ? value : undefined;
  }

  done(): boolean {
    return this.at >= this.end;
  }
}

/** Text with its `%41` escapes resolved as UTF-8; undefined when they do not make UTF-8. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Text in which everything outside the classes is escaped as UTF-8 (`%C3%A9`). */
export function percentEncode(text: string, bits: number): string {
  let out = '';
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (character.length === 1 && code !== PERCENT && isIn(code, bits)) out += character;
    else for (const byte of Buffer.from(character)) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
