import { describe, expect, test } from 'vitest';
import { clientInvite } from '../../../../src/dialog-core/transaction/client-invite.js';
import { clientNonInvite } from '../../../../src/dialog-core/transaction/client-non-invite.js';
import { serverInvite } from '../../../../src/dialog-core/transaction/server-invite.js';
import { serverNonInvite } from '../../../../src/dialog-core/transaction/server-non-invite.js';
import { expiryMs, firstIntervalMs, nextIntervalMs } from '../../../../src/dialog-core/transaction/timers.js';
import type { Machine, TransactionState, Transition } from '../../../../src/dialog-core/transaction/transitions.js';

const machines: [string, Machine][] = [clientInvite, clientNonInvite, serverInvite, serverNonInvite].map((machine) => [
  machine.name,
  machine,
]);

function rows(machine: Machine): [TransactionState, [string, Transition][]][] {
  return Object.entries(machine.table).map(([state, row]) => [state as TransactionState, Object.entries(row)]);
}

describe.each(machines)('%s', (_name, machine) => {
  test('every state can be reached from the start, and has a row', () => {
    const reached = new Set<string>(['initial']);
    for (const state of reached) {
      for (const { to } of Object.values(machine.table[state as TransactionState] ?? {})) reached.add(to);
    }
    expect([...reached].filter((state) => state !== 'terminated').sort()).toEqual(Object.keys(machine.table).sort());
    expect(reached).toContain('terminated');
  });

  test('a state that was entered with an expiry timer knows what to do when it fires', () => {
    for (const [, inputs] of rows(machine)) {
      for (const [, { to, expiry, retransmit }] of inputs) {
        if (expiry !== undefined && expiry !== 'off') expect(machine.table[to]?.expired).toBeDefined();
        if (retransmit !== undefined && retransmit !== 'off') expect(machine.table[to]?.retransmitDue).toBeDefined();
      }
    }
  });

  test('the end never waits for anything', () => {
    for (const [, inputs] of rows(machine)) {
      for (const [, { to, expiry, retransmit }] of inputs) {
        if (to === 'terminated') expect([expiry, retransmit]).toEqual([undefined, undefined]);
      }
    }
  });
});

test('timers of table 4', () => {
  const timers = { t1Ms: 500, t2Ms: 4000, t4Ms: 5000, timerCMs: 180_000 };
  expect((['B', 'D', 'F', 'H', 'J', 'L', 'M'] as const).map((timer) => expiryMs(timer, timers, false))).toEqual(
    new Array(7).fill(32_000),
  );
  expect((['I', 'K'] as const).map((timer) => expiryMs(timer, timers, false))).toEqual([5000, 5000]);
  expect((['D', 'I', 'J', 'K'] as const).map((timer) => expiryMs(timer, timers, true))).toEqual([0, 0, 0, 0]);
  expect((['B', 'F', 'H', 'L', 'M'] as const).map((timer) => expiryMs(timer, timers, true))).toEqual(
    new Array(5).fill(32_000),
  );
  expect((['A', 'E', 'G', 'E2'] as const).map((timer) => firstIntervalMs(timer, timers))).toEqual([
    500, 500, 500, 4000,
  ]);
  expect((['A', 'E', 'G', 'E2'] as const).map((timer) => nextIntervalMs(timer, 4000, timers))).toEqual([
    8000, 4000, 4000, 4000,
  ]);
});
