/**
 * The promise of native threads: the server's event loop hangs for two seconds in a room of twenty, and nobody hears it. The members
 * are the bench's load generator, which judges by the kernel's time stamps of what arrives; its callers are hand-made SIP.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTools, type Load, type RunningServer, startLoad, startServer } from '../../bench/lib/programs.mjs';
import { type BenchCall, SipCaller } from '../../bench/lib/sip-caller.mjs';
import { ensureBuilt } from '../support/built-package.js';
import { mediaPorts } from '../support/ports.js';
import { toneLevelDbfs } from '../support/tone.js';

const members = 20;
const talkers = 3;
const blocker = fileURLToPath(new URL('../support/block-event-loop.mjs', import.meta.url));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('an event loop that is blocked for two seconds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mixminus-stall-'));
  const recording = (index: number): string => join(folder, `${index}.s16`);
  let server: RunningServer;
  let load: Load;
  let caller: SipCaller;
  let calls: BenchCall[] = [];

  beforeAll(async () => {
    ensureBuilt();
    buildTools();
    server = await startServer(['--media-ports', mediaPorts(4 * members).join('-')], {
      nodeArgs: ['--import', blocker],
    });
    const records = [0, members - 1].flatMap((index) => ['--record', `${index}:${recording(index)}`]);
    // The members must be on time themselves: where real-time scheduling is not allowed, a busy machine costs them a little level.
    load = await startLoad(members, ['--talkers', talkers, '--realtime', ...records]);
    caller = await SipCaller.open();
    calls = await Promise.all(load.ports.map((rtpPort) => caller.invite({ user: 'stall', server, rtpPort })));
    calls.forEach(({ remote }, index) => {
      load.peer(index, remote);
    });
    await sleep(1000);
  }, 300_000);

  afterAll(async () => {
    caller?.close();
    await load?.stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('loses no packet and delays none by more than 20 ms', async () => {
    load.measure(server.pid);
    await sleep(500);
    process.kill(server.pid, 'SIGUSR2');
    const blocked = await server.event('blocked');
    await sleep(500);
    const { totals, members: heard, windowMs } = await load.result();

    expect(blocked.ms).toBeGreaterThanOrEqual(2000);
    expect(calls.filter((call) => call.isEnded())).toEqual([]);
    expect(totals).toMatchObject({ lost: 0, duplicates: 0, emptySlots: 0, strangers: 0, restarts: 0, muteMembers: 0 });
    expect(totals.maxLateMs).toBeLessThanOrEqual(20);
    for (const member of heard) expect(member.received).toBeGreaterThanOrEqual(Math.floor(windowMs / 20) - 2);
    // The blocked time lies wholly inside what was measured.
    expect(windowMs).toBeGreaterThanOrEqual(blocked.ms + 900);
  });

  it('mixes on: every talker is heard at its level by the others, and by itself not at all', () => {
    const listener = readPcm(recording(members - 1));
    const talker = readPcm(recording(0));
    expect(listener.length).toBeGreaterThan(8000 * 2.9);
    const tones = load.toneHz.slice(0, talkers);
    const heardAt = (pcm: Int16Array, tone: number): number => Math.abs(toneLevelDbfs(pcm, tone) + 20);
    for (const tone of tones) expect(heardAt(listener, tone)).toBeLessThan(1.5);
    for (const tone of tones.slice(1)) expect(heardAt(talker, tone)).toBeLessThan(1.5);
    expect(toneLevelDbfs(talker, tones[0]!)).toBeLessThan(-60);
  });

  it('leaves the calls alive: all of them can still say goodbye', async () => {
    await Promise.all(calls.map((call) => call.bye()));
    expect(calls.every((call) => call.isEnded())).toBe(true);
  });
});

function readPcm(path: string): Int16Array {
  const bytes = readFileSync(path);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
