/**
 * Where messages begin and end in a stream (RFC 3261 18.3): heads end with an empty line, bodies are as long as Content-Length says. Pure; one for
 * each connection, fed by transport/connection.ts. What it holds is bounded by the size of one message. Between messages only CRLF may stand,
 * of which two are a ping and one is a pong (RFC 5626 3.5.1). After a fault nobody knows where the next message begins: the stream is over.
 */
import { skip, TOKEN } from './chars.js';
import { HeaderIndex, indexMessage, NUMBER_MASK, STRIDE, UNCLEAN } from './header-index.js';
import { CONTENT_LENGTH } from './headers/names.js';
import type { ParseLimits } from './parser.js';
import { type ParseProblem, problem } from './problems.js';

export type StreamPart =
  /** A whole message, in memory of its own. */
  | { readonly kind: 'message'; readonly data: Buffer }
  /** CRLF CRLF between messages; a single CRLF is owed. */
  | { readonly kind: 'ping' }
  /** The stream is over; `data` is the head that is at fault, as far as it came. */
  | { readonly kind: 'fault'; readonly data: Buffer; readonly problem: ParseProblem };

const CR = 13;
const LF = 10;
const lineBreak = Buffer.from('\r\n');
const emptyLine = Buffer.from('\r\n\r\n');
const index = new HeaderIndex();

export class StreamParser {
  readonly #limits: ParseLimits;
  #store: Buffer = Buffer.alloc(0);
  #from = 0;
  #end = 0;
  /** Where the search for the empty line goes on. */
  #searched = 0;
  /** Length of the message whose head is complete; 0 while it is not. */
  #wanted = 0;
  #lineEnds = 0;
  #over = false;

  constructor(limits: ParseLimits) {
    this.#limits = limits;
  }

  /** True while a message has begun and is not complete. */
  get isPartial(): boolean {
    return !this.#over && this.#end > this.#from;
  }

  /** Takes what was received; {@link next} is to be called until it has nothing more. */
  push(data: Uint8Array): void {
    if (this.#over || data.length === 0) return;
    this.#reserve(data.length);
    this.#store.set(data, this.#end);
    this.#end += data.length;
  }

  /** What has become complete, in order; undefined when more is to be received first. */
  next(): StreamPart | undefined {
    if (this.#over) return undefined;
    if (this.#wanted === 0) {
      const ping = this.#skipLineEnds();
      if (ping) return ping;
      if (this.#from === this.#end) return undefined;
      const fault = this.#readHead();
      if (fault) return fault;
    }
    if (this.#wanted === 0 || this.#end - this.#from < this.#wanted) return undefined;
    const data = Buffer.from(this.#store.subarray(this.#from, this.#from + this.#wanted));
    this.#from += this.#wanted;
    this.#wanted = 0;
    return { kind: 'message', data };
  }

  /** Steps over line ends between messages. A CR at the end of what is there waits for its LF. */
  #skipLineEnds(): StreamPart | undefined {
    const store = this.#store;
    while (this.#end - this.#from >= 2 && store[this.#from] === CR && store[this.#from + 1] === LF) {
      this.#from += 2;
      this.#lineEnds += 1;
      if (this.#lineEnds < 2) continue;
      this.#lineEnds = 0;
      return { kind: 'ping' };
    }
    return undefined;
  }

  /** Finds the end of the head and with it the length of the message; a fault where that cannot be. */
  #readHead(): StreamPart | undefined {
    const store = this.#store;
    const begin = this.#from;
    if (store[begin] === CR) {
      return this.#end - begin < 2 ? undefined : this.#fault(problem('not-sip'), this.#end);
    }
    this.#lineEnds = 0;
    // Methods and versions begin with a character of a token: a stranger's protocol mostly shows in its first byte.
    if (skip(store, begin, begin + 1, TOKEN) === begin) return this.#fault(problem('not-sip'), this.#end);
    const found = store.subarray(0, this.#end).indexOf(emptyLine, Math.max(begin, this.#searched - 3));
    this.#searched = this.#end;
    const headEnd = found < 0 ? this.#end : found + 4;
    if (headEnd - begin > this.#limits.maxMessageBytes) return this.#fault(problem('message-too-large'), headEnd);
    if (found < 0) return undefined;
    const lineEnd = store.indexOf(lineBreak, begin);
    if (!/sip\//i.test(store.toString('latin1', begin, lineEnd))) return this.#fault(problem('not-sip'), headEnd);
    const length = contentLength(store.subarray(begin, headEnd), this.#limits);
    if (typeof length !== 'number') return this.#fault(length, headEnd);
    const total = headEnd - begin + length;
    if (total > this.#limits.maxMessageBytes) return this.#fault(problem('message-too-large'), headEnd);
    this.#wanted = total;
    this.#searched = 0;
    return undefined;
  }

  #fault(found: ParseProblem, end: number): StreamPart {
    const data = Buffer.from(
      this.#store.subarray(this.#from, Math.min(end, this.#from + this.#limits.maxMessageBytes)),
    );
    this.#over = true;
    this.#store = Buffer.alloc(0);
    return { kind: 'fault', data, problem: found };
  }

  /** Makes room at the end: moves what is there to the front, in a store twice as large where it must be. */
  #reserve(length: number): void {
    if (this.#end + length <= this.#store.length) return;
    const held = this.#end - this.#from;
    const size = Math.max(1024, held + length);
    const store = size <= this.#store.length / 2 ? this.#store : Buffer.allocUnsafe(2 * size);
    store.set(this.#store.subarray(this.#from, this.#end), 0);
    this.#store = store;
    this.#searched = Math.max(0, this.#searched - this.#from);
    this.#from = 0;
    this.#end = held;
  }
}

/** The value of Content-Length, which must be there once in a stream (RFC 3261 18.3, 20.14), or why there is none. */
function contentLength(head: Buffer, limits: ParseLimits): number | ParseProblem {
  indexMessage(head, limits, index);
  let text: string | undefined;
  for (let line = 0; line < index.count; line++) {
    const slot = line * STRIDE;
    const mark = index.lines[slot]!;
    if ((mark & NUMBER_MASK) !== CONTENT_LENGTH) continue;
    if (text !== undefined || (mark & UNCLEAN) !== 0) return problem('bad-content-length');
    text = head.toString('latin1', index.lines[slot + 3]!, index.lines[slot + 4]!);
  }
  // Beyond a line that could not be read there may be one.
  if (text === undefined) return index.fault ?? problem('missing-content-length');
  return /^\d{1,10}$/.test(text) ? Number(text) : problem('bad-content-length');
}
