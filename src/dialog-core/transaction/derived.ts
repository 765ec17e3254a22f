/**
 * The two requests that are made from an INVITE as it was sent: ACK for a 3xx–6xx (RFC 3261 17.1.1.3) and CANCEL (9.1). Pure; the
 * INVITE's own bytes are read again, so that transactions need hold nothing but bytes. Called by layer.ts and the dialog layer.
 */
import { parseMessage, printRequest, type SipRequest, type SipResponse } from '../message/index.js';

/** ACK for a final response other than 2xx: the To of the response, all else of the INVITE. Undefined for bytes that are no INVITE. */
export function ackForFailure(invite: Uint8Array, response: SipResponse): Buffer | undefined {
  const request = reread(invite);
  return request && derive(request, 'ACK', response.header('to') ?? '', credentialsOf(request));
}

/** RFC 3261 22.1: an ACK repeats the credentials of its INVITE. */
function credentialsOf(invite: SipRequest): [string, string][] {
  return ['Authorization', 'Proxy-Authorization'].flatMap((name) =>
    invite.headerValues(name).map((value): [string, string] => [name, value]),
  );
}

/** CANCEL of an INVITE, with the same branch and CSeq number. */
export function cancelFor(
  invite: Uint8Array,
  extra: readonly (readonly [string, string])[],
): { readonly bytes: Buffer; readonly branch: string } | undefined {
  const request = reread(invite);
  const branch = request?.topVia.branch;
  if (!request || branch === undefined) return undefined;
  return { bytes: derive(request, 'CANCEL', request.header('to') ?? '', extra), branch };
}

function reread(invite: Uint8Array): SipRequest | undefined {
  const parsed = parseMessage(invite);
  return parsed.ok && parsed.message.kind === 'request' ? parsed.message : undefined;
}

function derive(invite: SipRequest, method: string, to: string, extra: readonly (readonly [string, string])[]): Buffer {
  const headers: (readonly [string, string])[] = [
    ['Via', invite.headerValues('via')[0] ?? ''],
    ['Max-Forwards', '70'],
  ];
  // The same way as the INVITE went.
  for (const route of invite.headerValues('route')) headers.push(['Route', route]);
  headers.push(
    ['From', invite.header('from') ?? ''],
    ['To', to],
    ['Call-ID', invite.callId],
    ['CSeq', `${invite.cseq.number} ${method}`],
    ...extra,
  );
  return printRequest({ method, uri: invite.uriText, headers });
}
