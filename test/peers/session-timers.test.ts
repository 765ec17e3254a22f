/**
 * Session timers (RFC 4028) with sipp, in both roles. What sipp grants may be seconds, so that refresh and end come in real time; what it
 * asks for is held to the 90 s of the RFC.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Call, Sessions } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, runSipp, Sipp } from '../support/sipp.js';
import {
  ackRefusal,
  answered,
  asCallee,
  asCaller,
  open,
  reply,
  replyToInvite,
  script,
  sdp,
  takeCall,
  takeInvite,
  takeRequest,
  takeResponse,
} from '../support/sipp-script.js';
import { within } from '../support/until.js';

let sessions: Sessions | undefined;

afterEach(async () => {
  await sessions?.close();
  await stopAllPrograms();
});

const allowAll = 'Allow: INVITE, ACK, BYE, CANCEL, UPDATE';
const allowLess = 'Allow: INVITE, ACK, BYE, CANCEL';

describe('sipp asks for a session timer', () => {
  it('too short: 422; long enough: granted, refreshed by UPDATE and by re-INVITE', async () => {
    const calls: Call[] = [];
    sessions = await openSessions({ onIncomingCall: async (incoming) => void calls.push(await incoming.accept()) });
    const asks = (intervalS: number) => ['Supported: timer', `Session-Expires: ${intervalS};refresher=uac`];
    const granted = ['Require:.*timer', 'Session-Expires: 90;refresher=uac'];
    const scenario = script(
      open('INVITE', { headers: asks(60), body: sdp() }),
      takeResponse(422, 'Min-SE: 90'),
      ackRefusal(1),
      open('INVITE', { headers: asks(90), body: sdp() }, 2),
      takeResponse(200, ...granted),
      asCaller('ACK', 2),
      asCaller('UPDATE', 3, { headers: asks(90) }),
      takeResponse(200, 'CSeq: 3 UPDATE', ...granted),
      asCaller('INVITE', 4, { headers: asks(90), body: sdp({ version: 1 }) }),
      takeResponse(200, 'CSeq: 4 INVITE', ...granted),
      asCaller('ACK', 4),
      asCaller('UPDATE', 5, { headers: asks(30) }),
      takeResponse(422, 'Min-SE: 90'),
      asCaller('BYE', 6),
      takeResponse(200),
    );
    assertSuccess(await runSipp({ scenario, target: sessions.listeners[0]?.port as number }));
    expect(await calls[0]?.finished).toMatchObject({ cause: 'remote-hangup' });
  });
});

describe('we ask for a session timer', () => {
  it('too short for sipp: asked for again with its Min-SE, and refreshed by UPDATE at half the time', async () => {
    sessions = await openSessions();
    const scenario = script(
      takeCall('Supported:.*timer', 'Session-Expires: 1800'),
      reply('422 Session Interval Too Small', { headers: ['Min-SE: 3600'] }).replace(
        '[last_To:]',
        '[last_To:];tag=422',
      ),
      takeRequest('ACK'),
      takeInvite('Session-Expires: 3600', 'Min-SE: 3600'),
      replyToInvite('200 OK', {
        headers: [allowAll, 'Require: timer', 'Session-Expires: 2;refresher=uac'],
        body: sdp(),
      }),
      takeRequest('ACK'),
      takeRequest('UPDATE', 'Session-Expires: 3600;refresher=uac', 'Min-SE: 3600', 'Content-Length: 0'),
      reply('200 OK', { headers: ['Require: timer', 'Session-Expires: 3600;refresher=uac'] }),
      asCallee('BYE', 1),
      takeResponse(200),
    );
    const sipp = await Sipp.start({ scenario });
    const startMs = performance.now();
    const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
    expect(await within(call.finished, 'the BYE of sipp')).toMatchObject({ cause: 'remote-hangup' });
    expect(performance.now() - startMs).toBeGreaterThan(990);
    assertSuccess(await sipp.result());
  });

  it('of one that takes no UPDATE, and refreshes by re-INVITE', async () => {
    sessions = await openSessions();
    const timer = ['Require: timer', 'Session-Expires: 2;refresher=uac'];
    const scenario = script(
      answered([allowLess, ...timer]),
      takeInvite('Session-Expires: 90;refresher=uac', 'm=audio'),
      reply('200 OK', { headers: ['Require: timer', 'Session-Expires: 1800;refresher=uac'], body: sdp() }),
      takeRequest('ACK'),
      asCallee('BYE', 1),
      takeResponse(200),
    );
    const sipp = await Sipp.start({ scenario });
    const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
    expect(await within(call.finished, 'the BYE of sipp')).toMatchObject({ cause: 'remote-hangup' });
    assertSuccess(await sipp.result());
  });

  it('of one that wants to refresh and never does: BYE before the time is over', async () => {
    sessions = await openSessions();
    const scenario = script(
      answered([allowAll, 'Require: timer', 'Session-Expires: 3;refresher=uas']),
      takeRequest('BYE', 'Reason: SIP ?;cause=408'),
      reply('200 OK'),
    );
    const sipp = await Sipp.start({ scenario });
    const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
    const startMs = performance.now();
    expect(await within(call.finished, 'the end of the session')).toMatchObject({ cause: 'session-expired' });
    // RFC 4028 10: a third of the session before its end.
    expect(performance.now() - startMs).toBeGreaterThan(1900);
    expect(performance.now() - startMs).toBeLessThan(3000);
    assertSuccess(await sipp.result());
  });
});
