import { describe, expect, it } from 'vitest';
import type { StopSignal } from '../../../src/cli/context.js';
import { forcedExitCode, noSignalYet, onStopSignal, watchSignals, whenAborted } from '../../../src/cli/signals.js';
import { FakeProcess } from './fake-context.js';

function actionsAt(...timesMs: number[]): string[] {
  let state = noSignalYet;
  return timesMs.map((timeMs) => {
    const step = onStopSignal(state, timeMs);
    state = step.state;
    return step.action;
  });
}

describe('onStopSignal', () => {
  it('stops at the first', () => {
    expect(actionsAt(5)).toEqual(['stop']);
  });

  it('takes a second within a second for an echo of the first, since npm forwards what the group got already', () => {
    expect(actionsAt(5, 6)).toEqual(['stop', 'ignore']);
    expect(actionsAt(5, 1005)).toEqual(['stop', 'ignore']);
  });

  it('forces at a second one that comes later', () => {
    expect(actionsAt(5, 1006)).toEqual(['stop', 'force']);
  });

  it('forces at a third, however soon', () => {
    expect(actionsAt(5, 6, 7)).toEqual(['stop', 'ignore', 'force']);
    expect(actionsAt(5, 6, 1500, 1501)).toEqual(['stop', 'ignore', 'force', 'force']);
  });
});

describe('forcedExitCode', () => {
  it('is what a shell reports for the signal', () => {
    expect((['SIGINT', 'SIGTERM', 'SIGHUP'] as StopSignal[]).map(forcedExitCode)).toEqual([130, 143, 129]);
  });
});

describe('watchSignals', () => {
  it('aborts with the first signal and exits with the one that forces', async () => {
    const fake = new FakeProcess();
    const watch = watchSignals(fake);
    const stopped = whenAborted(watch.stop);
    fake.signal('SIGTERM');
    await stopped;
    expect(watch.stop.reason).toBe('SIGTERM');
    fake.signal('SIGINT');
    expect(fake.exits).toEqual([]);
    fake.signal('SIGINT');
    expect(fake.exits).toEqual([130]);
    watch.dispose();
    expect(fake.watched).toBe(false);
  });

  it('stops when the reader of the output goes away, and does not take further failed writes for impatience', () => {
    const fake = new FakeProcess();
    const watch = watchSignals(fake);
    for (let count = 0; count < 5; count += 1) fake.signal('SIGPIPE');
    expect(watch.stop.aborted).toBe(true);
    expect(fake.exits).toEqual([]);
  });
});
