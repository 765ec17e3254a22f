/**
 * Directions of a stream (RFC 3264 5.1, 6.1): reading them, seeing them from the other side, cutting two to what both allow. Pure.
 */
import type { MediaDirection } from '../types.js';
import { isUnspecified } from './address.js';
import type { MediaDescription, SdpAttribute, SessionDescription } from './types.js';

const directions: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive']);

export function sends(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

export function receives(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

export function toDirection(send: boolean, receive: boolean): MediaDirection {
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}

/** The same stream seen from the other side. */
export function reverse(direction: MediaDirection): MediaDirection {
  return toDirection(receives(direction), sends(direction));
}

/** What both allow; both are seen from the same side. */
export function intersect(a: MediaDirection, b: MediaDirection): MediaDirection {
  return toDirection(sends(a) && sends(b), receives(a) && receives(b));
}

/**
 * The direction that a description gives to one of its streams, from its author's side: the attribute of the media section, else of
 * the session, else sendrecv (RFC 8866 6.7). A connection address of 0.0.0.0 is the old way to say "I hold" (RFC 3264 8.4): its author
 * receives nothing, whatever the attribute says.
 */
export function directionOf(description: SessionDescription, media: MediaDescription): MediaDirection {
  const said = directionAttribute(media.attributes) ?? directionAttribute(description.attributes) ?? 'sendrecv';
  const address = (media.connection ?? description.connection)?.address;
  return address !== undefined && isUnspecified(address) ? toDirection(sends(said), false) : said;
}

function directionAttribute(attributes: readonly SdpAttribute[]): MediaDirection | undefined {
  return attributes.find(([name, value]) => value === undefined && directions.has(name))?.[0] as
    | MediaDirection
    | undefined;
}
