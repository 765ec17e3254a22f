/**
 * Hosts and ports of URIs and Via headers: names, IPv4 addresses and IPv6 references (RFC 3261 25.1 as corrected by RFC 5954). Pure;
 * called by uri.ts and headers/via.ts, and by the comparison of URIs.
 */
import { ALPHA, CLOSE_BRACKET, classes, DOT, find, HYPHEN, LABEL, OPEN_BRACKET, UNDERSCORE, UPPER } from './chars.js';
import { sourceOf } from './source.js';

/** Whether the host scanned last needs work before it can be shown: it holds capitals, or it is an IPv6 reference. */
let isPlain = true;

/** Scans `name`, `192.0.2.1` or `[2001:db8::1]`; returns the position behind it, or -1. */
export function scanHost(bytes: Uint8Array, from: number, end: number): number {
  if (from < end && bytes[from] === OPEN_BRACKET) return scanReference(bytes, from, end);
  let at = from;
  let label = from;
  let top = from;
  let seen = 0;
  for (; at < end; at++) {
    const code = bytes[at]!;
    const found = classes[code]!;
    if ((found & LABEL) !== 0) {
      seen |= found;
      continue;
    }
    if (code !== DOT) break;
    if (!isLabel(bytes, label, at)) return -1;
    top = label;
    label = at + 1;
  }
  isPlain = (seen & UPPER) === 0;
  const hasFinalDot = label === at && at > from;
  if (!hasFinalDot) {
    if (!isLabel(bytes, label, at)) return -1;
    top = label;
  }
  // The last label of a name begins with a letter; whatever else ends in digits is an IPv4 address or nothing.
  const first = bytes[top]!;
  if ((classes[first]! & ALPHA) !== 0 || first === UNDERSCORE) return at;
  return isFourBytes(bytes, from, at) ? at : -1;
}

function isLabel(bytes: Uint8Array, from: number, end: number): boolean {
  return end > from && bytes[from] !== HYPHEN && bytes[end - 1] !== HYPHEN;
}

/** Four decimal numbers up to 255, with dots between them. */
function isFourBytes(bytes: Uint8Array, from: number, end: number): boolean {
  let parts = 0;
  let value = 0;
  let width = 0;
  for (let at = from; at <= end; at++) {
    const digit = at < end ? bytes[at]! - 48 : -1;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      width++;
      continue;
    }
    if (width === 0 || width > 3 || value > 255 || (at < end && bytes[at] !== DOT)) return false;
    parts++;
    value = 0;
    width = 0;
  }
  return parts === 4;
}

function scanReference(bytes: Uint8Array, from: number, end: number): number {
  isPlain = false;
  const close = find(bytes, CLOSE_BRACKET, from, end);
  // The longest address has 45 characters, and one colon more by RFC 5118 4.10.
  if (close === end || close - from > 48) return -1;
  const text = String.fromCharCode(...bytes.subarray(from + 1, close));
  return groupsOf(withoutThirdColon(text)) === undefined ? -1 : close + 1;
}

/** RFC 5118 4.10: the grammar of RFC 3261 wrote three colons before an IPv4 tail, and such a reference must be tolerated. */
function withoutThirdColon(address: string): string {
  return address.replace(/:::(?=\d+\.)/, '::');
}

/** The host of the last scan, in lower case and without brackets. */
export function buildHost(text: string, from: number, end: number): string {
  const host = text.substring(from, end);
  if (isPlain) return host;
  return host.startsWith('[') ? withoutThirdColon(host.slice(1, -1)).toLowerCase() : host.toLowerCase();
}

/** Number of the port scanned last. */
export let scannedPort = 0;

/** Scans the digits of a port; returns the position behind them, or -1. Port 0 fits the grammar, but nothing can be sent there. */
export function scanPort(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  let port = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) break;
    port = port * 10 + digit;
    if (port > 65535) return -1;
  }
  scannedPort = port;
  return port === 0 ? -1 : at;
}

/** Whether the text is an IPv4 address in the usual four-part form. */
export function isIPv4(text: string): boolean {
  const bytes = Buffer.from(text);
  return isFourBytes(bytes, 0, bytes.length);
}

/** Whether the text is an IPv6 address, without brackets or zone. */
export function isIPv6(text: string): boolean {
  return groupsOf(text) !== undefined;
}

/** The eight 16-bit groups of an IPv6 address, or undefined when it is none (RFC 4291 2.2). */
function groupsOf(text: string): number[] | undefined {
  if (text.length > 45) return undefined;
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
  const { bytes } = sourceOf(text.includes(':') && !text.startsWith('[') ? `[${text}]` : text);
  return scanHost(bytes, 0, bytes.length) === bytes.length;
}
