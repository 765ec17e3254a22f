/** The dialog layer: sessions on one side, dialog-core on the other. */

export { bodyParts } from './bodies.js';
export { DialogBridge } from './bridge.js';
export { DialogBuilder, type DialogLayer } from './builder.js';
export { DialogConfigConverter, toHeaders, toListenAddress } from './config.js';
export { SessionDialogCoordinator } from './coordinator.js';
export { type CallerIdentity, identityOf, redirectTargets } from './identity.js';
export { digitContent } from './info.js';
export { DialogManager } from './manager.js';
export type {
  Content,
  DialogMessaging,
  OutsideOptions,
  PublishOptions,
  ServedRequest,
  SubscribeOptions,
} from './messaging.js';
export {
  type Authentication,
  type Binding,
  type BodyPart,
  type CoreCounts,
  type CoreLimits,
  type DatagramNetwork,
  DialogError,
  type DialogOptions,
  type DnsConfig,
  type IncomingSubscription,
  type Middleware,
  type MiddlewareReply,
  type Notifier,
  type NotifierEnd,
  type OptionsResult,
  type Publication,
  type PublicationState,
  type RegisterOptions,
  type RegistrarConfig,
  type RegistrationState,
  type ReliablePolicy,
  type RequestResult,
  type ResourcePriority,
  type SessionTimerConfig,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  type SipUri,
  type StreamNetwork,
  type SubscriptionEnd,
  type SubscriptionHandler,
  type SubscriptionNews,
  type TerminationReason,
  type TimerConfig,
  type TlsCredentials,
  type Unregister,
  type WebSocketConfig,
} from './types.js';
