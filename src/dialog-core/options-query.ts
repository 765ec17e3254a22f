/** OPTIONS outside a dialog, as client (RFC 3261 11.1): one request, one result. Made by stack.ts. */

import {
  acceptedType,
  type CoreContext,
  contactOf,
  newBranch,
  newSequence,
  newTag,
  userAgent,
  viaOf,
} from './dialog/context.js';
import { requestUri } from './dialog/dialog.js';
import type { Hop } from './dialog/hop.js';
import { printNameAddr, printRequest, reasonPhrase, type SipResponse, type SipUri } from './message/index.js';
import type { ClientUser, NoResponseCause } from './transaction/transaction.js';
import type { Flow, OptionsResult } from './types.js';

export class OptionsQuery implements ClientUser {
  readonly #core: CoreContext;
  readonly #target: SipUri;
  readonly #from: SipUri;
  readonly #done: (result: OptionsResult) => void;

  constructor(core: CoreContext, target: SipUri, from: SipUri, done: (result: OptionsResult) => void) {
    this.#core = core;
    this.#target = target;
    this.#from = from;
    this.#done = done;
  }

  start(hop: Hop): void {
    this.#core.route(hop, undefined, (flow, problem) => {
      if (flow) {
        const branch = newBranch(this.#core);
        this.#core.transactions.request('OPTIONS', branch, this.#print(flow, branch), flow, this);
      } else {
        this.handleNoResponse('transport', problem);
      }
    });
  }

  handleResponse(response: SipResponse): void {
    const { status, reason } = response;
    if (status >= 200) this.#done({ status, reason, response });
  }

  handleNoResponse(cause: NoResponseCause, message: string): void {
    // RFC 3261 8.1.3.1.
    if (cause === 'timeout') this.#done({ status: 408, reason: reasonPhrase(408), response: undefined });
    else this.#done({ status: 503, reason: message, response: undefined });
  }

  #print(flow: Flow, branch: string): Buffer {
    const core = this.#core;
    return printRequest({
      method: 'OPTIONS',
      uri: requestUri(this.#target),
      headers: [
        ['Via', viaOf(core, flow, branch)],
        ['Max-Forwards', '70'],
        ['From', printNameAddr({ uri: this.#from, params: [['tag', newTag(core)]] })],
        ['To', printNameAddr({ uri: this.#target })],
        ['Call-ID', core.config.ids.token(128)],
        ['CSeq', `${newSequence(core)} OPTIONS`],
        ['Contact', contactOf(core, flow, this.#from.user)],
        ['Accept', acceptedType],
        ...userAgent(core),
      ],
    });
  }
}
