/** A received request of a method that somebody has taken over, until it is answered. Made by services.ts. */
import type { Core } from './core.js';
import { checkBody, checkHeaders, checkStatus } from './dialog/arguments.js';
import { bodyHeaders } from './dialog/context.js';
import { PendingAnswer } from './dialog/pending-answer.js';
import type { SipRequest } from './message/index.js';
import type { IncomingRequest } from './service-types.js';
import type { Flow, ResponseParams, UsageId } from './types.js';

export class ServedRequest implements IncomingRequest {
  readonly request: SipRequest;
  readonly username: string | undefined;
  readonly usage: UsageId | undefined;
  readonly #core: Core;
  readonly #answer: PendingAnswer;

  constructor(
    core: Core,
    incoming: {
      readonly request: SipRequest;
      readonly flow: Flow;
      readonly toTag: string;
      readonly username: string | undefined;
      readonly usage: UsageId | undefined;
    },
  ) {
    this.#core = core;
    this.request = incoming.request;
    this.username = incoming.username;
    this.usage = incoming.usage;
    this.#answer = new PendingAnswer(core, incoming, () => this.#answer.respond({ status: 500 }));
  }

  get answered(): boolean {
    return this.#answer.answered;
  }

  respond(status: number, response: ResponseParams & { readonly reason?: string | undefined } = {}): void {
    checkStatus(status, 200, 699);
    // A registrar tells its bindings in Contact, a redirection the new targets.
    checkHeaders(response.headers, true);
    checkBody(response.body);
    const { reason, headers = [], body } = response;
    const reply = { status, reason, headers: [...headers, ...bodyHeaders(body)], body: body?.data };
    this.#core.door(() => this.#answer.respond(reply));
  }
}
