/**
 * Translates *events*: what dialog-core says → what a session understands. Pure and exhaustive; it joins no audio (that is
 * src/bridge/). Called by the coordinator only.
 */
import { unreachable } from '../base/assert.js';
import {
  type DialogCoreEvent,
  type Flow,
  type NameAddr,
  printUri,
  type ReasonHeader,
  type SipMessage,
} from '../dialog-core/index.js';
import type { Description, DialogFact, MediaRoute, Party, ReasonValue } from '../session/index.js';
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
        return {
          type: 'incoming',
          from: toParty(event.request.from),
          to: toParty(event.request.to),
          target: event.request.uriText,
          callId: event.request.callId,
          peer: event.flow.remote.address,
          route: this.#toRoute(event.flow, event.advertised),
          offer: toDescription(event.request),
          message: event.request,
        };
      case 'routed':
        return { type: 'routed', route: this.#toRoute(event.flow, event.advertised), callId: event.callId };
      case 'provisional':
        return {
          type: 'progress',
          status: event.response.status,
          reason: event.response.reason,
          description: toDescription(event.response),
          message: event.response,
        };
      case 'answered':
        return { type: 'answered', description: toDescription(event.response), message: event.response };
      case 'acked':
        return { type: 'acked', description: toDescription(event.request) };
      case 'failed':
        return {
          type: 'failed',
          cause: event.cause,
          status: event.status,
          reason: event.reason,
          message: event.response,
        };
      case 'cancelled':
        return { type: 'cancelledByPeer', reason: toReason(event.reason) };
      case 'reinvite':
        return { type: 'reoffered', description: toDescription(event.request), message: event.request };
      case 'reinviteAcked':
        return { type: 'reofferAcked', description: toDescription(event.request) };
      case 'reinviteCancelled':
        return { type: 'reofferCancelled' };
      case 'reinviteAnswered':
        return { type: 'reofferAnswered', description: toDescription(event.response) };
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

function toParty(address: NameAddr): Party {
  return { uri: printUri(address.uri), displayName: address.displayName };
}

/** Only the presence and type of a body are looked at here; what an SDP says is media-core's business. */
function toDescription(message: SipMessage): Description | undefined {
  if (message.body.length === 0) return undefined;
  return { contentType: message.contentType ?? 'application/octet-stream', data: message.body };
}

function toReason(reason: ReasonHeader | undefined): ReasonValue | undefined {
  return reason && { protocol: reason.protocol, cause: reason.cause, text: reason.text };
}
