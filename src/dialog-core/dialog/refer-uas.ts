/**
 * A REFER of the peer inside a call (RFC 3515 2.4.2): it waits for a decision, and once accepted our own request's fate goes back in NOTIFYs,
 * unless the peer wants none (RFC 4488). Made by services.ts.
 */
import type { Core } from '../core.js';
import type { HeaderList, SipRequest } from '../message/index.js';
import type { IncomingRefer } from '../service-types.js';
import type { Flow } from '../types.js';
import { checkStatus, misuse } from './arguments.js';
import type { Dialog } from './dialog.js';
import { PendingAnswer } from './pending-answer.js';
import { toSipFrag } from './sipfrag.js';
import { SubscribeUas } from './subscribe-uas.js';

/** A decision that takes longer looks like a lost REFER to many peers. */
const decisionMs = 20_000;
/** How long the fate of our request may take: longer than an INVITE may ring. */
const subscriptionS = 240;

export class ReferUas implements IncomingRefer {
  readonly id: number;
  readonly request: SipRequest;
  readonly #core: Core;
  readonly #dialog: Dialog;
  readonly #answer: PendingAnswer;
  readonly #over: () => void;
  #notifier: SubscribeUas | undefined;
  #finished = false;

  constructor(core: Core, id: number, incoming: { request: SipRequest; flow: Flow; dialog: Dialog }, over: () => void) {
    const { request, flow, dialog } = incoming;
    this.#core = core;
    this.id = id;
    this.request = request;
    this.#dialog = dialog;
    this.#over = over;
    this.#answer = new PendingAnswer(
      core,
      { request, flow, toTag: dialog.localTag },
      () => this.#refuse(603),
      decisionMs,
    );
  }

  accept(): void {
    this.#core.door(() => {
      const wanted = this.request.header('refer-sub')?.trim().toLowerCase() !== 'false';
      const headers: HeaderList = [
        ['Contact', this.#dialog.contact],
        ...(wanted ? [] : [['Refer-Sub', 'false'] as const]),
      ];
      this.#answer.respond({ status: 202, headers });
      if (!wanted) {
        this.#over();
        return;
      }
      const event = { name: 'refer', id: String(this.request.cseq.number) };
      this.#notifier = new SubscribeUas(this.#core, { dialog: this.#dialog, event, events: {} }, this.#over);
      // RFC 3515 2.4.4: a NOTIFY at once, whatever there is to tell.
      this.#notifier.begin(subscriptionS, 'active', toSipFrag(100));
    });
  }

  reject(status: number): void {
    checkStatus(status, 300, 699);
    this.#core.door(() => this.#refuse(status));
  }

  notify(status: number, reason?: string): void {
    checkStatus(status, 100, 699);
    if (!this.#answer.answered) throw misuse('ERR_INVALID_STATE', 'a REFER is accepted before anything is told of it');
    if (this.#finished) return;
    this.#finished = status >= 200;
    const body = toSipFrag(status, reason);
    if (this.#finished) this.#notifier?.terminate('noresource', { body });
    else this.#notifier?.notify(body);
  }

  #refuse(status: number): void {
    this.#answer.respond({ status });
    this.#over();
  }
}
