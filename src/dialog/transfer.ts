/**
 * Transfers: session terms ↔ REFER, Refer-To and Replaces. One-sided, since media knows of no third party. Pure; used by DialogManager and
 * the coordinator.
 */
import { type IncomingRefer, parseNameAddr, printUri, type ReferNews, type ReferParams } from '../dialog-core/index.js';
import type { TransferNews, TransferParams, TransferWish } from '../session/index.js';
import { toHeaders, toUri } from './config.js';

/** How an attended transfer names the call that the peer is to take over. */
export interface ReplacedDialog {
  readonly replaces: string;
  readonly remoteTarget: string;
}

/** Throws ERR_INVALID_URI, ERR_INVALID_HEADER. */
export function toReferParams(params: TransferParams, replaced: ReplacedDialog | undefined): ReferParams {
  const headers = toHeaders([['Referred-By', `<${params.by}>`], ...params.headers]);
  return { referTo: toReferTo(params.target, replaced), norefersub: !params.news, headers };
}

/** RFC 3891 6.1 with RFC 5589 7.1: the header fields of the INVITE that is wished stand in the URI. */
function toReferTo(target: string | undefined, replaced: ReplacedDialog | undefined): string {
  if (!replaced) return `<${printUri(toUri(target ?? ''))}>`;
  const uri = target === undefined ? replaced.remoteTarget : printUri({ ...toUri(target), headers: undefined });
  return `<${uri}?Replaces=${encodeURIComponent(replaced.replaces)}&Require=replaces>`;
}

export function toTransferNews(news: ReferNews): TransferNews {
  if (news.kind !== 'refused') return news;
  return { kind: 'refused', status: news.status, reason: news.reason };
}

/** What a REFER asks for, or the status that refuses it: we place calls to SIP URIs, and nothing else. */
export function toTransferWish(refer: IncomingRefer): TransferWish | number {
  const found = parseNameAddr(refer.request.header('refer-to') ?? '');
  if (!found) return 400;
  const { uri } = found;
  // RFC 3515 2.4.2: a scheme that we cannot call.
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips') return 416;
  const method = uri.params.get('method');
  if (method !== undefined && method.toUpperCase() !== 'INVITE') return 403;
  const replaces = uriHeader(uri.headers, 'replaces');
  const referredBy = refer.request.header('referred-by');
  const headers: [string, string][] = [];
  if (referredBy !== undefined) headers.push(['Referred-By', referredBy]);
  // RFC 3261 19.1.5: of the headers that a stranger's URI wants only this one is honoured.
  if (replaces !== undefined) headers.push(['Replaces', replaces], ['Require', 'replaces']);
  const params = new Map([...uri.params].filter(([name]) => name !== 'method'));
  const target = printUri({ ...uri, params, headers: undefined });
  return { handle: refer, target, referredBy, attended: replaces !== undefined, headers };
}

/** A header field in a URI (19.1.1); undefined when it is absent or its escapes are no text. */
function uriHeader(headers: string | undefined, wanted: string): string | undefined {
  for (const field of (headers ?? '').split('&')) {
    const equals = field.indexOf('=');
    try {
      if (decodeURIComponent(field.slice(0, Math.max(equals, 0))).toLowerCase() !== wanted) continue;
      const value = decodeURIComponent(field.slice(equals + 1));
      return /[\r\n\0]/.test(value) ? undefined : value;
    } catch {
      return undefined;
    }
  }
  return undefined;
}
