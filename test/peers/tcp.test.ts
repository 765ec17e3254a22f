/**
 * sipp over TCP, all its calls on one connection: its own caller against the conference server, and its own callee called by us.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, runSipp, Sipp } from '../support/sipp.js';
import { until } from '../support/until.js';

afterEach(stopAllPrograms);

describe("sipp's own UAC scenario over TCP", () => {
  let room: RoomServer;

  beforeAll(async () => {
    room = await startRoomServer({ listen: ['tcp://127.0.0.1:0'] }, 200);
  });

  afterAll(() => room?.close());

  it('joins a room a hundred times, fifty a second', async () => {
    const options = { scenario: 'uac', target: room.port, user: 'many', tcp: true } as const;
    const result = await runSipp({ ...options, calls: 100, rate: 50, holdMs: 250 });
    assertSuccess(result, 100);
    expect(result.retransmissions).toBe(0);
    await until(() => room.server.status().calls === 0, 'the end of all calls');
    expect(room.of('joined')).toHaveLength(100);
    expect(room.of('refused')).toEqual([]);
  });

  it('may cut the connection: the call stays until its BYE cannot be answered', async () => {
    const sipp = await Sipp.start({ scenario: 'uac', target: room.port, user: 'cut', tcp: true, holdMs: 60_000 });
    await until(() => room.of('joined').some((event) => event.room === 'cut'), 'the call');
    await sipp.stop();
    expect(room.server.status().calls).toBe(1);
  });
});

describe("sipp's own UAS scenario over TCP", () => {
  let sessions: Sessions;

  beforeAll(async () => {
    sessions = await openSessions({ listen: ['tcp://127.0.0.1:0'] });
  });

  afterAll(() => sessions?.close());

  it('is called twenty times, talks with us and is hung up on', async () => {
    const sipp = await Sipp.start({ scenario: 'uas', calls: 20, rtpEcho: true, tcp: true });
    const calls = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        sessions.call(`sip:callee-${index}@127.0.0.1:${sipp.port};transport=tcp`),
      ),
    );
    expect(calls.every(({ state, codec }) => state.kind === 'Active' && codec === 'pcmu')).toBe(true);
    await Promise.all(calls.map((call) => call.hangup()));
    expect(calls.map(({ endReason }) => endReason?.cause)).toEqual(new Array(20).fill('local-hangup'));
    const result = await sipp.result();
    assertSuccess(result, 20);
    expect(result.retransmissions).toBe(0);
  });
});
