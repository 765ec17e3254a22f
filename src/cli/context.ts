/**
 * What a command may touch of the process: streams, environment, clock, signals, exit. Commands get it as an argument, so that tests
 * run them without a process of their own; `processContext` is the real one, made once by main.ts.
 */
import { type Clock, createSessions, type Sessions, type SessionsOptions, systemClock } from '../api/index.js';

export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What asks a command to stop. SIGPIPE stands for a reader of our output that went away; Node shows it as an error of the stream. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE';

export interface CommandContext {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Starts to deliver stop signals; the returned function gives them back to the system. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
  readonly createSessions: (options: SessionsOptions) => Promise<Sessions>;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The process as a context. */
export function processContext(): CommandContext {
  const listeners = new Set<(signal: StopSignal) => void>();
  const deliver = (signal: StopSignal): void => {
    for (const listener of [...listeners]) listener(signal);
  };
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (listeners.size > 0) deliver('SIGPIPE');
      else process.exit(0);
    });
  }
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    onSignal(listener) {
      const handlers = signals.map((signal) => [signal, () => listener(signal)] as const);
      listeners.add(listener);
      for (const [signal, handler] of handlers) process.on(signal, handler);
      return () => {
        listeners.delete(listener);
        for (const [signal, handler] of handlers) process.off(signal, handler);
      };
    },
    exit: (code) => process.exit(code),
    createSessions,
  };
}
