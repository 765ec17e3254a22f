/**
 * Hosts and ports of URIs and Via headers: names, IPv4 addresses and IPv6 references (RFC 3261 25.1 as corrected by RFC 5954). Pure;
 * called by uri.ts and headers/via.ts, and by the comparison of URIs.
 */
import { ALPHA, CLOSE_BRACKET, COLON, DIGIT, find, HOST, isIn, OPEN_BRACKET, skip } from './chars.js';
import type { Scanner } from './scanner.js';

/** Reads `name`, `192.0.2.1` or `[2001:db8::1]`; the result is in lower case and without brackets. */
export function readHost(s: Scanner): string | undefined {
  if (s.peek() === OPEN_BRACKET) return readReference(s);
  const from = s.at;
  s.at = skip(s.text, from, s.end, HOST);
  if (!isName(s.text, from, s.at)) return undefined;
  return s.text.substring(from, s.at).toLowerCase();
}

function readReference(s: Scanner): string | undefined {
  const close = find(s.text, CLOSE_BRACKET, s.at, s.end);
  if (close === s.end) return undefined;
  // RFC 5118 4.10: the grammar of RFC 3261 wrote three colons before an IPv4 tail, and such a reference must be tolerated.
  const address = s.text
    .substring(s.at + 1, close)
    .toLowerCase()
    .replace(/:::(?=\d+\.)/, '::');
  s.at = close + 1;
  return groupsOf(address) === undefined ? undefined : address;
}

/** Reads `:5060`, with white space allowed where `spaced` says so (Via, not URIs). Null when there is no port, undefined when it is bad. */
export function readPort(s: Scanner, spaced: boolean): number | null | undefined {
  if (!(spaced ? s.takeSpaced(COLON) : s.take(COLON))) return null;
  const port = s.number(DIGIT, 65535);
  // Port 0 fits the grammar, but nothing can be sent there.
  return port === 0 ? undefined : port;
}

/** Labels of letters, digits, '-' and '_'; the last one begins with a letter, or the whole is an IPv4 address. */
function isName(text: string, from: number, end: number): boolean {
  const stop = end > from && text.charCodeAt(end - 1) === 46 ? end - 1 : end;
  let label = from;
  for (let i = from; i <= stop; i++) {
    if (i < stop && text.charCodeAt(i) !== 46) continue;
    if (i === label || text.charCodeAt(label) === 45 || text.charCodeAt(i - 1) === 45) return false;
    if (i < stop) label = i + 1;
  }
  const first = text.charCodeAt(label);
  if (isIn(first, ALPHA) || first === 95) return true;
  return stop === end && isIPv4(text.substring(from, end));
}

/** Four decimal numbers up to 255. */
export function isIPv4(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

/** Whether the text is an IPv6 address, without brackets or zone. */
export function isIPv6(text: string): boolean {
  return groupsOf(text) !== undefined;
}

/** The eight 16-bit groups of an IPv6 address, or undefined when it is none (RFC 4291 2.2). */
function groupsOf(text: string): number[] | undefined {
  const gap = text.indexOf('::');
  if (gap < 0) {
    const groups = groupsOfPart(text, true);
    return groups?.length === 8 ? groups : undefined;
  }
  if (text.indexOf('::', gap + 1) >= 0) return undefined;
  const head = gap === 0 ? [] : groupsOfPart(text.substring(0, gap), false);
  const tail = gap + 2 === text.length ? [] : groupsOfPart(text.substring(gap + 2), true);
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function groupsOfPart(text: string, mayEndInIPv4: boolean): number[] | undefined {
  const groups: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else if (mayEndInIPv4 && i === parts.length - 1 && isIPv4(part)) {
      const bytes = part.split('.').map(Number);
      groups.push(bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!);
    } else return undefined;
  }
  return groups;
}

/** One form for equal hosts: IPv6 addresses compare as numbers (RFC 5954 4.2), names without case and final dot. */
export function canonicalHost(host: string): string {
  const groups = host.includes(':') ? groupsOf(host) : undefined;
  if (groups !== undefined) return groups.map((group) => group.toString(16)).join(':');
  const lower = host.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** The host as it stands in a URI or Via: an IPv6 address gets its brackets. */
export function printHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether the text may stand where RFC 3261 wants a host; IPv6 addresses with or without brackets. */
export function isHost(text: string): boolean {
  if (text.charCodeAt(0) === OPEN_BRACKET) {
    return text.charCodeAt(text.length - 1) === CLOSE_BRACKET && isIPv6(text.slice(1, -1));
  }
  if (text.includes(':')) return isIPv6(text);
  return skip(text, 0, text.length, HOST) === text.length && isName(text, 0, text.length);
}
