/**
 * INVITEs without a session description, from sipp: we offer in the 200 and take the answer from the ACK.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { assertSuccess, Sipp } from '../support/sipp.js';
import { until } from '../support/until.js';

describe('a late offer', () => {
  let room: RoomServer;

  beforeAll(async () => {
    room = await startRoomServer();
  });

  afterAll(() => room?.close());

  it('joins the room with the answer in its ACK, and audio flows both ways', async () => {
    const sipp = await Sipp.start({
      scenario: { file: 'late-offer' },
      target: room.port,
      user: 'late',
      holdMs: 1500,
      rtpEcho: true,
    });
    await room.saw('joined', 1);
    const audio = () => room.server.status().rooms[0]?.members[0]?.audio;
    await until(() => (audio()?.packetsReceived ?? 0) >= 10, 'ten packets that sipp sends back');
    assertSuccess(await sipp.result());
    await room.saw('left', 1);
    expect(room.of('joined')).toMatchObject([{ room: 'late', codec: 'pcmu', members: 1 }]);
    expect(room.of('left')).toMatchObject([{ reason: { cause: 'remote-hangup' } }]);
  });

  it('whose answer rejects the audio ends by a BYE with Reason 488', async () => {
    const sipp = await Sipp.start({ scenario: { file: 'refused-late-answer' }, target: room.port, user: 'mute' });
    assertSuccess(await sipp.result());
    await until(() => room.server.status().calls === 0, 'the end of the call');
    expect(room.of('joined').filter((event) => event.room === 'mute')).toEqual([]);
  });
});
