/**
 * One registration as client (RFC 3261 10.2): the binding of an address of record to our Contact, refreshed before it expires, tried again
 * when it fails, removed at the end. Sans-IO; made and owned by stack.ts. It has one REGISTER on its way at a time (10.2).
 */
import { ClientAuth } from './auth.js';
import type { Core } from './core.js';
import { checkCredentials, misuse } from './dialog/arguments.js';
import { contactOf } from './dialog/context.js';
import { routeOf, type Way, wayTo } from './dialog/preloaded.js';
import { Timer, type TimerOwner } from './dialog/timer.js';
import {
  makeUri,
  type NameAddr,
  parseNameAddr,
  parseUri,
  type SipResponse,
  type SipUri,
  uriEquals,
} from './message/index.js';
import { newThread, OutsideRequest, type RequestThread } from './outside-request.js';
import { detached } from './transaction/matching.js';
import type { Flow, OptionsResult, RegisterParams, RegistrarGifts, RegistrationState } from './types.js';

/** A week: longer bindings outlive what they point to, and delays stay within what timers hold. */
const maxExpiresS = 604_800;
/** Waits after failures, as RFC 5626 4.5 has them for flows: doubling from half a minute to half an hour. */
const firstRetryS = 30;
const maxRetryS = 1800;

/** RFC 5626 4.1 wants a URN, and recommends this one; quotes and brackets would end the parameter. */
const instanceUrn = /^urn:[\w-]+:[\w:.%-]+$/;

/** Refusals that the same request will meet again: the password is wrong, there is no such user or no registrar. */
const lasting = new Set([401, 403, 404, 405, 407, 416, 501]);

export class CoreRegistration implements TimerOwner {
  readonly #core: Core;
  readonly #aor: SipUri;
  readonly #registrar: SipUri;
  readonly #way: Way;
  readonly #thread: RequestThread;
  readonly #tell: (state: RegistrationState) => void;
  readonly #over: () => void;
  readonly #timer: Timer;
  readonly #instanceId: string | undefined;
  #expiresS: number;
  #contact = '';
  #flow: Flow | undefined;
  /** The registrar may hold a binding of ours. */
  #bound = false;
  #busy = false;
  #failures = 0;
  #state: 'on' | 'leaving' | 'over' = 'on';

  /** Throws for parameters that cannot be sent. `over` is called after the last state. */
  constructor(core: Core, params: RegisterParams, tell: (state: RegistrationState) => void, over: () => void) {
    const { aor, registrar = makeUri({ host: aor.host, ...(aor.port !== undefined && { port: aor.port }) }) } = params;
    const { auth, expiresS = 3600, instanceId } = params;
    checkCredentials(auth);
    if (instanceId !== undefined && !instanceUrn.test(instanceId)) {
      throw misuse('ERR_INVALID_ARGUMENT', `instanceId '${instanceId}' is not of the form urn:uuid:…`);
    }
    if (!(Number.isInteger(expiresS) && expiresS >= 1 && expiresS <= maxExpiresS)) {
      throw misuse('ERR_INVALID_ARGUMENT', `expiresS must be a whole number from 1 to ${maxExpiresS}, not ${expiresS}`);
    }
    this.#core = core;
    this.#aor = aor;
    // RFC 3261 10.2: the Request-URI names the registrar, and nobody there.
    this.#registrar = { ...registrar, user: undefined, password: undefined };
    this.#way = wayTo(core, this.#registrar);
    this.#expiresS = expiresS;
    this.#instanceId = instanceId;
    this.#thread = newThread(core, auth && new ClientAuth(auth, core.config.ids));
    this.#timer = new Timer(core.deadlines, this);
    this.#tell = (state) => core.tell(() => tell(state));
    this.#over = over;
  }

  start(): void {
    this.#tell({ kind: 'registering' });
    this.#register();
  }

  /** Removes the binding where there may be one; 'unregistered' follows, at the latest after 64·T1. */
  stop(): void {
    if (this.#state !== 'on') return;
    this.#state = 'leaving';
    this.#timer.clear();
    if (!this.#busy) this.#leave();
  }

  /** The flow that was registered is gone, and with it the way to us: it is made anew at once (RFC 5626 4.5); should that fail, with back-off. */
  handleConnectionLost(connection: number): void {
    if (this.#state !== 'on' || this.#busy || !this.#bound || this.#flow?.connection !== connection) return;
    this.#timer.clear();
    this.#tell({ kind: 'registering' });
    this.#register();
  }

  /** The core closes: nothing is sent. */
  abandon(): void {
    this.#timer.clear();
    this.#end();
  }

  handleTimer(): void {
    if (this.#state === 'on') this.#register();
  }

  #register(): void {
    this.#send(this.#expiresS, (result) => {
      if (result.status < 300) this.#handleSuccess(result.response);
      else if (!this.#handleTooBrief(result)) this.#handleFailure(result);
      if (this.#state === 'leaving' && !this.#busy) this.#leave();
    });
  }

  #leave(): void {
    if (!this.#bound) this.#end();
    else this.#send(0, () => this.#end());
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#core.gruus.delete(this);
    this.#tell({ kind: 'unregistered' });
    this.#over();
  }

  #send(expiresS: number, done: (result: OptionsResult) => void): void {
    this.#busy = true;
    const headers = (flow: Flow): [string, string][] => {
      this.#flow = flow;
      this.#contact = contactOf(this.#core, flow, this.#aor.user);
      return [
        [
          'Contact',
          this.#instanceId === undefined ? this.#contact : `${this.#contact};+sip.instance="<${this.#instanceId}>"`,
        ],
        ['Expires', String(expiresS)],
        // RFC 3327 5.1: a proxy may add itself to the path; RFC 5627 4.2.
        ['Supported', this.#instanceId === undefined ? 'path' : 'path, gruu'],
      ];
    };
    const params = {
      method: 'REGISTER',
      target: this.#registrar,
      way: this.#way,
      from: this.#aor,
      to: this.#aor,
      headers,
    };
    const request = new OutsideRequest(this.#core, this.#thread, params, (result) => {
      this.#busy = false;
      if (this.#state !== 'over') done(result);
    });
    request.start();
  }

  #handleSuccess(response: SipResponse | undefined): void {
    this.#failures = 0;
    this.#bound = true;
    const own = response && listedContact(response, this.#contact);
    const grantedS = seconds(own?.params.get('expires')) ?? seconds(response?.header('expires'));
    const expiresS = Math.min(grantedS ?? this.#expiresS, maxExpiresS);
    if (this.#state !== 'on') return;
    // At 85 to 95 % of the time: those who registered together after a power cut do not come back together, and a lost refresh has time
    // for its repetitions.
    this.#wait(10 * expiresS * (85 + this.#random(1001) / 100));
    this.#tell({ kind: 'registered', expiresS, contact: this.#contact, ...this.#takeGifts(response, own) });
  }

  /** What the newest answer does not repeat is withdrawn (RFC 3608 5, RFC 5627 4.2). */
  #takeGifts(response: SipResponse | undefined, own: NameAddr | undefined): RegistrarGifts {
    const serviceRoute = response ? routeOf(response, 'service-route') : [];
    const told = this.#instanceId === undefined ? undefined : own?.params.get('pub-gruu');
    const publicGruu = told === undefined ? undefined : detached(told.replace(/^"|"$/g, ''));
    const isUsable = publicGruu !== undefined && parseUri(publicGruu)?.params.has('gr') === true;
    const uri = parseNameAddr(this.#contact)?.uri;
    if (isUsable && uri) this.#core.gruus.set(this, { uri, gruu: publicGruu });
    else this.#core.gruus.delete(this);
    return { ...(serviceRoute.length > 0 && { serviceRoute }), ...(isUsable && { publicGruu }) };
  }

  /** RFC 3261 10.2.8: the registrar wants longer bindings, and says how long; once, for each answer must ask for more than the last. */
  #handleTooBrief({ status, response }: OptionsResult): boolean {
    const wanted = seconds(response?.header('min-expires'));
    const helps = status === 423 && wanted !== undefined && wanted > this.#expiresS && wanted <= maxExpiresS;
    if (!helps || this.#state !== 'on') return false;
    this.#expiresS = wanted;
    this.#register();
    return true;
  }

  #handleFailure({ status, reason, response }: OptionsResult): void {
    // A refused refresh says nothing of the binding before it; silence may mean that only the answer was lost.
    if (!response) this.#bound = true;
    if (this.#state !== 'on') return;
    const retryS = lasting.has(status) ? undefined : this.#retryS(response);
    if (retryS !== undefined) this.#wait(1000 * retryS);
    this.#tell({ kind: 'failed', status, reason, response, retryS });
  }

  /** RFC 5626 4.5: between half and the whole of the wait; not before Retry-After (RFC 3261 20.33). */
  #retryS(response: SipResponse | undefined): number {
    const longestS = Math.min(maxRetryS, firstRetryS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    const waitS = (longestS * (500 + this.#random(501))) / 1000;
    return Math.max(waitS, Math.min(seconds(response?.header('retry-after')) ?? 0, maxExpiresS));
  }

  #wait(delayMs: number): void {
    this.#timer.set(this.#core.nowMs + delayMs);
  }

  #random(below: number): number {
    return this.#core.config.ids.uint32() % below;
  }
}

/** Our Contact among all that the registrar lists (10.2.4). */
function listedContact(response: SipResponse, contact: string): NameAddr | undefined {
  const own = parseNameAddr(contact)?.uri;
  return response
    .headerValues('contact')
    .map(parseNameAddr)
    .find((each) => each && own && uriEquals(each.uri, own));
}

/** Delta-seconds, maybe with a comment behind; 0 makes no sense where this is asked and counts as nothing said. */
function seconds(text: string | undefined): number | undefined {
  const value = Number(/^\s*(\d{1,10})(?=$|[\s;(])/.exec(text ?? '')?.[1] ?? 0);
  return value > 0 ? value : undefined;
}
