/**
 * Who is behind a call, as the network around us says (RFC 3325, RFC 3323, RFC 4412), and who else may be called: the core's readers in session terms. One-sided, since
 * media knows no names. Pure; reaches users through the manager.
 */
import {
  assertedIdentities,
  type NameAddr,
  parseNameAddr,
  preferredIdentities,
  privacyOf,
  type ResourcePriority,
  resourcePriorities,
  type SipMessage,
  type SipResponse,
} from '../dialog-core/index.js';
import type { Party } from '../session/index.js';

export interface CallerIdentity {
  /** P-Asserted-Identity; means something only from a neighbour that is trusted (RFC 3325 5). */
  readonly asserted: readonly Party[];
  /** P-Preferred-Identity. */
  readonly preferred: readonly Party[];
  /** Privacy, in lower case: `id`, `header`, `session`, `user`, `none`, `critical`, `history`. */
  readonly privacy: ReadonlySet<string>;
  /** Resource-Priority, in the sender's order. */
  readonly priorities: readonly ResourcePriority[];
}

/** SIP URIs among the Contacts of a redirection, the highest q first, equals in their order (RFC 3261 20.10). */
export function redirectTargets(response: SipResponse | undefined): string[] {
  const found = (response?.headerValues('Contact') ?? []).flatMap((value) => {
    const contact = parseNameAddr(value);
    if (contact?.uri.scheme !== 'sip' && contact?.uri.scheme !== 'sips') return [];
    const q = Number(contact.params.get('q') ?? 1);
    return [{ uri: contact.uriText, q: q >= 0 && q <= 1 ? q : 1 }];
  });
  return found.sort((a, b) => b.q - a.q).map(({ uri }) => uri);
}

export function identityOf(message: SipMessage): CallerIdentity {
  return {
    asserted: assertedIdentities(message).map(toParty),
    preferred: preferredIdentities(message).map(toParty),
    privacy: privacyOf(message),
    priorities: resourcePriorities(message),
  };
}

function toParty({ uriText, displayName }: NameAddr): Party {
  return { uri: uriText, displayName };
}
