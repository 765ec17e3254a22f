/** The dialog layer: sessions on one side, dialog-core on the other. */
export { DialogBridge } from './bridge.js';
export { DialogBuilder, type DialogLayer } from './builder.js';
export { DialogConfigConverter, toHeaders, toListenAddress } from './config.js';
export { SessionDialogCoordinator } from './coordinator.js';
export { DialogManager } from './manager.js';
export {
  type Authentication,
  type Binding,
  type CoreCounts,
  type CoreLimits,
  type DatagramNetwork,
  DialogError,
  type DialogOptions,
  type DnsConfig,
  type OptionsResult,
  type RegisterOptions,
  type RegistrarConfig,
  type RegistrationState,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  type SipUri,
  type StreamNetwork,
  type TimerConfig,
  type TlsCredentials,
  type Unregister,
  type WebSocketConfig,
} from './types.js';
