/** The body of a NOTIFY about a REFER: a response's status line as message/sipfrag (RFC 3420, RFC 3515 2.4.5). Pure. */
import { reasonPhrase, type SipRequest } from '../message/index.js';
import type { Body } from '../types.js';

export interface SipFrag {
  readonly status: number;
  readonly reason: string;
}

export function toSipFrag(status: number, reason: string = reasonPhrase(status)): Body {
  const text = `SIP/2.0 ${status} ${reason.replace(/[\r\n]+/g, ' ')}\r\n`;
  return { contentType: 'message/sipfrag;version=2.0', data: Buffer.from(text) };
}

/** The status in a NOTIFY; undefined when it tells none, which is allowed: a fragment may hold anything. */
export function readSipFrag(notify: SipRequest): SipFrag | undefined {
  if (notify.contentType !== 'message/sipfrag') return undefined;
  const match = /^\s*SIP\/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?(?:\r?\n|$)/i.exec(notify.bodyText().slice(0, 1000));
  return match ? { status: Number(match[1]), reason: match[2] ?? '' } : undefined;
}
