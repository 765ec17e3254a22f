/**
 * The notifier of conferences (RFC 4575, `Event: conference`): whoever subscribes to a conference hears who is in it. The newest state alone
 * is sent, to each subscriber at most once in an interval. Made by Sessions.serveRosters.
 */
import type { Clock } from '../base/clock.js';
import { SessionError } from '../base/errors.js';
import type { Call } from './call.js';
import type { Conference } from './conference.js';
import { type ConferenceInfo, conferenceGone, conferenceInfo, conferenceInfoType } from './conference-info.js';
import type { IncomingSubscription, Notifier } from './types.js';

export interface RosterOptions {
  /** The conference that a subscriber names by the user part of its Request-URI; undefined: 404. Default: the one of that name. */
  readonly find?: ((user: string, incoming: IncomingSubscription) => Conference | undefined) | undefined;
  /** Whether this subscriber may know; false: 403. Default: everybody may. */
  readonly allow?: ((conference: Conference, incoming: IncomingSubscription) => boolean) | undefined;
  /** Subscribers of one conference; past it 503 with Retry-After. Default 100. */
  readonly maxSubscribers?: number | undefined;
  /** Least time between two NOTIFYs to one subscriber, 0 to 60 000 ms; default 250. */
  readonly intervalMs?: number | undefined;
}

export interface RosterParts {
  readonly clock: Clock;
  find(name: string): Conference | undefined;
  /** Contact of the call's peer, where it said one. */
  contactOf(call: Call): string | undefined;
}

/** Seconds in the Retry-After of a 503: subscribers leave at no known time. */
const retryAfterS = 30;

export class Rosters {
  readonly #options: RosterOptions;
  readonly #parts: RosterParts;
  readonly #subscribers = new Map<Conference, Set<Subscriber>>();

  /** Throws ERR_INVALID_ARGUMENT. */
  constructor(options: RosterOptions, parts: RosterParts) {
    const { maxSubscribers = 100, intervalMs = 250 } = options;
    if (!(Number.isInteger(maxSubscribers) && maxSubscribers > 0))
      throw new SessionError('ERR_INVALID_ARGUMENT', `maxSubscribers: ${maxSubscribers} is not a whole number above 0`);
    if (!(intervalMs >= 0 && intervalMs <= 60_000))
      throw new SessionError('ERR_INVALID_ARGUMENT', `intervalMs: ${intervalMs} is not from 0 to 60 000`);
    this.#options = { ...options, maxSubscribers, intervalMs };
    this.#parts = parts;
  }

  /** Decides about a SUBSCRIBE. */
  handle(incoming: IncomingSubscription): void {
    const { find = (name: string) => this.#parts.find(name), allow = () => true, maxSubscribers = 100 } = this.#options;
    const { uri } = incoming.request;
    const conference = find(decode(uri.user ?? ''), incoming);
    const types = incoming.request.headerValues('accept').map((type) => type.split(';')[0]?.trim().toLowerCase() ?? '');
    // RFC 4575 4: this is the one type of the package, and the default.
    const understands = types.length === 0 || types.some((type) => type === conferenceInfoType || isWild(type));
    const others = conference && this.#subscribers.get(conference);
    if (!conference || conference.closed) incoming.reject(404);
    else if (!allow(conference, incoming)) incoming.reject(403);
    else if (!understands) incoming.reject(406, { headers: [['Accept', conferenceInfoType]] });
    else if ((others?.size ?? 0) >= maxSubscribers)
      incoming.reject(503, { headers: [['Retry-After', String(retryAfterS)]] });
    else this.#admit(conference, incoming);
  }

  /** Ends all subscriptions. */
  close(): void {
    for (const all of [...this.#subscribers.values()]) for (const each of [...all]) each.end('deactivated');
  }

  #admit(conference: Conference, incoming: IncomingSubscription): void {
    const { scheme, user, host, port } = incoming.request.uri;
    const uri = `${scheme}:${user}@${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
    const others = this.#subscribers.get(conference) ?? this.#watch(conference);
    const subscriber = new Subscriber(this.#parts.clock, this.#options.intervalMs ?? 250, {
      state: (version) => conferenceInfo(this.#describe(conference, uri), version),
      gone: (version) => conferenceGone(uri, version),
    });
    others.add(subscriber);
    subscriber.begin(incoming, () => others.delete(subscriber));
  }

  #watch(conference: Conference): Set<Subscriber> {
    const all = new Set<Subscriber>();
    this.#subscribers.set(conference, all);
    const changed = (): void => {
      for (const each of all) each.handleChange();
    };
    for (const event of ['joined', 'left', 'changed', 'locked'] as const) conference.events.on(event, changed);
    conference.events.on('joined', ({ call }) => call.events.on('remoteHold', changed));
    for (const { call } of conference.members.values()) call.events.on('remoteHold', changed);
    conference.events.on('closed', () => {
      this.#subscribers.delete(conference);
      for (const each of [...all]) each.end('noresource');
    });
    return all;
  }

  #describe(conference: Conference, uri: string): ConferenceInfo {
    const seen = new Set<string>();
    const members = [...conference.members.values()].map(({ call, muted, deaf, moderator, joinedAtMs }) => {
      // Two calls of one device are two endpoints all the same, and may not be called the same (5.7).
      let device = this.#parts.contactOf(call) ?? call.remote.uri;
      if (seen.has(device)) device += `;call=${call.id}`;
      seen.add(device);
      const dialled = call.direction === 'incoming' ? ('in' as const) : ('out' as const);
      const { uri: user, displayName } = call.remote;
      return { user, displayName, moderator, uri: device, onHold: call.remoteHold, dialled, joinedAtMs, muted, deaf };
    });
    const { maxMembers } = conference.options;
    const most = maxMembers !== undefined && Number.isFinite(maxMembers) ? maxMembers : undefined;
    return { uri, name: conference.name, maxMembers: most, locked: conference.locked, members };
  }
}

interface Documents {
  state(version: number): string;
  gone(version: number): string;
}

class Subscriber {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #documents: Documents;
  #notifier: Notifier | undefined;
  #version = 0;
  #sentAtMs = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, intervalMs: number, documents: Documents) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#documents = documents;
  }

  begin(incoming: IncomingSubscription, over: () => void): void {
    this.#notifier = incoming.accept({
      body: this.#next(),
      // RFC 4575 4.6: a refresh brings the full state, which counts as a document of its own.
      onRefresh: () => this.#notifier?.notify(this.#next()),
      onEnd: () => {
        this.#cancelTimer?.();
        over();
      },
    });
  }

  /** Tells it now, or when the interval is over, whatever else happens until then. */
  handleChange(): void {
    if (this.#cancelTimer) return;
    const waitMs = this.#sentAtMs + this.#intervalMs - this.#clock.nowMs();
    const tell = (): void => {
      this.#cancelTimer = undefined;
      this.#notifier?.notify(this.#next());
    };
    if (waitMs <= 0) tell();
    else this.#cancelTimer = this.#clock.after(waitMs, tell);
  }

  end(reason: 'noresource' | 'deactivated'): void {
    const data = Buffer.from(this.#documents.gone(this.#version));
    const body = reason === 'noresource' ? { contentType: conferenceInfoType, data } : undefined;
    this.#notifier?.terminate(reason, { body });
  }

  #next(): { contentType: string; data: Uint8Array } {
    this.#sentAtMs = this.#clock.nowMs();
    const data = Buffer.from(this.#documents.state(this.#version));
    this.#version += 1;
    return { contentType: conferenceInfoType, data };
  }
}

function isWild(type: string): boolean {
  return type === '*/*' || type === 'application/*';
}

function decode(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}
