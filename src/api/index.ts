/** What users hold. */
export { type Clock, systemClock } from '../base/clock.js';
export { Emitter } from '../base/emitter.js';
export { type ErrorCode, SessionError } from '../base/errors.js';
export { type Logger, silentLogger } from '../base/logger.js';
export { CallState, type ManagerCounts, type SessionEvent, SessionManager } from '../manager/index.js';
export { TwoPartyBridge } from './bridge.js';
export { SessionManagerBuilder } from './builder.js';
export { Call, type CallEvents, type Info } from './call.js';
export { CallAudio } from './call-audio.js';
export {
  Conference,
  type ConferenceEvents,
  type ConferenceOptions,
  type JoinOptions,
  type Member,
  type MemberGain,
} from './conference.js';
export { type Connection, type ConnectOptions, connect } from './connect.js';
export { createSessions } from './create-sessions.js';
export type { CollectOptions, DigitMenuOptions } from './digits.js';
export { CallGroup, type CallGroupEvents } from './group.js';
export type { CallHandler, CallHandlerLike, Handled } from './handlers.js';
export {
  type QueuedCaller,
  QueueHandler,
  type QueueHandlerEvents,
  type QueueHandlerOptions,
} from './handlers-queue.js';
export { type Route, RoutingHandler } from './handlers-routing.js';
export { AutoAnswerHandler, type AutoAnswerOptions, CompositeHandler } from './handlers-stock.js';
export type { InfoDtmfOptions } from './in-dialog.js';
export { IncomingCall } from './incoming-call.js';
export type { Listener } from './listeners.js';
export {
  EventSubscription,
  type Notification,
  PublishedState,
  ReceivedRequest,
  type RequestListener,
  type SubscriptionEvents,
} from './messaging.js';
export type { CallOptions, SessionsOptions, SubscriptionListener } from './options.js';
export type { Playback, Recording, RecordOptions } from './playback.js';
export { Registration } from './registration.js';
export type { RosterOptions } from './rosters.js';
export { Sessions, type SessionsEvents } from './sessions.js';
export type { DtmfToneOptions, ToneOptions } from './tones.js';
export { type TransferOptions, TransferRequest } from './transfer.js';
export {
  type AudioReadable,
  type AudioReadableOptions,
  type AudioWritable,
  type AudioWritableOptions,
  type Authentication,
  type Binding,
  type BodyPart,
  type CallerIdentity,
  type CodecName,
  type Content,
  type Credentials,
  type DatagramNetwork,
  type DtmfOptions,
  type Election,
  type EndCause,
  type EndReason,
  type GroupEnd,
  type GroupOptions,
  type GroupType,
  type IncomingSubscription,
  type JitterOptions,
  type ManagerOptions,
  type MediaNetwork,
  type MessagePart,
  type Middleware,
  type MiddlewareReply,
  type Notifier,
  type NotifierEnd,
  type OpusOptions,
  type Party,
  type PlayOptions,
  type Priority,
  type PublicationState,
  type PublishOptions,
  type ReasonValue,
  type RecorderResult,
  type RegisterOptions,
  type RegistrarConfig,
  type RegistrationState,
  type Relation,
  type ReliablePolicy,
  type RequestOptions,
  type RequestReply,
  type SessionId,
  type SessionTimerConfig,
  SipError,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  type Sound,
  type StreamStats,
  type SubscribeOptions,
  type SubscriptionEnd,
  type TerminationReason,
  type TlsCredentials,
  type ToneStep,
  type TransferOutcome,
  type WebSocketConfig,
  type WorkerHealth,
} from './types.js';
