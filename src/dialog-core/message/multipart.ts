/**
 * Bodies of several parts (RFC 2046 5.1, RFC 5621): taking them apart, finding the session description, putting them together. Pure; what
 * comes from outside never throws.
 */
import { SessionError } from '../../base/errors.js';
import { parseParams, printParams } from './headers/params.js';
import type { MessageView } from './message.js';

/** One part of a body, or a whole one. */
export interface BodyPart {
  /** Media type without parameters, lower case. */
  readonly contentType: string;
  /** Content-Type as it stands, with parameters. */
  readonly contentTypeText: string;
  /** Content-Disposition without parameters, lower case: `session`, `render`, `info-package` …; undefined when there is none. */
  readonly disposition: string | undefined;
  /** RFC 3261 20.11: whether the message may be served without understanding this part; `unstated` where it does not say. */
  readonly handling: 'required' | 'optional' | 'unstated';
  readonly data: Uint8Array;
}

/** A part to be sent. */
export interface PartToSend {
  readonly contentType: string;
  /** Whole header value, `render;handling=optional` for instance. */
  readonly disposition?: string | undefined;
  readonly data: Uint8Array;
}

type Bodied = Pick<MessageView, 'body' | 'contentType' | 'header'>;

/** Multiparts within multiparts that are followed, and parts that are read: bounds on what a stranger makes us do. */
const maxDepth = 3;
const maxParts = 32;

const sdpType = 'application/sdp';

/** All parts of a message's body, those of nested multiparts in their place; one for a body that is no multipart, none for no body. */
export function bodyParts(message: Bodied): BodyPart[] {
  if (message.body.length === 0) return [];
  const part = toPart(message.header('content-type') ?? '', message.header('content-disposition'), message.body);
  return flatten(part, 0).slice(0, maxParts);
}

/**
 * The session description in a message (RFC 5621 8.2): the body, or the SDP part of a multipart, of several the last, since the best
 * alternative comes last (RFC 2046 5.1.4). Undefined when there is none.
 */
export function sessionDescription(message: Bodied): Uint8Array | undefined {
  if (message.body.length === 0) return undefined;
  if (message.contentType === sdpType) return message.body;
  if (!message.contentType?.startsWith('multipart/')) return undefined;
  const isSession = ({ contentType, disposition = 'session' }: BodyPart): boolean =>
    contentType === sdpType && disposition === 'session';
  return bodyParts(message).filter(isSession).at(-1)?.data;
}

/** One body of several parts, `multipart/mixed`. Throws ERR_INVALID_HEADER for a header of a part that cannot be printed. */
export function printMultipart(parts: readonly PartToSend[]): { contentType: string; data: Uint8Array } {
  const boundary = unusedBoundary(parts);
  const pieces: Uint8Array[] = [];
  for (const { contentType, disposition, data } of parts) {
    for (const value of [contentType, disposition ?? '']) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused here.
      if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
        throw new SessionError('ERR_INVALID_HEADER', 'a header of a body part holds a control character');
      }
    }
    const second = disposition === undefined ? '' : `Content-Disposition: ${disposition}\r\n`;
    pieces.push(
      Buffer.from(`--${boundary}\r\nContent-Type: ${contentType}\r\n${second}\r\n`),
      data,
      Buffer.from('\r\n'),
    );
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/mixed${printParams([['boundary', boundary]])}`, data: Buffer.concat(pieces) };
}

/** A boundary that no part holds (RFC 2046 5.1.1). */
function unusedBoundary(parts: readonly PartToSend[]): string {
  let number = 1;
  const isUsed = (boundary: string): boolean => parts.some(({ data }) => Buffer.from(data).includes(`--${boundary}`));
  while (isUsed(`mixminus-part-${number}`)) number += 1;
  return `mixminus-part-${number}`;
}

function flatten(part: BodyPart, depth: number): BodyPart[] {
  if (!part.contentType.startsWith('multipart/') || depth >= maxDepth) return [part];
  const semicolon = part.contentTypeText.indexOf(';');
  const params = semicolon < 0 ? undefined : parseParams(part.contentTypeText.slice(semicolon));
  const boundary = params?.get('boundary');
  if (boundary === undefined || boundary === '' || boundary.length > 70) return [part];
  return split(Buffer.from(part.data), boundary).flatMap((inner) => flatten(readPart(inner), depth + 1));
}

/** What stands between the delimiter lines; a last part that is not closed ends with the body. */
function split(body: Buffer, boundary: string): Buffer[] {
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Buffer[] = [];
  let from = -1;
  for (
    let at = nextDelimiter(body, delimiter, 0);
    at >= 0;
    at = nextDelimiter(body, delimiter, at + delimiter.length)
  ) {
    if (from >= 0) parts.push(body.subarray(from, lineBreakBefore(body, at)));
    const end = at + delimiter.length;
    if (body.toString('latin1', end, end + 2) === '--' || parts.length >= maxParts) return parts;
    const lineEnd = body.indexOf(10, end);
    if (lineEnd < 0) return parts;
    from = lineEnd + 1;
  }
  if (from >= 0) parts.push(body.subarray(from));
  return parts;
}

/** At the start of a line (RFC 2046 5.1.1). */
function nextDelimiter(body: Buffer, delimiter: Buffer, from: number): number {
  let at = body.indexOf(delimiter, from);
  while (at > 0 && body[at - 1] !== 10) at = body.indexOf(delimiter, at + 1);
  return at;
}

/** The line break before a delimiter belongs to it. */
function lineBreakBefore(body: Buffer, at: number): number {
  if (at >= 2 && body[at - 1] === 10 && body[at - 2] === 13) return at - 2;
  return at >= 1 && body[at - 1] === 10 ? at - 1 : at;
}

/** A part is its headers, an empty line and its body; without an empty line first it is text without headers. */
function readPart(bytes: Buffer): BodyPart {
  const separator = /\r?\n\r?\n/.exec(bytes.toString('latin1'));
  const isBare = bytes.length > 0 && (bytes[0] === 10 || (bytes[0] === 13 && bytes[1] === 10));
  const headEnd = isBare ? 0 : (separator?.index ?? bytes.length);
  const bodyFrom = isBare ? (bytes[0] === 10 ? 1 : 2) : headEnd + (separator?.[0].length ?? 0);
  const head = bytes.toString('latin1', 0, headEnd).replace(/\r?\n[ \t]+/g, ' ');
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}[ \\t]*:[ \\t]*(.*)$`, 'im').exec(head)?.[1]?.trim();
  return toPart(
    field('content-type') ?? field('c') ?? 'text/plain',
    field('content-disposition'),
    bytes.subarray(bodyFrom),
  );
}

function toPart(contentTypeText: string, dispositionText: string | undefined, data: Uint8Array): BodyPart {
  const disposition = dispositionText?.split(';', 1)[0]?.trim().toLowerCase();
  const handling = /;\s*handling\s*=\s*(required|optional)\b/i.exec(dispositionText ?? '')?.[1]?.toLowerCase();
  return {
    contentType: (contentTypeText.split(';', 1)[0] ?? '').replace(/[ \t]/g, '').toLowerCase(),
    contentTypeText,
    disposition: disposition === '' ? undefined : disposition,
    handling: handling === 'required' || handling === 'optional' ? handling : 'unstated',
    data,
  };
}
