/**
 * baresip in a room with two of our callers: each hears the two others and not itself, by the recordings of all three; its keys arrive as
 * digits, in the room's server and in a call to this library.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/api/index.js';
import { Baresip } from '../support/baresip.js';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { openSessions, RtpPhone } from '../support/rtp-phone.js';
import { steadyLeakDbfs, steadyPart, steadyToneDbfs } from '../support/steady.js';
import { mixed, sine } from '../support/tone.js';
import { until } from '../support/until.js';

const toneDbfs = -20;
const analysedMs = 8000;
const ownHz = 769.87;
const phonesHz = [1087.13, 1487.59] as const;

describe('baresip in a room', () => {
  let room: RoomServer;
  let baresip: Baresip;
  const phones: RtpPhone[] = [];
  const heard: { byBaresip: Int16Array; byPhones: Int16Array[] } = { byBaresip: new Int16Array(), byPhones: [] };

  beforeAll(async () => {
    room = await startRoomServer();
    for (const tone of phonesHz) {
      const phone = await RtpPhone.dial(room.uri('lounge'));
      phone.sendTone(tone, toneDbfs);
      phones.push(phone);
    }
    baresip = await Baresip.start({ says: sine(ownHz, 30_000, toneDbfs) });
    await baresip.dial(room.uri('Lounge'));
    await room.saw('joined', 3);
    const audio = () => room.server.status().rooms[0]?.members.map((member) => member.audio) ?? [];
    await until(() => audio().every((one) => one?.talking), 'everyone to be heard');
    for (const phone of phones) phone.listen();
    const sent = (): number => audio().at(-1)?.packetsSent ?? 0;
    const before = sent();
    await until(() => sent() - before >= (analysedMs + 1500) / 20, 'nine and a half seconds of sound', 20_000);
    heard.byPhones.push(...(await Promise.all(phones.map((phone) => phone.heard()))));
    heard.byBaresip = await baresip.heard();
  });

  afterAll(async () => {
    await baresip?.stop();
    await Promise.all(phones.map((phone) => phone.close()));
    await room?.close();
  });

  it('is one of three members, with PCMU, and leaves when it quits', async () => {
    await room.saw('left', 1);
    expect(room.of('joined').at(-1)).toMatchObject({
      room: 'lounge',
      from: 'sip:baresip@127.0.0.1',
      codec: 'pcmu',
      members: 3,
    });
    expect(room.of('left')).toMatchObject([{ from: 'sip:baresip@127.0.0.1', reason: { cause: 'remote-hangup' } }]);
  });

  it('hears our callers at their level, and not itself', () => {
    const sound = steadyPart(heard.byBaresip, analysedMs, 1000);
    for (const tone of phonesHz) expect(Math.abs(steadyToneDbfs(sound, tone) - toneDbfs), `${tone} Hz`).toBeLessThan(1);
    expect(steadyLeakDbfs(sound, ownHz, phonesHz)).toBeLessThan(toneDbfs - 60);
  });

  it.each(phonesHz.map((tone, index) => [tone, index] as const))('is heard by our caller of %f Hz', (own, index) => {
    const sound = steadyPart(heard.byPhones[index]!, analysedMs);
    const others = [ownHz, ...phonesHz].filter((tone) => tone !== own);
    for (const tone of others) {
      expect(Math.abs(steadyToneDbfs(sound, tone) - toneDbfs), `${tone} Hz`).toBeLessThan(1);
    }
    expect(steadyLeakDbfs(sound, own, others)).toBeLessThan(toneDbfs - 60);
  });
});

describe('a key of baresip', () => {
  let sessions: Sessions | undefined;
  let baresip: Baresip | undefined;

  afterEach(async () => {
    await baresip?.stop();
    await sessions?.close();
  });

  it.each(['PCMU', 'PCMA'] as const)('is a digit, once, in a call with %s', async (codec) => {
    const digits: [digit: string, durationMs: number][] = [];
    const codecs: (string | undefined)[] = [];
    const ends: string[] = [];
    sessions = await openSessions({
      onIncomingCall: async (incoming) => {
        const call = await incoming.accept();
        codecs.push(call.codec);
        call.events.on('dtmf', (digit, durationMs) => digits.push([digit, durationMs]));
        ends.push((await call.finished).cause);
      },
    });
    const [listener] = sessions.listeners;
    baresip = await Baresip.start({ says: mixed(sine(697, 10_000), sine(1209, 10_000)), codecs: [codec] });
    await baresip.dial(`sip:keys@127.0.0.1:${listener?.port}`);
    for (const digit of '159*0#') {
      const before = digits.length;
      await baresip.press(digit);
      await until(
        () => digits.length > before,
        () => `digit ${digit}; there was ${JSON.stringify(digits)}`,
      );
    }
    await baresip.hangUp();
    await until(() => ends.length === 1, 'the end of the call');
    expect(digits.map(([digit]) => digit).join('')).toBe('159*0#');
    for (const [digit, durationMs] of digits) expect(durationMs, `digit ${digit}`).toBeGreaterThan(40);
    expect(codecs).toEqual([codec.toLowerCase()]);
    expect(ends).toEqual(['remote-hangup']);
  });
});
