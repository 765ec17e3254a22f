/** Equality of URIs (RFC 3261 19.1.4, hosts by RFC 5954). Pure. It is not transitive: ask it of the two URIs that matter. */
import { resolveEscapes } from './chars.js';
import { canonicalHost } from './host.js';
import type { SipUri } from './uri.js';

/**
 * Parameters that make two URIs differ when only one of them has it, even with its default value. The text of 19.1.4 names user, ttl,
 * method and maddr; its examples add transport, since the two may resolve to different transports.
 */
const decisiveParams = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** Whether two URIs are equal by RFC 3261 19.1.4. URIs of other schemes are equal when their texts are, but for the scheme's case. */
export function uriEquals(a: SipUri, b: SipUri): boolean {
  if (a.scheme !== b.scheme) return false;
  if (a.opaque !== undefined || b.opaque !== undefined) return a.opaque === b.opaque;
  return (
    sameText(a.user, b.user) &&
    sameText(a.password, b.password) &&
    a.port === b.port &&
    canonicalHost(a.host) === canonicalHost(b.host) &&
    sameParams(a.params, b.params) &&
    sameHeaders(a.headers, b.headers)
  );
}

/** Case matters in user and password; an escape equals the character it stands for. */
function sameText(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || resolveEscapes(a) === resolveEscapes(b);
}

function sameParams(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (decisiveParams.some((name) => a.has(name) !== b.has(name))) return false;
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other !== undefined && other.toLowerCase() !== value.toLowerCase()) return false;
  }
  return true;
}

/** Headers are never ignored; their order and the case of their names are. */
function sameHeaders(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const left = headersOf(a);
  const right = headersOf(b);
  return left.length === right.length && left.every((text, i) => text === right[i]);
}

function headersOf(text: string): string[] {
  const pairs = text.split('&').map((pair) => {
    const equal = pair.indexOf('=');
    const name = equal < 0 ? pair : pair.substring(0, equal);
    const value = equal < 0 ? '' : pair.substring(equal + 1);
    return `${resolveEscapes(name).toLowerCase()}=${resolveEscapes(value)}`;
  });
  return pairs.sort();
}
