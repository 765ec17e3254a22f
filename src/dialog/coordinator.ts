/**
 * Subscribes to dialog-core, finds the session of each event in the manager's map, has the bridge translate it and hands the fact up.
 * It owns no map. Runs on the event loop, called by the core's event queue.
 */
import type { DialogCore, DialogCoreEvent } from '../dialog-core/index.js';
import type { DialogFact, FactSink } from '../session/index.js';
import type { DialogBridge } from './bridge.js';
import type { DialogManager } from './manager.js';

export class SessionDialogCoordinator {
  readonly #core: DialogCore;
  readonly #manager: DialogManager;
  readonly #bridge: DialogBridge;
  readonly #sink: FactSink<DialogFact>;
  #running = false;

  constructor(core: DialogCore, manager: DialogManager, bridge: DialogBridge, sink: FactSink<DialogFact>) {
    this.#core = core;
    this.#manager = manager;
    this.#bridge = bridge;
    this.#sink = sink;
  }

  start(): void {
    this.#running = true;
    this.#core.onEvent((event) => this.#handle(event));
  }

  stop(): void {
    this.#running = false;
  }

  #handle(event: DialogCoreEvent): void {
    if (!this.#running) return;
    if (event.type === 'transportError') {
      this.#sink.warning('TRANSPORT', event.message);
      return;
    }
    if (event.type === 'transportRestored') {
      this.#sink.warning('TRANSPORT_RESTORED', `listener ${event.listener} works again`);
      return;
    }
    const sessionId =
      event.type === 'invite' ? this.#manager.adoptUsage(event.usage) : this.#manager.sessionOf(event.usage);
    if (sessionId === undefined) return;
    const fact = this.#bridge.toFact(event);
    if (!fact) return;
    const replaces = event.type === 'invite' && event.replaces !== undefined && this.#manager.sessionOf(event.replaces);
    this.#sink.fact(sessionId, fact.type === 'incoming' && replaces ? { ...fact, replaces } : fact);
  }
}
