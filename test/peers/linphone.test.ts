/** linphone calls us and is called by us: audio, keys, hold by either side, and the end. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Call, Sessions } from '../../src/api/index.js';
import { Linphone } from '../support/linphone.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { sine } from '../support/tone.js';
import { until } from '../support/until.js';

let sessions: Sessions;
let linphone: Linphone;
const into: Call[] = [];

beforeAll(async () => {
  sessions = await openSessions({
    onIncomingCall: async (incoming) => {
      incoming.ring();
      into.push(await incoming.accept());
    },
  });
  linphone = await Linphone.start(sine(440, 30_000, -15));
});

afterEach(() => {
  into.length = 0;
});

afterAll(async () => {
  await linphone?.stop();
  await sessions?.close();
  await stopAllPrograms();
});

const level = (call: Call): number => call.stats()?.levelInDbov ?? -127;

it('calls us, is heard, presses keys, holds and hangs up', async () => {
  const port = sessions.listeners[0]?.port;
  const id = await linphone.dial(`sip:us@127.0.0.1:${port}`);
  await until(() => into.length === 1, 'the call');
  const call = into[0] as Call;
  const digits: string[] = [];
  call.events.on('dtmf', (digit) => digits.push(digit));
  await linphone.talk(id);
  await until(() => level(call) > -25, 'its tone');
  for (const digit of ['1', '#']) {
    await linphone.tell(`dtmf ${digit}`, /Status: Ok/);
    await until(() => digits.at(-1) === digit, `the key ${digit}`);
  }
  await linphone.tell(`call-pause ${id}`, /LinphoneCallPaused\b/);
  await until(() => call.remoteHold, 'its hold');
  await linphone.tell(`call-resume ${id}`, /LinphoneCallStreamsRunning/);
  await until(() => !call.remoteHold, 'its resuming');
  await linphone.tell(`terminate ${id}`, /LinphoneCallReleased/);
  expect((await call.finished).cause).toBe('remote-hangup');
  expect(digits).toEqual(['1', '#']);
});

it('is called by us, held by us, and hung up on', async () => {
  const calling = sessions.call(`sip:linphone@127.0.0.1:${linphone.port}`);
  const id = await linphone.answer();
  const call = await calling;
  await linphone.talk(id);
  await until(() => level(call) > -25, 'its tone');
  const held = linphone.saw(/LinphoneCallPausedByRemote/);
  await call.hold();
  await held;
  const resumed = linphone.saw(/LinphoneCallPausedByRemote[\s\S]*LinphoneCallStreamsRunning/);
  await call.resume();
  await resumed;
  await call.hangup();
  await linphone.saw(/LinphoneCallReleased/);
});
