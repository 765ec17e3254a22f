/**
 * The ACK for the 2xx of one dialog. Not part of a transaction: the caller makes it, and repeats it for every 2xx that comes again
 * (RFC 3261 13.2.2.4). Owned by the INVITE client sides.
 */
import type { Body, Flow } from '../types.js';
import type { CoreContext } from './context.js';
import type { Dialog } from './dialog.js';
import { printInDialog, routeInDialog, sendSized } from './send.js';

export class SuccessAck {
  readonly #core: CoreContext;
  /** Until the ACK is made; afterwards its bytes are enough, for as long as the 2xx may come again. */
  #dialog: Dialog | undefined;
  readonly #cseq: number;
  #sent: { readonly flow: Flow; readonly bytes: Uint8Array } | undefined;

  constructor(core: CoreContext, dialog: Dialog, cseq: number) {
    this.#core = core;
    this.#dialog = dialog;
    this.#cseq = cseq;
  }

  /** True until {@link send} was called. */
  get owed(): boolean {
    return this.#dialog !== undefined;
  }

  send(body?: Body): void {
    const core = this.#core;
    const dialog = this.#dialog;
    this.#dialog = undefined;
    if (!dialog) return;
    routeInDialog(core, dialog, (flow) => {
      // Without a way to the peer its 2xx time out there, and so does the dialog.
      if (!flow) return;
      const request = { method: 'ACK', cseq: this.#cseq, headers: [], body };
      sendSized(
        core,
        flow,
        (way, branch) => printInDialog(core, dialog, way, branch, request),
        (way, _branch, bytes) => {
          this.#sent = { flow: way, bytes };
          core.send(way, bytes);
        },
      );
    });
  }

  /** Answers a repeated 2xx; nothing while the first ACK is owed by the caller. */
  repeat(): void {
    if (!this.#sent) return;
    this.#core.counters.retransmissionsOut += 1;
    this.#core.send(this.#sent.flow, this.#sent.bytes);
  }
}
