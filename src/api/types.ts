/**
 * Types that users of the library see, and the error that carries a SIP response. The wire types that the layers let through
 * (SipMessage, AudioFormat, StreamStats) are re-exported here.
 */
import { type ErrorCode, SessionError } from '../base/errors.js';
import type { Relation } from '../bridge/index.js';
import type { Election, GroupEnd, GroupOptions, GroupType, Priority } from '../coordination/index.js';
import type {
  Authentication,
  Binding,
  BodyPart,
  CallerIdentity,
  Content,
  DatagramNetwork,
  PublishOptions as DialogPublishOptions,
  SubscribeOptions as DialogSubscribeOptions,
  IncomingSubscription,
  Middleware,
  MiddlewareReply,
  Notifier,
  NotifierEnd,
  OutsideOptions,
  PublicationState,
  RegisterOptions,
  RegistrarConfig,
  RegistrationState,
  ReliablePolicy,
  SessionTimerConfig,
  SipMessage,
  SipRequest,
  SipResponse,
  SubscriptionEnd,
  TerminationReason,
  TlsCredentials,
  WebSocketConfig,
} from '../dialog/index.js';
import type { ManagerOptions } from '../manager/index.js';
import type {
  AudioReadable,
  AudioReadableOptions,
  AudioWritable,
  AudioWritableOptions,
  CodecName,
  DtmfOptions,
  JitterOptions,
  MediaNetwork,
  OpusOptions,
  PlayOptions,
  RecorderResult,
  Sound,
  StreamStats,
  ToneStep,
  WorkerHealth,
} from '../media/index.js';
import type {
  Credentials,
  EndCause,
  EndReason,
  MessagePart,
  Party,
  ReasonValue,
  SessionId,
  TransferOutcome,
} from '../session/index.js';

/** Options of {@link import('./create-sessions.js').createSessions}; the builder sets the same ones step by step. */
export type {
  AudioReadable,
  AudioReadableOptions,
  AudioWritable,
  AudioWritableOptions,
  Authentication,
  Binding,
  BodyPart,
  CallerIdentity,
  CodecName,
  Content,
  Credentials,
  DatagramNetwork,
  DtmfOptions,
  Election,
  EndCause,
  EndReason,
  GroupEnd,
  GroupOptions,
  GroupType,
  IncomingSubscription,
  JitterOptions,
  ManagerOptions,
  MediaNetwork,
  MessagePart,
  Middleware,
  MiddlewareReply,
  Notifier,
  NotifierEnd,
  OpusOptions,
  Party,
  PlayOptions,
  Priority,
  PublicationState,
  ReasonValue,
  RecorderResult,
  RegisterOptions,
  RegistrarConfig,
  RegistrationState,
  Relation,
  ReliablePolicy,
  SessionId,
  SessionTimerConfig,
  SipMessage,
  SipRequest,
  SipResponse,
  Sound,
  StreamStats,
  SubscriptionEnd,
  TerminationReason,
  TlsCredentials,
  ToneStep,
  TransferOutcome,
  WebSocketConfig,
  WorkerHealth,
};

/** Options of a request besides calls; `from` defaults to our own address. */
export type RequestOptions = Omit<OutsideOptions, 'from'> & { readonly from?: string | undefined };
export type SubscribeOptions = Omit<DialogSubscribeOptions, 'from'> & { readonly from?: string | undefined };
export type PublishOptions = Omit<DialogPublishOptions, 'from'> & { readonly from?: string | undefined };

/** The one result of a request: its final response, 408 for none, 503 for no way to the target. */
export interface RequestReply {
  readonly status: number;
  readonly reason: string;
  readonly response: SipResponse | undefined;
}

/** A call or a request in it failed. */
export class SipError extends SessionError {
  override readonly name = 'SipError';
  /** SIP status 300–699; for a local cause the one that says it best (408, 487, 488, 503). */
  readonly status: number;
  /** Reason phrase, or a sentence about the local cause. */
  readonly reason: string;
  /** The whole final response, where the peer sent one. */
  readonly response: SipResponse | undefined;
  /** Retry-After of the response, in seconds. */
  readonly retryAfterS: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    parts: { status: number; reason: string; response?: SipResponse | undefined; cause?: unknown },
  ) {
    super(code, message, { cause: parts.cause });
    this.status = parts.status;
    this.reason = parts.reason;
    this.response = parts.response;
    this.retryAfterS = retryAfter(parts.response);
  }
}

/** What a layer threw, as users see it: an error with a status becomes a SipError, others stay as they are. */
export function toSipError(error: unknown): unknown {
  if (!(error instanceof SessionError) || error instanceof SipError) return error;
  const { status, response } = error as SessionError & { status?: number; response?: SipResponse };
  if (status === undefined) return error;
  const reason = error.message.replace(/^\d{3} /, '');
  return new SipError(error.code, error.message, { status, reason, response, cause: error });
}

/** RFC 3261 20.33: delta-seconds, maybe followed by a comment and parameters. */
function retryAfter(response: SipResponse | undefined): number | undefined {
  const match = /^\s*(\d{1,10})/.exec(response?.header('Retry-After') ?? '');
  return match ? Number(match[1]) : undefined;
}
