/** One value of a Via header (RFC 3261 20.42). Pure; called by the message views, and by the transaction and transport layers. */
import { COMMA, SLASH, SP, TAB, TOKEN } from '../chars.js';
import { readHost, readPort } from '../host.js';
import { Scanner } from '../scanner.js';
import { readParams } from './params.js';

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

/** Parses one Via value; undefined when it is malformed or something follows it. */
export function parseVia(text: string): Via | undefined {
  const s = new Scanner(text);
  const via = readVia(s);
  return via !== undefined && s.done() ? via : undefined;
}

/** Reads one value and the white space behind it, up to a comma or the end. */
export function readVia(s: Scanner): Via | undefined {
  const sentBy = readSentBy(s);
  if (sentBy === undefined) return undefined;
  const params = readParams(s);
  if (params === undefined) return undefined;
  s.space();
  if (!s.done() && s.peek() !== COMMA) return undefined;
  const branch = params.get('branch');
  if (branch === '') return undefined;
  const { version, transport, host, port } = sentBy;
  return { version, transport, host, port, params, branch };
}

/** Reads `SIP/2.0/UDP host:port`, the part before the parameters. */
export function readSentBy(s: Scanner): Omit<Via, 'params' | 'branch'> | undefined {
  s.space();
  const protocol = s.run(TOKEN);
  if (protocol === undefined || !s.takeSpaced(SLASH)) return undefined;
  const version = s.run(TOKEN);
  if (version === undefined || !s.takeSpaced(SLASH)) return undefined;
  const transport = s.run(TOKEN)?.toUpperCase();
  const gap = s.peek();
  if (transport === undefined || (gap !== SP && gap !== TAB)) return undefined;
  s.space();
  const host = readHost(s);
  if (host === undefined) return undefined;
  const port = readPort(s, true);
  return port === undefined ? undefined : { version, transport, host, port: port ?? undefined };
}
