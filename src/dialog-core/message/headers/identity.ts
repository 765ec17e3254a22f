/**
 * Who calls, as a trusted network says it, and what may be told: P-Asserted-Identity and P-Preferred-Identity (RFC 3325 9), Privacy
 * (RFC 3323 4.2), Resource-Priority (RFC 4412 3.1). Pure readers of received messages; what is malformed is left out.
 */
import type { MessageView } from '../message.js';
import { type NameAddr, parseNameAddr } from './name-addr.js';

type Headers = Pick<MessageView, 'headerValues' | 'header'>;

/** RFC 4412: `ets.0` is namespace `ets` with priority `0`. */
export interface ResourcePriority {
  readonly namespace: string;
  readonly priority: string;
}

/**
 * P-Asserted-Identity: one sip or sips URI, one tel URI, or both (9.1). Whether it is to be believed depends on who sent it (RFC 3325
 * 5): only that of a neighbour in the same trust domain means anything.
 */
export function assertedIdentities(message: Headers): NameAddr[] {
  return addresses(message, 'P-Asserted-Identity');
}

/** P-Preferred-Identity: which of its identities a client wants asserted (9.2). */
export function preferredIdentities(message: Headers): NameAddr[] {
  return addresses(message, 'P-Preferred-Identity');
}

function addresses(message: Headers, name: string): NameAddr[] {
  return message
    .headerValues(name)
    .map(parseNameAddr)
    .filter((address) => address !== undefined);
}

/** Privacy values in lower case: `id`, `header`, `session`, `user`, `critical`, `none`, `history`; empty when nothing was asked for. */
export function privacyOf(message: Headers): ReadonlySet<string> {
  const values = message.headerValues('Privacy').flatMap((value) => value.split(/[;,]/));
  return new Set(values.map((value) => value.trim().toLowerCase()).filter((value) => value !== ''));
}

/** Resource-Priority in the sender's order; names in lower case, since they are compared without it (3.1). */
export function resourcePriorities(message: Headers): ResourcePriority[] {
  const found: ResourcePriority[] = [];
  for (const value of message.headerValues('Resource-Priority')) {
    const match = /^([A-Za-z0-9!%*_+`'~-]+)\.([A-Za-z0-9!%*_+`'~-]+)$/.exec(value.trim());
    if (match) found.push({ namespace: (match[1] ?? '').toLowerCase(), priority: (match[2] ?? '').toLowerCase() });
  }
  return found;
}
