/**
 * Headers of the extensions that the dialog layer obeys: RSeq and RAck (RFC 3262 7), Session-Expires and Min-SE (RFC 4028 4, 5). Pure; each
 * returns undefined for what is malformed.
 */
import { parseCSeq } from './cseq.js';
import { parseParams } from './params.js';

/** RFC 3262 7.2: which provisional response a PRACK acknowledges. */
export interface RAck {
  readonly rseq: number;
  readonly cseq: number;
  readonly method: string;
}

/** RFC 4028 4. */
export interface SessionExpires {
  readonly intervalS: number;
  /** Who refreshes, in terms of the transaction that says it. */
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** Parses `988789`: 1 to 2^32 - 1 (RFC 3262 7.1). */
export function parseRSeq(text: string): number | undefined {
  return parseNumber(text, 1);
}

/** Parses `776656 1 INVITE`. */
export function parseRAck(text: string): RAck | undefined {
  const match = /^\s*(\d{1,10})[ \t]+(\S.*)$/.exec(text);
  const rseq = match && parseNumber(match[1] ?? '', 1);
  const cseq = match && parseCSeq(match[2] ?? '');
  return rseq && cseq ? { rseq, cseq: cseq.number, method: cseq.method } : undefined;
}

/** Parses `1800;refresher=uac`; a refresher that is neither counts as none. */
export function parseSessionExpires(text: string): SessionExpires | undefined {
  const value = parseDelta(text);
  if (!value) return undefined;
  const refresher = value.params.get('refresher')?.toLowerCase();
  return { intervalS: value.seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

/** Parses `90`, with parameters that nobody has defined. */
export function parseMinSE(text: string): number | undefined {
  return parseDelta(text)?.seconds;
}

function parseDelta(text: string): { seconds: number; params: ReadonlyMap<string, string> } | undefined {
  const semicolon = text.indexOf(';');
  const seconds = parseNumber(semicolon < 0 ? text : text.slice(0, semicolon), 0);
  const params = parseParams(semicolon < 0 ? '' : text.slice(semicolon));
  return seconds !== undefined && params ? { seconds, params } : undefined;
}

function parseNumber(text: string, min: number): number | undefined {
  const trimmed = text.trim();
  if (!/^\d{1,10}$/.test(trimmed)) return undefined;
  const number = Number(trimmed);
  return number >= min && number <= 0xffff_ffff ? number : undefined;
}
