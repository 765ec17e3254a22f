/**
 * Keys by which messages find their transactions (RFC 3261 17.1.3, 17.2.3) and by which merged requests show (8.2.2.2). Pure; called by
 * layer.ts.
 */
import type { SipRequest, SipResponse } from '../message/index.js';

/**
 * A copy that stands alone. The engine makes a piece of a text a view into it and a sum of texts a tree of them: what is kept for 32 s
 * would keep whole messages.
 */
export function detached(text: string): string {
  return Buffer.from(text).toString();
}

/** What every branch of RFC 3261 begins with (8.1.1.7). */
export const magicCookie = 'z9hG4bK';

/**
 * Key of the server transaction of a request, as if its method were `method`: an ACK and a CANCEL ask for their INVITE. Branch, sent-by
 * and method, since branches of different senders may be equal by accident or by malice.
 */
export function serverKey(request: SipRequest, method: string): string {
  const via = request.topVia;
  const branch = via.branch;
  if (branch?.startsWith(magicCookie)) return `${branch} ${via.host}:${via.port ?? ''} ${method}`;
  // RFC 2543: Request-URI, From tag, Call-ID, CSeq number and the whole top Via. The To tag is left out, since that of an ACK is the
  // response's, not the INVITE's; a later INVITE of the same dialog differs in CSeq.
  const top = request.headerValues('via')[0] ?? '';
  return `2543 ${request.uriText} ${request.fromTag ?? ''} ${request.callId} ${request.cseq.number} ${top} ${method}`;
}

/** Key of a client transaction. Our branches are unique (96 random bits); a CANCEL shares the branch of its INVITE, hence the method. */
export function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

export function responseKey(response: SipResponse): string {
  return clientKey(response.topVia.branch ?? '', response.cseq.method);
}

/** Requests without To tag that agree in this but not in their transaction have come by two ways (RFC 3261 8.2.2.2). */
export function mergeKey(request: SipRequest): string {
  return `${request.cseq.number} ${request.cseq.method} ${request.fromTag ?? ''} ${request.callId}`;
}
