/**
 * Why a verb's promise rejects, as an error with a status. Pure; used by the manager when a session fails or ends under a waiting verb.
 */
import { type ErrorCode, SessionError } from '../base/errors.js';
import { DialogError, type SipResponse } from '../dialog/index.js';
import type { CallStateKind, EndCause, EndReason, VerbFailure } from '../session/index.js';

const codeOf: Record<EndCause, ErrorCode> = {
  'local-hangup': 'ERR_CANCELLED',
  'remote-hangup': 'ERR_CANCELLED',
  cancelled: 'ERR_CANCELLED',
  rejected: 'ERR_REJECTED',
  timeout: 'ERR_TIMEOUT',
  transport: 'ERR_TRANSPORT',
  'session-expired': 'ERR_TIMEOUT',
  media: 'ERR_INTERNAL',
  transferred: 'ERR_CANCELLED',
  closed: 'ERR_CLOSED',
};

/** What was wrong with media is told by its status (MediaError): want of ports, a broken description, no codec in common. */
const codeOfMediaStatus: Record<number, ErrorCode> = {
  400: 'ERR_INVALID_SDP',
  415: 'ERR_INVALID_SDP',
  488: 'ERR_NO_COMMON_CODEC',
  503: 'ERR_NO_PORTS',
};

/** Statuses of ends that no response told: the request was terminated (487), or we are going away (503). */
const statusOf: Partial<Record<EndCause, number>> = {
  'local-hangup': 487,
  'remote-hangup': 487,
  cancelled: 487,
  transferred: 487,
  closed: 503,
};

/** The error of a verb that waited when its session ended. */
export function toEndError(reason: EndReason, response: unknown): DialogError {
  const status = reason.status ?? statusOf[reason.cause] ?? 500;
  const code = (reason.cause === 'media' && codeOfMediaStatus[status]) || codeOf[reason.cause];
  const number = reason.status === undefined ? '' : `${reason.status} `;
  return new DialogError(code, `${number}${reason.text}`, status, { response: asResponse(response) });
}

/** The error of a hold or resume that the peer refused while the call goes on. */
export function toVerbError(failure: VerbFailure): DialogError {
  const response = asResponse(failure.message);
  return new DialogError('ERR_REJECTED', `${failure.status} ${failure.text}`, failure.status, { response });
}

/** The error of a verb that the transition table refuses. */
export function toRefusal(verb: string, state: CallStateKind): SessionError {
  return new SessionError('ERR_INVALID_STATE', `${verb} is not possible in state ${state}`);
}

function asResponse(message: unknown): SipResponse | undefined {
  const candidate = message as SipResponse | undefined;
  return candidate?.kind === 'response' ? candidate : undefined;
}
