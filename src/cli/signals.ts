/**
 * When to stop, and when to stop waiting. A Ctrl-C under npm reaches the process twice, from the terminal's process group and from npm,
 * which forwards it: the rule that tells an echo from impatience is the pure function {@link onStopSignal}; {@link watchSignals} is its
 * shell, used by every command.
 */
import { constants } from 'node:os';
import type { CommandContext, StopSignal } from './context.js';

/** A second signal this soon after the first is the same one. */
export const echoMs = 1000;

export interface SignalState {
  readonly firstAtMs: number | undefined;
  readonly count: number;
}

export const noSignalYet: SignalState = { firstAtMs: undefined, count: 0 };

export type SignalAction = 'stop' | 'ignore' | 'force';

/** First: stop in good order. Second within {@link echoMs}: an echo. Any later or further one: force. */
export function onStopSignal(state: SignalState, nowMs: number): { state: SignalState; action: SignalAction } {
  const next: SignalState = { firstAtMs: state.firstAtMs ?? nowMs, count: state.count + 1 };
  if (state.firstAtMs === undefined) return { state: next, action: 'stop' };
  const echo = state.count === 1 && nowMs - state.firstAtMs <= echoMs;
  return { state: next, action: echo ? 'ignore' : 'force' };
}

/** The shell's convention: 128 and the signal's number, so 130 for SIGINT and 143 for SIGTERM. */
export function forcedExitCode(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

export interface SignalWatch {
  /** Aborted by the first signal, whose name is the reason. */
  readonly stop: AbortSignal;
  /** Gives the signals back to the system. */
  dispose(): void;
}

/** Watches from now on: the first signal aborts `stop`, one that forces ends the process. A signal that `takes` has dealt with does neither. */
export function watchSignals(
  context: CommandContext,
  takes: (signal: StopSignal) => boolean = () => false,
): SignalWatch {
  const controller = new AbortController();
  let state = noSignalYet;
  const dispose = context.onSignal((signal) => {
    if (takes(signal)) return;
    const step = onStopSignal(state, context.clock.nowMs());
    state = step.state;
    if (step.action === 'stop') controller.abort(signal);
    // A reader that went away stays away: each further line would count as impatience.
    if (step.action === 'force' && signal !== 'SIGPIPE') context.exit(forcedExitCode(signal));
  });
  return { stop: controller.signal, dispose };
}

/** Resolves when the signal is aborted, at once if it is already. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
