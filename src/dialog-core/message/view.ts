/**
 * The message views behind the interfaces of message.ts: the datagram, its head as one string, and the offsets of its headers. A value
 * becomes a string, and a known header an object, when somebody asks for it; the parser asks for those that it must check, and what it
 * read is kept. Pure. Made by parser.ts only. Strings cut from a view may keep its head alive (V8 slices), at most the message's size.
 */
import { NON_ASCII, NUMBER_MASK, STRIDE, UNCLEAN } from './header-index.js';
import type { CSeq } from './headers/cseq.js';
import { splitList } from './headers/list.js';
import type { NameAddr } from './headers/name-addr.js';
import { CALL_ID, CONTENT_TYPE, isList, nameNumber, UNKNOWN } from './headers/names.js';
import { noParams } from './headers/params.js';
import type { Via } from './headers/via.js';
import type { MessageView, SipRequest, SipResponse } from './message.js';
import type { SipUri } from './uri.js';

/** Stand-ins in refused messages, so that no member of a view ever fails. */
export const unreadableUri: SipUri = Object.freeze({
  scheme: '',
  user: undefined,
  password: undefined,
  host: '',
  port: undefined,
  params: noParams,
  headers: undefined,
  opaque: '',
});
const unreadableAddress: NameAddr = Object.freeze({
  displayName: undefined,
  uri: unreadableUri,
  uriText: '',
  params: noParams,
});
const unreadableVia: Via = Object.freeze({
  version: '',
  transport: '',
  host: '',
  port: undefined,
  params: noParams,
  branch: undefined,
});
const unreadableCSeq: CSeq = Object.freeze({ number: 0, method: '' });

/** A control character without a backslash before it, and every line break. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is taken out here.
const uncleanCharacters = /(?<!\\)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\r\n]/g;

/** Fields that the parser fills while it checks; everything else is worked out from the offsets. */
abstract class View implements MessageView {
  /** The head decoded as Latin-1, so that offsets into the bytes are offsets into the text. */
  readonly head: string;
  readonly data: Buffer;
  readonly lines: readonly number[];
  readonly bodyFrom: number;
  bodyEnd: number;
  from: NameAddr = unreadableAddress;
  to: NameAddr = unreadableAddress;
  topVia: Via = unreadableVia;
  cseq: CSeq = unreadableCSeq;
  contact: NameAddr | undefined = undefined;

  constructor(data: Buffer, head: string, lines: readonly number[], bodyFrom: number, bodyEnd: number) {
    this.data = data;
    this.head = head;
    this.lines = lines;
    this.bodyFrom = bodyFrom;
    this.bodyEnd = bodyEnd;
  }

  get headerCount(): number {
    return this.lines.length / STRIDE;
  }

  get callId(): string {
    const line = this.#find(CALL_ID, '', 0);
    return line < 0 ? '' : this.valueAt(line);
  }

  get fromTag(): string | undefined {
    return this.from.params.get('tag');
  }

  get toTag(): string | undefined {
    return this.to.params.get('tag');
  }

  get contentType(): string | undefined {
    const line = this.#find(CONTENT_TYPE, '', 0);
    if (line < 0) return undefined;
    const value = this.valueAt(line);
    const semicolon = value.indexOf(';');
    const type = semicolon < 0 ? value : value.substring(0, semicolon);
    return type.replace(/[ \t]/g, '').toLowerCase();
  }

  get body(): Uint8Array {
    return this.data.subarray(this.bodyFrom, this.bodyEnd);
  }

  header(name: string): string | undefined {
    const line = this.#findName(name, 0);
    return line < 0 ? undefined : this.valueAt(line);
  }

  headerValues(name: string): string[] {
    const split = isList(nameNumber(name));
    const values: string[] = [];
    for (let line = this.#findName(name, 0); line >= 0; line = this.#findName(name, line + STRIDE)) {
      const value = this.valueAt(line);
      if (split) values.push(...splitList(value));
      else values.push(value);
    }
    return values;
  }

  has(name: string): boolean {
    return this.#findName(name, 0) >= 0;
  }

  *entries(): IterableIterator<[name: string, value: string]> {
    for (let line = 0; line < this.lines.length; line += STRIDE) {
      yield [this.head.substring(this.lines[line + 1]!, this.lines[line + 2]!), this.valueAt(line)];
    }
  }

  bodyText(): string {
    return this.data.toString('utf8', this.bodyFrom, this.bodyEnd);
  }

  toBytes(): Uint8Array {
    return this.data.subarray(0, this.bodyEnd);
  }

  /** Value of the line at that offset into `lines`, fit to be shown and copied. */
  valueAt(line: number): string {
    return this.text(this.lines[line + 3]!, this.lines[line + 4]!, this.lines[line]!);
  }

  /** A stretch of the head: unfolded (RFC 3261 7.3.1) and decoded as UTF-8 where the flags say that it needs it. */
  protected text(from: number, end: number, flags: number): string {
    if ((flags & (UNCLEAN | NON_ASCII)) === 0) return this.head.substring(from, end);
    const text = (flags & NON_ASCII) === 0 ? this.head.substring(from, end) : this.data.toString('utf8', from, end);
    return trimSpace(text.replace(/\r?\n[ \t]+/g, ' ').replace(uncleanCharacters, ' '));
  }

  #findName(name: string, from: number): number {
    const number = nameNumber(name);
    return this.#find(number, number === UNKNOWN ? name.toLowerCase() : '', from);
  }

  /** Offset into `lines` of the next line with that number and, where it is unknown, that lower-case name; or -1. */
  #find(number: number, name: string, from: number): number {
    for (let line = from; line < this.lines.length; line += STRIDE) {
      if ((this.lines[line]! & NUMBER_MASK) !== number) continue;
      if (number !== UNKNOWN) return line;
      const start = this.lines[line + 1]!;
      const end = this.lines[line + 2]!;
      if (end - start === name.length && this.head.substring(start, end).toLowerCase() === name) return line;
    }
    return -1;
  }
}

/** Only spaces and tabs: String.trim would take a byte order mark for white space. */
function trimSpace(text: string): string {
  let from = 0;
  let end = text.length;
  while (from < end && isSpace(text.charCodeAt(from))) from++;
  while (end > from && isSpace(text.charCodeAt(end - 1))) end--;
  return text.substring(from, end);
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9;
}

export class RequestView extends View implements SipRequest {
  readonly kind = 'request';
  method = '';
  uri: SipUri = unreadableUri;
  uriText = '';
  maxForwards: number | undefined = undefined;
}

export class ResponseView extends View implements SipResponse {
  readonly kind = 'response';
  status = 0;
  #reasonFrom = 0;
  #reasonEnd = 0;
  #reasonFlags = 0;

  setReason(from: number, end: number, flags: number): void {
    this.#reasonFrom = from;
    this.#reasonEnd = end;
    this.#reasonFlags = flags;
  }

  get reason(): string {
    return this.text(this.#reasonFrom, this.#reasonEnd, this.#reasonFlags);
  }
}
