/**
 * What a SIP message is to the rest of the stack: read-only views that are parsed no further than they are asked. Types only; the views are
 * made by parser.ts, read by transactions, dialogs and the layers above. Bytes for the wire are made by printer.ts from other data,
 * never by changing a received message.
 */
import type { CSeq } from './headers/cseq.js';
import type { NameAddr } from './headers/name-addr.js';
import type { Via } from './headers/via.js';
import type { SipUri } from './uri.js';

/** What requests and responses share. Header names are compared without case, and a compact form equals its long form (RFC 3261 7.3.3). */
export interface MessageView {
  /** Header lines in the message, 0 to {@link ParseLimits.maxHeaders}. */
  readonly headerCount: number;
  /**
   * Value of the first line of that name: whole (a comma list stays one text), trimmed, unfolded (RFC 3261 7.3.1), decoded as UTF-8. It
   * never holds CR or LF, and other control characters only as quoted pairs, so that it may be copied into a response. Undefined when there
   * is no such line.
   */
  header(name: string): string | undefined;
  /** Every value of every line of that name; headers whose grammar is a comma list are split (see headers/names.ts). */
  headerValues(name: string): string[];
  has(name: string): boolean;
  /** Lines in wire order, names as written, values as {@link header} gives them. */
  entries(): IterableIterator<[name: string, value: string]>;
  readonly callId: string;
  readonly cseq: CSeq;
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly fromTag: string | undefined;
  readonly toTag: string | undefined;
  /** First value of the first Via line. */
  readonly topVia: Via;
  /** First Contact; undefined when there is none and for `*`. */
  readonly contact: NameAddr | undefined;
  /** Media type without parameters, lower case: 'application/sdp'. */
  readonly contentType: string | undefined;
  /** A view into the datagram; empty when there is none. */
  readonly body: Uint8Array;
  /** The body decoded as UTF-8. */
  bodyText(): string;
  /** The message as it came, without octets after its body. */
  toBytes(): Uint8Array;
}

/**
 * A request. In an accepted message every member is valid. In a refused one (`ParseResult.ok === false`) members that could not be read
 * are empty values ('' or CSeq 0) instead of errors, so that a reply can be built from `header()` and `headerValues()`.
 */
export interface SipRequest extends MessageView {
  readonly kind: 'request';
  /** As written; methods are case-sensitive. */
  readonly method: string;
  readonly uri: SipUri;
  /** The Request-URI as written. */
  readonly uriText: string;
  /** 0 to 255; undefined when absent, which RFC 2543 allowed. */
  readonly maxForwards: number | undefined;
}

/** A response; see {@link SipRequest} about refused messages. */
export interface SipResponse extends MessageView {
  readonly kind: 'response';
  /** 100 to 699. */
  readonly status: number;
  /** May be empty. */
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;
