/**
 * Programs that tests start: found on PATH or refused with the name of their package, watched through what they print, and ended by
 * process id at the latest when the test's own process goes.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { until, within } from './until.js';

/** What is kept of a program's output; the beginning of a longer one is dropped. */
const maxOutput = 1_000_000;

const running = new Set<ChildProgram>();
process.once('exit', () => {
  for (const program of running) program.kill('SIGKILL');
});

/** The full path of a program; throws with the Debian package that has it. Peers are a must: no test is skipped for want of one. */
export function requireProgram(name: string, debianPackage: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  throw new Error(`'${name}' is not on PATH, and this test needs it: apt-get install ${debianPackage}`);
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class ChildProgram {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #name: string;
  #output = '';
  #exit: Exit | undefined;

  /** Settles when the program has ended and all of its output is here; rejects when it could not be started. */
  readonly exited: Promise<Exit>;

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    this.#name = `${command} ${args.join(' ')}`;
    const { cwd } = options;
    this.#child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...options.env },
    });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-maxOutput);
      });
    }
    // A program that ends does not read what it is still told.
    this.#child.stdin.on('error', () => {});
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        running.delete(this);
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
    this.exited.catch(() => running.delete(this));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** How it ended; undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** What it printed so far, both streams. */
  get output(): string {
    return this.#output;
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Resolves with the match once the output has one; rejects when the program ends before, or is silent for too long. */
  async printed(pattern: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null;
    const found = (): boolean => {
      match = pattern.exec(this.#output);
      return match !== null || this.#exit !== undefined;
    };
    await until(found, () => `${pattern} in the output of ${this.describe()}`, timeoutMs);
    if (match === null) throw new Error(`it ended before it printed ${pattern}: ${this.describe()}`);
    return match;
  }

  /** How it ended, within a time. */
  finished(timeoutMs = 30_000): Promise<Exit> {
    return within(this.exited, () => `the end of ${this.describe()}`, timeoutMs);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#child.kill(signal);
  }

  /** Asks it to end, insists after a while, resolves when it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = 3000): Promise<void> {
    if (this.#exit !== undefined || this.#child.pid === undefined) return;
    this.kill(signal);
    const insist = setTimeout(() => this.kill('SIGKILL'), patienceMs);
    await this.exited.catch(() => {});
    clearTimeout(insist);
  }

  /** Command line, state and the end of the output, for messages of failed tests. */
  describe(): string {
    const state = this.#exit ? `ended with ${this.#exit.signal ?? this.#exit.code}` : 'still runs';
    return `${this.#name} (${state})\n${this.#output.slice(-2000)}`;
  }
}

/** Ends everything that was started with this module and still runs. */
export async function stopAllPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop()));
}

/** A new folder for a test's files; `remove` deletes it. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mixminus-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
