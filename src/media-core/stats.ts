/**
 * Reads the statistics table that the workers overwrite: rows of doubles in shared memory, no call into the addon. A row that belongs to
 * another leg by now is recognised by its generation. Pure over the table; used by stream.ts and engine.ts.
 */
import { legCodecs, legStatSlots, type NativeHandle, statsRowDoubles, workerStatSlots } from './native.js';
import type { CodecName, StreamStats, WorkerHealth } from './types.js';

type NumberKey = { [K in keyof StreamStats]: StreamStats[K] extends number ? K : never }[keyof StreamStats];
type FlagKey = { [K in keyof StreamStats]: StreamStats[K] extends boolean ? K : never }[keyof StreamStats];

const flagKeys: readonly FlagKey[] = ['talking', 'latched', 'sending', 'inMix'];
const numberKeys = Object.keys(legStatSlots).filter(
  (key) => key !== 'generation' && key !== 'receiveCodec' && !flagKeys.includes(key as FlagKey),
) as NumberKey[];

/** What a stream's statistics are before its worker has seen it: nothing, and silence both ways. */
export const emptyStreamStats: StreamStats = {
  codec: undefined,
  receiveCodec: undefined,
  ...(Object.fromEntries(numberKeys.map((key) => [key, 0])) as Record<NumberKey, number>),
  ...(Object.fromEntries(flagKeys.map((key) => [key, false])) as Record<FlagKey, boolean>),
  levelInDbov: -127,
  levelOutDbov: -127,
};

/** The generation inside a handle, which the row carries while it belongs to that handle. */
export function handleGeneration(handle: NativeHandle): number {
  return Math.floor(handle / 2 ** 32);
}

/** The row's figures, or undefined when the row is not (or no longer) this leg's. The codec is not in the table. */
export function readStreamStats(
  table: Float64Array,
  row: number,
  generation: number,
  codec?: CodecName,
): StreamStats | undefined {
  const base = row * statsRowDoubles;
  if (table[base + legStatSlots.generation] !== generation) return undefined;
  const numbers = {} as Record<NumberKey, number>;
  for (const key of numberKeys) numbers[key] = table[base + legStatSlots[key]] ?? 0;
  const flags = {} as Record<FlagKey, boolean>;
  for (const key of flagKeys) flags[key] = table[base + legStatSlots[key]] === 1;
  const receiveCodec = legCodecs[table[base + legStatSlots.receiveCodec] ?? 0];
  return { codec, receiveCodec, ...numbers, ...flags };
}

/** One entry for each worker; their rows follow those of the legs. */
export function readWorkerHealth(table: Float64Array, maxLegs: number): WorkerHealth[] {
  const health: WorkerHealth[] = [];
  for (let base = maxLegs * statsRowDoubles; base < table.length; base += statsRowDoubles) {
    const cell = (slot: number): number => table[base + slot] ?? 0;
    const ticks = cell(workerStatSlots.ticks);
    health.push({
      ticks,
      skippedTicks: cell(workerStatSlots.skippedTicks),
      maxLatenessUs: cell(workerStatSlots.maxLatenessUs),
      meanLatenessUs: ticks === 0 ? 0 : cell(workerStatSlots.sumLatenessUs) / ticks,
      busyNs: cell(workerStatSlots.busyNs),
      packetsIn: cell(workerStatSlots.packetsIn),
      packetsOut: cell(workerStatSlots.packetsOut),
      legs: cell(workerStatSlots.legs),
      rooms: cell(workerStatSlots.rooms),
      realtime: cell(workerStatSlots.realtime) === 1,
    });
  }
  return health;
}
