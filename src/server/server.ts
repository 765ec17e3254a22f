/**
 * The conference server: sessions with the rule of rooms.ts on top. A user of api/ like any other, on the event loop; held by
 * `mixminus serve`, `mixminus demo` and whoever embeds it (`mixminus/server`).
 */
import {
  type Authentication,
  type Clock,
  createSessions,
  Emitter,
  type IncomingCall,
  type Logger,
  SessionError,
  type Sessions,
  type SessionsOptions,
  systemClock,
} from '../api/index.js';
import { loadConfig, type ServerConfig, type ServerOptions } from './config.js';
import { readCredentials } from './credentials.js';
import type { ServerEvent } from './events.js';
import { Rooms } from './rooms.js';
import { roomStatus, type ServerStatus } from './status.js';
import { SipTrace } from './trace.js';
import { readUsers } from './users.js';

/** What the server stands on; only tests give other ones. */
export interface ServerParts {
  /** Default: says nothing. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly createSessions?: (options: SessionsOptions) => Promise<Sessions>;
}

interface Running {
  readonly sessions: Sessions;
  readonly rooms: Rooms;
  readonly trace: SipTrace | undefined;
}

/**
 * A server for conference calls.
 *
 * ```ts
 * const server = new ConferenceServer({ listen: ['udp://0.0.0.0:5060'], maxMembers: 20 });
 * server.events.on('event', (event) => console.log(JSON.stringify(event)));
 * await server.start();
 * ```
 */
export class ConferenceServer {
  readonly config: ServerConfig;
  readonly events: Emitter<{ event: [ServerEvent] }> = new Emitter();
  readonly #parts: ServerParts;
  readonly #authentication: Authentication | undefined;
  #starting: Promise<Running> | undefined;
  #running: Running | undefined;
  #closing: Promise<void> | undefined;

  /** Checks the options and reads the file of users; throws SessionError ERR_CONFIG naming the key or line. Nothing is opened before {@link start}. */
  constructor(options: ServerOptions | ServerConfig = {}, parts: ServerParts = {}) {
    this.config = loadConfig({ options: options as ServerOptions });
    this.#parts = parts;
    this.#authentication = this.config.users === undefined ? undefined : readUsers(this.config.users);
  }

  /** Where it listens, as URLs with the ports that were taken; empty before the start. */
  get listen(): readonly string[] {
    return this.#running?.sessions.listeners.map((listener) => listener.url) ?? [];
  }

  /**
   * Opens all sockets or none. Rejects with SessionError: ERR_ADDRESS_IN_USE, ERR_ADDRESS_NOT_AVAILABLE, ERR_NO_BINARY,
   * ERR_FILE_DESCRIPTORS, ERR_FILE (the trace), ERR_CLOSED.
   */
  async start(): Promise<void> {
    if (this.#closing) throw new SessionError('ERR_CLOSED', 'the server was closed; make a new one');
    this.#starting ??= this.#open();
    this.#running = await this.#starting;
  }

  /**
   * Reads the files of certificates again: new connections have them, those that stand keep theirs. What is wrong with the files is an event
   * `warning` (CERTIFICATE); then the old ones stay.
   */
  reloadTls(): void {
    const sessions = this.#running?.sessions;
    try {
      const tls = readCredentials(this.config);
      if (!sessions || !tls) return;
      sessions.reloadTls(tls);
      this.events.emit('event', { event: 'reloaded' });
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      const message = `the old certificates stay in use: ${error.message}`;
      this.events.emit('event', { event: 'warning', code: 'CERTIFICATE', message });
    }
  }

  /** A snapshot; cheap enough to take several times a second. */
  status(): ServerStatus {
    const rooms = this.#running?.rooms.conferences.map(roomStatus) ?? [];
    return { listen: this.listen, calls: this.#running?.sessions.calls.size ?? 0, rooms };
  }

  /** Says BYE to everyone, turns callers away who were not answered yet, frees the sockets. Idempotent; bounded. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<Running> {
    const { clock = systemClock, createSessions: create = createSessions } = this.#parts;
    // A call may come in before the promise of the sessions was seen to resolve; it waits for the rooms.
    let opened: (rooms: Rooms) => void = () => {};
    const ready = new Promise<Rooms>((resolve) => {
      opened = resolve;
    });
    const onIncomingCall = async (incoming: IncomingCall): Promise<void> => (await ready).handle(incoming);
    const report = (event: ServerEvent): void => this.events.emit('event', event);
    const options = { ...this.#sessionsOptions(), onIncomingCall };
    const trace = await this.#openTrace((message) => report({ event: 'warning', code: 'TRACE', message }));
    const sessions = await create(options).catch(async (error: unknown) => {
      await trace?.close();
      throw error;
    });
    const { maxMembers, loudest } = this.config;
    const rooms = new Rooms({ sessions, maxMembers, loudest, clock, report });
    sessions.serveRosters({ find: (user) => rooms.find(user) });
    sessions.events.on('warning', (code, message) => report({ event: 'warning', code, message }));
    report({ event: 'listening', listen: sessions.listeners.map((listener) => listener.url), pid: process.pid });
    opened(rooms);
    return { sessions, rooms, trace };
  }

  async #openTrace(warn: (message: string) => void): Promise<SipTrace | undefined> {
    const { trace: path, traceMaxMb } = this.config;
    return path === undefined ? undefined : SipTrace.open({ path, maxBytes: traceMaxMb * 1_000_000, warn });
  }

  #sessionsOptions(): SessionsOptions {
    const { listen, advertise, mediaPorts, workers, maxCalls, codecs, wsOrigins } = this.config;
    const { maxConnections, maxLoopDelayMs, maxRate, jitterMs } = this.config;
    const { logger } = this.#parts;
    const tls = readCredentials(this.config);
    return {
      listen,
      ...(advertise === undefined ? {} : { advertise }),
      media: {
        ports: [...mediaPorts],
        ...(workers === undefined ? {} : { workers }),
        ...(jitterMs === undefined ? {} : { jitter: { fixedMs: jitterMs, maxMs: Math.max(400, 2 * jitterMs) } }),
      },
      limits: { maxCalls },
      signalling: {
        maxConnections,
        maxLoopDelayMs,
        ...(maxRate === undefined ? {} : { maxRequestsPerSecond: maxRate }),
      },
      ...(codecs === undefined ? {} : { codecs }),
      ...(this.#authentication && { authentication: this.#authentication, registrar: {} }),
      ...(tls === undefined ? {} : { tls }),
      ...(wsOrigins === undefined ? {} : { websocket: { origins: wsOrigins } }),
      ...(logger === undefined ? {} : { logger }),
    };
  }

  async #close(): Promise<void> {
    // A start that failed has freed what it took, and told its caller.
    const running = await this.#starting?.catch(() => undefined);
    if (!running) return;
    await running.sessions.close();
    await running.trace?.close();
    this.events.emit('event', { event: 'closed' });
  }
}
