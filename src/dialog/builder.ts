/**
 * Makes the dialog layer from options: the core, the manager on it and the coordinator that feeds facts up. The media layer has no
 * such file: its core is one constructor call. Called once by manager/wiring.ts.
 */
import { randomIds } from '../base/ids.js';
import { type DialogCore, SipEndpoint } from '../dialog-core/index.js';
import type { DialogFact, FactSink } from '../session/index.js';
import { DialogBridge } from './bridge.js';
import { DialogConfigConverter } from './config.js';
import { SessionDialogCoordinator } from './coordinator.js';
import { DialogManager } from './manager.js';
import type { DialogOptions } from './types.js';

export interface DialogLayer {
  readonly manager: DialogManager;
  /** Binds the listeners, then facts rise; rejects with ERR_ADDRESS_IN_USE and the like, and then nothing is bound. */
  start(): Promise<void>;
  /** Stops facts and releases the sockets. */
  close(): Promise<void>;
}

export class DialogBuilder {
  #options: DialogOptions = {};

  options(options: DialogOptions): this {
    this.#options = { ...this.#options, ...options };
    return this;
  }

  /** Throws ERR_CONFIG for options that cannot be. */
  build(sink: FactSink<DialogFact>): DialogLayer {
    const converter = new DialogConfigConverter();
    const core: DialogCore = new SipEndpoint(converter.toCoreConfig(this.#options));
    const manager = new DialogManager(core, converter, this.#options.ids ?? randomIds);
    const bridge = new DialogBridge((listener) => core.listeners[listener]?.local.address ?? '0.0.0.0');
    const coordinator = new SessionDialogCoordinator(core, manager, bridge, sink);
    return {
      manager,
      async start() {
        coordinator.start();
        await core.start();
      },
      async close() {
        await core.close();
        coordinator.stop();
      },
    };
  }
}
