/**
 * Character classes of RFC 3261 25.1 as one table of bits, so that a scan asks one look-up a byte, and the few checks that outgoing text
 * needs. Pure. Scans run over bytes and not over strings, because reading a typed array costs a third of `charCodeAt`.
 */

export const TOKEN = 1;
/** user-unreserved and unreserved; escapes are the business of {@link skipEscaped}. */
export const USER = 2;
export const PASSWORD = 4;
/** paramchar of a URI parameter. */
export const URI_PARAM = 8;
/** hname and hvalue of a URI, with the '&' and '=' between them. */
export const URI_HEADER = 16;
/** Anything that an absolute URI of another scheme may hold. */
export const URIC = 32;
/** `word` of a Call-ID. */
export const WORD = 64;
/** Value of a header parameter that is not quoted: token or host, which brings IPv6 with and without brackets (RFC 5118 4.5). */
export const PARAM_VALUE = 128;
/** Letters, digits, '-' and '_' of a host name. Underscores are not in the RFC's grammar, but in many container networks' names. */
export const LABEL = 256;
export const DIGIT = 512;
export const ALPHA = 1024;
export const HEX = 2048;
/** After the first letter of a URI scheme. */
export const SCHEME = 4096;
export const UPPER = 8192;

/** Classes of each byte; those above 127 are in none. */
export const classes = new Uint16Array(256);

function mark(characters: string, bits: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    classes[code] = classes[code]! | bits;
  }
}

const digits = '0123456789';
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const letters = upper + upper.toLowerCase();
const marks = "-_.!~*'()";
mark(digits + letters, TOKEN | USER | PASSWORD | URI_PARAM | URI_HEADER | URIC | WORD | PARAM_VALUE | LABEL | SCHEME);
mark(digits, DIGIT | HEX);
mark(letters, ALPHA);
mark(upper, UPPER);
mark('abcdefABCDEF', HEX);
mark("-.!%*_+`'~", TOKEN | WORD | PARAM_VALUE);
mark('[]:', PARAM_VALUE);
mark('()<>:\\"/[]?{}', WORD);
mark('-_', LABEL);
mark('+-.', SCHEME);
mark(marks, USER | PASSWORD | URI_PARAM | URI_HEADER | URIC);
mark('&=+$,;?/', USER);
mark('&=+$,', PASSWORD);
mark('[]/:&+$', URI_PARAM);
mark('[]/?:+$&=', URI_HEADER);
mark(';/?:@&=+$,[]', URIC);

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const QUOTE = 34;
export const PERCENT = 37;
export const STAR = 42;
export const COMMA = 44;
export const HYPHEN = 45;
export const DOT = 46;
export const SLASH = 47;
export const COLON = 58;
export const SEMICOLON = 59;
export const LESS = 60;
export const EQUAL = 61;
export const GREATER = 62;
export const QUESTION = 63;
export const AT = 64;
export const OPEN_BRACKET = 91;
export const BACKSLASH = 92;
export const CLOSE_BRACKET = 93;
export const UNDERSCORE = 95;

/** Position of the first byte from `at` that is in none of the classes. */
export function skip(bytes: Uint8Array, at: number, end: number, bits: number): number {
  let i = at;
  while (i < end && (classes[bytes[i]!]! & bits) !== 0) i++;
  return i;
}

/** As {@link skip}, where `%` with two hexadecimal digits belongs too; a `%` without them stops the scan. */
export function skipEscaped(bytes: Uint8Array, at: number, end: number, bits: number): number {
  let i = at;
  while (i < end) {
    const code = bytes[i]!;
    if ((classes[code]! & bits) !== 0) i++;
    else if (code === PERCENT && isHexPair(bytes, i + 1, end)) i += 3;
    else return i;
  }
  return i;
}

function isHexPair(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 1 < end && (classes[bytes[at]!]! & HEX) !== 0 && (classes[bytes[at + 1]!]! & HEX) !== 0;
}

/** Position of a byte, or `end`. */
export function find(bytes: Uint8Array, code: number, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== code) at++;
  return Math.min(at, end);
}

const token = /^[a-zA-Z0-9\-.!%*_+`'~]+$/;

/** Whether the whole text is a token (RFC 3261 25.1). */
export function isToken(text: string): boolean {
  return token.test(text);
}

/** The text as a quoted string: quotes, backslashes and control characters escaped. CR and LF have no escape; the printer refuses them. */
export function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what needs an escape here.
  return `"${text.replace(/["\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\\$&')}"`;
}

/** Text with its `%41` escapes resolved as UTF-8. Escapes that do not make UTF-8 stay: the RFC neither forbids them nor says what they mean. */
export function resolveEscapes(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Text in which everything outside the classes, and '%', is escaped as UTF-8 (`%C3%A9`). */
export function percentEncode(text: string, bits: number): string {
  let out = '';
  for (const byte of Buffer.from(text)) {
    const isPlain = byte !== PERCENT && (classes[byte]! & bits) !== 0;
    out += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
