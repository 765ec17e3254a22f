/**
 * Glare of re-INVITEs with sipp (RFC 3261 14): each side has one on its way when the other's comes. We refuse with 491, and after a 491 we
 * wait as long as who made the Call-ID, or who did not, has to.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Call, Sessions } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, Sipp } from '../support/sipp.js';
import {
  answered,
  asCallee,
  asCaller,
  established,
  pause,
  reply,
  replyToInvite,
  replyToReinvite,
  script,
  sdp,
  takeInvite,
  takeRequest,
  takeResponse,
} from '../support/sipp-script.js';
import { until } from '../support/until.js';

let sessions: Sessions | undefined;

afterEach(async () => {
  await sessions?.close();
  await stopAllPrograms();
});

const held = sdp({ direction: 'recvonly', version: 2 });

describe('re-INVITEs that meet', () => {
  it('get 491 each; we called, and try again after 2.1 to 4 s', async () => {
    sessions = await openSessions();
    const scenario = script(
      answered(),
      takeInvite('a=sendonly'),
      asCallee('INVITE', 1, { body: sdp({ version: 2 }) }),
      takeResponse(491),
      asCallee('ACK', 1),
      replyToInvite('491 Request Pending'),
      takeRequest('ACK'),
      takeInvite('a=sendonly'),
      reply('200 OK', { body: held }),
      takeRequest('ACK'),
      takeRequest('BYE'),
      reply('200 OK'),
    );
    const sipp = await Sipp.start({ scenario });
    const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
    const startMs = performance.now();
    await call.hold();
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThan(2090);
    expect(tookMs).toBeLessThan(4500);
    expect(call.state).toMatchObject({ kind: 'OnHold' });
    await call.hangup();
    assertSuccess(await sipp.result());
  });

  it('get 491 each; we were called, and try again within 2 s', async () => {
    const calls: Call[] = [];
    sessions = await openSessions({ onIncomingCall: async (incoming) => void calls.push(await incoming.accept()) });
    const scenario = script(
      established(),
      takeInvite('a=sendonly'),
      asCaller('INVITE', 2, { body: sdp({ version: 2 }) }),
      takeResponse(491),
      asCaller('ACK', 2),
      replyToReinvite('491 Request Pending'),
      takeRequest('ACK'),
      takeInvite('a=sendonly'),
      reply('200 OK', { body: held }),
      takeRequest('ACK'),
      pause(50),
      asCaller('BYE', 3),
      takeResponse(200),
    );
    const sipp = await Sipp.start({ scenario, target: sessions.listeners[0]?.port as number });
    await until(() => calls.length > 0, 'the call');
    const startMs = performance.now();
    await calls[0]?.hold();
    expect(performance.now() - startMs).toBeLessThan(2500);
    expect(await calls[0]?.finished).toMatchObject({ cause: 'remote-hangup' });
    assertSuccess(await sipp.result());
  });
});
