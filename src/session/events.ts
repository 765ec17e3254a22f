/**
 * What happens to a session. {@link SessionFact}s rise from the two layers (dialog/bridge.ts, media/bridge.ts translate them from
 * their cores), {@link SessionVerb}s come down from users; both are inputs of transition.ts. {@link SessionEvent}s are what the manager
 * publishes. All are discriminated unions; nothing is told by matching text. Pure.
 */
import type { EndReason, ReasonValue } from './lifecycle.js';
import type { Description, MediaChange, NegotiatedMedia } from './media.js';
import type { SessionId } from './session.js';
import type { CallState } from './state.js';
import type { TransferNews, TransferParams, TransferWish } from './transfer.js';

/** Identity of a party as SIP tells it. */
export interface Party {
  readonly uri: string;
  readonly displayName: string | undefined;
}

/** Address that media binds, and the one written into descriptions for this peer. */
export interface MediaRoute {
  /** Address of the listener's socket, may be a wildcard: what media binds. */
  readonly bindAddress: string;
  /** Numeric address for descriptions: the advertised one or the local address of the route; never a wildcard. */
  readonly advertisedAddress: string;
}

/** What an INFO said. */
export interface InfoMessage {
  /** RFC 6086 Info-Package; undefined for the older use, which has none. */
  readonly infoPackage: string | undefined;
  /** Media type without parameters; undefined for no body. */
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
  /** The layer's own message object. */
  readonly message: unknown;
}

/** Facts about signalling. `message` is the layer's own message object, opaque here. */
export type DialogFact =
  | {
      readonly type: 'incoming';
      readonly from: Party;
      readonly to: Party;
      readonly target: string;
      readonly callId: string;
      /** Numeric address that the request came from. */
      readonly peer: string;
      readonly route: MediaRoute;
      readonly offer: Description | undefined;
      /** Whether our provisional responses will be acknowledged (RFC 3262), and whether the caller insists; default `no`. */
      readonly reliable?: 'no' | 'supported' | 'required' | undefined;
      readonly message: unknown;
      /** The session whose place it is to take (RFC 3891). */
      readonly replaces?: SessionId | undefined;
    }
  /** The peer wants us to call elsewhere. */
  | { readonly type: 'transferWished'; readonly wish: TransferWish }
  | { readonly type: 'routed'; readonly route: MediaRoute; readonly callId: string }
  | {
      readonly type: 'progress';
      readonly status: number;
      readonly reason: string;
      readonly description: Description | undefined;
      /** Tells forked branches apart. */
      readonly branch?: string | undefined;
      /** It was acknowledged, and a description in it is the answer (RFC 3262 5). */
      readonly reliable?: boolean | undefined;
      readonly message: unknown;
    }
  | {
      readonly type: 'answered';
      readonly description: Description | undefined;
      readonly branch?: string | undefined;
      readonly message: unknown;
    }
  /** Our reliable provisional response was acknowledged; with a description an answer is owed. */
  | { readonly type: 'pracked'; readonly description: Description | undefined }
  | { readonly type: 'acked'; readonly description: Description | undefined }
  | {
      readonly type: 'failed';
      readonly cause: 'response' | 'timeout' | 'transport' | 'cancelled';
      readonly status: number;
      readonly reason: string;
      /** Reason header of the response (RFC 6432): what a gateway behind it was told. */
      readonly reasonHeader?: ReasonValue | undefined;
      readonly message: unknown;
    }
  | { readonly type: 'cancelledByPeer'; readonly reason: ReasonValue | undefined }
  /** The peer wants to change the session: a re-INVITE, in which it may leave the offer to us, or an UPDATE. */
  | {
      readonly type: 'reoffered';
      readonly description: Description | undefined;
      /** As caller before the answer: the branch it came from. */
      readonly branch?: string | undefined;
      readonly message: unknown;
    }
  | { readonly type: 'reofferAcked'; readonly description: Description | undefined }
  | { readonly type: 'reofferCancelled' }
  /** `byUpdate`: no ACK is owed. */
  | { readonly type: 'reofferAnswered'; readonly description: Description | undefined; readonly byUpdate?: boolean }
  | {
      readonly type: 'reofferFailed';
      readonly status: number;
      readonly reason: string;
      readonly willRetry: boolean;
      readonly message: unknown;
    }
  | { readonly type: 'reofferRetry' }
  /** The session timer wants an offer that changes nothing (RFC 4028 7.4). */
  | { readonly type: 'refreshDue' }
  /** INFO that is no digit (RFC 6086); it has been answered. */
  | { readonly type: 'info'; readonly info: InfoMessage }
  /** A digit in an INFO; as those of media. */
  | { readonly type: 'dtmf'; readonly digit: string; readonly durationMs: number }
  | {
      readonly type: 'ended';
      readonly by:
        | 'remote-bye'
        | 'local-bye'
        | 'ack-timeout'
        | 'prack-timeout'
        | 'session-expired'
        | 'dialog-gone'
        | 'closed';
      readonly reason: ReasonValue | undefined;
    };

/** Facts about media. */
export type MediaFact =
  | { readonly type: 'dtmf'; readonly digit: string; readonly durationMs: number }
  | { readonly type: 'talking'; readonly talking: boolean }
  | { readonly type: 'mediaLatched'; readonly address: string; readonly port: number }
  | { readonly type: 'rtpTimeout' }
  | { readonly type: 'rtcpBye' }
  | { readonly type: 'mediaEventsLost'; readonly count: number }
  /** The media side gave everything back. */
  | { readonly type: 'mediaClosed' };

/** A description was negotiated and applied; raised by the manager itself after a step that asked for it. */
export interface Negotiated {
  readonly type: 'negotiated';
  readonly media: NegotiatedMedia;
  /** It was in a provisional response that nobody acknowledges: audio may be heard, the exchange stays open. */
  readonly early: boolean;
  /** `answer`: we answered the INVITE's offer; `apply`: the peer answered ours; `reoffer`: we answered an offer of a session that stands. */
  readonly during: 'answer' | 'apply' | 'reoffer';
}

/** The media side could not do what a step asked of it; raised by the manager itself. */
export interface NegotiationFailed {
  readonly type: 'negotiationFailed';
  /** SIP status that says it best: 488 or 400 for a description, 503 for want of ports. */
  readonly status: number;
  readonly text: string;
  /**
   * `open`: no media for a new session; `answer`: the offer of a new session; `apply`: the answer to our offer; `reoffer`: an offer of
   * the peer in an established session, which has been answered with `status`.
   */
  readonly during: 'open' | 'answer' | 'apply' | 'reoffer';
}

/** What is heard of a transfer; raised by the manager, which keeps who waits for it. */
export interface TransferHeard {
  readonly type: 'transferNews';
  readonly news: TransferNews;
}

/** Another session took the place of this one; raised by the manager. */
export interface Replaced {
  readonly type: 'replaced';
}

export type SessionFact = DialogFact | MediaFact | Negotiated | NegotiationFailed | TransferHeard | Replaced;

/** What users ask of a session. */
export type SessionVerb =
  /** `media`: with early media, where there is an offer to answer or an acknowledgement to put ours into. */
  | { readonly type: 'ring'; readonly status: number; readonly reason: string | undefined; readonly media?: boolean }
  | { readonly type: 'accept'; readonly codecs?: readonly string[] | undefined }
  | {
      readonly type: 'reject';
      readonly status: number;
      readonly reason: string | undefined;
      readonly headers: readonly (readonly [string, string])[];
    }
  | { readonly type: 'hold' }
  | { readonly type: 'resume' }
  | { readonly type: 'transfer'; readonly params: TransferParams }
  | { readonly type: 'update'; readonly change: MediaChange }
  | { readonly type: 'terminate'; readonly reason: ReasonValue | undefined };

export type SessionInput = SessionFact | SessionVerb;

/** What the manager publishes, in order for each session and across sessions; every change of state is in it exactly once. */
export type SessionEvent =
  | { readonly type: 'incoming'; readonly sessionId: SessionId }
  | { readonly type: 'stateChanged'; readonly sessionId: SessionId; readonly from: CallState; readonly to: CallState }
  | { readonly type: 'progress'; readonly sessionId: SessionId; readonly status: number; readonly reason: string }
  /** The peer put us on hold, or took us back; independent of our own hold. */
  | { readonly type: 'remoteHold'; readonly sessionId: SessionId; readonly held: boolean }
  | { readonly type: 'dtmf'; readonly sessionId: SessionId; readonly digit: string; readonly durationMs: number }
  | { readonly type: 'info'; readonly sessionId: SessionId; readonly info: InfoMessage }
  | { readonly type: 'talking'; readonly sessionId: SessionId; readonly talking: boolean }
  | { readonly type: 'mediaLatched'; readonly sessionId: SessionId; readonly address: string; readonly port: number }
  | { readonly type: 'rtpTimeout'; readonly sessionId: SessionId }
  | { readonly type: 'mediaEventsLost'; readonly sessionId: SessionId; readonly count: number }
  /** The call's audio was joined with a room (a conference or a bridge), or parted from it. */
  | { readonly type: 'joinedRoom'; readonly sessionId: SessionId; readonly roomId: string }
  | { readonly type: 'leftRoom'; readonly sessionId: SessionId; readonly roomId: string }
  /** The peer wants us to call elsewhere; undecided it is declined after 20 s. */
  | { readonly type: 'transferWished'; readonly sessionId: SessionId; readonly wish: TransferWish }
  | {
      readonly type: 'transferProgress';
      readonly sessionId: SessionId;
      readonly status: number;
      readonly reason: string;
    }
  /** An incoming call that is answered by itself, since it takes the place of `replaces`. */
  | { readonly type: 'replacing'; readonly sessionId: SessionId; readonly replaces: SessionId }
  /** Session `by` is established and sits where this one sat; `ended` follows. */
  | { readonly type: 'replaced'; readonly sessionId: SessionId; readonly by: SessionId }
  /** Always the last event of a session. */
  | { readonly type: 'ended'; readonly sessionId: SessionId; readonly reason: EndReason };
