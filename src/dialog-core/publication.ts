/**
 * State that we publish (RFC 3903): its first PUBLISH, refreshes under the entity tag that the agent gave, new bodies, removal. One request at
 * a time (RFC 3903 4.1), else two could overtake each other. Made and owned by services.ts.
 */
import { ClientAuth } from './auth.js';
import type { Core } from './core.js';
import { checkBody, checkCredentials, checkHeaders, misuse } from './dialog/arguments.js';
import { type Way, wayTo } from './dialog/preloaded.js';
import { deltaSeconds } from './dialog/subscription-headers.js';
import { Timer, type TimerOwner } from './dialog/timer.js';
import { newThread, OutsideRequest } from './outside-request.js';
import type { Publication, PublicationState, PublishParams } from './service-types.js';
import { detached } from './transaction/matching.js';
import type { Body, OptionsResult } from './types.js';

const weekS = 604_800;
/** Waits after failures as registrations have them (RFC 5626 4.5). */
const firstRetryS = 30;
const maxRetryS = 1800;
/** Refusals that the same request will meet again. */
const lasting = new Set([400, 401, 403, 404, 405, 407, 413, 415, 416, 489, 501]);

export class CorePublication implements Publication, TimerOwner {
  readonly #core: Core;
  readonly #params: PublishParams;
  readonly #way: Way;
  readonly #auth: ClientAuth | undefined;
  readonly #tell: (state: PublicationState) => void;
  readonly #over: () => void;
  readonly #timer: Timer;
  #body: Body;
  /** The body that the agent does not have yet, if any. */
  #fresh = true;
  #expiresS: number;
  #etag: string | undefined;
  #busy = false;
  #failures = 0;
  #state: 'on' | 'leaving' | 'over' = 'on';

  /** Throws for parameters that cannot be sent. */
  constructor(core: Core, params: PublishParams, onState: (state: PublicationState) => void, over: () => void) {
    const { event, expiresS = 3600, headers, body, auth, target, proxy } = params;
    checkHeaders([['Event', event], ...(headers ?? [])]);
    checkBody(body);
    checkCredentials(auth);
    if (!(Number.isInteger(expiresS) && expiresS >= 1 && expiresS <= weekS)) {
      throw misuse('ERR_INVALID_ARGUMENT', `expiresS must be a whole number from 1 to ${weekS}, not ${expiresS}`);
    }
    this.#core = core;
    this.#params = params;
    this.#way = wayTo(core, target, { proxy });
    this.#auth = auth && new ClientAuth(auth, core.config.ids);
    this.#body = body;
    this.#expiresS = expiresS;
    this.#tell = (state) => core.tell(() => onState(state));
    this.#over = over;
    this.#timer = new Timer(core.deadlines, this);
  }

  start(): void {
    this.#tell({ kind: 'publishing' });
    this.#publish();
  }

  update(body: Body): void {
    checkBody(body);
    if (this.#state !== 'on') return;
    this.#core.door(() => {
      this.#body = body;
      this.#fresh = true;
      if (!this.#busy) this.#publish();
    });
  }

  close(): void {
    if (this.#state !== 'on') return;
    this.#core.door(() => {
      this.#state = 'leaving';
      this.#timer.clear();
      if (!this.#busy) this.#leave();
    });
  }

  abandon(): void {
    this.#end();
  }

  handleTimer(): void {
    if (this.#state === 'on') this.#publish();
  }

  /** A refresh carries no body (RFC 3903 4.1 table 1). */
  #publish(): void {
    const carriesBody = this.#fresh || this.#etag === undefined;
    this.#fresh = false;
    this.#send(this.#expiresS, carriesBody ? this.#body : undefined, (result) => this.#handleResult(result));
  }

  #leave(): void {
    if (this.#etag === undefined) this.#end();
    else this.#send(0, undefined, () => this.#end());
  }

  #send(expiresS: number, body: Body | undefined, done: (result: OptionsResult) => void): void {
    this.#busy = true;
    this.#timer.clear();
    const { target, from, to, event, headers: more = [] } = this.#params;
    const tag = this.#etag === undefined ? [] : [['SIP-If-Match', this.#etag] as const];
    const headers = () => [['Event', event] as const, ['Expires', String(expiresS)] as const, ...tag, ...more];
    const parts = { method: 'PUBLISH', target, from, headers, body, way: this.#way };
    const request = new OutsideRequest(
      this.#core,
      newThread(this.#core, this.#auth),
      { ...parts, ...(to && { to }) },
      (result) => {
        this.#busy = false;
        if (this.#state !== 'over') done(result);
      },
    );
    request.start();
  }

  #handleResult(result: OptionsResult): void {
    const { status, response } = result;
    if (status < 300) this.#handleSuccess(result);
    else if (status === 412 && this.#etag !== undefined) {
      // RFC 3903 4.1: the agent knows that state no more; it is published anew, whole.
      this.#etag = undefined;
      this.#publish();
    } else if (!this.#handleTooBrief(status, deltaSeconds(response?.header('min-expires'))))
      this.#handleFailure(result);
    if (this.#state === 'leaving' && !this.#busy) this.#leave();
  }

  #handleSuccess({ response }: OptionsResult): void {
    const etag = response?.header('sip-etag');
    this.#failures = 0;
    this.#etag = etag === undefined ? undefined : detached(etag);
    if (this.#state !== 'on') return;
    const expiresS = Math.min(deltaSeconds(response?.header('expires')) || this.#expiresS, weekS);
    this.#tell({ kind: 'published', expiresS, etag: this.#etag ?? '' });
    if (this.#fresh) this.#publish();
    else this.#timer.set(this.#core.nowMs + 10 * expiresS * (80 + (this.#core.config.ids.uint32() % 1001) / 100));
  }

  /** True when it was obeyed. */
  #handleTooBrief(status: number, wantedS: number | undefined): boolean {
    if (status !== 423 || wantedS === undefined || wantedS <= this.#expiresS || wantedS > weekS) return false;
    if (this.#state !== 'on') return false;
    this.#expiresS = wantedS;
    this.#fresh = true;
    this.#publish();
    return true;
  }

  #handleFailure({ status, reason, response }: OptionsResult): void {
    this.#fresh = true;
    if (this.#state !== 'on') return;
    let retryS: number | undefined;
    if (!lasting.has(status)) {
      const longestS = Math.min(maxRetryS, firstRetryS * 2 ** Math.min(this.#failures, 10));
      this.#failures += 1;
      const waitS = (longestS * (500 + (this.#core.config.ids.uint32() % 501))) / 1000;
      retryS = Math.max(waitS, Math.min(deltaSeconds(response?.header('retry-after')) ?? 0, weekS));
      this.#timer.set(this.#core.nowMs + 1000 * retryS);
    }
    this.#tell({ kind: 'failed', status, reason, response, retryS });
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#timer.clear();
    this.#tell({ kind: 'unpublished' });
    this.#over();
  }
}
