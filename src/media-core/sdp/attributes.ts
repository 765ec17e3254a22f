/**
 * Reading a= lines: by name, and the few with a number inside. Pure. A malformed value is treated as absent, as RFC 8866 6 asks for
 * attributes that are not understood.
 */
import type { SdpAttribute } from './types.js';

/** Values of all attributes of that name, in order; a property attribute has the value ''. */
export function findAttribute(attributes: readonly SdpAttribute[], name: string): string[] {
  return attributes.filter(([key]) => key === name).map(([, value]) => value ?? '');
}

export function hasAttribute(attributes: readonly SdpAttribute[], name: string): boolean {
  return attributes.some(([key]) => key === name);
}

/** a=maxptime: the most audio that a packet may hold for this receiver, in milliseconds (RFC 8866 6.5). */
export function maxPtimeMs(attributes: readonly SdpAttribute[]): number | undefined {
  const value = Number(/^\d{1,5}$/.exec(findAttribute(attributes, 'maxptime')[0] ?? '')?.[0] ?? 0);
  return value > 0 ? value : undefined;
}

/** a=ptime: how much audio the peer would like in a packet, in milliseconds (RFC 8866 6.4). */
export function ptimeMs(attributes: readonly SdpAttribute[]): number | undefined {
  const value = Number(/^\d{1,5}/.exec(findAttribute(attributes, 'ptime')[0] ?? '')?.[0] ?? 0);
  return value > 0 ? value : undefined;
}

/** The port of a=rtcp (RFC 3605 2.1); its optional address is not used, RTCP goes where RTP goes. */
export function rtcpPort(attributes: readonly SdpAttribute[]): number | undefined {
  const match = /^(\d{1,5})(?: |$)/.exec(findAttribute(attributes, 'rtcp')[0] ?? '');
  const port = Number(match?.[1] ?? 0);
  return port >= 1 && port <= 65_535 ? port : undefined;
}
