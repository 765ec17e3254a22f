/**
 * Replaces (RFC 3891): which of our calls an INVITE wants to take the place of, and whether it may. Pure but for the look into the store;
 * used by the stack before an INVITE makes a usage.
 */
import { parseParams, type SipRequest } from '../message/index.js';
import type { CoreContext } from './context.js';
import type { Dialog } from './dialog.js';
import type { InviteUsage } from './invite-usage.js';
import type { Reply } from './reply.js';

/** The call that is to be replaced, a refusal, or nothing where no Replaces is. */
export function replacedBy(core: Pick<CoreContext, 'store'>, request: SipRequest): InviteUsage | Reply | undefined {
  const values = request.headerValues('replaces');
  const [value] = values;
  if (value === undefined) return undefined;
  // RFC 3891 3: more than one, or one with another way to join dialogs (RFC 3911 4), is malformed.
  if (values.length > 1 || request.has('join')) return { status: 400, reason: 'More Than One Dialog Named' };
  const wanted = parseReplaces(value);
  if (!wanted) return { status: 400, reason: 'Malformed Replaces' };
  const found = core.store.identify(wanted);
  if (found === 'ended') return { status: 603 };
  const usage = found?.usage;
  if (!usage) return { status: 481 };
  return refusal(usage, wanted.earlyOnly) ?? usage;
}

function refusal(usage: InviteUsage, earlyOnly: boolean): Reply | undefined {
  switch (usage.phase) {
    case 'ending':
    case 'over':
      return { status: 603 };
    // An early dialog may be replaced by who was called, which is us only where we called.
    case 'ringing':
      return { status: 481 };
    case 'calling':
      return undefined;
    default:
      return earlyOnly ? { status: 486 } : undefined;
  }
}

/** RFC 3891 6.1: from our point of view to-tag is the local one. */
export function parseReplaces(
  value: string,
): { callId: string; localTag: string; remoteTag: string; earlyOnly: boolean } | undefined {
  const semicolon = value.indexOf(';');
  const params = semicolon < 0 ? undefined : parseParams(value.slice(semicolon));
  const callId = value.slice(0, Math.max(semicolon, 0)).trim();
  const localTag = params?.get('to-tag');
  const remoteTag = params?.get('from-tag');
  if (!callId || !localTag || !remoteTag) return undefined;
  // A tag of 0 stands for none, which peers of RFC 2543 have (3891 3).
  return {
    callId,
    localTag,
    remoteTag: remoteTag === '0' ? '' : remoteTag,
    earlyOnly: params?.has('early-only') === true,
  };
}

/** The header value by which the peer of this dialog finds it: its own tag is to-tag there. */
export function printReplaces({ callId, localTag, remoteTag }: Dialog): string {
  return `${callId};to-tag=${remoteTag || '0'};from-tag=${localTag}`;
}
