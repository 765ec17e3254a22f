/**
 * Carries out what a step asked for, in order: the only place that sees both layers. Signalling that cannot be done any more (the
 * dialog ended under us) is dropped, since the fact that says so is on its way; media that cannot be had becomes an input of the
 * session. Synchronous; called by the manager's step.
 */
import type { Logger } from '../base/logger.js';
import { bandwidthOf, type Resources } from '../coordination/index.js';
import { MediaError } from '../media/index.js';
import type {
  Description,
  DialogPort,
  Effect,
  MediaPort,
  NegotiatedMedia,
  Session,
  SessionFact,
  SessionInput,
} from '../session/index.js';

type Need = Exclude<Effect, { type: 'publish' | 'settle' | 'finish' | 'sendTransfer' | 'takeOver' }>;
type EffectOf<T extends Need['type']> = Extract<Need, { type: T }>;

/** RTP and RTCP. */
const portsPerCall = 2;

export interface EffectPorts {
  readonly dialog: DialogPort;
  readonly media: MediaPort;
  readonly resources: Resources;
  readonly logger: Logger;
  /** Seconds in the Retry-After of a 503. */
  readonly retryAfterS: number;
  enqueue(sessionId: string, input: SessionInput): void;
}

export class EffectRunner {
  readonly #ports: EffectPorts;

  constructor(ports: EffectPorts) {
    this.#ports = ports;
  }

  run(session: Session, effect: Need): void {
    const handler = this.#handlers[effect.type] as (session: Session, effect: Need) => void;
    handler(session, effect);
  }

  readonly #handlers: { readonly [T in Need['type']]: (session: Session, effect: EffectOf<T>) => void } = {
    sendOffer: (session) => this.#sendOffer(session),
    sendAccept: (session, effect) => this.#sendAccept(session, effect),
    applyAnswer: (session, effect) => this.#applyAnswer(session, effect),
    sendReoffer: (session, effect) => this.#sendReoffer(session, effect),
    answerReoffer: (session, effect) => this.#answerReoffer(session, effect),
    ring: (session, effect) => this.#ring(session, effect),
    sendReject: (session, effect) =>
      this.#signal(session, (dialog) => dialog.rejectSession(session.id, effect.status, this.#withRetryAfter(effect))),
    sendAck: (session) => this.#signal(session, (dialog) => dialog.ackSession(session.id)),
    replyReoffer: (session, effect) =>
      this.#signal(session, (dialog) => dialog.answerReoffer(session.id, effect.status)),
    cancel: (session, effect) => this.#signal(session, (dialog) => dialog.cancelSession(session.id, effect.reason)),
    bye: (session, effect) => this.#signal(session, (dialog) => dialog.terminateSession(session.id, effect.reason)),
    allowSend: (session) => this.#withMedia(session, (media) => media.allowSend(session.id)),
    rollbackOffer: (session) => this.#withMedia(session, (media) => media.rollbackOffer(session.id)),
  };

  #sendOffer(session: Session): void {
    const { media } = this.#ports;
    const offer = this.#try(session, 'open', () => {
      this.#openMedia(session);
      return media.offerMedia(session.id, { hold: false });
    });
    if (offer) this.#signal(session, (dialog) => dialog.offerSession(session.id, offer));
  }

  #ring(session: Session, effect: EffectOf<'ring'>): void {
    const { status, reason, description: wanted, early } = effect;
    const description = wanted === 'none' ? undefined : this.#describe(session, wanted, early);
    if (wanted !== 'none' && !description) return;
    this.#signal(session, (dialog) => dialog.ringSession(session.id, status, { reason, description }));
  }

  #sendAccept(session: Session, effect: EffectOf<'sendAccept'>): void {
    const wanted = effect.description;
    const description = wanted === 'none' ? undefined : this.#describe(session, wanted, false);
    if (wanted !== 'none' && !description) return;
    this.#signal(session, (dialog) => dialog.acceptSession(session.id, description));
  }

  /** Our answer to the INVITE's offer, or our offer; undefined when there is none to be had, and then the session knows. */
  #describe(session: Session, wanted: 'answer' | 'offer', early: boolean): Description | undefined {
    const { media } = this.#ports;
    const opened = this.#try(session, 'open', () => {
      this.#openMedia(session);
      return true;
    });
    if (!opened) return undefined;
    return wanted === 'offer'
      ? this.#try(session, 'open', () => media.offerMedia(session.id, { hold: false }))
      : this.#answer(session, 'answer', session.offer, false, early);
  }

  #applyAnswer(session: Session, effect: EffectOf<'applyAnswer'>): void {
    const { media } = this.#ports;
    const { description, early } = effect;
    const negotiated = this.#try(session, 'apply', () => {
      if (!description) throw new MediaError('ERR_INVALID_SDP', 'the peer sent no answer to our offer', 488);
      const applied = media.applyAnswer(session.id, description, early);
      if (!early) this.#leaseBandwidth(session, applied);
      return applied;
    });
    if (negotiated) this.#feed(session, { type: 'negotiated', media: negotiated, early, during: 'apply' });
  }

  #sendReoffer(session: Session, effect: EffectOf<'sendReoffer'>): void {
    const { dialog, media } = this.#ports;
    const { purpose, wish, change = {} } = effect;
    try {
      if (purpose === 'hold') dialog.holdSession(session.id, media.holdMedia(session.id));
      else if (purpose === 'resume') dialog.resumeSession(session.id, media.resumeMedia(session.id));
      else dialog.updateSession(session.id, media.updateMedia(session.id, wish, change));
    } catch (error) {
      // The dialog is busy with a request of the peer, or gone: as if the peer had refused, which leaves the call as it was.
      const reason = error instanceof Error ? error.message : String(error);
      this.#feed(session, { type: 'reofferFailed', status: 491, reason, willRetry: false, message: undefined });
    }
  }

  #answerReoffer(session: Session, effect: EffectOf<'answerReoffer'>): void {
    const { media } = this.#ports;
    const { description, wish } = effect;
    const answer = description
      ? this.#answer(session, 'reoffer', description, wish.hold)
      : this.#try(session, 'reoffer', () => media.offerMedia(session.id, wish));
    if (answer) this.#signal(session, (dialog) => dialog.answerReoffer(session.id, 200, answer));
  }

  /** Ports are leased before they are taken, so that a refusal has a number and a time to try again. */
  #openMedia(session: Session): void {
    const { media, resources } = this.#ports;
    if (media.has(session.id)) return;
    if (!session.route) throw new MediaError('ERR_INTERNAL', 'the session has no route', 500);
    const refusal = resources.lease(session.id, { mediaPorts: portsPerCall });
    if (refusal) throw new MediaError('ERR_NO_PORTS', `all ${refusal.limit} media ports are in use`, 503);
    media.createMedia(session.id, session.route, session.codecs);
  }

  /** Once in a session, at its first negotiation: a re-INVITE of an established call is never refused for it. */
  #leaseBandwidth(session: Session, { codec }: NegotiatedMedia): void {
    if (session.media !== undefined && session.answeredAtMs !== undefined) return;
    const refusal = this.#ports.resources.lease(session.id, { bandwidthKbps: bandwidthOf(codec) });
    if (refusal) throw new MediaError('ERR_LIMIT', `all ${refusal.limit} kbit/s are in use`, 503);
  }

  #withRetryAfter(effect: EffectOf<'sendReject'>): EffectOf<'sendReject'> {
    const isSet = effect.status !== 503 || effect.headers.some(([name]) => name.toLowerCase() === 'retry-after');
    return isSet
      ? effect
      : { ...effect, headers: [...effect.headers, ['Retry-After', String(this.#ports.retryAfterS)]] };
  }

  #answer(
    session: Session,
    during: 'answer' | 'reoffer',
    offer: Description | undefined,
    hold: boolean,
    early = false,
  ): Description | undefined {
    const result = this.#try(session, during, () => {
      if (!offer) throw new MediaError('ERR_INVALID_SDP', 'there is no offer to answer', 400);
      const answered = this.#ports.media.answerMedia(session.id, offer, { hold });
      if (during === 'answer') this.#leaseBandwidth(session, answered.media);
      return answered;
    });
    if (!result) return undefined;
    this.#feed(session, { type: 'negotiated', media: result.media, early, during });
    return result.answer;
  }

  /** Runs a step of media; a failure becomes an input of the session, and is answered where the peer waits for it. */
  #try<T>(session: Session, during: 'open' | 'answer' | 'apply' | 'reoffer', action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      const status = error instanceof MediaError ? error.status : 500;
      const text = error instanceof Error ? error.message : String(error);
      this.#ports.logger.debug({ sessionId: session.id, during, status, text }, 'media failed');
      if (during === 'reoffer') this.#signal(session, (dialog) => dialog.answerReoffer(session.id, status));
      this.#feed(session, { type: 'negotiationFailed', status, text, during });
      return undefined;
    }
  }

  #withMedia(session: Session, action: (media: MediaPort) => void): void {
    if (this.#ports.media.has(session.id)) action(this.#ports.media);
  }

  #signal(session: Session, action: (dialog: DialogPort) => void): void {
    try {
      action(this.#ports.dialog);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#ports.logger.debug({ sessionId: session.id, text }, 'signalling was overtaken');
    }
  }

  #feed(session: Session, fact: SessionFact): void {
    this.#ports.enqueue(session.id, fact);
  }
}
