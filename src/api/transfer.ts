/**
 * Transfers in the hands of a user: asking a peer to call elsewhere, and deciding about a peer's wish that we do. Used by Call.
 */
import { SessionError } from '../base/errors.js';
import type { SessionManager } from '../manager/index.js';
import type { Credentials, ExtraHeaders, TransferOutcome, TransferWish } from '../session/index.js';
import type { Call } from './call.js';
import { toSipError } from './types.js';

export interface TransferOptions {
  /** For the whole of it; past it the outcome is failed by us with 408. Default 200 000. */
  readonly timeoutMs?: number | undefined;
  /** Aborting gives up waiting (failed by us with 487); what the peer has begun goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Further headers of the REFER. */
  readonly headers?: ExtraHeaders | undefined;
  /** False asks the peer for no news (RFC 4488): the outcome is then 'accepted' at best. Default true. */
  readonly news?: boolean | undefined;
}

/** See {@link Call.transfer}. */
export async function transferCall(
  manager: SessionManager,
  sessionId: string,
  to: string | Call,
  options: TransferOptions,
): Promise<TransferOutcome> {
  const { timeoutMs, signal, headers = [], news = true } = options;
  if (typeof to !== 'string' && to.id === sessionId)
    throw new SessionError('ERR_INVALID_ARGUMENT', 'a call cannot be transferred to itself');
  const where = typeof to === 'string' ? { target: to, replaces: undefined } : { target: undefined, replaces: to.id };
  try {
    return await manager.transfers.transfer(sessionId, { ...where, headers, news }, { timeoutMs, signal });
  } catch (error) {
    throw toSipError(error);
  }
}

/** A peer's wish that we call somebody else in its stead. Undecided it is declined (603) after 20 s. */
export class TransferRequest {
  readonly #manager: SessionManager;
  readonly #wish: TransferWish;
  readonly #toCall: (sessionId: string) => Call;
  #decided = false;

  /** The call in which it was asked. */
  readonly call: Call;

  /** Made by Sessions only. */
  constructor(manager: SessionManager, call: Call, wish: TransferWish, toCall: (sessionId: string) => Call) {
    this.#manager = manager;
    this.call = call;
    this.#wish = wish;
    this.#toCall = toCall;
  }

  /** URI that is to be called. */
  get target(): string {
    return this.#wish.target;
  }

  /** Referred-By of the peer (RFC 3892), as it came: nothing proves it. */
  get referredBy(): string | undefined {
    return this.#wish.referredBy;
  }

  /** The new call is to take the place of one that the peer has with the target (RFC 3891). */
  get attended(): boolean {
    return this.#wish.attended;
  }

  get decided(): boolean {
    return this.#decided;
  }

  /**
   * Calls the target and tells the peer how it goes. When it is answered, the new call takes the old one's place (conference seat, groups)
   * and the old one is hung up; until then, and when it fails, the old one goes on. Rejects with SipError as placing a call does.
   */
  async accept(
    options: {
      readonly headers?: ExtraHeaders | undefined;
      readonly proxy?: string | undefined;
      readonly auth?: Credentials | undefined;
    } = {},
  ): Promise<Call> {
    this.#decide();
    try {
      const { headers = [], proxy, auth } = options;
      const params = { from: this.call.local, headers, proxy, auth };
      const id = this.#manager.transfers.accept(this.call.id, this.#wish, params);
      const call = this.#toCall(id);
      await this.#manager.whenConnected(id);
      return call;
    } catch (error) {
      throw toSipError(error);
    }
  }

  /** @param status 300–699; default 603. */
  reject(status = 603): void {
    if (!(Number.isInteger(status) && status >= 300 && status < 700))
      throw new SessionError('ERR_INVALID_ARGUMENT', `status ${status} does not refuse a transfer (300–699)`);
    this.#decide();
    this.#manager.transfers.decline(this.#wish, status);
  }

  #decide(): void {
    if (this.#decided) throw new SessionError('ERR_INVALID_STATE', 'the transfer was decided already');
    this.#decided = true;
  }
}
