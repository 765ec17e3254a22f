/**
 * The session timer of one dialog (RFC 4028): what our requests and 2xx say of it, when a refresh is due, when the session is over. What
 * was agreed is worked out by session-timer-rules.ts; how a refresh is made is its user's affair. Owned by invite-usage.ts.
 */
import type { HeaderList, SipRequest, SipResponse } from '../message/index.js';
import type { CoreContext } from './context.js';
import {
  afterTooShort,
  clientTerms,
  leastMinSeS,
  marginMs,
  serverTerms,
  type TimerTerms,
} from './session-timer-rules.js';
import { Timer, type TimerOwner } from './timer.js';

export interface SessionTimerUser {
  /** Half the time is over and the refresh is ours; comes again when it was not done a while later. */
  handleRefreshDue(): void;
  /** Nobody refreshed the session. */
  handleExpired(): void;
}

/** How often a refresh is tried again, as a part of the interval: eight tries before the end. */
const triesInInterval = 16;

export class SessionTimer implements TimerOwner {
  readonly #core: CoreContext;
  readonly #user: SessionTimerUser;
  /** The largest Min-SE of any 422 on this dialog, which all its later requests repeat (7.4). */
  #minSeS: number;
  #askS: number;
  #terms: TimerTerms | undefined;
  #timer: Timer | undefined;
  #refreshAtMs = 0;
  #expireAtMs = 0;

  constructor(core: CoreContext, user: SessionTimerUser) {
    this.#core = core;
    this.#user = user;
    const { expiresS = 0, minSeS = leastMinSeS } = core.config.sessionTimer ?? {};
    this.#askS = expiresS;
    this.#minSeS = minSeS;
  }

  /** Session-Expires and Min-SE of an INVITE or UPDATE of ours; a refresh keeps the roles (7.4). */
  requestHeaders(): HeaderList {
    const config = this.#core.config.sessionTimer;
    if (!config) return [];
    const wish = config.refresher === 'local' ? 'uac' : config.refresher === 'remote' ? 'uas' : undefined;
    const refresher = this.#terms ? (this.#terms.weRefresh ? 'uac' : 'uas') : wish;
    const intervalS = Math.max(this.#terms?.intervalS ?? this.#askS, this.#minSeS);
    const headers: [string, string][] = [
      ['Session-Expires', `${intervalS}${refresher ? `;refresher=${refresher}` : ''}`],
    ];
    // 7.1: a Min-SE of 90 goes without saying.
    if (this.#minSeS > leastMinSeS) headers.push(['Min-SE', String(this.#minSeS)]);
    return headers;
  }

  /** Agrees to what a request wants and begins anew; the headers of its 2xx (9). */
  accept(request: SipRequest): HeaderList {
    const config = this.#core.config.sessionTimer;
    const terms = config && serverTerms(request, config, this.#terms?.weRefresh);
    this.#restart(terms);
    if (!terms) return [];
    const value = `${terms.intervalS};refresher=${terms.weRefresh ? 'uas' : 'uac'}`;
    const required: HeaderList = terms.peerSupports ? [['Require', 'timer']] : [];
    return [...required, ['Session-Expires', value]];
  }

  /** A 2xx to our INVITE or UPDATE: the timer begins anew, or ends where the peer wants none. */
  agree(response: SipResponse): void {
    this.#restart(this.#core.config.sessionTimer && clientTerms(response));
  }

  /** Takes over the Min-SE of a 422; true when the request is worth another try (7.3). */
  raise(response: SipResponse): boolean {
    if (response.status !== 422 || !this.#core.config.sessionTimer) return false;
    const least = afterTooShort(response, Math.max(this.#terms?.intervalS ?? this.#askS, this.#minSeS));
    if (least === undefined) return false;
    this.#minSeS = least;
    this.#askS = Math.max(this.#askS, least);
    return true;
  }

  stop(): void {
    this.#terms = undefined;
    this.#timer?.clear();
  }

  handleTimer(): void {
    const { nowMs } = this.#core;
    if (!this.#terms) return;
    if (nowMs >= this.#expireAtMs) {
      this.stop();
      this.#user.handleExpired();
      return;
    }
    this.#refreshAtMs = nowMs + (this.#terms.intervalS * 1000) / triesInInterval;
    this.#arm();
    this.#user.handleRefreshDue();
  }

  #restart(terms: TimerTerms | undefined): void {
    this.stop();
    if (!terms) return;
    const { nowMs } = this.#core;
    this.#terms = terms;
    // 10: refreshes at half the interval, the end a little before it.
    this.#refreshAtMs = nowMs + (terms.intervalS * 1000) / 2;
    this.#expireAtMs = nowMs + terms.intervalS * 1000 - marginMs(terms);
    this.#arm();
  }

  #arm(): void {
    const atMs = this.#terms?.weRefresh ? Math.min(this.#refreshAtMs, this.#expireAtMs) : this.#expireAtMs;
    this.#timer ??= new Timer(this.#core.deadlines, this);
    this.#timer.set(atMs);
  }
}
