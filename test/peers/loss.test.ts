/**
 * Datagrams that get lost. The relay loses the first copy of every message both ways, so each single retransmission of RFC 3261 has to
 * do its work; sipp's own `-lost` loses at random.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/api/index.js';
import { LossyRelay, loseFirstCopies } from '../support/lossy-relay.js';
import { freeUdpPort } from '../support/ports.js';
import { stopAllPrograms } from '../support/processes.js';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, runSipp, Sipp } from '../support/sipp.js';
import { until } from '../support/until.js';

const everyStep = ['toServer INVITE', 'toServer ACK', 'toServer BYE', 'toClient SIP/2.0 200 OK'];

describe('lost datagrams', () => {
  let relay: LossyRelay | undefined;
  let room: RoomServer | undefined;
  let sessions: Sessions | undefined;

  afterEach(async () => {
    await room?.close();
    await sessions?.close();
    await stopAllPrograms();
    relay?.close();
    [relay, room, sessions] = [undefined, undefined, undefined];
  });

  it('do no harm to a call from sipp: every message is lost once', async () => {
    room = await startRoomServer();
    relay = await LossyRelay.open(room.port, loseFirstCopies());
    const result = await runSipp({
      scenario: { file: 'caller' },
      target: relay.nearPort,
      user: 'lossy',
      calls: 3,
      holdMs: 4000,
      timeoutMs: 40_000,
    });
    assertSuccess(result, 3);
    const { lost } = relay;
    for (const each of everyStep) expect(lost.filter((line) => line.startsWith(each)).length).toBeGreaterThanOrEqual(3);
    await room.saw('left', 3);
    // A repeated INVITE is the same call, not one more.
    expect(room.of('joined')).toHaveLength(3);
    expect(room.of('left').map(({ reason }) => reason?.cause)).toEqual(Array(3).fill('remote-hangup'));
  });

  it('do no harm to a call to sipp: every message is lost once', async () => {
    const port = await freeUdpPort();
    relay = await LossyRelay.open(port, loseFirstCopies());
    const { lost, nearPort, passed } = relay;
    const keys = { contact_port: nearPort };
    const sipp = await Sipp.start({ scenario: { file: 'callee' }, port, calls: 3, keys, timeoutMs: 40_000 });
    const own = await openSessions();
    sessions = own;
    const target = `sip:callee@127.0.0.1:${nearPort}`;
    const calls = await Promise.all([own.call(target), own.call(target), own.call(target)]);
    // A BYE that overtakes a lost ACK is right, but is no test of the ACK.
    await until(() => passed.filter((line) => line.startsWith('toServer ACK')).length === 3, 'three ACKs');
    await Promise.all(calls.map((call) => call.hangup()));
    assertSuccess(await sipp.result(), 3);
    for (const each of everyStep) expect(lost.filter((line) => line.startsWith(each)).length).toBeGreaterThanOrEqual(3);
    expect(calls.map(({ endReason }) => endReason?.cause)).toEqual(Array(3).fill('local-hangup'));
  });

  it('at random, a tenth of all, cost a caller nothing but time', async () => {
    room = await startRoomServer();
    const result = await runSipp({
      scenario: 'uac',
      target: room.port,
      user: 'random',
      calls: 30,
      rate: 30,
      holdMs: 500,
      args: ['-lost', '10'],
      timeoutMs: 40_000,
    });
    assertSuccess(result, 30);
    expect(result.retransmissions).toBeGreaterThan(0);
    // A repeated INVITE is not one more call. Fewer may have joined: sipp may hang up before its lost ACK was repeated, or, having lost
    // ACK and BYE, take the repeated 200 of its INVITE for that of its BYE.
    const seen = room.of('joined').length + room.of('refused').length;
    expect(seen).toBeLessThanOrEqual(30);
    expect(seen).toBeGreaterThanOrEqual(25);
  });

  it('are answered for: requests sent twice, and an ACK that comes late', async () => {
    room = await startRoomServer();
    // -nr: sipp neither repeats by itself nor hides repeated messages from the scenario.
    const result = await runSipp({
      scenario: { file: 'no-ack-at-first' },
      target: room.port,
      user: 'twice',
      holdMs: 100,
      args: ['-nr'],
    });
    assertSuccess(result);
    await room.saw('left', 1);
    expect(room.of('joined')).toHaveLength(1);
    expect(room.of('refused')).toEqual([]);
  });
});
