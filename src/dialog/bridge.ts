/**
 * Translates *events*: what dialog-core says → what a session understands. Pure and exhaustive; it joins no audio (that is
 * src/bridge/). Called by the coordinator only.
 */
import { unreachable } from '../base/assert.js';
import {
  bodyParts,
  type DialogCoreEvent,
  type Flow,
  type NameAddr,
  parseReason,
  printUri,
  type ReasonHeader,
  type SipMessage,
  type SipRequest,
  sessionDescription,
} from '../dialog-core/index.js';
import type { Description, DialogFact, MediaRoute, Party, ReasonValue } from '../session/index.js';
import { toInfo } from './info.js';
import { toTransferWish } from './transfer.js';

export class DialogBridge {
  readonly #bindAddressOf: (listener: number) => string;

  /** @param bindAddressOf address that a listener is bound to, possibly a wildcard; media binds the same. */
  constructor(bindAddressOf: (listener: number) => string) {
    this.#bindAddressOf = bindAddressOf;
  }

  /** The fact in an event, or undefined for one that belongs to no session. */
  toFact(event: DialogCoreEvent): DialogFact | undefined {
    switch (event.type) {
      case 'invite':
        return toIncoming(event, this.#toRoute(event.flow, event.advertised));
      case 'routed':
        return { type: 'routed', route: this.#toRoute(event.flow, event.advertised), callId: event.callId };
      case 'provisional':
        return toProgress(event);
      case 'answered':
        return {
          type: 'answered',
          description: toDescription(event.response),
          branch: event.response.toTag,
          message: event.response,
        };
      case 'pracked':
        return { type: 'pracked', description: event.owed ? toDescription(event.request) : undefined };
      case 'acked':
        return { type: 'acked', description: toDescription(event.request) };
      case 'failed':
        return toFailed(event);
      case 'cancelled':
        return { type: 'cancelledByPeer', reason: toReason(event.reason) };
      case 'reinvite':
        return toReoffered(event.request);
      case 'update':
        return toReoffered(event.request, event.dialogTag);
      case 'reinviteAcked':
        return { type: 'reofferAcked', description: toDescription(event.request) };
      case 'reinviteCancelled':
        return { type: 'reofferCancelled' };
      case 'reinviteAnswered':
        return { type: 'reofferAnswered', description: toDescription(event.response) };
      case 'updateAnswered':
        return { type: 'reofferAnswered', description: toDescription(event.response), byUpdate: true };
      case 'updateFailed':
      case 'reinviteFailed':
        return {
          type: 'reofferFailed',
          status: event.status,
          reason: event.reason,
          willRetry: event.willRetry,
          message: event.response,
        };
      case 'retryNow':
        return { type: 'reofferRetry' };
      case 'refreshDue':
        return { type: 'refreshDue' };
      case 'info':
        return toInfo(event.request);
      case 'ended':
        return { type: 'ended', by: event.by, reason: toReason(event.reason) };
      case 'refer': {
        const wish = toTransferWish(event.refer);
        if (typeof wish !== 'number') return { type: 'transferWished', wish };
        event.refer.reject(wish);
        return undefined;
      }
      case 'transportError':
      case 'transportRestored':
        return undefined;
      default:
        return unreachable(event);
    }
  }

  #toRoute(flow: Flow, advertised: string): MediaRoute {
    return { bindAddress: this.#bindAddressOf(flow.listener), advertisedAddress: advertised };
  }
}

type EventOf<T extends DialogCoreEvent['type']> = Extract<DialogCoreEvent, { type: T }>;

function toIncoming({ request, flow, reliable }: EventOf<'invite'>, route: MediaRoute): DialogFact {
  return {
    type: 'incoming',
    from: toParty(request.from),
    to: toParty(request.to),
    target: request.uriText,
    callId: request.callId,
    peer: flow.remote.address,
    route,
    offer: toDescription(request),
    reliable,
    message: request,
  };
}

function toProgress({ response, dialogTag, reliable }: EventOf<'provisional'>): DialogFact {
  const { status, reason } = response;
  const description = toDescription(response);
  return { type: 'progress', status, reason, description, branch: dialogTag, reliable, message: response };
}

function toFailed({ cause, status, reason, response }: EventOf<'failed'>): DialogFact {
  const reasonHeader = response && toReason(parseReason(response));
  return { type: 'failed', cause, status, reason, reasonHeader, message: response };
}

function toReoffered(request: SipRequest, branch?: string): DialogFact {
  return { type: 'reoffered', description: toDescription(request), branch, message: request };
}

function toParty(address: NameAddr): Party {
  return { uri: printUri(address.uri), displayName: address.displayName };
}

/**
 * Only the presence and type of a body are looked at here; what an SDP says is media-core's business. Where no part is a session
 * description, a lone body is passed on as what it says it is, so that media can say why it is of no use.
 */
function toDescription(message: SipMessage): Description | undefined {
  const data = sessionDescription(message);
  if (data) return { contentType: 'application/sdp', data };
  const isOptional = bodyParts(message).every(({ handling }) => handling === 'optional');
  if (message.contentType?.startsWith('multipart/') || isOptional) return undefined;
  return { contentType: message.contentType ?? 'application/octet-stream', data: message.body };
}

function toReason(reason: ReasonHeader | undefined): ReasonValue | undefined {
  return reason && { protocol: reason.protocol, cause: reason.cause, text: reason.text };
}
