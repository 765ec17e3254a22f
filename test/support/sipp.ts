/**
 * sipp, the SIP load generator of others, as a test runs it: a scenario of its own or one of test/peers/scenarios, a number of calls,
 * and afterwards what its statistics say. Messages and errors of the run are at hand when it fails.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freeUdpPort, isTcpPortOpen, isUdpPortOpen } from './ports.js';
import { ChildProgram, requireProgram, temporaryFolder } from './processes.js';
import { until } from './until.js';

const scenarios = fileURLToPath(new URL('../peers/scenarios', import.meta.url));

export interface SippOptions {
  /** Built in (`uac`, `uas`), a file of test/peers/scenarios without its ending, or the text of a scenario. */
  readonly scenario: 'uac' | 'uas' | { readonly file: string } | { readonly xml: string };
  /** Loopback address of both sides; default 127.0.0.1. */
  readonly host?: '127.0.0.1' | '::1';
  /** Port that it calls; undefined for scenarios that are called. */
  readonly target?: number;
  /** User part of the URI called: `[service]` in scenarios. Default `service`. */
  readonly user?: string;
  /** Default 1. */
  readonly calls?: number;
  /** Calls a second; default 10. */
  readonly rate?: number;
  /** How long a call lasts where the scenario leaves it open; default 0. */
  readonly holdMs?: number;
  /** Keywords of the scenario. */
  readonly keys?: Readonly<Record<string, string | number>>;
  /** Its RTP comes back from the port in its SDP. */
  readonly rtpEcho?: boolean;
  /** Default: a free one. */
  readonly port?: number;
  /** One connection for all calls instead of datagrams. */
  readonly tcp?: boolean;
  readonly timeoutMs?: number;
  readonly args?: readonly string[];
}

export interface SippResult {
  /** sipp's own verdict: 0 when every call went as the scenario says. */
  readonly exitCode: number | null;
  readonly successful: number;
  readonly failed: number;
  /** Requests and responses that it sent again. */
  readonly retransmissions: number;
  /** What it complained about, and with it the messages of the run: print it when an assertion fails. */
  readonly log: string;
}

export class Sipp {
  readonly #program: ChildProgram;
  readonly #folder: ReturnType<typeof temporaryFolder>;
  readonly #timeoutMs: number;

  readonly port: number;
  readonly mediaPort: number;

  private constructor(parts: {
    program: ChildProgram;
    folder: ReturnType<typeof temporaryFolder>;
    timeoutMs: number;
    port: number;
    mediaPort: number;
  }) {
    this.#program = parts.program;
    this.#folder = parts.folder;
    this.#timeoutMs = parts.timeoutMs;
    this.port = parts.port;
    this.mediaPort = parts.mediaPort;
  }

  /** Starts it and resolves when its socket is open. */
  static async start(options: SippOptions): Promise<Sipp> {
    const path = requireProgram('sipp', 'sip-tester');
    const folder = temporaryFolder();
    const port = options.port ?? (await freeUdpPort(options.host));
    const mediaPort = (await freeUdpPort(options.host)) & ~1;
    const timeoutMs = options.timeoutMs ?? 30_000;
    const args = [...scenarioArgs(options, folder.path), ...commonArgs(options, { port, mediaPort, timeoutMs })];
    const program = new ChildProgram(path, args, { cwd: folder.path });
    const sipp = new Sipp({ program, folder, timeoutMs, port, mediaPort });
    await until(
      // Over TCP who calls has no socket of its own until it does.
      () =>
        (options.tcp ? options.target !== undefined || isTcpPortOpen(port) : isUdpPortOpen(port)) ||
        program.exit !== undefined,
      () => `sipp's socket: ${program.describe()}`,
    );
    return sipp;
  }

  /** What it has seen and said on the wire so far. */
  get messages(): string {
    return this.#read('messages.log');
  }

  /** Waits for the end of the run. */
  async result(): Promise<SippResult> {
    const { code } = await this.#program.finished(this.#timeoutMs + 5000);
    const statistics = readStatistics(this.#read('statistics.csv'));
    const count = (name: string): number => Number(statistics.get(name) ?? Number.NaN);
    const result = {
      exitCode: code,
      successful: count('SuccessfulCall(C)'),
      failed: count('FailedCall(C)'),
      retransmissions: count('Retransmissions(C)'),
      log: `${this.#read('errors.log')}\n${this.messages.slice(-12_000)}\n${this.#program.describe()}`,
    };
    this.#folder.remove();
    return result;
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGKILL');
    this.#folder.remove();
  }

  #read(name: string): string {
    const file = join(this.#folder.path, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }
}

/** Runs a scenario to its end. */
export async function runSipp(options: SippOptions): Promise<SippResult> {
  return (await Sipp.start(options)).result();
}

/** Throws, with sipp's log, unless each of `calls` went as its scenario says. */
export function assertSuccess(result: SippResult, calls = 1): void {
  const { exitCode, successful, failed, log } = result;
  if (exitCode === 0 && successful === calls && failed === 0) return;
  throw new Error(`sipp: exit code ${exitCode}, ${successful} of ${calls} calls successful, ${failed} failed\n${log}`);
}

function scenarioArgs({ scenario }: SippOptions, folder: string): string[] {
  if (typeof scenario === 'string') return ['-sn', scenario];
  if ('file' in scenario) return ['-sf', join(scenarios, `${scenario.file}.xml`)];
  const file = join(folder, 'scenario.xml');
  writeFileSync(file, scenario.xml);
  return ['-sf', file];
}

function commonArgs(
  options: SippOptions,
  { port, mediaPort, timeoutMs }: { port: number; mediaPort: number; timeoutMs: number },
): string[] {
  const keys = Object.entries(options.keys ?? {}).flatMap(([key, value]) => ['-key', key, String(value)]);
  const { host = '127.0.0.1', target, user, calls = 1, rate = 10, holdMs = 0 } = options;
  return [
    ...['-i', host, '-p', String(port), '-mi', host, '-mp', String(mediaPort)],
    ...['-m', String(calls), '-r', String(rate), '-d', String(holdMs), '-nostdin', '-skip_rlimit'],
    ...['-timeout', `${Math.ceil(timeoutMs / 1000)}s`, '-timeout_error'],
    ...['-trace_stat', '-stf', 'statistics.csv', '-fd', '1'],
    ...['-trace_msg', '-message_file', 'messages.log', '-trace_err', '-error_file', 'errors.log'],
    ...(user === undefined ? [] : ['-s', user]),
    ...(options.rtpEcho ? ['-rtp_echo'] : []),
    ...(options.tcp ? ['-t', 't1'] : []),
    ...keys,
    ...(options.args ?? []),
    ...(target === undefined ? [] : [host.includes(':') ? `[${host}]:${target}` : `${host}:${target}`]),
  ];
}

/** The last line of sipp's statistics by column; (C) columns count from the start of the run. */
function readStatistics(csv: string): Map<string, string> {
  const lines = csv.split('\n').filter((line) => line !== '');
  const names = (lines[0] ?? '').split(';');
  const values = (lines.length > 1 ? (lines.at(-1) ?? '') : '').split(';');
  return new Map(names.map((name, index) => [name, values[index] ?? '']));
}
