/**
 * What a received request must pass before anything is done for it (RFC 3261 8.2.1–8.2.3), in the RFC's order. Pure but for the limits it
 * reads; called by stack.ts. Max-Forwards is not looked at: only who forwards must (16.3), and a request that arrived has arrived.
 */

import type { ResolvedConfig } from '../config.js';
import { bodyParts, type HeaderList, type SipRequest } from '../message/index.js';
import type { Flow } from '../types.js';
import { abilities, acceptedType, type CoreContext, hasTag, supportedTags } from './context.js';
import { isSecure } from './hop.js';
import type { Reply } from './reply.js';
import { tooShort } from './session-timer-rules.js';

/** Methods of SIP that this core knows of and does not serve; for those 405, for unheard-of ones 501 (RFC 3261 21.4.6, 21.5.2). */
const known = new Set(['REGISTER', 'REFER', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE', 'PUBLISH']);

/** Methods whose body is a session description or not for us. */
const withSession = new Set(['INVITE', 'UPDATE', 'PRACK']);

/** The refusal of a request that cannot be understood, whatever it is for; undefined when it can. REGISTER is for registrars alone. */
export function inspect(
  { methods, config }: Pick<CoreContext, 'methods' | 'config'>,
  request: SipRequest,
  { transport }: Pick<Flow, 'transport'>,
  isRegistrar = false,
): Reply | undefined {
  const { method } = request;
  const isServed = methods.has(method) || (isRegistrar && method === 'REGISTER');
  if (!isServed) return { status: known.has(method) ? 405 : 501, headers: [methods.allow] };
  // A request inside a dialog carries the Contact that we wrote ourselves; it passes by construction (8.2.2.1).
  // A sips URI that came without TLS was not kept safe on its way (26.2.2).
  const { scheme } = request.uri;
  if (scheme !== 'sip' && !(scheme === 'sips' && isSecure(transport))) return { status: 416 };
  const more = isRegistrar && method === 'REGISTER' ? ['path'] : [];
  return inspectExtensions(request, config, more) ?? (withSession.has(method) ? inspectBody(request) : undefined);
}

/** 8.2.2.3: what a request requires and we do not have; then what we require, and how long a session may be. */
function inspectExtensions(request: SipRequest, config: ResolvedConfig, more: readonly string[]): Reply | undefined {
  const tags = [...supportedTags(config), ...more];
  const strange = request.headerValues('require').filter((tag) => !tags.includes(tag.toLowerCase()));
  if (strange.length > 0) return { status: 420, headers: [['Unsupported', strange.join(', ')]] };
  if (request.method !== 'INVITE' && request.method !== 'UPDATE') return undefined;
  // RFC 3261 21.4.16 for want of RFC 3262. Inside a dialog it is too late to ask for it.
  const isNewCall = request.method === 'INVITE' && request.toTag === undefined;
  if (isNewCall && config.reliable === 'required' && !hasTag(request, 'supported', '100rel')) {
    if (!hasTag(request, 'require', '100rel')) return { status: 421, headers: [['Require', '100rel']] };
  }
  const minSeS = tooShort(request, config.sessionTimer);
  return minSeS === undefined ? undefined : { status: 422, headers: [['Min-SE', String(minSeS)]] };
}

/** 8.2.3: a body that must be understood and is not. */
function inspectBody(request: SipRequest): Reply | undefined {
  if (request.body.length === 0) return undefined;
  if (/;\s*handling\s*=\s*optional/i.test(request.header('content-disposition') ?? '')) return undefined;
  const encoding = request.header('content-encoding')?.toLowerCase();
  if (encoding !== undefined && encoding !== 'identity')
    return { status: 415, headers: [['Accept-Encoding', 'identity']] };
  const isMultipart = request.contentType?.startsWith('multipart/') === true;
  // RFC 5621 9: parts that the sender does not call required go up to whoever knows them.
  const understood = isMultipart
    ? bodyParts(request).every(({ contentType, handling }) => contentType === acceptedType || handling !== 'required')
    : request.contentType === acceptedType;
  return understood ? undefined : { status: 415, headers: [['Accept', `${acceptedType}, multipart/mixed`]] };
}

/** The refusal of a new call (or of the question for one) when a limit is reached; undefined when there is room. */
export function inspectLoad(core: CoreContext): Reply | undefined {
  const { maxTransactions, maxUsages, maxPendingInvites, retryAfterS } = core.config.limits;
  const full =
    core.transactions.size >= maxTransactions ||
    core.store.usages >= maxUsages ||
    core.pendingInvites >= maxPendingInvites;
  return full ? { status: 503, headers: [['Retry-After', String(retryAfterS)]] } : undefined;
}

/** 200 for OPTIONS (RFC 3261 11.2). */
export function optionsReply(core: Pick<CoreContext, 'methods' | 'config'>, isRegistrar = false): Reply {
  const more: HeaderList = isRegistrar ? [['Allow', 'REGISTER']] : [];
  const headers: HeaderList = [...abilities(core), ...more, ['Accept', acceptedType]];
  return { status: 200, headers };
}
