/**
 * The mix, over real sockets from end to end: five callers in a room, each with a tone of its own, each recording what it hears. Each must
 * hear the other four as loud as they are, and nothing of itself.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { RtpPhone } from '../support/rtp-phone.js';
import { steadyLeakDbfs, steadyNoiseDbfs, steadyPart, steadyToneDbfs } from '../support/steady.js';
import { until } from '../support/until.js';

/**
 * Products of any of these, up to seven of them, fall 2 Hz or more beside the rest, for µ-law, like all that is not linear, makes such.
 * And they share no period that would gather its noise in lines.
 */
const tonesHz = [577.31, 769.87, 1087.13, 1487.59, 1607.43];
const toneDbfs = -20;
const analysedMs = 8000;

describe('five callers, each with its own tone', () => {
  let room: RoomServer;
  const phones: RtpPhone[] = [];
  const heard: Int16Array[] = [];

  beforeAll(async () => {
    room = await startRoomServer();
    for (const _ of tonesHz) phones.push(await RtpPhone.dial(room.uri('matrix')));
    await room.saw('joined', tonesHz.length);
    phones.forEach((phone, index) => {
      phone.sendTone(tonesHz[index]!, toneDbfs);
    });
    await until(
      () => talking(room) === tonesHz.length,
      () => `${talking(room)} of all members talk`,
    );
    for (const phone of phones) phone.listen();
    const goalMs = analysedMs + 1000;
    const started = phones.map(received);
    const enough = (): boolean => phones.every((phone, index) => received(phone) - started[index]! >= goalMs / 20);
    await until(enough, 'nine seconds of packets at every phone', goalMs + 10_000);
    heard.push(...(await Promise.all(phones.map((phone) => phone.heard()))));
  });

  afterAll(async () => {
    await Promise.all(phones.map((phone) => phone.close()));
    await room?.close();
  });

  it.each(tonesHz.map((tone, index) => [tone, index] as const))('the one of %f Hz hears the others', (own, index) => {
    const sound = steadyPart(heard[index]!, analysedMs);
    const others = tonesHz.filter((tone) => tone !== own);
    for (const tone of others) {
      expect(Math.abs(steadyToneDbfs(sound, tone) - toneDbfs), `${tone} Hz`).toBeLessThan(1);
    }
    expect(steadyLeakDbfs(sound, own, others)).toBeLessThan(toneDbfs - 60);
  });

  it('and no noise beyond that of G.711, twice', () => {
    for (const recording of heard) {
      expect(steadyNoiseDbfs(steadyPart(recording, analysedMs), tonesHz)).toBeLessThan(toneDbfs - 25);
    }
  });

  it('without loss, and a playout delay that does not grow', () => {
    for (const { call } of phones) {
      const stats = call.stats();
      expect(stats).toMatchObject({ packetsLost: 0 });
      expect(stats?.playoutDelayMs).toBeLessThan(120);
    }
  });
});

function talking(room: RoomServer): number {
  const members = room.server.status().rooms[0]?.members ?? [];
  return members.filter(({ audio }) => audio?.talking).length;
}

function received(phone: RtpPhone): number {
  return phone.call.stats()?.packetsReceived ?? 0;
}
