/**
 * The message views behind the interfaces of message.ts: the datagram, its head as one string, and the offsets of its headers. A value
 * becomes a string, and a known header an object, when somebody asks for it, and objects are kept. Pure. Made by parser.ts only. Strings
 * cut from a view may keep its head alive (V8 slices): at most the message's size.
 */
import { type HeaderIndex, NON_ASCII, NUMBER_MASK, STRIDE, UNCLEAN } from './header-index.js';
import type { CSeq } from './headers/cseq.js';
import { splitValues } from './headers/list.js';
import { buildNameAddr, type NameAddr, scanNameAddr } from './headers/name-addr.js';
import { CALL_ID, CONTACT, CONTENT_TYPE, FROM, isList, nameNumber, TO, UNKNOWN } from './headers/names.js';
import { noParams } from './headers/params.js';
import type { Via } from './headers/via.js';
import type { MessageView, SipRequest, SipResponse } from './message.js';
import { type Source, sourceOf } from './source.js';
import { buildUri, type SipUri, scanUri } from './uri.js';

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

/**
 * Via, CSeq and the tags decide which transaction and dialog a message belongs to, so the parser fills them in as it checks those headers;
 * the rest is built when it is asked.
 */
abstract class View implements MessageView, Source {
  readonly bytes: Buffer;
  /** The head decoded as Latin-1, so that offsets into the bytes are offsets into the text. */
  readonly text: string;
  readonly lines: readonly number[];
  /** Offsets of the start line and the body. */
  readonly messageFrom: number;
  readonly bodyFrom: number;
  bodyEnd: number;
  topVia: Via = unreadableVia;
  cseq: CSeq = unreadableCSeq;
  fromTag: string | undefined = undefined;
  toTag: string | undefined = undefined;
  private builtFrom: NameAddr | undefined = undefined;
  private builtTo: NameAddr | undefined = undefined;
  private builtContact: NameAddr | null | undefined = null;

  constructor(bytes: Buffer, text: string, index: HeaderIndex, bodyEnd: number) {
    this.bytes = bytes;
    this.text = text;
    this.lines = index.lines.slice(0, index.count * STRIDE);
    this.messageFrom = index.startLineFrom;
    this.bodyFrom = index.bodyFrom;
    this.bodyEnd = bodyEnd;
  }

  get headerCount(): number {
    return this.lines.length / STRIDE;
  }

  get callId(): string {
    const line = this.find(CALL_ID, '', 0);
    return line < 0 ? '' : this.valueAt(line);
  }

  get from(): NameAddr {
    this.builtFrom ??= this.buildAddress(FROM) ?? unreadableAddress;
    return this.builtFrom;
  }

  get to(): NameAddr {
    this.builtTo ??= this.buildAddress(TO) ?? unreadableAddress;
    return this.builtTo;
  }

  get contact(): NameAddr | undefined {
    // Null is "not looked yet": undefined is an answer.
    if (this.builtContact === null) this.builtContact = this.buildAddress(CONTACT);
    return this.builtContact;
  }

  get contentType(): string | undefined {
    const line = this.find(CONTENT_TYPE, '', 0);
    if (line < 0) return undefined;
    const value = this.valueAt(line);
    const semicolon = value.indexOf(';');
    const type = semicolon < 0 ? value : value.substring(0, semicolon);
    return type.replace(/[ \t]/g, '').toLowerCase();
  }

  get body(): Uint8Array {
    return this.bytes.subarray(this.bodyFrom, this.bodyEnd);
  }

  header(name: string): string | undefined {
    const line = this.findName(name, 0);
    return line < 0 ? undefined : this.valueAt(line);
  }

  headerValues(name: string): string[] {
    const split = isList(nameNumber(name));
    const values: string[] = [];
    for (let line = this.findName(name, 0); line >= 0; line = this.findName(name, line + STRIDE)) {
      const value = this.valueAt(line);
      if (split) values.push(...splitValues(value));
      else values.push(value);
    }
    return values;
  }

  has(name: string): boolean {
    return this.findName(name, 0) >= 0;
  }

  *entries(): IterableIterator<[name: string, value: string]> {
    for (let line = 0; line < this.lines.length; line += STRIDE) {
      yield [this.text.substring(this.lines[line + 1]!, this.lines[line + 2]!), this.valueAt(line)];
    }
  }

  bodyText(): string {
    return this.bytes.toString('utf8', this.bodyFrom, this.bodyEnd);
  }

  toBytes(): Uint8Array {
    return this.bytes.subarray(this.messageFrom, this.bodyEnd);
  }

  /** Value of the line at that offset into `lines`, fit to be shown and copied. */
  valueAt(line: number): string {
    return this.show(this.lines[line + 3]!, this.lines[line + 4]!, this.lines[line]!);
  }

  /** A stretch of the head: unfolded (RFC 3261 7.3.1) and decoded as UTF-8 where the flags say that it needs it. */
  protected show(from: number, end: number, flags: number): string {
    if ((flags & (UNCLEAN | NON_ASCII)) === 0) return this.text.substring(from, end);
    const raw = (flags & NON_ASCII) === 0 ? this.text.substring(from, end) : this.bytes.toString('utf8', from, end);
    const lines = raw.split(/\r?\n/).map(trimSpace);
    return trimSpace(
      lines
        .filter((line) => line !== '')
        .join(' ')
        .replace(uncleanCharacters, ' '),
    );
  }

  /** The first address of the first such line. */
  private buildAddress(number: number): NameAddr | undefined {
    const line = this.find(number, '', 0);
    if (line < 0) return undefined;
    if ((this.lines[line]! & UNCLEAN) !== 0) {
      const source = sourceOf(this.valueAt(line));
      return scanNameAddr(source.bytes, 0, source.bytes.length) >= 0 ? buildNameAddr(source) : undefined;
    }
    const stop = scanNameAddr(this.bytes, this.lines[line + 3]!, this.lines[line + 4]!);
    return stop >= 0 ? buildNameAddr(this) : undefined;
  }

  private findName(name: string, from: number): number {
    const number = nameNumber(name);
    return this.find(number, number === UNKNOWN ? name.toLowerCase() : '', from);
  }

  /** Offset into `lines` of the next line with that number and, where it is unknown, that lower-case name; or -1. */
  private find(number: number, name: string, from: number): number {
    for (let line = from; line < this.lines.length; line += STRIDE) {
      if ((this.lines[line]! & NUMBER_MASK) !== number) continue;
      if (number !== UNKNOWN) return line;
      const start = this.lines[line + 1]!;
      const end = this.lines[line + 2]!;
      if (end - start === name.length && this.text.substring(start, end).toLowerCase() === name) return line;
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
  /** Offsets of the Request-Line's parts; the parser fills them. */
  methodFrom = 0;
  methodEnd = 0;
  uriFrom = 0;
  uriEnd = 0;
  private builtUri: SipUri | undefined = undefined;

  get method(): string {
    return this.text.substring(this.methodFrom, this.methodEnd);
  }

  get uriText(): string {
    return this.text.substring(this.uriFrom, this.uriEnd);
  }

  get uri(): SipUri {
    this.builtUri ??= this.buildUri();
    return this.builtUri;
  }

  private buildUri(): SipUri {
    const stop = scanUri(this.bytes, this.uriFrom, this.uriEnd);
    return stop === this.uriEnd ? buildUri(this.text) : unreadableUri;
  }

  get maxForwards(): number | undefined {
    const text = this.header('Max-Forwards');
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  }
}

export class ResponseView extends View implements SipResponse {
  readonly kind = 'response';
  status = 0;
  /** Offsets of the reason phrase, and the flags of its line; the parser fills them. */
  reasonFrom = 0;
  reasonEnd = 0;
  reasonFlags = 0;

  get reason(): string {
    return this.show(this.reasonFrom, this.reasonEnd, this.reasonFlags);
  }
}
