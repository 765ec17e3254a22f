import { expect, test } from 'vitest';
import { settle, VirtualClock, wallStartMs } from '../../support/virtual-clock.js';

test('timers run in order of time, then of setting, at their own moment', async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const note = (name: string) => (): void => {
    log.push(`${name} ${clock.nowMs()}`);
  };
  clock.after(30, note('c'));
  clock.after(10, note('a'));
  clock.after(10, note('b'));
  const cancel = clock.after(20, note('never'));
  cancel();
  cancel();
  clock.after(10, () => clock.after(5, note('nested')));
  expect(clock.pending).toBe(4);
  await clock.advance(30);
  expect(log).toEqual(['a 10', 'b 10', 'nested 15', 'c 30']);
  expect([clock.nowMs(), clock.wallMs(), clock.pending]).toEqual([30, wallStartMs + 30, 0]);
});

test('promise chains settle between timers', async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  clock.after(1, async () => {
    for (let step = 0; step < 50; step += 1) await null;
    log.push('chain');
  });
  clock.after(1, () => log.push('next'));
  await clock.advance(1);
  expect(log).toEqual(['chain', 'next']);
});

test('advanceSync runs timers without letting promises in', async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  clock.after(1, () => void Promise.resolve().then(() => log.push('promise')));
  clock.after(2, () => log.push('timer'));
  clock.advanceSync(5);
  expect([log, clock.nowMs()]).toEqual([['timer'], 5]);
  await settle();
  expect(log).toEqual(['timer', 'promise']);
});

test('until stops at the condition, or throws', async () => {
  const clock = new VirtualClock();
  let done = false;
  clock.after(7, () => {
    done = true;
  });
  await clock.until(() => done);
  expect(clock.nowMs()).toBe(7);
  await expect(clock.until(() => false, 10)).rejects.toThrow(/10 ms/);
});
