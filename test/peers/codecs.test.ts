/**
 * Every codec with baresip: it calls us and we call it, each hears the other's tone at its level. baresip has codecs of its own (libopus
 * and spandsp), so that both sides could not be wrong in the same way.
 */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Call, CodecName, Sessions } from '../../src/api/index.js';
import { Baresip, type BaresipCodec } from '../support/baresip.js';
import { temporaryFolder } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { steadyPart, steadyToneDbfs } from '../support/steady.js';
import { sine } from '../support/tone.js';
import { until } from '../support/until.js';
import { readWav } from '../support/wav.js';

const toneDbfs = -20;
const ownHz = 1087.13;
const baresipHz = 769.87;
const analysedMs = 2000;

describe('baresip', () => {
  let sessions: Sessions | undefined;
  let baresip: Baresip | undefined;

  afterEach(async () => {
    await baresip?.stop();
    await sessions?.close();
  });

  /** Three and a half seconds of tones both ways; what each side heard. */
  async function talk(call: Call): Promise<{ byUs: Int16Array; byBaresip: Int16Array }> {
    const folder = temporaryFolder();
    call.play(sine(ownHz, 30_000, toneDbfs)).catch(() => {});
    await until(() => call.stats()?.talking === true, 'baresip to be heard');
    const recording = call.record(join(folder.path, 'heard.wav'), { rateHz: 8000 });
    const before = call.stats()?.packetsReceived ?? 0;
    await until(() => (call.stats()?.packetsReceived ?? 0) - before >= (analysedMs + 1500) / 20, 'sound', 20_000);
    await recording.stop();
    const byUs = readWav(recording.path);
    folder.remove();
    return { byUs, byBaresip: (await baresip?.heard()) as Int16Array };
  }

  function expectTones({ byUs, byBaresip }: { byUs: Int16Array; byBaresip: Int16Array }): void {
    expect(Math.abs(steadyToneDbfs(steadyPart(byUs, analysedMs), baresipHz) - toneDbfs)).toBeLessThan(1);
    expect(Math.abs(steadyToneDbfs(steadyPart(byBaresip, analysedMs, 1000), ownHz) - toneDbfs)).toBeLessThan(1);
  }

  const codecs: readonly [BaresipCodec, CodecName][] = [
    ['opus', 'opus'],
    ['G722', 'g722'],
    ['PCMU', 'pcmu'],
    ['PCMA', 'pcma'],
    ['L16', 'l16'],
  ];

  it.each(codecs)('calls us with %s', async (name, codec) => {
    const calls: Call[] = [];
    sessions = await openSessions({
      codecs: ['opus', 'g722', 'pcmu', 'pcma', 'l16'],
      onIncomingCall: async (incoming) => {
        calls.push(await incoming.accept());
      },
    });
    baresip = await Baresip.start({ says: sine(baresipHz, 30_000, toneDbfs), codecs: [name] });
    await baresip.dial(`sip:us@127.0.0.1:${sessions.listeners[0]?.port}`);
    await until(() => calls[0]?.state.kind === 'Active', 'the call');
    expect(calls[0]?.codec).toBe(codec);
    expectTones(await talk(calls[0] as Call));
  });

  it.each(codecs)('is called by us with %s', async (name, codec) => {
    baresip = await Baresip.start({ says: sine(baresipHz, 30_000, toneDbfs), codecs: [name] });
    sessions = await openSessions();
    const call = await sessions.call(`sip:baresip@127.0.0.1:${baresip.port}`, { codecs: [codec] });
    expect(call.codec).toBe(codec);
    expectTones(await talk(call));
  });
});
