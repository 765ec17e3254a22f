/**
 * Numeric addresses in c= and o= lines. Pure: no resolver and no socket module, since a host name cannot be resolved where an answer
 * must be given at once; a stream with one is declined.
 */
import type { SdpAddressFamily } from './types.js';

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

export function isIpv4(text: string): boolean {
  return ipv4.test(text);
}

/** RFC 4291 2.2, without a zone: eight groups, one `::` in place of zeros, the last two groups possibly as IPv4. */
export function isIpv6(text: string): boolean {
  if (text.length > 45) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    for (const [position, part] of parts.entries()) {
      const isLast = index === halves.length - 1 && position === parts.length - 1;
      if (isLast && isIpv4(part)) groups += 2;
      else if (/^[0-9a-f]{1,4}$/i.test(part)) groups += 1;
      else return false;
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}

/** The family of a numeric address; undefined for host names and anything else. */
export function familyOf(address: string): SdpAddressFamily | undefined {
  if (isIpv4(address)) return 'IP4';
  return isIpv6(address) ? 'IP6' : undefined;
}

/** The address that means "send nothing to me" (RFC 3264 8.4; `::` by analogy). */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || (isIpv6(address) && /^[0:]+$/.test(address));
}

/** Multicast and broadcast: never a place to send a call to. */
export function isGroupAddress(address: string): boolean {
  return /^(?:22[4-9]|23\d)\./.test(address) || address === '255.255.255.255' || /^ff/i.test(address);
}
