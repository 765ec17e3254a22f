/** Quoted strings (RFC 3261 25.1). Pure; called by the scans of parameters and display names. */
import { BACKSLASH, CR, LF, QUOTE, SP, TAB } from '../chars.js';

/**
 * Position after the closing quote of the string that opens at `from`, or -1 when it is not closed or holds a control character that is not
 * escaped (qdtext and quoted-pair).
 */
export function scanQuoted(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from + 1; at < end; at++) {
    const code = bytes[at]!;
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) {
      at++;
      if (at >= end || bytes[at] === CR || bytes[at] === LF) return -1;
    } else if ((code < SP && code !== TAB) || code === 127) return -1;
  }
  return -1;
}

/** What a quoted string between two positions, its quotes included, says: quoted pairs resolved, Latin-1 text read as UTF-8. */
export function unquote(text: string, from: number, end: number): string {
  const inner = text.substring(from + 1, end - 1);
  const decoded = /[\x80-\xff]/.test(inner) ? Buffer.from(inner, 'latin1').toString('utf8') : inner;
  return decoded.includes('\\') ? decoded.replace(/\\([\s\S])/g, '$1') : decoded;
}
