/**
 * Stand-ins for what api/ hands out, with the same shape and order of events but no SIP and no audio: tests of server/ and cli/ steer
 * each step of a call themselves.
 */
import {
  type Call,
  type Conference,
  Emitter,
  type EndReason,
  type IncomingCall,
  type Member,
  type Sessions,
  type SessionsOptions,
  SipError,
} from '../../../src/api/index.js';

export const hungUp: EndReason = { cause: 'remote-hangup', status: undefined, text: 'BYE', reason: undefined };

export class FakeCall {
  readonly #ended = new AbortController();
  #finish: (reason: EndReason) => void = () => {};
  readonly id: string;
  readonly remote: { uri: string; displayName: string | undefined };
  readonly callId = 'call-id@test';
  readonly codec: string | undefined = 'pcmu';
  readonly remoteMedia = { address: '127.0.0.1', port: 4000 };
  readonly events = new Emitter<Record<string, unknown[]>>();
  readonly finished: Promise<EndReason>;
  readonly hangups: unknown[] = [];
  readonly played: { sound: unknown; loop: boolean }[] = [];
  endReason: EndReason | undefined;
  conference: FakeConference | undefined;
  statistics: Record<string, number | boolean> | undefined = {
    packetsReceived: 90,
    packetsLost: 10,
    packetsSent: 80,
    levelInDbov: -23,
    levelOutDbov: -127,
    jitterMs: 0.5,
    playoutDelayMs: 40,
    rttMs: 0,
    talking: true,
  };
  /** What play returns; by default a sound that never ends. */
  playing: Promise<void> = new Promise(() => {});

  constructor(id: string, from = 'sip:alice@127.0.0.1', displayName?: string) {
    this.id = id;
    this.remote = { uri: from, displayName };
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Ends the call as the library does: it leaves its room, then it is over. */
  end(reason: EndReason = hungUp): void {
    if (this.ended.aborted) return;
    this.pendingReason = reason;
    this.conference?.drop(this);
    this.endReason = reason;
    this.#ended.abort();
    this.#finish(reason);
    this.events.emit('ended', reason);
  }

  /** What the session knows before the call says it. */
  pendingReason: EndReason | undefined;

  async hangup(options: unknown = {}): Promise<void> {
    this.hangups.push(options);
    this.end({ cause: 'local-hangup', status: undefined, text: 'hung up', reason: undefined });
  }

  stats(): unknown {
    return this.statistics;
  }

  play(sound: unknown, { loop = false }: { loop?: boolean } = {}): Promise<void> {
    this.played.push({ sound, loop });
    return this.playing;
  }

  recordings: { path: string; stopped: boolean }[] = [];
  recordError: Error | undefined;

  record(path: string): unknown {
    const recording = { path, stopped: false };
    this.recordings.push(recording);
    const result = { path, samples: 32_000, rateHz: 16_000, droppedSamples: 0 };
    return {
      path,
      closed: Promise.resolve(result),
      stop: async () => {
        recording.stopped = true;
        if (this.recordError) throw this.recordError;
        return result;
      },
    };
  }

  asCall(): Call {
    return this as unknown as Call;
  }
}

export class FakeConference {
  readonly members = new Map<string, Member>();
  readonly events = new Emitter<{ joined: [Member]; left: [Member] }>();
  readonly name: string;
  readonly options: unknown;
  closed = false;
  readonly #onClose: () => void;
  joinError: Error | undefined;

  constructor(name: string, options: unknown, onClose: () => void) {
    this.name = name;
    this.options = options;
    this.#onClose = onClose;
  }

  get size(): number {
    return this.members.size;
  }

  join(call: Call): void {
    if (this.joinError) throw this.joinError;
    const flags = { muted: false, deaf: false, moderator: false, whispering: false };
    const member: Member = { call, ...flags, gainInDb: 0, gainOutDb: 0, priority: 'normal', joinedAtMs: 0 };
    this.members.set(call.id, member);
    (call as unknown as FakeCall).conference = this;
    this.events.emit('joined', member);
  }

  drop(call: FakeCall): void {
    const member = this.members.get(call.id);
    if (!member) return;
    this.members.delete(call.id);
    this.events.emit('left', member);
  }

  close(): void {
    this.closed = true;
    this.#onClose();
  }
}

export class FakeIncoming {
  readonly target: string;
  readonly targetUser: string;
  readonly from: { uri: string; displayName: string | undefined };
  readonly call: FakeCall;
  rejected: { status: number; reason?: string; retryAfterS?: number } | undefined;
  accepting = false;
  #settle: { resolve: (call: Call) => void; reject: (error: Error) => void } | undefined;

  constructor(id: string, room: string) {
    this.targetUser = room;
    this.target = `sip:${encodeURIComponent(room)}@127.0.0.1`;
    this.call = new FakeCall(id, `sip:${id}@127.0.0.1`);
    this.from = this.call.remote;
  }

  accept(): Promise<Call> {
    this.accepting = true;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** The ACK is here. */
  acked(): void {
    this.#settle?.resolve(this.call.asCall());
  }

  /** The caller gave up before the ACK. */
  cancelled(): void {
    this.#settle?.reject(new SipError('ERR_CANCELLED', 'the caller cancelled', { status: 487, reason: 'Cancelled' }));
  }

  reject(status: number, options: { reason?: string; retryAfterS?: number } = {}): void {
    this.rejected = { status, ...options };
  }

  asIncoming(): IncomingCall {
    return this as unknown as IncomingCall;
  }
}

export class FakeSessions {
  readonly calls = new Map<string, Call>();
  readonly conferences = new Map<string, FakeConference>();
  readonly events = new Emitter<{ warning: [string, string] }>();
  readonly listeners: { url: string }[];
  readonly options: SessionsOptions;
  closes = 0;
  /** How `call` answers; set by the test. */
  answer: (target: string, options: Record<string, unknown>) => Promise<Call> = () => new Promise(() => {});
  loaded: string[] = [];

  constructor(options: SessionsOptions = {}) {
    this.options = options;
    this.listeners = (options.listen ?? []).map((url) => ({ url: url.replace(/:0$/, ':40000') }));
  }

  readonly manager = {
    get: (id: string) => ({ endReason: (this.calls.get(id) as unknown as FakeCall | undefined)?.pendingReason }),
    audio: {
      check: (path: string) => {
        this.loaded.push(path);
      },
    },
  };

  /** Who finds the rooms of subscribers. */
  rosters: { find(user: string): unknown } | undefined;

  serveRosters(options: { find(user: string): unknown }): () => void {
    this.rosters = options;
    return () => {};
  }

  conference(name: string, options: unknown): Conference {
    const existing = this.conferences.get(name);
    const conference = existing ?? new FakeConference(name, options, () => this.conferences.delete(name));
    this.conferences.set(name, conference);
    return conference as unknown as Conference;
  }

  call(target: string, options: Record<string, unknown>): Promise<Call> {
    return this.answer(target, options);
  }

  async close(): Promise<void> {
    this.closes += 1;
    for (const call of this.calls.values()) {
      (call as unknown as FakeCall).end({ cause: 'closed', status: undefined, text: 'closed', reason: undefined });
    }
  }

  asSessions(): Sessions {
    return this as unknown as Sessions;
  }
}
