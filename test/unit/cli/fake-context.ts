/**
 * A process for a command under test: output in strings, virtual time, signals and exits by hand, sessions made by the test.
 */
import type { Sessions, SessionsOptions } from '../../../src/api/index.js';
import type { CommandContext, StopSignal } from '../../../src/cli/context.js';
import { run } from '../../../src/cli/program.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { FakeSessions } from '../server/fakes.js';

export class FakeProcess implements CommandContext {
  out = '';
  err = '';
  readonly clock = new VirtualClock();
  readonly env: Record<string, string | undefined> = {};
  readonly exits: number[] = [];
  readonly sessions: FakeSessions[] = [];
  readonly #listeners = new Set<(signal: StopSignal) => void>();
  /** Called with each sessions object before the command gets it. */
  prepare: (sessions: FakeSessions) => void = () => {};
  createError: Error | undefined;

  readonly stdout: { write: (text: string) => void; isTTY: boolean; columns: number };
  readonly stderr: { write: (text: string) => void };

  constructor(options: { terminal?: boolean } = {}) {
    this.stdout = {
      write: (text) => {
        this.out += text;
      },
      isTTY: options.terminal ?? false,
      columns: 100,
    };
    this.stderr = {
      write: (text) => {
        this.err += text;
      },
    };
  }

  onSignal(listener: (signal: StopSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  signal(signal: StopSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  readonly createSessions = async (options: SessionsOptions): Promise<Sessions> => {
    if (this.createError) throw this.createError;
    const sessions = new FakeSessions(options);
    this.sessions.push(sessions);
    this.prepare(sessions);
    return sessions.asSessions();
  };

  run(...args: string[]): Promise<number> {
    return run(args, this);
  }

  /** What was printed with --json, without the times. */
  get events(): Record<string, unknown>[] {
    return this.out
      .trimEnd()
      .split('\n')
      .map((line) => {
        const { time: _, ...event } = JSON.parse(line) as Record<string, unknown>;
        return event;
      });
  }
}
