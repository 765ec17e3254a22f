/**
 * Two thousand calls made and ended over real sockets, with media, between two libraries in one process of its own: afterwards nothing
 * of them is left in any layer, no handle, no descriptor, no thread, and no memory to speak of.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../support/built-package.js';
import { ChildProgram, type Exit } from '../support/processes.js';

const program = fileURLToPath(new URL('./programs/many-calls.mjs', import.meta.url));
const calls = 2000;

/** A leaked session, transaction or stream is larger; what V8 keeps for itself after so many calls is smaller. */
const bytesPerCall = 256;

interface Side {
  readonly [count: string]: number | Readonly<Record<string, number>>;
  readonly media: Readonly<Record<string, number>>;
}

interface Report {
  readonly withSound: number;
  readonly caller: Side;
  readonly callee: Side;
  readonly handles: readonly string[];
  readonly descriptors: number;
  readonly threads: number;
  readonly memory: Readonly<Record<'heapUsed' | 'external' | 'arrayBuffers' | 'rss', number>>;
}

describe('two thousand calls made and ended', () => {
  let child: ChildProgram;
  let warm: Report;
  let judged: Report;
  let closed: Pick<Report, 'handles'>;
  let exit: Exit;

  beforeAll(async () => {
    ensureBuilt();
    // As many calls as are judged come before, so that code is compiled, tables have grown and all ports are open.
    child = new ChildProgram(process.execPath, ['--expose-gc', program, String(calls), String(calls)]);
    warm = await report(child, 'warm');
    judged = await report(child, 'judged');
    closed = await report(child, 'closed');
    exit = await child.finished();
  }, 180_000);

  afterAll(() => child?.stop());

  it('leave no session, room member, transaction, dialog, deadline, stream or lease', () => {
    const nothing = {
      sessions: 0,
      deadlines: 0,
      dialogs: 0,
      streams: 0,
      transactions: 0,
      usages: 0,
      coreDialogs: 0,
      coreDeadlines: 0,
      leases: 0,
    };
    expect(judged.caller).toMatchObject({ ...nothing, rooms: 0 });
    expect(judged.callee).toMatchObject({ ...nothing, rooms: 1, conference: 0 });
    expect(judged.withSound - warm.withSound).toBe(calls / 10);
  });

  it('leave no leg, player, recorder, leased or resting port, and no socket more than there was', () => {
    const nothing = { legs: 0, players: 0, recorders: 0, leasedPorts: 0, restingPorts: 0 };
    for (const side of ['caller', 'callee'] as const) {
      expect(judged[side].media).toMatchObject(nothing);
      expect(judged[side].media).toEqual(warm[side].media);
    }
  });

  it('leave no handle, descriptor or thread', () => {
    expect(judged.handles).toEqual(warm.handles);
    expect(judged.descriptors).toBe(warm.descriptors);
    expect(judged.threads).toBe(warm.threads);
  });

  it('leave no memory', () => {
    const grown = (kind: keyof Report['memory']): number => judged.memory[kind] - warm.memory[kind];
    expect(grown('heapUsed')).toBeLessThan(bytesPerCall * calls);
    expect(grown('external')).toBeLessThan(64 * 1024);
    expect(grown('arrayBuffers')).toBeLessThan(64 * 1024);
    // Native memory shows here only, among much else that moves: a leg that is never freed has ten thousand bytes at least.
    expect(grown('rss')).toBeLessThan(16 * 1024 * 1024);
  });

  it('and a library that is closed lets the process end', () => {
    expect(closed.handles).toEqual([]);
    expect(exit).toEqual({ code: 0, signal: null });
  });
});

async function report<T>(child: ChildProgram, event: string): Promise<T> {
  const [line] = await child.printed(new RegExp(`^\\{"event":"${event}".*\\}$`, 'm'), 90_000);
  return JSON.parse(line) as T;
}
