/** Event and Subscription-State (RFC 6665 8.2), read and written. Pure; used by both sides of subscriptions. */
import { parseParams, type SipMessage } from '../message/index.js';

export interface EventHeader {
  /** Package with templates, as written; compared with regard to case (RFC 6665 8.2.1 by its token rule). */
  readonly name: string;
  readonly id: string | undefined;
}

export interface SubscriptionState {
  /** Lower case. An extension state counts as active, since it is neither pending nor over. */
  readonly state: 'active' | 'pending' | 'terminated';
  readonly expiresS: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterS: number | undefined;
}

/** Undefined when it is absent or malformed. */
export function readEvent(message: SipMessage): EventHeader | undefined {
  const found = split(message.header('event'));
  return found && { name: found.head, id: found.params.get('id') };
}

export function readSubscriptionState(message: SipMessage): SubscriptionState | undefined {
  const found = split(message.header('subscription-state'));
  if (!found) return undefined;
  const word = found.head.toLowerCase();
  const state = word === 'terminated' || word === 'pending' ? word : 'active';
  const { params } = found;
  return {
    state,
    expiresS: deltaSeconds(params.get('expires')),
    reason: params.get('reason')?.toLowerCase(),
    retryAfterS: deltaSeconds(params.get('retry-after')),
  };
}

/** Delta-seconds, 0 included; undefined when absent or malformed. */
export function deltaSeconds(text: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,10})(?=$|[\s;(])/.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function printEvent({ name, id }: EventHeader): string {
  return id === undefined ? name : `${name};id=${id}`;
}

function split(value: string | undefined): { head: string; params: ReadonlyMap<string, string> } | undefined {
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(';');
  const head = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
  const params = semicolon < 0 ? new Map<string, string>() : parseParams(value.slice(semicolon));
  return /^[\w.!%*+`'~-]+$/.test(head) && params ? { head, params } : undefined;
}
