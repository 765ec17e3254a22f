/** Registrations of ours, so that closing can end them and wait. Owned by session-manager.ts. */
import type { DialogManager, RegisterOptions, RegistrationState, Unregister } from '../dialog/index.js';

export class SessionRegistrations {
  readonly #dialog: Pick<DialogManager, 'register'>;
  /** How to end each registration, and its end. */
  readonly #all = new Map<Unregister, Promise<void>>();

  constructor(dialog: Pick<DialogManager, 'register'>) {
    this.#dialog = dialog;
  }

  register(options: RegisterOptions, onState: (state: RegistrationState) => void): Unregister {
    let ended = (): void => {};
    const over = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const unregister = this.#dialog.register(options, (state) => {
      if (state.kind === 'unregistered') {
        this.#all.delete(unregister);
        ended();
      }
      onState(state);
    });
    this.#all.set(unregister, over);
    return unregister;
  }

  /** Ends all of them; the promises resolve as they end. */
  endAll(): Promise<void>[] {
    const all = [...this.#all];
    for (const [unregister] of all) unregister();
    return all.map(([, over]) => over);
  }
}
