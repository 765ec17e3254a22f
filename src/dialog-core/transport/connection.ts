/**
 * One connection of TCP, TLS or WebSocket: cuts what it receives into messages, answers pings (RFC 5626 3.5.1), and knows until when it may go on as
 * it is. Made, found and timed by connections.ts.
 */
import { type ParseProblem, StreamParser } from '../message/index.js';
import type { CoreLimits, Flow, StreamSocket } from '../types.js';

export interface ConnectionOwner {
  nowMs(): number;
  /** From 0 to below 1. */
  random(): number;
  /** A whole message, or with `fault` the head after which nothing can be read. */
  handleMessage(connection: Connection, data: Uint8Array, fault: ParseProblem | undefined): void;
  /** Nothing goes over it any more; called once. */
  handleLost(connection: Connection, message: string): void;
  /** The socket is gone; the last call. */
  handleClosed(connection: Connection): void;
  /** {@link Connection.deadlineMs} may be earlier than it was. */
  handleEarlier(connection: Connection): void;
}

const pong = Buffer.from('\r\n');
const ping = Buffer.from('\r\n\r\n');

/** How long a peer has to close its side after we have closed ours; until then what it was told last can reach it. */
const lingerMs = 2000;

export class Connection {
  readonly id: number;
  /** What a message on it travels along. */
  readonly flow: Flow;
  /** Numbers of dead connections that it stands in for, and its own. */
  readonly numbers: number[];
  /** Opened by the peer. */
  readonly accepted: boolean;
  /** Where it goes, for its owner to find it; only of those that we opened. */
  target: string | undefined = undefined;
  readonly #owner: ConnectionOwner;
  readonly #socket: StreamSocket;
  readonly #limits: CoreLimits;
  readonly #parser: StreamParser;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #lastMs: number;
  /** Since when the peer owes the rest of a message, or its first one. */
  #owedSinceMs: number;
  #closingSinceMs = 0;
  /** When to show that we are there, of connections that we opened; the peer shows it on its own. */
  #pingAtMs = Number.POSITIVE_INFINITY;
  #pingedAtMs: number | undefined;
  /** The peer has answered a ping: from then on silence means that it is gone. Others need not know of pings (RFC 3261 7.5). */
  #answersPings = false;

  constructor(
    owner: ConnectionOwner,
    parts: { readonly id: number; readonly flow: Flow; readonly socket: StreamSocket; readonly accepted: boolean },
    limits: CoreLimits,
  ) {
    this.#owner = owner;
    this.id = parts.id;
    this.flow = parts.flow;
    this.numbers = [parts.id];
    this.accepted = parts.accepted;
    this.#socket = parts.socket;
    this.#limits = limits;
    this.#parser = new StreamParser(limits);
    this.#lastMs = owner.nowMs();
    if (!parts.accepted) this.#planPing();
    this.#owedSinceMs = parts.accepted ? this.#lastMs : Number.POSITIVE_INFINITY;
  }

  /** Begins reading; the owner knows the connection by then. */
  start(): void {
    this.#socket.start({
      onData: (data) => this.#receive(data),
      onClose: (error) => this.#handleClose(error),
      onPong: () => this.#handlePong(),
    });
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** When something must be done about it if nothing happens. */
  get deadlineMs(): number {
    const { idleTimeoutMs, partialMessageTimeoutMs } = this.#limits;
    if (this.#state !== 'open') return this.#closingSinceMs + lingerMs;
    return Math.min(this.#lastMs + idleTimeoutMs, this.#owedSinceMs + partialMessageTimeoutMs, this.#pingDueMs);
  }

  send(data: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#lastMs = this.#owner.nowMs();
    this.#socket.write(data);
    // A peer that does not read makes us hold what it should.
    if (this.#socket.queuedBytes > this.#limits.maxQueuedBytes) this.cut('the peer does not read what it is sent');
  }

  /** The moment of {@link deadlineMs} has come. */
  handleDue(): void {
    if (this.#state !== 'open') this.#socket.destroy();
    else if (this.#owedSinceMs + this.#limits.partialMessageTimeoutMs <= this.#owner.nowMs())
      this.cut('a message took too long');
    else if (this.#pingDueMs <= this.#owner.nowMs()) this.#ping();
    else this.finish('nothing was said for too long');
  }

  /** When the next ping is due, or the answer to the last one overdue. */
  get #pingDueMs(): number {
    if (this.#pingedAtMs === undefined) return this.#pingAtMs;
    return this.#answersPings ? this.#pingedAtMs + this.#limits.pongTimeoutMs : this.#pingAtMs;
  }

  /** RFC 5626 4.4.1: between 80 and 100 % of the interval, so that those who connected together do not ping together. */
  #planPing(): void {
    this.#pingAtMs = this.#owner.nowMs() + this.#limits.keepAliveMs * (0.8 + 0.2 * this.#owner.random());
  }

  #ping(): void {
    if (this.#pingedAtMs !== undefined && this.#answersPings) {
      this.cut('the peer does not answer a ping');
      return;
    }
    this.#pingedAtMs = this.#owner.nowMs();
    this.#planPing();
    // A ping does not make a connection that nobody uses any younger.
    if (this.#socket.ping) this.#socket.ping();
    else this.#socket.write(ping);
    this.#owner.handleEarlier(this);
  }

  #handlePong(): void {
    if (this.#pingedAtMs !== undefined) this.#answersPings = true;
    this.#pingedAtMs = undefined;
  }

  /** Says goodbye: what was written still arrives, what is received is not read. */
  finish(message: string): void {
    if (this.#state !== 'open') return;
    this.#leave(message);
    this.#socket.end();
    this.#owner.handleEarlier(this);
  }

  cut(message: string): void {
    this.#leave(message);
    this.#socket.destroy();
  }

  /** The endpoint closes. */
  destroySoon(): void {
    this.#leave('the SIP endpoint was closed');
    this.#socket.destroySoon();
  }

  #leave(message: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#closingSinceMs = this.#owner.nowMs();
    this.#owner.handleLost(this, message);
  }

  #receive(data: Uint8Array): void {
    if (this.#state !== 'open') return;
    if (!this.accepted) this.#planPing();
    // Two answers in a row are no ping, and make nothing any younger.
    if (this.#pingedAtMs !== undefined && pong.equals(data) && !this.#parser.isPartial) {
      this.#handlePong();
      this.#owner.handleEarlier(this);
      return;
    }
    // Any sign of life will do.
    this.#pingedAtMs = undefined;
    this.#lastMs = this.#owner.nowMs();
    if (this.#socket.whole) {
      this.#receiveWhole(data);
      return;
    }
    let owed = this.#owedSinceMs;
    this.#parser.push(data);
    for (let part = this.#parser.next(); part && this.isOpen; part = this.#parser.next()) {
      owed = Number.POSITIVE_INFINITY;
      if (part.kind === 'ping') this.send(pong);
      else if (part.kind === 'message') this.#owner.handleMessage(this, part.data, undefined);
      else this.#handleFault(part.data, part.problem);
    }
    if (!this.isOpen) return;
    if (this.#parser.isPartial && owed === Number.POSITIVE_INFINITY) owed = this.#lastMs;
    this.#owedSinceMs = owed;
    this.#owner.handleEarlier(this);
  }

  /** A WebSocket's frame holds one message (RFC 7118 5), whose Content-Length need not be there; or a ping (RFC 5626 3.5.1). */
  #receiveWhole(data: Uint8Array): void {
    this.#owedSinceMs = Number.POSITIVE_INFINITY;
    if (ping.equals(data)) this.send(pong);
    else if (!pong.equals(data)) this.#owner.handleMessage(this, data, undefined);
  }

  /** Answered where an answer is owed; then the stream is over. */
  #handleFault(data: Uint8Array, fault: ParseProblem): void {
    this.#owner.handleMessage(this, data, fault);
    this.finish(`the stream cannot be read: ${fault.code}`);
  }

  #handleClose(error: Error | undefined): void {
    this.#leave(error?.message ?? 'the peer closed the connection');
    this.#state = 'closed';
    this.#owner.handleClosed(this);
  }
}
