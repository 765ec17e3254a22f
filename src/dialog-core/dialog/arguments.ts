/**
 * Checks on what callers of the core hand in. Pure; the dialog layer calls them before anything has happened, so that misuse throws at
 * once and changes nothing.
 */
import { type ErrorCode, SessionError } from '../../base/errors.js';
import { type HeaderList, printRequest } from '../message/index.js';
import type { Body, Credentials } from '../types.js';

/** Headers that the core writes itself; a second one would make the message wrong or another one. */
const ownHeaders = new Set([
  ...['via', 'v', 'from', 'f', 'to', 't', 'call-id', 'i', 'cseq', 'max-forwards', 'route', 'record-route'],
  ...['content-length', 'l', 'content-type', 'c'],
]);

export function misuse(code: ErrorCode, message: string): SessionError {
  return new SessionError(code, message);
}

/**
 * Throws ERR_INVALID_HEADER for a header that cannot be printed or that is not the caller's to write. Contact is the caller's only in
 * 3xx responses, where it tells the new targets, and 485 (RFC 3261 table 2).
 */
export function checkHeaders(headers: HeaderList | undefined, contactAllowed = false): void {
  if (!headers || headers.length === 0) return;
  for (const [name] of headers) {
    const key = name.toLowerCase();
    const isContact = key === 'contact' || key === 'm';
    if (ownHeaders.has(key) || (isContact && !contactAllowed)) {
      throw misuse('ERR_INVALID_HEADER', `${name} is written by the SIP core`);
    }
  }
  printRequest({ method: 'CHECK', uri: 'sip:check', headers });
}

export function checkBody(body: Body | undefined): void {
  if (body) checkHeaders([['Content-Disposition', body.contentType]]);
}

/** Throws ERR_INVALID_ARGUMENT for credentials that could not be written into a header. */
export function checkCredentials(credentials: Credentials | undefined): void {
  if (!credentials) return;
  const { username, password, realm = '' } = credentials;
  if (typeof username !== 'string' || username === '' || typeof password !== 'string' || typeof realm !== 'string') {
    throw misuse(
      'ERR_INVALID_ARGUMENT',
      'credentials have a username, a password and perhaps a realm, all of them text',
    );
  }
  if (/\p{Cc}/u.test(username + realm)) {
    throw misuse('ERR_INVALID_ARGUMENT', 'a username or realm holds a control character');
  }
}

/** Throws ERR_INVALID_ARGUMENT unless `status` is an integer of the range. */
export function checkStatus(status: number, from: number, to: number): void {
  if (!(Number.isInteger(status) && status >= from && status <= to)) {
    throw misuse('ERR_INVALID_ARGUMENT', `the status must be ${from} to ${to}, not ${status}`);
  }
}
