/**
 * The server's configuration: one schema for flags, environment, file and code, in this order of precedence, over defaults. An error
 * names the key as its source writes it, and says what is wanted. Reads the file that it is told and nothing else; called by the
 * server's constructor and by `mixminus serve`.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SessionError } from '../api/index.js';
import {
  advertisedAddress,
  codecList,
  type codecNames,
  filePath,
  listenList,
  logLevel,
  loudestCount,
  originList,
  portPairs,
  portRange,
  wholeNumber,
} from './config-values.js';

const schema = z.strictObject({
  listen: listenList,
  advertise: advertisedAddress,
  mediaPorts: portRange,
  maxCalls: wholeNumber(1, 100_000),
  maxMembers: wholeNumber(1, 100_000),
  loudest: loudestCount,
  codecs: codecList,
  jitterMs: wholeNumber(20, 1000),
  workers: wholeNumber(1, 64),
  users: filePath,
  tlsCert: filePath,
  tlsKey: filePath,
  tlsCa: filePath,
  wsOrigins: originList,
  maxConnections: wholeNumber(1, 1_000_000),
  maxRate: wholeNumber(1, 1_000_000),
  maxLoopDelayMs: wholeNumber(10, 60_000),
  trace: filePath,
  traceMaxMb: wholeNumber(1, 1_000_000),
  logLevel,
});
const partial = schema.partial();

export type ConfigKey = keyof z.output<typeof schema>;
/** What a source may say; every key is optional. Texts are accepted wherever a flag would be text. */
export type ServerOptions = z.input<typeof partial>;

/** A whole, checked configuration. */
export interface ServerConfig {
  /** `udp://IP:PORT`, `tcp://…`, `tls://…`, `ws://…`, `wss://…`; default one: `udp://0.0.0.0:5060`. Port 0 takes a free port. */
  readonly listen: readonly string[];
  /** Address written into Via, Contact and SDP; default: the local address of the route to each peer. */
  readonly advertise: string | undefined;
  /** Inclusive UDP ports for RTP and RTCP, two a call; default 16384–32767. */
  readonly mediaPorts: readonly [number, number];
  /** Calls in all; past it 503 with Retry-After. Default 1000, or fewer when the ports do not suffice. */
  readonly maxCalls: number;
  /** Members of one room, callers being answered included; past it 486 with Retry-After. Default 100. */
  readonly maxMembers: number;
  /** How many of the loudest members are heard; default 'all'. */
  readonly loudest: number | 'all';
  /** In order of preference; default: opus, g722, pcmu, pcma, as far as the build has them. */
  readonly codecs: readonly (typeof codecNames)[number][] | undefined;
  /** How long the jitter buffer holds audio back, whatever the network does; default: it adapts. */
  readonly jitterMs: number | undefined;
  /** Media threads; default: the engine's own choice, half the processors. */
  readonly workers: number | undefined;
  /** File of those who may call, one `user:password` or `user:realm:hash` a line; default: everybody may. */
  readonly users: string | undefined;
  /** PEM files of the certificate (with those up to the root) and its key, which `tls://` and `wss://` need. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** PEM file of the authorities to trust instead of those that Node knows. */
  readonly tlsCa: string | undefined;
  /** Origins of pages that may connect by WebSocket; default: every page. */
  readonly wsOrigins: readonly string[] | undefined;
  /** Connections of TCP, TLS and WebSocket. Default 10 000. */
  readonly maxConnections: number;
  /** New requests a second that one address may send; past it 503, then nothing. Default: no limit. */
  readonly maxRate: number | undefined;
  /** New calls get 503 with Retry-After while the event loop is later than this. Default 300 ms. */
  readonly maxLoopDelayMs: number;
  /** Capture file (pcap) of all SIP messages, without secrets; default: none is written. */
  readonly trace: string | undefined;
  /** Megabytes that the trace may grow to. Default 100. */
  readonly traceMaxMb: number;
  /** Default 'warn'. */
  readonly logLevel: z.output<typeof logLevel>;
}

export const defaultConfig: ServerConfig = {
  listen: ['udp://0.0.0.0:5060'],
  advertise: undefined,
  mediaPorts: [16384, 32767],
  maxCalls: 1000,
  maxMembers: 100,
  loudest: 'all',
  codecs: undefined,
  jitterMs: undefined,
  workers: undefined,
  users: undefined,
  tlsCert: undefined,
  tlsKey: undefined,
  tlsCa: undefined,
  wsOrigins: undefined,
  maxConnections: 10_000,
  maxRate: undefined,
  maxLoopDelayMs: 300,
  trace: undefined,
  traceMaxMb: 100,
  logLevel: 'warn',
};

export const configKeys = Object.keys(schema.shape) as readonly ConfigKey[];

/** `mediaPorts` → `--media-ports`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `mediaPorts` → `MIXMINUS_MEDIA_PORTS`. */
export function variableName(key: string): string {
  return `MIXMINUS_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

type Checked = z.output<typeof partial>;
/** One place that values come from, and how a message names a key of it. */
interface Source {
  readonly name: (key: string) => string;
  readonly values: Checked;
}

export interface ConfigSources {
  /** From the command line, by key; undefined values do not count. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** MIXMINUS_LISTEN, MIXMINUS_MEDIA_PORTS, …; empty values do not count. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file with an object of the same keys. */
  readonly file?: string | undefined;
  /** Given in code. */
  readonly options?: ServerOptions | undefined;
}

/** Merges and checks. Throws SessionError ERR_CONFIG with one line that names key and source. */
export function loadConfig(sources: ConfigSources): ServerConfig {
  const checked: Source[] = [
    check((key) => flagName(key), sources.flags ?? {}),
    check((key) => `option ${key}`, sources.options ?? {}),
    check((key) => variableName(key), fromEnvironment(sources.env ?? {})),
    ...(sources.file === undefined ? [] : [readConfigFile(sources.file)]),
  ];
  const merged: Record<string, unknown> = { ...defaultConfig };
  const origin = new Map<string, string>();
  for (const { name, values } of checked.toReversed()) {
    for (const [key, value] of Object.entries(values)) {
      merged[key] = value;
      origin.set(key, name(key));
    }
  }
  const config = merged as unknown as ServerConfig;
  checkTls(config, origin);
  return fitCallsToPorts(config, origin);
}

/** A certificate and its key go together, and a listener for TLS needs them. */
function checkTls({ listen, tlsCert, tlsKey }: ServerConfig, origin: ReadonlyMap<string, string>): void {
  const secure = listen.find((url) => /^(tls|wss):/.test(url));
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [given, missing] = tlsCert === undefined ? ['tlsKey', 'tlsCert'] : ['tlsCert', 'tlsKey'];
    throw new SessionError('ERR_CONFIG', `${origin.get(given) ?? given}: it goes with ${flagName(missing)}; give both`);
  }
  if (secure === undefined || tlsCert !== undefined) return;
  const where = origin.get('listen') ?? 'listen';
  throw new SessionError('ERR_CONFIG', `${where}: ${secure} needs ${flagName('tlsCert')} and ${flagName('tlsKey')}`);
}

/** Checks one option of a command that shares a key with the server; throws ERR_CONFIG naming its flag. */
export function checkFlags(flags: Readonly<Record<string, unknown>>): Checked {
  return check((key) => flagName(key), flags).values;
}

/** A call needs a pair of ports: a default limit shrinks to what the range holds, a limit that was asked for is refused. */
function fitCallsToPorts(config: ServerConfig, origin: ReadonlyMap<string, string>): ServerConfig {
  const pairs = portPairs(config.mediaPorts);
  if (config.maxCalls <= pairs) return config;
  const limit = origin.get('maxCalls');
  if (limit === undefined) return { ...config, maxCalls: pairs };
  const range = origin.get('mediaPorts') ?? `the default of ${flagName('mediaPorts')}`;
  throw new SessionError(
    'ERR_CONFIG',
    `${limit}: ${config.maxCalls} calls need ${config.maxCalls * 2} ports, and ${range} (${config.mediaPorts.join('-')}) ` +
      `has room for ${pairs}; widen the range or lower the limit`,
  );
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const key of configKeys) {
    const text = env[variableName(key)];
    if (text !== undefined && text.trim() !== '') values[key] = text;
  }
  return values;
}

function readConfigFile(path: string): Source {
  const name = (key: string): string => `'${key}' in ${path}`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SessionError('ERR_CONFIG', fileProblem(path, error), { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SessionError('ERR_CONFIG', `${path} must hold one JSON object, for example {"maxMembers": 20}`);
  }
  return check(name, value as Record<string, unknown>, path);
}

function fileProblem(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT')
    return `the config file ${path} does not exist; create it, or leave --config (MIXMINUS_CONFIG) away`;
  if (code === 'EISDIR') return `the config file ${path} is a folder; name a JSON file`;
  if (code !== undefined) return `the config file ${path} cannot be read (${code}); check its permissions`;
  const detail = error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error);
  return `the config file ${path} is not valid JSON: ${detail}`;
}

function check(name: Source['name'], raw: Readonly<Record<string, unknown>>, file?: string): Source {
  const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
  const result = partial.safeParse(given);
  if (result.success) return { name, values: result.data };
  const issue = result.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => (file === undefined ? name(key) : `'${key}'`)).join(', ');
    const where = file === undefined ? '' : ` in ${file}`;
    throw new SessionError('ERR_CONFIG', `unknown key ${keys}${where}; the keys are ${configKeys.join(', ')}`);
  }
  const key = String(issue?.path[0]);
  throw new SessionError('ERR_CONFIG', `${name(key)}: ${show(given[key])} ${issue?.message}`);
}

/** The value as its author wrote it, short enough for one line. */
function show(value: unknown): string {
  const parts = Array.isArray(value) && value.every((part) => typeof part === 'string') ? value.join(',') : value;
  const text = typeof parts === 'string' ? `'${parts}'` : (JSON.stringify(parts) ?? String(parts));
  const line = text.replace(/\p{C}/gu, '?');
  return line.length > 80 ? `${line.slice(0, 77)}…` : line;
}
