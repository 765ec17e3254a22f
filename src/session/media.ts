/**
 * What media a session holds, as data: the session core's view of the media layer, without a handle of the engine. Pure.
 */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** Outcome of a negotiation, as far as the life of a call depends on it. */
export interface NegotiatedMedia {
  /** Codec that we send, lower case. */
  readonly codec: string;
  /** From our side. */
  readonly direction: Direction;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The peer negotiated telephone-event (RFC 4733). */
  readonly telephoneEvents: boolean;
}

/** A session description on its way between the two cores: bytes with their type; only media-core reads them. */
export interface Description {
  readonly contentType: string;
  readonly data: Uint8Array;
}

/** What `update` changes about our side of the media; what is left out stays. */
export interface MediaChange {
  /** In order of preference. */
  readonly codecs?: readonly string[] | undefined;
  /** Numeric address to receive at, for descriptions: a new network, a relay. */
  readonly address?: string | undefined;
}

/** Which of our own wishes a description must express. */
export interface MediaWish {
  /** We hold: we do not want to receive. */
  readonly hold: boolean;
}

/**
 * True when the peer asked us to be silent, or cannot be sent to (RFC 3264 8.4). Our own hold offers sendonly, so a direction of ours
 * without sending is always the peer's doing.
 */
export function isRemoteHold(direction: Direction): boolean {
  return direction === 'recvonly' || direction === 'inactive';
}
