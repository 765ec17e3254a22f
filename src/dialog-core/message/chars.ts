/**
 * Character classes of RFC 3261 25.1 as one table of bits, so that a scanner asks one look-up a character. Pure. Strings are scanned by
 * UTF-16 unit; units past 255 are in no class but {@link isQuotable}.
 */

export const TOKEN = 1;
/** user-unreserved, unreserved; escapes are checked by {@link skipEscaped}. */
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
/** Letters, digits, '-', '_' and '.' of a host name. Underscores are not in the RFC's grammar, but in many container networks' names. */
export const HOST = 256;
export const DIGIT = 512;
export const ALPHA = 1024;
export const HEX = 2048;
/** After the first letter of a URI scheme. */
export const SCHEME = 4096;

const classes = new Uint16Array(256);

function mark(characters: string, bits: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    classes[code] = classes[code]! | bits;
  }
}

const digits = '0123456789';
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const markCharacters = "-_.!~*'()";
mark(digits + letters, TOKEN | USER | PASSWORD | URI_PARAM | URI_HEADER | URIC | WORD | PARAM_VALUE | HOST | SCHEME);
mark('+-.', SCHEME);
mark(digits, DIGIT | HEX);
mark(letters, ALPHA);
mark('abcdefABCDEF', HEX);
mark("-.!%*_+`'~", TOKEN | WORD | PARAM_VALUE);
mark('[]:', PARAM_VALUE);
mark('()<>:\\"/[]?{}', WORD);
mark('-_.', HOST);
mark(markCharacters, USER | PASSWORD | URI_PARAM | URI_HEADER | URIC);
mark('&=+$,;?/', USER);
mark('&=+$,', PASSWORD);
mark('[]/:&+$', URI_PARAM);
mark('[]/?:+$&=', URI_HEADER);
mark(';/?:@&=+$,[]', URIC);

export const SP = 32;
export const TAB = 9;
export const CR = 13;
export const LF = 10;
export const QUOTE = 34;
export const PERCENT = 37;
export const COMMA = 44;
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

/** Whether the character belongs to one of the classes in `bits`. */
export function isIn(code: number, bits: number): boolean {
  return code >= 0 && code < 256 && (classes[code]! & bits) !== 0;
}

/** Position of a character, or `end`; unlike indexOf it never reads on behind `end`, so that a message costs linear time. */
export function find(text: string, code: number, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) !== code) at++;
  return Math.min(at, end);
}

/** Position of the first character from `at` that is in none of the classes. */
export function skip(text: string, at: number, end: number, bits: number): number {
  let i = at;
  while (i < end && isIn(text.charCodeAt(i), bits)) i++;
  return i;
}

/** As {@link skip}, where `%` with two hexadecimal digits belongs too; a `%` without them stops the scan. */
export function skipEscaped(text: string, at: number, end: number, bits: number): number {
  let i = at;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (isIn(code, bits)) i++;
    else if (code === PERCENT && i + 2 < end && isIn(text.charCodeAt(i + 1), HEX) && isIn(text.charCodeAt(i + 2), HEX))
      i += 3;
    else return i;
  }
  return i;
}

/** Position of the first character from `at` that is neither space nor tab. Values are unfolded before they are parsed. */
export function skipSpace(text: string, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (code !== SP && code !== TAB) break;
    i++;
  }
  return i;
}

/** Whether the whole of a non-empty range is in the classes. */
export function isAll(text: string, at: number, end: number, bits: number): boolean {
  return at < end && skip(text, at, end, bits) === end;
}

/** Whether the whole text is a token (RFC 3261 25.1). */
export function isToken(text: string): boolean {
  return isAll(text, 0, text.length, TOKEN);
}

/**
 * Position after the closing quote of the quoted string that opens at `at`, or -1 when it is not closed or holds a control character
 * that is not escaped (RFC 3261 25.1, qdtext and quoted-pair).
 */
export function skipQuoted(text: string, at: number, end: number): number {
  let i = at + 1;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code === BACKSLASH) {
      const escaped = i + 1 < end ? text.charCodeAt(i + 1) : CR;
      if (escaped === CR || escaped === LF) return -1;
      i += 2;
    } else if ((code < SP && code !== TAB) || code === 127) return -1;
    else i++;
  }
  return -1;
}

/** Text between the quotes with its quoted pairs resolved; `start` and `end` are those of the quotes, the closing one included. */
export function unquote(text: string, start: number, end: number): string {
  const inner = text.substring(start + 1, end - 1);
  return inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner;
}

/** The text as a quoted string: quotes, backslashes and control characters escaped. CR and LF have no escape; the printer refuses them. */
export function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what needs an escape here.
  return `"${text.replace(/["\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\\$&')}"`;
}
