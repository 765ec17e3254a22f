/** Comma lists of header values (RFC 3261 7.3.1). Pure; called by the message views. */
import { BACKSLASH, COMMA, GREATER, LESS, QUOTE } from '../chars.js';

const OPEN = 40;
const CLOSE = 41;

/**
 * Splits at commas outside quoted strings, angle brackets and comments. Elements are trimmed, empty ones left out. An opener that is never
 * closed keeps the rest of the text in one element.
 */
export function splitList(value: string): string[] {
  return split(value, true);
}

/** As {@link splitList} for headers whose grammar has no comments: in a URI a parenthesis is a character like any other. */
export function splitValues(value: string): string[] {
  return split(value, false);
}

function split(value: string, hasComments: boolean): string[] {
  if (!value.includes(',')) return value.trim() === '' ? [] : [value.trim()];
  const elements: string[] = [];
  let from = 0;
  let depth = 0;
  let quoted = false;
  let bracketed = false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === BACKSLASH && (quoted || depth > 0)) i++;
    else if (code === QUOTE && !bracketed && depth === 0) quoted = !quoted;
    else if (quoted) continue;
    else if (code === LESS && depth === 0) bracketed = true;
    else if (code === GREATER && depth === 0) bracketed = false;
    else if (code === OPEN && !bracketed && hasComments) depth++;
    else if (code === CLOSE && depth > 0) depth--;
    else if (code === COMMA && !bracketed && depth === 0) {
      add(elements, value.substring(from, i));
      from = i + 1;
    }
  }
  add(elements, value.substring(from));
  return elements;
}

function add(elements: string[], text: string): void {
  const trimmed = text.trim();
  if (trimmed !== '') elements.push(trimmed);
}
