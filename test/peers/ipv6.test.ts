/**
 * The same over IPv6: sipp's caller and a phone of ours in a room on ::1, and audio between our phones there.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { RtpPhone } from '../support/rtp-phone.js';
import { assertSuccess, runSipp } from '../support/sipp.js';
import { steadyPart, steadyToneDbfs } from '../support/steady.js';
import { until } from '../support/until.js';

const toneDbfs = -20;
const tonesHz = [769.87, 1087.13] as const;

describe('a room on ::1', () => {
  let room: RoomServer;
  const phones: RtpPhone[] = [];

  beforeAll(async () => {
    room = await startRoomServer({ listen: ['udp://[::1]:0'] });
  });

  afterAll(async () => {
    await Promise.all(phones.map((phone) => phone.close()));
    await room?.close();
  });

  it('is joined by sipp', async () => {
    const calls = 5;
    const result = await runSipp({ scenario: 'uac', host: '::1', target: room.port, user: 'six', calls, holdMs: 200 });
    assertSuccess(result, calls);
    await room.saw('left', calls);
    expect(room.of('joined').map((event) => event.room)).toEqual(Array(calls).fill('six'));
  });

  it('lets two phones hear each other', async () => {
    for (const tone of tonesHz) {
      const phone = await RtpPhone.dial(`sip:six@[::1]:${room.port}`, { listen: ['udp://[::1]:0'] });
      phone.sendTone(tone, toneDbfs);
      phones.push(phone);
    }
    expect(phones.map(({ call }) => call.remoteMedia?.address)).toEqual(['::1', '::1']);
    for (const phone of phones) phone.listen();
    const received = (): number[] => phones.map(({ call }) => call.stats()?.packetsReceived ?? 0);
    const before = received();
    await until(
      () => received().every((count, index) => count - before[index]! > 125),
      'two and a half seconds of packets',
    );
    for (const [index, phone] of phones.entries()) {
      const sound = steadyPart(await phone.heard(), 1000);
      expect(Math.abs(steadyToneDbfs(sound, tonesHz[1 - index]!) - toneDbfs)).toBeLessThan(1);
    }
  });
});
