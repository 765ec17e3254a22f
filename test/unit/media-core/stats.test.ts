import { describe, expect, it } from 'vitest';
import { legStatSlots, statsRowDoubles, workerStatSlots } from '../../../src/media-core/native.js';
import {
  emptyStreamStats,
  handleGeneration,
  readStreamStats,
  readWorkerHealth,
} from '../../../src/media-core/stats.js';

describe('the statistics table', () => {
  it('has a figure for each slot but the generation, and room for all slots', () => {
    const slots = Object.values(legStatSlots);
    expect(new Set(slots).size).toBe(slots.length);
    expect(Math.max(...slots)).toBeLessThan(statsRowDoubles);
    const { codec, ...figures } = emptyStreamStats;
    expect(codec).toBeUndefined();
    expect(Object.keys(figures).sort()).toEqual(
      Object.keys(legStatSlots)
        .filter((name) => name !== 'generation')
        .sort(),
    );
  });

  it('reads a row of its own generation only', () => {
    const table = new Float64Array(3 * statsRowDoubles);
    table[statsRowDoubles + legStatSlots.generation] = 7;
    table[statsRowDoubles + legStatSlots.packetsReceived] = 42;
    table[statsRowDoubles + legStatSlots.talking] = 1;
    expect(readStreamStats(table, 1, 7)).toMatchObject({ packetsReceived: 42, talking: true, latched: false });
    expect(readStreamStats(table, 1, 8)).toBeUndefined();
    expect(readStreamStats(table, 0, 7)).toBeUndefined();
  });

  it('takes the generation out of a handle, up to 53 bits', () => {
    expect(handleGeneration(5 * 2 ** 32 + 17)).toBe(5);
    expect(handleGeneration((2 ** 21 - 1) * 2 ** 32 + (2 ** 32 - 1))).toBe(2 ** 21 - 1);
  });

  it('reads one row per worker behind the legs', () => {
    const table = new Float64Array(4 * statsRowDoubles);
    const base = 3 * statsRowDoubles;
    table[base + workerStatSlots.ticks] = 10;
    table[base + workerStatSlots.sumLatenessUs] = 250;
    table[base + workerStatSlots.realtime] = 1;
    const health = readWorkerHealth(table, 2);
    expect(health).toHaveLength(2);
    expect(health[0]).toMatchObject({ ticks: 0, meanLatenessUs: 0, realtime: false });
    expect(health[1]).toMatchObject({ ticks: 10, meanLatenessUs: 25, realtime: true });
  });
});
