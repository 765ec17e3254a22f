/**
 * A registration in the hands of a user: its state, its states as they come, its end. Made by Sessions.register; the SIP core refreshes it.
 */
import type { SessionManager } from '../manager/index.js';
import { EventQueue } from './queue.js';
import { type Credentials, type RegisterOptions, type RegistrationState, SipError } from './types.js';

export class Registration {
  readonly #queues = new Set<EventQueue<RegistrationState>>();
  readonly #unregister: () => void;
  readonly #ended: Promise<void>;
  #resolveEnded = (): void => {};
  #state: RegistrationState = { kind: 'registering' };
  #last: Pick<Extract<RegistrationState, { kind: 'registered' }>, 'serviceRoute' | 'publicGruu'> = {};

  /** The address of record. */
  readonly aor: string;
  /** What calls by this registration answer challenges with. */
  readonly auth: Credentials | undefined;

  /** Made by Sessions only. */
  constructor(manager: SessionManager, options: RegisterOptions) {
    this.aor = options.aor;
    this.auth = options.auth;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#unregister = manager.register(options, (state) => this.#handle(state));
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Values of Route that the registrar wants requests of this user to take (RFC 3608); empty without. Calls by this registration take them. */
  get serviceRoute(): readonly string[] {
    return this.#last.serviceRoute ?? [];
  }

  /** The address of this device alone (RFC 5627), where `instanceId` is given and the registrar knows them: Contact of its calls. */
  get publicGruu(): string | undefined {
    return this.#last.publicGruu;
  }

  /** The present state and all that follow; the iteration ends with 'unregistered'. */
  get states(): AsyncIterableIterator<RegistrationState> {
    const queue: EventQueue<RegistrationState> = new EventQueue<RegistrationState>(() => this.#queues.delete(queue));
    queue.push(this.#state);
    if (this.#state.kind === 'unregistered') queue.end();
    else this.#queues.add(queue);
    return queue;
  }

  /** Resolves when it is registered; rejects with SipError at the first failure, though later tries may follow. */
  async whenRegistered(): Promise<void> {
    for await (const state of this.states) {
      if (state.kind === 'registered') return;
      if (state.kind === 'failed') {
        const { status, reason, response } = state;
        const code = response ? 'ERR_REJECTED' : status === 408 ? 'ERR_TIMEOUT' : 'ERR_TRANSPORT';
        throw new SipError(code, `${status} ${reason}`, { status, reason, response });
      }
    }
    throw new SipError('ERR_CLOSED', 'the registration has ended', {
      status: 487,
      reason: 'the registration has ended',
    });
  }

  /** Removes the binding; resolves when the registrar has answered, or 64·T1 (32 s) later. Idempotent. */
  unregister(): Promise<void> {
    this.#unregister();
    return this.#ended;
  }

  /** The same as {@link unregister}. */
  close(): Promise<void> {
    return this.unregister();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unregister();
  }

  #handle(state: RegistrationState): void {
    this.#state = state;
    // A refresh that fails leaves the binding, and what came with it, until the binding ends.
    if (state.kind === 'registered') this.#last = state;
    else if (state.kind === 'unregistered') this.#last = {};
    for (const queue of [...this.#queues]) {
      queue.push(state);
      if (state.kind === 'unregistered') queue.end();
    }
    if (state.kind === 'unregistered') this.#resolveEnded();
  }
}
