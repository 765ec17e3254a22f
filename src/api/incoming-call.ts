/**
 * A call that rings at us and waits for a decision: ring, accept, reject. Undecided it is answered 480 after `answerTimeoutMs`.
 */
import type { Clock } from '../base/clock.js';
import { SessionError } from '../base/errors.js';
import type { Priority } from '../coordination/index.js';
import { bodyParts, identityOf, type SessionManager } from '../manager/index.js';
import type { PlayOptions, Sound } from '../media/index.js';
import type { ExtraHeaders, Session } from '../session/index.js';
import type { Call } from './call.js';
import { type Playback, startPlayback } from './playback.js';
import {
  type BodyPart,
  type CallerIdentity,
  type CodecName,
  type Party,
  type SipMessage,
  toSipError,
} from './types.js';

export class IncomingCall {
  readonly #manager: SessionManager;
  readonly #session: Session;
  readonly #over = new AbortController();
  readonly #toCall: () => Call;
  #accepted = false;

  readonly id: string;
  /** The INVITE as it came. */
  readonly message: SipMessage;

  /** Made by Sessions only. */
  constructor(manager: SessionManager, session: Session, message: SipMessage, toCall: () => Call) {
    this.#manager = manager;
    this.#session = session;
    this.#toCall = toCall;
    this.id = session.id;
    this.message = message;
  }

  get from(): Party {
    return this.#session.remote;
  }

  get to(): Party {
    return this.#session.local;
  }

  /** Request-URI of the INVITE: who was called. */
  get target(): string {
    return this.#session.target;
  }

  /** User part of the Request-URI with its escapes undone; '' when it has none. */
  get targetUser(): string {
    const user = /^sips?:([^@:;?]+)(?::[^@]*)?@/i.exec(this.target)?.[1];
    if (user === undefined) return '';
    try {
      return decodeURIComponent(user);
    } catch {
      return user;
    }
  }

  get priority(): Priority {
    return this.#manager.has(this.id) ? this.#manager.priorityOf(this.id) : 'normal';
  }

  /** The clock that the call runs on; its timers do not keep the process alive. */
  get clock(): Clock {
    return this.#manager.clock;
  }

  /** Aborted when the call is over before it was accepted: cancelled by its caller, rejected, timed out. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Whether it was accepted or is over. */
  get decided(): boolean {
    return this.#accepted || this.#over.signal.aborted;
  }

  /** Tells the caller that someone is alerted: 180, or another 101–199. */
  ring(status = 180): void {
    if (!(Number.isInteger(status) && status > 100 && status < 200))
      throw new SessionError('ERR_INVALID_ARGUMENT', `status ${status} is not a provisional one (101–199)`);
    this.#manager.ringSession(this.id, status);
  }

  /**
   * Opens media before the answer (early media): 183, or another 101–199, with a session description where the caller made an offer or can
   * acknowledge ours (RFC 3262), and otherwise without. From then on {@link play} is heard.
   */
  progress(status = 183): void {
    if (!(Number.isInteger(status) && status > 100 && status < 200))
      throw new SessionError('ERR_INVALID_ARGUMENT', `status ${status} is not a provisional one (101–199)`);
    this.#manager.ringSession(this.id, status, { media: true });
  }

  /** As {@link Call.play}, as early media, after {@link progress}. */
  play(sound: Sound, options: PlayOptions & { signal?: AbortSignal } = {}): Playback {
    return startPlayback(() => this.#manager.audio.play(this.id, sound, options), options.signal);
  }

  /** Who calls as the network says it, what may be told of it, and how urgent it is: RFC 3325, 3323, 4412. */
  get identity(): CallerIdentity {
    return identityOf(this.message);
  }

  /** All parts of the INVITE's body, the session description among them; those of a multipart (RFC 5621) one by one. */
  get parts(): readonly BodyPart[] {
    return bodyParts(this.message);
  }

  /**
   * Answers, with `codecs` of this call alone where given: of those, what the caller has, in the caller's order. `focus` tells the caller
   * that a conference was reached, which it may subscribe to (`isfocus`, RFC 4579 5.1; default false). Resolves when the
   * caller's ACK is here. Rejects with SipError: no common codec (488), no port (503), cancelled (487).
   */
  async accept(options: { codecs?: readonly CodecName[]; focus?: boolean } = {}): Promise<Call> {
    if (this.decided) throw new SessionError('ERR_INVALID_STATE', 'the call was accepted or is over');
    if (options.codecs) this.#manager.checkCodecs(options.codecs);
    this.#accepted = true;
    const call = this.#toCall();
    try {
      await this.#manager.acceptSession(this.id, options.codecs, options.focus);
    } catch (error) {
      throw toSipError(error);
    }
    return call;
  }

  /** Refuses with a final status 300–699. */
  reject(status: number, options: { reason?: string; retryAfterS?: number; headers?: ExtraHeaders } = {}): void {
    if (!(Number.isInteger(status) && status >= 300 && status < 700))
      throw new SessionError('ERR_INVALID_ARGUMENT', `status ${status} does not refuse a call (300–699)`);
    const headers = [...(options.headers ?? [])];
    if (options.retryAfterS !== undefined) headers.push(['Retry-After', String(Math.ceil(options.retryAfterS))]);
    this.#manager.rejectSession(this.id, status, options.reason, headers);
  }

  /** Sends the caller elsewhere: 302 (or another 3xx) with `targets` as Contacts, the most wanted first (RFC 3261 8.3, 20.10). */
  redirect(targets: string | readonly string[], options: { status?: number; reason?: string } = {}): void {
    const list = typeof targets === 'string' ? [targets] : targets;
    const { status = 302, ...rest } = options;
    if (!(Number.isInteger(status) && status >= 300 && status < 400))
      throw new SessionError('ERR_INVALID_ARGUMENT', `status ${status} does not redirect (300–399)`);
    if (list.length === 0 || list.length > 10)
      throw new SessionError('ERR_INVALID_ARGUMENT', 'name one to ten targets');
    const headers = list.map((target, i): [string, string] => {
      if (!/^sips?:[^\s<>"]+$/i.test(target))
        throw new SessionError('ERR_INVALID_URI', `'${target}' is not a valid SIP URI (sip:user@host)`);
      return ['Contact', list.length === 1 ? `<${target}>` : `<${target}>;q=${(1 - i / 10).toFixed(1)}`];
    });
    this.reject(status, { ...rest, headers });
  }

  /** Called by Sessions when the session ended. */
  handleEnd(): void {
    if (!this.#accepted) this.#over.abort();
  }
}
