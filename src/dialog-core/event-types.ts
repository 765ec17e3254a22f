/**
 * What rises from the SIP core: the events of invite usages, and how and why they end. Types only; re-exported by types.ts.
 */
import type { SipRequest, SipResponse } from './message/index.js';
import type { IncomingRefer } from './service-types.js';
import type { Flow, UsageId } from './types.js';

/** Why a usage failed or a dialog ended. */
export type FailureCause = 'response' | 'timeout' | 'transport' | 'cancelled';

export type EndedBy =
  | 'remote-bye'
  | 'local-bye'
  /** No ACK for our 2xx in 64·T1 (RFC 3261 13.3.1.4); the core has sent BYE. */
  | 'ack-timeout'
  /** A request in the dialog got 481 or 408, or timed out (RFC 3261 12.2.1.2). */
  | 'dialog-gone'
  /** No PRACK for our reliable provisional response in 64·T1 (RFC 3262 3); the INVITE got 504. */
  | 'prack-timeout'
  /** The session timer ran out without a refresh (RFC 4028 10); the core has sent BYE. */
  | 'session-expired'
  | 'closed';

/** RFC 3326. */
export interface ReasonHeader {
  readonly protocol: string;
  readonly cause: number | undefined;
  readonly text: string | undefined;
}

/** Events of one usage are in order; after 'failed', 'cancelled' or 'ended' nothing more comes for that usage. */
export type DialogCoreEvent =
  /** A new INVITE outside any dialog; 100 has been sent. `advertised` is the host for Contact and SDP towards this peer. */
  | {
      readonly type: 'invite';
      readonly usage: UsageId;
      readonly request: SipRequest;
      readonly flow: Flow;
      readonly advertised: string;
      /** The call whose place it is to take (RFC 3891); it may, and whoever accepts the INVITE ends that call. */
      readonly replaces?: UsageId | undefined;
      /** Whether our provisional responses will be reliable, and whether they have to be (RFC 3262 3). */
      readonly reliable: 'no' | 'supported' | 'required';
    }
  /** The peer cancelled its INVITE before our final answer; 487 has been sent. */
  | { readonly type: 'cancelled'; readonly usage: UsageId; readonly reason: ReasonHeader | undefined }
  /** ACK for our 2xx to the first INVITE. */
  | { readonly type: 'acked'; readonly usage: UsageId; readonly request: SipRequest }
  /** The route of our INVITE is known; `sendInvite` is owed. `advertised` is the host for SDP towards this peer. */
  | {
      readonly type: 'routed';
      readonly usage: UsageId;
      readonly callId: string;
      readonly flow: Flow;
      readonly advertised: string;
    }
  /** 101–199 for our INVITE; `dialogTag` (the to-tag) tells forked branches apart. */
  | {
      readonly type: 'provisional';
      readonly usage: UsageId;
      readonly response: SipResponse;
      readonly dialogTag: string | undefined;
      /** RFC 3262: it comes once and in order; its body is the answer to our offer, or an offer where we made none. */
      readonly reliable: boolean;
      /** It holds an offer: `prack` is owed. */
      readonly prackOwed: boolean;
    }
  /** PRACK for a reliable response of ours. One with a body has `owed`: `answerReinvite` is owed. */
  | { readonly type: 'pracked'; readonly usage: UsageId; readonly request: SipRequest; readonly owed: boolean }
  /** First 2xx for our INVITE. The caller owes `ack`. 2xx of further branches get ACK and BYE from the core. */
  | { readonly type: 'answered'; readonly usage: UsageId; readonly response: SipResponse; readonly flow: Flow }
  /** Our INVITE failed for good. With cause 'response' (also a 487 after our CANCEL: cause 'cancelled') the final response is there. */
  | {
      readonly type: 'failed';
      readonly usage: UsageId;
      readonly cause: FailureCause;
      readonly status: number;
      readonly reason: string;
      readonly response: SipResponse | undefined;
    }
  /** A re-INVITE of the peer; answer with `answerReinvite`. Overlaps were answered 491 or 500 by the core. */
  | { readonly type: 'reinvite'; readonly usage: UsageId; readonly request: SipRequest }
  | { readonly type: 'reinviteAcked'; readonly usage: UsageId; readonly request: SipRequest }
  /** The peer cancelled its re-INVITE; 487 has been sent, the dialog stays. */
  | { readonly type: 'reinviteCancelled'; readonly usage: UsageId }
  /** 2xx for our re-INVITE. The caller owes `ack`. */
  | { readonly type: 'reinviteAnswered'; readonly usage: UsageId; readonly response: SipResponse }
  /**
   * Our re-INVITE failed; the dialog stays as it was (RFC 3261 14.1), unless 'ended' follows. After 491 `retryNow` comes when the
   * random wait of 14.1 is over; `willRetry` says so.
   */
  | {
      readonly type: 'reinviteFailed';
      readonly usage: UsageId;
      readonly status: number;
      readonly reason: string;
      readonly response: SipResponse | undefined;
      readonly willRetry: boolean;
    }
  | { readonly type: 'retryNow'; readonly usage: UsageId }
  /** An UPDATE of the peer with a body; answer with `answerReinvite`. One without a body is answered by the core. */
  | { readonly type: 'update'; readonly usage: UsageId; readonly request: SipRequest; readonly dialogTag: string }
  | { readonly type: 'updateAnswered'; readonly usage: UsageId; readonly response: SipResponse }
  /** As 'reinviteFailed'. */
  | {
      readonly type: 'updateFailed';
      readonly usage: UsageId;
      readonly status: number;
      readonly reason: string;
      readonly response: SipResponse | undefined;
      readonly willRetry: boolean;
    }
  /** The session timer wants a refresh and the peer takes no UPDATE: a re-INVITE with an unchanged offer is owed (RFC 4028 7.4). */
  | { readonly type: 'refreshDue'; readonly usage: UsageId }
  /** INFO (RFC 6086); 200 has been sent. */
  | { readonly type: 'info'; readonly usage: UsageId; readonly request: SipRequest }
  | {
      readonly type: 'ended';
      readonly usage: UsageId;
      readonly by: EndedBy;
      readonly reason: ReasonHeader | undefined;
      readonly request: SipRequest | undefined;
    }
  /** The peer of an established call wants us to call elsewhere (RFC 3515). */
  | { readonly type: 'refer'; readonly usage: UsageId; readonly refer: IncomingRefer }
  /** A listener's socket failed, for operators. */
  | { readonly type: 'transportError'; readonly listener: number; readonly message: string }
  /** A listener that had failed works again. */
  | { readonly type: 'transportRestored'; readonly listener: number };
