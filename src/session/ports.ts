/**
 * The two layers as the manager sees them, side by side at the same height: DialogManager implements {@link DialogPort}, MediaManager
 * implements {@link MediaPort}. Verbs pair by name (createSession ↔ createMedia, …); an architecture test holds them together. Every
 * verb is synchronous: it throws at once when it cannot start, and what comes of it rises later as a fact. Types only.
 */
import type { DialogFact, MediaFact, MediaRoute, Party } from './events.js';
import type { ReasonValue } from './lifecycle.js';
import type { Description, MediaChange, MediaWish, NegotiatedMedia } from './media.js';
import type { SessionId } from './session.js';

/** Where a coordinator hands up what its core said. */
export interface FactSink<F extends DialogFact | MediaFact> {
  fact(sessionId: SessionId, fact: F): void;
  /** Something an operator should know that belongs to no session: a failing socket, short buffers. */
  warning(code: string, message: string): void;
}

export type ExtraHeaders = readonly (readonly [string, string])[];

/** What a digest challenge is answered with. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Only challenges of this realm are answered; default: of any. */
  readonly realm?: string | undefined;
}

export interface OutgoingParams {
  readonly target: string;
  readonly from: Party;
  readonly headers: ExtraHeaders;
  /** Loose outbound proxy. */
  readonly proxy: string | undefined;
  /** Values of Route behind the proxy. */
  readonly route?: readonly string[] | undefined;
  /** URI of Contact; default: our address. */
  readonly contact?: string | undefined;
  /** A conference calls (RFC 4579). */
  readonly focus?: boolean | undefined;
  readonly auth?: Credentials | undefined;
  /** RFC 3262; default: that of the configuration. */
  readonly reliable?: 'off' | 'supported' | 'required' | undefined;
  /** Further parts of the INVITE's body, beside the session description. */
  readonly parts?: readonly MessagePart[] | undefined;
}

/** A body that is no session description. */
export interface MessagePart {
  /** Media type with parameters. */
  readonly contentType: string;
  /** Content-Disposition as a whole, `render;handling=optional` for instance. */
  readonly disposition?: string | undefined;
  readonly data: Uint8Array;
}

export interface ResponseExtras {
  readonly reason?: string | undefined;
  readonly headers?: ExtraHeaders | undefined;
  readonly description?: Description | undefined;
}

export interface DialogPort {
  /** Enters the mapping and looks for the route; `routed` or `failed` follows. Throws ERR_INVALID_URI. */
  createSession(sessionId: SessionId, params: OutgoingParams): void;
  /** Sends the INVITE after `routed`. */
  offerSession(sessionId: SessionId, offer: Description): void;
  ringSession(sessionId: SessionId, status: number, extras?: ResponseExtras): void;
  /** 200 with an answer, for a late offer with our offer, or with none when all was said before. `acked` or `ended` follows. */
  acceptSession(sessionId: SessionId, description: Description | undefined): void;
  rejectSession(sessionId: SessionId, status: number, extras?: ResponseExtras): void;
  /** ACK for a 2xx to our INVITE or re-INVITE. */
  ackSession(sessionId: SessionId): void;
  cancelSession(sessionId: SessionId, reason?: ReasonValue): void;
  /** Re-INVITE that holds; `reofferAnswered` or `reofferFailed` follows. */
  holdSession(sessionId: SessionId, offer: Description): void;
  /** Re-INVITE that resumes. */
  resumeSession(sessionId: SessionId, offer: Description): void;
  /** UPDATE, or a re-INVITE where the peer takes no UPDATE; `reofferAnswered` or `reofferFailed` follows. */
  updateSession(sessionId: SessionId, offer: Description): void;
  /** Final answer to the peer's re-INVITE, UPDATE or PRACK. */
  answerReoffer(sessionId: SessionId, status: number, description?: Description): void;
  /** BYE; `ended` follows in bounded time. */
  terminateSession(sessionId: SessionId, reason?: ReasonValue): void;
  /** Drops the mapping; nothing rises for this session any more. */
  forgetSession(sessionId: SessionId): void;
  has(sessionId: SessionId): boolean;
  readonly size: number;
}

export interface MediaPort {
  /** Leases ports and creates a leg for the route, with codecs of its own where given; throws ERR_NO_PORTS or ERR_LIMIT. */
  createMedia(sessionId: SessionId, route: MediaRoute, codecs?: readonly string[]): void;
  /** Our description for a new session or, with hold false, for a late offer. */
  offerMedia(sessionId: SessionId, wish: MediaWish): Description;
  /** The answer to the peer's offer, applied at once; throws MediaError with `status` 488 or 400, and then nothing has changed. */
  answerMedia(
    sessionId: SessionId,
    offer: Description,
    wish: MediaWish,
  ): { readonly answer: Description; readonly media: NegotiatedMedia };
  /** Applies the peer's answer to our last offer; throws like answerMedia. */
  applyAnswer(sessionId: SessionId, answer: Description, early: boolean): NegotiatedMedia;
  /** The offer of a re-INVITE that holds. */
  holdMedia(sessionId: SessionId): Description;
  /** The offer of a re-INVITE that resumes. */
  resumeMedia(sessionId: SessionId): Description;
  /** The offer of an `update`, with the change for as long as the offer lives and for good when it is answered; an empty one changes nothing. */
  updateMedia(sessionId: SessionId, wish: MediaWish, change: MediaChange): Description;
  /** The offer that was made last is void; what was in force before stays. */
  rollbackOffer(sessionId: SessionId): void;
  /** The peer proved its address: RTP may be sent. */
  allowSend(sessionId: SessionId): void;
  /** Gives everything back; `mediaClosed` follows. */
  stopMedia(sessionId: SessionId): void;
  has(sessionId: SessionId): boolean;
  readonly size: number;
}

/** Audio rooms, by the caller's own key; one call applies all its changes at one tick. */
export interface RoomPort {
  openRoom(roomId: string, options: { readonly loudest: number | 'all' }): void;
  applyRoom(roomId: string, changes: readonly RoomChange[]): void;
  closeRoom(roomId: string): void;
}

/** What a member is to the others of a room, and they to it. */
export interface RoomMemberSettings {
  /** Nobody hears this member. */
  readonly muted: boolean;
  /** This member hears nobody. */
  readonly deaf: boolean;
  /** Only those hear this member who always do ({@link RoomChange} `relate`); default false. */
  readonly apart?: boolean | undefined;
  /** How loud this member is to all: −60…20 dB, default 0. */
  readonly gainInDb?: number | undefined;
  /** How loud the room is to this member: −60…20 dB, default 0. */
  readonly gainOutDb?: number | undefined;
  /** Who is chosen first among those who talk where only some are mixed: 0 (background) … 5 (emergency), default 3 (normal). */
  readonly priority?: number | undefined;
}

/** How one listener hears one speaker: as all do, never, louder or quieter than all do, or also when others do not. */
export type RoomHearing = 'usual' | 'never' | 'scaled' | 'always';

/** A difference between two sets of edges (bridge/conference.ts): who joins, leaves, is set, and who is heard otherwise by one listener. */
export type RoomChange =
  | ({ readonly op: 'add' | 'set'; readonly sessionId: SessionId } & RoomMemberSettings)
  | {
      readonly op: 'relate';
      /** The listener. */
      readonly sessionId: SessionId;
      readonly speaker: SessionId;
      readonly hears: RoomHearing;
      /** Of `scaled` and `always`. */
      readonly gainDb: number;
    }
  | { readonly op: 'remove'; readonly sessionId: SessionId };
