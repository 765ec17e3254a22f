/**
 * The channels of node:diagnostics_channel that the library publishes on: what tracers, metrics and exporters sit on. Without a subscriber
 * a channel costs one look at a property. Subscribe by name, `diagnostics_channel.subscribe('mixminus:sip:message', …)`.
 */
import { type Channel, channel } from 'node:diagnostics_channel';

/** On `mixminus:sip:message`: a message as it came or left, one for each time that it did. */
export interface SipMessageDiagnostic {
  readonly direction: 'in' | 'out';
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  /** Numeric addresses; of streams the local port is that of the listener. */
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  /** Of streams, counted from 1. */
  readonly connection: number | undefined;
  /** The text, decrypted; secrets of digest authentication and keys of SRTP are overwritten by as many `x`. */
  readonly data: Uint8Array;
  /** Wall time, milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** On `mixminus:sip:transaction`: a transaction begins and, when its last timer has fired, ends (RFC 3261 17). */
export interface SipTransactionDiagnostic {
  readonly state: 'started' | 'ended';
  readonly side: 'client' | 'server';
  /** What matches its messages: branch and method, and of servers the sent-by. */
  readonly key: string;
  readonly transport: SipMessageDiagnostic['transport'];
}

/** On `mixminus:media`: the statistics of a call's stream, when it ends. */
export interface MediaDiagnostic {
  readonly sessionId: string;
  /** As `call.stats()` gives them. */
  readonly stats: object;
}

/** What of a channel the publishers use. */
export interface DiagnosticChannel<T> {
  readonly hasSubscribers: boolean;
  publish(message: T): void;
}

function open<T>(name: string): DiagnosticChannel<T> {
  const found: Channel<unknown, T> = channel(name) as Channel<unknown, T>;
  return found;
}

export const sipMessages = open<SipMessageDiagnostic>('mixminus:sip:message');
export const sipTransactions = open<SipTransactionDiagnostic>('mixminus:sip:transaction');
/** Every event of every call, as `sessions.events` has them (SessionEvent). */
export const callEvents = open<object>('mixminus:call');
export const mediaStats = open<MediaDiagnostic>('mixminus:media');
