/**
 * Why a call ended, as data. Pure. Filled by transition.ts when a session becomes terminal; read by users as `call.endReason`.
 */

/** RFC 3326: the Reason header of a BYE or CANCEL. */
export interface ReasonValue {
  /** `SIP` or `Q.850`, or another registered protocol. */
  readonly protocol: string;
  readonly cause: number | undefined;
  readonly text: string | undefined;
}

export type EndCause =
  /** We hung up an established call. */
  | 'local-hangup'
  /** The peer hung up an established call. */
  | 'remote-hangup'
  /** An unanswered call was cancelled, by its caller. */
  | 'cancelled'
  /** The callee answered 300–699; we did, or the peer did. */
  | 'rejected'
  /** No answer to a request in time, no ACK for our 2xx, or the dialog was unknown to the peer. */
  | 'timeout'
  /** The request could not be sent, or the host name not be resolved. */
  | 'transport'
  /** Nobody refreshed the session in time (RFC 4028 10); we hung up. */
  | 'session-expired'
  /** No common codec, a session description that could not be used, no free port. */
  | 'media'
  /** The peer was transferred elsewhere, or another call took this one's place (RFC 3891). */
  | 'transferred'
  /** The library was closed. */
  | 'closed';

export interface EndReason {
  readonly cause: EndCause;
  /** Status of the final response, where one came or was sent. */
  readonly status: number | undefined;
  /** Reason phrase or a sentence about the local cause. */
  readonly text: string;
  /** Reason header of the peer's BYE or CANCEL. */
  readonly reason: ReasonValue | undefined;
}
