/**
 * Bytes of outgoing messages. Pure; called by the transaction and dialog layers, which hand over every header but Content-Length.
 * Refuses line breaks and other control characters anywhere in the head, so that no value from outside can add a header or a message.
 */
import { SessionError } from '../../base/errors.js';
import { isToken } from './chars.js';
import { CONTENT_LENGTH, nameNumber } from './headers/names.js';
import { reasonPhrase } from './status.js';

/** Headers in wire order. */
export type HeaderList = ReadonlyArray<readonly [name: string, value: string]>;

/** CR and LF anywhere; NUL and the other control characters, but for tab, where no backslash makes them a quoted pair. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused here.
const unsafeValue = /(?<!\\)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\r\n]/;
/** A quick look that finds nothing in nearly every value. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is looked for here.
const control = /[\x00-\x08\x0a-\x1f\x7f]/;

function isUnsafe(text: string): boolean {
  return control.test(text) && unsafeValue.test(text);
}

/** Prints a request; Content-Length comes last. Throws ERR_INVALID_HEADER for a method, URI, name or value that could not be parsed back. */
export function printRequest(r: {
  method: string;
  uri: string;
  headers: HeaderList;
  body?: Uint8Array | undefined;
}): Buffer {
  if (!isToken(r.method)) throw invalid('a method is a token');
  if (r.uri === '' || /[^\x21-\x7e]/.test(r.uri))
    throw invalid('a Request-URI holds neither space nor control characters');
  return print(`${r.method} ${r.uri} SIP/2.0\r\n`, r.headers, r.body);
}

/** Prints a response; without `reason` the registered phrase of the status is used, with '' none. Errors as {@link printRequest}. */
export function printResponse(r: {
  status: number;
  reason?: string | undefined;
  headers: HeaderList;
  body?: Uint8Array | undefined;
}): Buffer {
  if (!(Number.isInteger(r.status) && r.status >= 100 && r.status <= 699)) throw invalid('a status is 100 to 699');
  const reason = r.reason ?? reasonPhrase(r.status);
  if (isUnsafe(reason)) throw invalid('a reason phrase holds no control characters');
  return print(`SIP/2.0 ${r.status} ${reason}\r\n`, r.headers, r.body);
}

function print(startLine: string, headers: HeaderList, body: Uint8Array | undefined): Buffer {
  let head = startLine;
  for (const [name, value] of headers) {
    if (!isToken(name)) throw invalid('a header name is a token');
    if (nameNumber(name) === CONTENT_LENGTH) throw invalid('Content-Length is counted here, not given');
    if (isUnsafe(value)) throw invalid(`the value of ${name} holds a line break or another control character`);
    head += `${name}: ${value}\r\n`;
  }
  const length = body?.length ?? 0;
  head += `Content-Length: ${length}\r\n\r\n`;
  if (body === undefined || length === 0) return Buffer.from(head);
  const headLength = Buffer.byteLength(head);
  const out = Buffer.allocUnsafe(headLength + length);
  out.write(head, 0);
  out.set(body, headLength);
  return out;
}

function invalid(message: string): SessionError {
  return new SessionError('ERR_INVALID_HEADER', message);
}
