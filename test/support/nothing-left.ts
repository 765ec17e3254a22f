/** Endpoints of a virtual world must be empty once the transactions of their calls have had their 32 s. */
import { expect } from 'vitest';
import type { Sessions } from '../../src/api/index.js';
import type { VirtualClock } from './virtual-clock.js';

export async function expectNothingLeft(clock: VirtualClock, ...all: Sessions[]): Promise<void> {
  await clock.advance(40_000);
  for (const sessions of all) {
    const counts = sessions.counts();
    expect(counts).toMatchObject({
      sessions: 0,
      rooms: 0,
      groups: 0,
      waiting: 0,
      deadlines: 0,
      dialogs: 0,
      streams: 0,
    });
    expect(counts.signalling).toMatchObject({ transactions: 0, usages: 0, dialogs: 0 });
    expect(counts.media).toMatchObject({ legs: 0, rooms: 0, players: 0, recorders: 0, leasedPorts: 0 });
    expect(counts.resources.every(({ used }) => used === 0)).toBe(true);
    expect(counts.refusedFacts).toBe(0);
  }
}
