/**
 * A session description as data (RFC 8866), and what can be wrong with one. Pure types and constants; parser, printer and negotiation
 * share them. Only what negotiation needs is kept: u=, e=, p=, i=, r=, z= and k= lines are accepted by the parser and dropped.
 */
import type { CodecName, MediaDirection, OpusOptions, StreamParameters } from '../types.js';

export type SdpAddressFamily = 'IP4' | 'IP6';

/** The o= line (RFC 8866 5.2). Identifier and version stay text: they may exceed 53 bits. */
export interface SdpOrigin {
  readonly username: string;
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly family: SdpAddressFamily;
  readonly address: string;
}

/** A c= line (RFC 8866 5.7). The address is as written: numeric, a host name, or multicast with a `/ttl`. */
export interface SdpConnection {
  readonly family: SdpAddressFamily;
  readonly address: string;
}

/** A b= line (RFC 8866 5.8); the unit of `value` depends on the type (CT and AS: kbit/s). */
export interface SdpBandwidth {
  readonly type: string;
  readonly value: number;
}

/** An a= line: name and value, or a name alone (a property attribute). */
export type SdpAttribute = readonly [name: string, value: string | undefined];

/** An m= line with what follows it. */
export interface MediaDescription {
  /** `audio`, `video`, `application`, … in lower case. */
  readonly kind: string;
  /** 0 = rejected or removed (RFC 3264 6, 8.2). */
  readonly port: number;
  readonly portCount: number;
  /** As written, for instance `RTP/AVP`. */
  readonly protocol: string;
  /** At least one. */
  readonly formats: readonly string[];
  readonly connection?: SdpConnection | undefined;
  readonly bandwidths: readonly SdpBandwidth[];
  readonly attributes: readonly SdpAttribute[];
}

export interface SessionDescription {
  readonly origin: SdpOrigin;
  readonly sessionName: string;
  readonly connection?: SdpConnection | undefined;
  readonly bandwidths: readonly SdpBandwidth[];
  /** Values of the t= lines, for instance `0 0`. */
  readonly timings: readonly string[];
  readonly attributes: readonly SdpAttribute[];
  readonly media: readonly MediaDescription[];
}

/** Bounds on what the parser accepts; past one it reports a problem. */
export interface SdpLimits {
  /** Default 32,768; a browser's offer with video is about 8,000. */
  readonly maxBytes: number;
  /** Default 1,000. */
  readonly maxLines: number;
  /** Default 32. */
  readonly maxMedia: number;
  /** Formats of one m= line; default 128, the number of RTP payload types. */
  readonly maxFormats: number;
}

export const defaultSdpLimits: SdpLimits = { maxBytes: 32_768, maxLines: 1000, maxMedia: 32, maxFormats: 128 };

export type SdpProblemCode =
  | 'too-large'
  | 'too-many-lines'
  | 'too-many-media'
  | 'too-many-formats'
  | 'bad-character'
  | 'bad-line'
  | 'unknown-type'
  | 'bad-version'
  | 'bad-origin'
  | 'bad-connection'
  | 'bad-media'
  | 'missing-origin';

/** Why a text is no session description; `line` counts from 1, 0 means the whole text. */
export interface SdpProblem {
  readonly code: SdpProblemCode;
  readonly line: number;
  readonly message: string;
}

export type SdpParseResult =
  | { readonly ok: true; readonly description: SessionDescription }
  | { readonly ok: false; readonly problem: SdpProblem };

/** What one side brings to an offer or answer. */
export interface LocalMedia {
  /** Numeric address that the peer shall send to (the advertised one). */
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly sessionId: string;
  /** Version of the first description of the session; later ones count on from the previous description (RFC 3264 8). */
  readonly sessionVersion: number;
  /** In order of preference. */
  readonly codecs: readonly CodecName[];
  /** Our wishes for Opus; default: those of {@link OpusOptions}. */
  readonly opus?: OpusOptions | undefined;
  /** What this side wants; hold is `sendonly` or `inactive`. */
  readonly direction: MediaDirection;
  readonly ptimeMs: number;
  /** Take comfort noise (RFC 3389) where the peer offers it; default true. */
  readonly comfortNoise?: boolean | undefined;
  /** Offer it, and send it in place of silence where the peer takes it; default false. */
  readonly silenceSuppression?: boolean | undefined;
}

/** The last descriptions that were exchanged, where this is not the first exchange. */
export interface PreviousExchange {
  readonly local: SessionDescription;
  readonly remote?: SessionDescription | undefined;
}

/** Why an offer or answer cannot be used. */
export interface NegotiationProblem {
  readonly status: 400 | 488;
  readonly code: 'ERR_INVALID_SDP' | 'ERR_NO_COMMON_CODEC';
  /** Warn-code for the Warning header that RFC 3261 21.4.26 asks for beside a 488 (RFC 3261 20.43). */
  readonly warnCode: 300 | 301 | 302 | 304 | 305 | 399;
  readonly message: string;
}

export type AnswerResult =
  | { readonly ok: true; readonly answer: SessionDescription; readonly negotiated: StreamParameters }
  | { readonly ok: false; readonly problem: NegotiationProblem };

export type ApplyResult =
  | { readonly ok: true; readonly negotiated: StreamParameters }
  | { readonly ok: false; readonly problem: NegotiationProblem };
