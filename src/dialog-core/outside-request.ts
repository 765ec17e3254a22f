/**
 * A request outside a dialog that is no INVITE, as client (RFC 3261 8.1): one request, one result, however often it has to be repeated with
 * credentials on the way (22.2). Made by stack.ts.
 */

import type { ClientAuth } from './auth.js';
import { bodyHeaders, type CoreContext, newSequence, newTag, userAgent, viaOf } from './dialog/context.js';
import { type Hop, nextTry } from './dialog/hop.js';
import type { Way } from './dialog/preloaded.js';
import { sendSized } from './dialog/send.js';
import {
  type HeaderList,
  printNameAddr,
  printRequest,
  reasonPhrase,
  type SipResponse,
  type SipUri,
} from './message/index.js';
import type { ClientUser, NoResponseCause } from './transaction/transaction.js';
import type { Body, Flow, OptionsResult } from './types.js';

/** What the repetitions of a request share. */
export interface RequestThread {
  readonly callId: string;
  readonly fromTag: string;
  /** CSeq of the last request. */
  sequence: number;
  readonly auth: ClientAuth | undefined;
}

export interface OutsideParams {
  readonly method: string;
  readonly target: SipUri;
  readonly from: SipUri;
  /** Default: the target. */
  readonly to?: SipUri;
  readonly way: Way;
  readonly body?: Body | undefined;
  /** Further headers; the route is known by then. */
  readonly headers: (flow: Flow) => HeaderList;
}

export function newThread(core: CoreContext, auth: ClientAuth | undefined): RequestThread {
  return { callId: core.config.ids.token(128), fromTag: newTag(core), sequence: newSequence(core), auth };
}

export class OutsideRequest implements ClientUser {
  readonly #core: CoreContext;
  readonly #thread: RequestThread;
  readonly #params: OutsideParams;
  readonly #attempt: ReturnType<ClientAuth['attempt']> | undefined;
  readonly #done: (result: OptionsResult) => void;
  #hop: Hop | undefined;
  #flow: Flow | undefined;
  /** Ways that failed (RFC 3263 4.3). */
  readonly #tried: string[] = [];

  constructor(core: CoreContext, thread: RequestThread, params: OutsideParams, done: (result: OptionsResult) => void) {
    this.#core = core;
    this.#thread = thread;
    this.#params = params;
    this.#attempt = thread.auth?.attempt();
    this.#done = done;
  }

  start(): void {
    const { hop } = this.#params.way;
    this.#hop = hop;
    this.#thread.sequence += 1;
    this.#send(hop, (problem) => this.#done({ status: 503, reason: problem, response: undefined }));
  }

  #send(hop: Hop, fail: (problem: string) => void): void {
    const leave = (flow: Flow | undefined, problem: string): void => {
      if (!flow) {
        fail(problem);
        return;
      }
      this.#flow = flow;
      sendSized(
        this.#core,
        flow,
        (way, branch) => this.#print(way, branch),
        (way, branch, bytes) => this.#core.transactions.request(this.#params.method, branch, bytes, way, this),
      );
    };
    this.#core.route(hop, undefined, leave, this.#tried);
  }

  /** Tries the next way, if there may be one; when there is none it ends as it would have without. */
  #fail(result: OptionsResult): void {
    const hop = this.#hop;
    const key = hop && nextTry(hop, this.#flow, this.#tried);
    if (!hop || key === undefined) {
      this.#done(result);
      return;
    }
    this.#tried.push(key);
    this.#send(hop, () => this.#done(result));
  }

  handleResponse(response: SipResponse): void {
    const { status, reason } = response;
    if (status < 200) return;
    // RFC 3261 22.2: the same Call-ID, From tag and To, the next CSeq.
    if (this.#hop && this.#attempt?.accept(response)) this.start();
    else if (status === 503) this.#fail({ status, reason, response });
    else this.#done({ status, reason, response });
  }

  handleNoResponse(cause: NoResponseCause, message: string): void {
    // RFC 3261 8.1.3.1.
    if (cause === 'timeout') this.#fail({ status: 408, reason: reasonPhrase(408), response: undefined });
    else this.#fail({ status: 503, reason: message, response: undefined });
  }

  #print(flow: Flow, branch: string): Buffer {
    const { method, target, from, to = target, way, headers, body } = this.#params;
    const { callId, fromTag, sequence, auth } = this.#thread;
    const { uri, routes } = way;
    return printRequest({
      method,
      uri,
      headers: [
        ['Via', viaOf(this.#core, flow, branch)],
        ['Max-Forwards', '70'],
        ...routes.map((route) => ['Route', route] as const),
        ['From', printNameAddr({ uri: from, params: [['tag', fromTag]] })],
        ['To', printNameAddr({ uri: to })],
        ['Call-ID', callId],
        ['CSeq', `${sequence} ${method}`],
        ...headers(flow),
        ...(auth?.headers(method, uri, body?.data) ?? []),
        ...userAgent(this.#core),
        ...bodyHeaders(body),
      ],
      body: body?.data,
    });
  }
}
