/** What the session domain offers to the layers around it. */
export type { AwaitedVerb, Effect, OwnDescription, VerbFailure } from './effects.js';
export type {
  DialogFact,
  InfoMessage,
  MediaFact,
  MediaRoute,
  Party,
  SessionEvent,
  SessionFact,
  SessionInput,
  SessionVerb,
} from './events.js';
export type { EndCause, EndReason, ReasonValue } from './lifecycle.js';
export type { Description, Direction, MediaChange, MediaWish, NegotiatedMedia } from './media.js';
export type {
  Credentials,
  DialogPort,
  ExtraHeaders,
  FactSink,
  MediaPort,
  MessagePart,
  OutgoingParams,
  ResponseExtras,
  RoomChange,
  RoomHearing,
  RoomMemberSettings,
  RoomPort,
} from './ports.js';
export { newSession, type Session, type SessionId } from './session.js';
export { CallState, type CallStateKind, isEstablished, isTerminal } from './state.js';
export {
  isRinging,
  type TransferNews,
  type TransferOutcome,
  type TransferParams,
  type TransferWish,
  toOutcome,
} from './transfer.js';
export { type InputType, isAllowed, type Step, transition } from './transition.js';
