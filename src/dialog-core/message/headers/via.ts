/** One value of a Via header (RFC 3261 20.42). Pure; called by the message views, and by the transaction and transport layers. */
import { COLON, COMMA, SEMICOLON, SLASH, skip, TOKEN } from '../chars.js';
import { buildHost, scanHost, scannedPort, scanPort } from '../host.js';
import { skipSpace, skipSpaced, sourceOf } from '../source.js';
import { buildParams, headerParams, noParams, scanParams } from './params.js';

export interface Via {
  /** Of the sent-protocol: '2.0'. */
  readonly version: string;
  /** Upper case: 'UDP', 'TCP', 'TLS', 'WS' or any other token. */
  readonly transport: string;
  /** Lower case, without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** Names in lower case; `rport` without a value has ''. `received` is as written, with or without brackets (RFC 5118 4.5). */
  readonly params: ReadonlyMap<string, string>;
  /** Undefined when absent, as RFC 2543 allowed. */
  readonly branch: string | undefined;
}

/** Parts of the value scanned last, as positions. */
const marks = { versionFrom: 0, versionEnd: 0, transportFrom: 0, transportEnd: 0, hostFrom: 0, hostEnd: 0, port: 0 };
const branchName = Buffer.from('branch');

/** Parses one Via value; undefined when it is malformed or something follows it. */
export function parseVia(text: string): Via | undefined {
  const source = sourceOf(text);
  const end = source.bytes.length;
  return scanVia(source.bytes, 0, end) === end ? buildVia(source.text) : undefined;
}

/** Scans one value and the white space around it, up to a comma or the end; returns that position, or -1. */
export function scanVia(bytes: Uint8Array, from: number, end: number): number {
  let at = scanSentBy(bytes, from, end);
  if (at >= 0) at = scanParams(bytes, at, end);
  if (at < 0) return -1;
  const branch = headerParams.indexOf(bytes, branchName);
  if (branch >= 0 && headerParams.at[branch * 4 + 2] === headerParams.at[branch * 4 + 3]) return -1;
  at = skipSpace(bytes, at, end);
  return at >= end || bytes[at] === COMMA ? at : -1;
}

/** Scans `SIP/2.0/UDP host:port`, the part before the parameters; returns the position behind it, or -1. */
export function scanSentBy(bytes: Uint8Array, from: number, end: number): number {
  let at = skipSpace(bytes, from, end);
  const protocolFrom = at;
  at = skip(bytes, at, end, TOKEN);
  if (at === protocolFrom) return -1;
  at = skipSpaced(bytes, at, end, SLASH);
  if (at < 0) return -1;
  marks.versionFrom = at;
  at = skip(bytes, at, end, TOKEN);
  if (at === marks.versionFrom) return -1;
  marks.versionEnd = at;
  at = skipSpaced(bytes, at, end, SLASH);
  if (at < 0) return -1;
  marks.transportFrom = at;
  at = skip(bytes, at, end, TOKEN);
  if (at === marks.transportFrom) return -1;
  marks.transportEnd = at;
  marks.hostFrom = skipSpace(bytes, at, end);
  if (marks.hostFrom === at) return -1;
  at = scanHost(bytes, marks.hostFrom, end);
  if (at < 0) return -1;
  marks.hostEnd = at;
  marks.port = 0;
  const portFrom = at < end && bytes[at] === SEMICOLON ? -1 : skipSpaced(bytes, at, end, COLON);
  if (portFrom < 0) return at;
  at = scanPort(bytes, portFrom, end);
  marks.port = scannedPort;
  return at;
}

/** The value of the last {@link scanVia}. */
export function buildVia(text: string): Via {
  return build(text, buildParams(text));
}

/** What the last {@link scanSentBy} found, without parameters. */
export function buildSentBy(text: string): Via {
  return build(text, noParams);
}

function build(text: string, params: ReadonlyMap<string, string>): Via {
  const transport = text.substring(marks.transportFrom, marks.transportEnd);
  return {
    version: text.substring(marks.versionFrom, marks.versionEnd),
    transport: transport === 'UDP' ? transport : transport.toUpperCase(),
    host: buildHost(text, marks.hostFrom, marks.hostEnd),
    port: marks.port === 0 ? undefined : marks.port,
    params,
    branch: params.get('branch'),
  };
}
