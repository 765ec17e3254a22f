/**
 * A SUBSCRIBE outside any dialog that waits for a decision (RFC 6665 4.2.1): accepting it makes a dialog with a subscription in it. Made by
 * services.ts for packages that somebody serves.
 */
import type { Core } from '../core.js';
import type { SipRequest } from '../message/index.js';
import type { IncomingSubscription, Notifier, NotifierEvents } from '../service-types.js';
import type { Body, Flow, ResponseParams } from '../types.js';
import { checkBody, checkHeaders, checkStatus, misuse } from './arguments.js';
import { bodyHeaders, contactOf, newSequence, newTag } from './context.js';
import { dialogOfCallee } from './dialog.js';
import { PendingAnswer } from './pending-answer.js';
import { recordRoutes } from './reply.js';
import { maxExpiresS, SubscribeUas } from './subscribe-uas.js';
import type { EventHeader } from './subscription-headers.js';

export class SubscribeRequest implements IncomingSubscription {
  readonly request: SipRequest;
  readonly username: string | undefined;
  readonly event: string;
  readonly id: string | undefined;
  readonly expiresS: number;
  readonly #core: Core;
  readonly #answer: PendingAnswer;
  readonly #event: EventHeader;
  readonly #over: () => void;

  /** `over` is called when the subscription ends or was never made. */
  constructor(
    core: Core,
    incoming: {
      readonly request: SipRequest;
      readonly flow: Flow;
      readonly username: string | undefined;
      readonly event: EventHeader;
      readonly expiresS: number;
    },
    over: () => void,
  ) {
    this.#core = core;
    this.request = incoming.request;
    this.username = incoming.username;
    this.#event = incoming.event;
    this.event = incoming.event.name;
    this.id = incoming.event.id;
    this.expiresS = incoming.expiresS;
    this.#over = over;
    const { request, flow } = incoming;
    this.#answer = new PendingAnswer(core, { request, flow, toTag: newTag(core) }, () => this.#refuse(500));
  }

  get decided(): boolean {
    return this.#answer.answered;
  }

  accept(
    options: {
      readonly expiresS?: number | undefined;
      readonly state?: 'active' | 'pending' | undefined;
      readonly body?: Body | undefined;
    } & NotifierEvents = {},
  ): Notifier {
    const { expiresS = Math.min(this.expiresS, maxExpiresS), state = 'active', body } = options;
    checkBody(body);
    // RFC 6665 4.2.1.1: shorter than asked for, never longer.
    if (!(Number.isInteger(expiresS) && expiresS >= 0 && expiresS <= this.expiresS)) {
      throw misuse('ERR_INVALID_ARGUMENT', `expiresS must be a whole number up to ${this.expiresS}, not ${expiresS}`);
    }
    return this.#core.door(() => {
      const { request, flow, toTag } = this.#answer;
      const contact = contactOf(this.#core, flow, request.uri.user, request.uri.scheme === 'sips');
      const dialog = dialogOfCallee(request, toTag, newSequence(this.#core), contact, flow);
      const headers = [...recordRoutes(request), ['Contact', contact], ['Expires', String(expiresS)]] as const;
      this.#answer.respond({ status: 200, headers: headers as readonly (readonly [string, string])[] });
      const notifier = new SubscribeUas(this.#core, { dialog, event: this.#event, events: options }, this.#over);
      notifier.begin(expiresS, state, body);
      return notifier;
    });
  }

  reject(status: number, response: ResponseParams & { readonly reason?: string | undefined } = {}): void {
    checkStatus(status, 300, 699);
    checkHeaders(response.headers, status < 400);
    checkBody(response.body);
    this.#core.door(() => this.#refuse(status, response));
  }

  #refuse(status: number, response: ResponseParams & { readonly reason?: string | undefined } = {}): void {
    const { reason, headers = [], body } = response;
    this.#answer.respond({ status, reason, headers: [...headers, ...bodyHeaders(body)], body: body?.data });
    this.#over();
  }
}
