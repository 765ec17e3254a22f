/**
 * Acknowledged provisional responses (RFC 3262) and UPDATE (RFC 3311) with sipp, in both roles. Its scenarios check our messages; here is
 * what our side says of the call.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Call, IncomingCall, Sessions, SipMessage } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, runSipp, Sipp } from '../support/sipp.js';
import {
  answered,
  asCaller,
  established,
  kept,
  open,
  reply,
  replyToInvite,
  script,
  sdp,
  takeCall,
  takeRequest,
  takeResponse,
} from '../support/sipp-script.js';
import { until } from '../support/until.js';

let sessions: Sessions | undefined;

afterEach(async () => {
  await sessions?.close();
  await stopAllPrograms();
});

function target(): number {
  return sessions?.listeners[0]?.port as number;
}

describe('PRACK', () => {
  const reliableProgress = [
    open('INVITE', { headers: ['Supported: 100rel', 'Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE'], body: sdp() }),
    takeResponse(183, 'Require: 100rel', 'm=audio', kept('RSeq:', '[0-9]+', 'rseq')),
    asCaller('PRACK', 2, { headers: ['RAck: [$rseq] 1 INVITE'] }),
    takeResponse(200, 'CSeq: 2 PRACK'),
  ];

  it('of sipp acknowledges our early media, and only then the call is answered', async () => {
    const calls: Call[] = [];
    sessions = await openSessions({
      onIncomingCall: async (incoming) => {
        incoming.progress();
        calls.push(await incoming.accept());
      },
    });
    const scenario = script(
      ...reliableProgress,
      takeResponse(200, 'CSeq: 1 INVITE'),
      asCaller('ACK', 1),
      asCaller('BYE', 3),
      takeResponse(200, 'CSeq: 3 BYE'),
    );
    assertSuccess(await runSipp({ scenario, target: target() }));
    expect(await calls[0]?.finished).toMatchObject({ cause: 'remote-hangup' });
  });

  it('of ours acknowledges every reliable response of sipp, in its order', async () => {
    sessions = await openSessions();
    const scenario = script(
      takeCall('Supported:.*100rel'),
      replyToInvite('183 Session Progress', { headers: ['Require: 100rel', 'RSeq: 17'], body: sdp() }),
      takeRequest('PRACK', 'RAck: 17 [0-9]+ INVITE'),
      reply('200 OK'),
      replyToInvite('180 Ringing', { headers: ['Require: 100rel', 'RSeq: 18'] }),
      takeRequest('PRACK', 'RAck: 18 [0-9]+ INVITE'),
      reply('200 OK'),
      replyToInvite('200 OK'),
      takeRequest('ACK'),
      takeRequest('BYE'),
      reply('200 OK'),
    );
    const sipp = await Sipp.start({ scenario });
    const progress: number[] = [];
    const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`, {
      onProgress: ({ status }) => progress.push(status),
    });
    expect(progress).toEqual([183, 180]);
    // The 200 says nothing of media: what the 183 said is in force.
    expect(call.remoteMedia).toMatchObject({ port: sipp.mediaPort });
    await call.hangup();
    assertSuccess(await sipp.result());
  });

  it('is followed by an UPDATE of sipp before the answer', async () => {
    let incoming: IncomingCall | undefined;
    const updates: SipMessage[] = [];
    const calls: Call[] = [];
    sessions = await openSessions({
      onIncomingCall: (one) => {
        incoming = one;
        one.progress();
      },
      middleware: [
        (request, _reply, next) => {
          next();
          if (request.method === 'UPDATE') updates.push(request);
        },
      ],
    });
    const scenario = script(
      ...reliableProgress,
      asCaller('UPDATE', 3, { body: sdp({ direction: 'sendonly', version: 2 }) }),
      takeResponse(200, 'CSeq: 3 UPDATE', 'a=recvonly'),
      takeResponse(200, 'CSeq: 1 INVITE'),
      asCaller('ACK', 1),
      asCaller('BYE', 4),
      takeResponse(200, 'CSeq: 4 BYE'),
    );
    const sipp = await Sipp.start({ scenario, target: target() });
    await until(() => updates.length > 0, 'the UPDATE');
    calls.push((await incoming?.accept()) as Call);
    expect(calls[0]?.remoteHold).toBe(true);
    assertSuccess(await sipp.result());
  });
});

describe('UPDATE', () => {
  it('of sipp holds us and takes us back; without an offer it changes nothing', async () => {
    const held: boolean[] = [];
    const calls: Call[] = [];
    sessions = await openSessions({
      onIncomingCall: async (incoming) => {
        const call = await incoming.accept();
        call.events.on('remoteHold', (on) => held.push(on));
        calls.push(call);
      },
    });
    const scenario = script(
      established(),
      asCaller('UPDATE', 2, { body: sdp({ direction: 'sendonly', version: 2 }) }),
      takeResponse(200, 'Contact:', 'a=recvonly'),
      asCaller('UPDATE', 3),
      takeResponse(200, 'Content-Length: 0'),
      asCaller('UPDATE', 4, { body: sdp({ direction: 'sendrecv', version: 3 }) }),
      takeResponse(200, 'a=sendrecv'),
      asCaller('BYE', 5),
      takeResponse(200),
    );
    assertSuccess(await runSipp({ scenario, target: target() }));
    expect(await calls[0]?.finished).toMatchObject({ cause: 'remote-hangup' });
    expect(held).toEqual([true, false]);
  });

  it('of ours changes the codec where sipp takes UPDATE, and goes by re-INVITE where it does not', async () => {
    sessions = await openSessions({ codecs: ['pcmu', 'pcma'] });
    const change = { body: sdp({ codecs: '8 101', version: 2 }) };
    const end = [takeRequest('BYE'), reply('200 OK')];
    const knows = await Sipp.start({
      scenario: script(
        answered(['Allow: INVITE, ACK, BYE, CANCEL, UPDATE']),
        takeRequest('UPDATE', 'm=audio [0-9]+ RTP/AVP 8 101'),
        reply('200 OK', change),
        ...end,
      ),
    });
    const knowsNot = await Sipp.start({
      scenario: script(
        answered(['Allow: INVITE, ACK, BYE, CANCEL']),
        takeRequest('INVITE', 'm=audio [0-9]+ RTP/AVP 8 101'),
        reply('200 OK', change),
        takeRequest('ACK'),
        ...end,
      ),
    });
    for (const sipp of [knows, knowsNot]) {
      const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
      expect(call.codec).toBe('pcmu');
      await call.update({ codecs: ['pcma'] });
      expect(call.codec).toBe('pcma');
      await call.hangup();
      assertSuccess(await sipp.result());
    }
  });

  it('of ours that is refused leaves the call as it was', async () => {
    sessions = await openSessions({ codecs: ['pcmu', 'pcma'] });
    const sipp = await Sipp.start({
      scenario: script(
        answered(['Allow: INVITE, ACK, BYE, CANCEL, UPDATE']),
        takeRequest('UPDATE'),
        reply('488 Not Acceptable Here'),
        takeRequest('BYE'),
        reply('200 OK'),
      ),
    });
    const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
    await expect(call.update({ codecs: ['pcma'] })).rejects.toMatchObject({ status: 488 });
    expect([call.state.kind, call.codec]).toEqual(['Active', 'pcmu']);
    await call.hangup();
    assertSuccess(await sipp.result());
  });
});
