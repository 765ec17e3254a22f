/**
 * sipp's own caller against the conference server: one call, then two hundred at a rate that has a dozen of them overlap.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { assertSuccess, runSipp } from '../support/sipp.js';
import { until } from '../support/until.js';

describe("sipp's own UAC scenario", () => {
  let room: RoomServer;

  beforeAll(async () => {
    room = await startRoomServer({}, 400);
  });

  afterAll(() => room?.close());

  it('joins a room, which goes with it', async () => {
    const result = await runSipp({ scenario: 'uac', target: room.port, user: 'one', holdMs: 300 });
    assertSuccess(result);
    await room.saw('left', 1);
    expect(room.events.filter(({ event }) => event !== 'listening')).toMatchObject([
      { event: 'room', room: 'one', state: 'opened' },
      { event: 'joined', room: 'one', codec: 'pcmu', members: 1 },
      { event: 'left', room: 'one', members: 0, reason: { cause: 'remote-hangup' } },
      { event: 'room', room: 'one', state: 'closed' },
    ]);
  });

  it('joins it two hundred times, fifty a second', async () => {
    const before = room.of('joined').length;
    const result = await runSipp({
      scenario: 'uac',
      target: room.port,
      user: 'many',
      calls: 200,
      rate: 50,
      holdMs: 250,
    });
    assertSuccess(result, 200);
    // An answer within half a second, but for what a busy machine does to a few.
    expect(result.retransmissions).toBeLessThan(10);
    await until(() => room.server.status().calls === 0, 'the end of all calls');
    const joined = room.of('joined').slice(before);
    expect(joined).toHaveLength(200);
    // They did meet: the rooms that opened are fewer than the calls.
    expect(Math.max(...joined.map(({ members }) => members))).toBeGreaterThan(4);
    expect(room.of('refused')).toEqual([]);
    expect(room.server.status().rooms).toEqual([]);
  });
});
