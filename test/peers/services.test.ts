/** Requests besides calls with sipp, in both roles: OPTIONS, MESSAGE, SUBSCRIBE and its NOTIFYs. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Notification, Sessions } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, runSipp, Sipp } from '../support/sipp.js';
import {
  asCallee,
  asCaller,
  open,
  reply,
  script,
  takeRequest,
  takeResponse,
  takeSubscribe,
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

const text = (...lines: string[]) => ({ type: 'text/plain', lines });

describe('OPTIONS', () => {
  it('of sipp is answered with what we can (RFC 3261 11.2)', async () => {
    sessions = await openSessions();
    const scenario = script(
      open('OPTIONS', { headers: ['Accept: application/sdp'] }),
      takeResponse(200, 'Allow:.*PRACK', 'Allow:.*UPDATE', 'Allow:.*REFER', 'Supported:.*100rel', 'Accept:.*sdp'),
    );
    assertSuccess(await runSipp({ scenario, target: target() }));
  });

  it('of ours tells what sipp can', async () => {
    sessions = await openSessions();
    const scenario = script(
      takeRequest('OPTIONS', 'Max-Forwards: 70'),
      reply('200 OK', { headers: ['Allow: INVITE, ACK, BYE', 'Supported: x'] }),
    );
    const sipp = await Sipp.start({ scenario });
    const { status, response } = await sessions.options(`sip:sipp@127.0.0.1:${sipp.port}`);
    expect([status, response?.header('Allow')]).toEqual([200, 'INVITE, ACK, BYE']);
    assertSuccess(await sipp.result());
  });
});

describe('MESSAGE', () => {
  it('of sipp is delivered, and refused where nobody takes it', async () => {
    const texts: string[] = [];
    sessions = await openSessions({ onMessage: (request) => void texts.push(request.text) });
    const ask = open('MESSAGE', { body: text('Watson, come here.') });
    assertSuccess(await runSipp({ scenario: script(ask, takeResponse(200)), target: target() }));
    expect(texts.map((each) => each.trim())).toEqual(['Watson, come here.']);
    await sessions.close();
    sessions = await openSessions();
    assertSuccess(await runSipp({ scenario: script(ask, takeResponse(405, 'Allow:')), target: target() }));
  });

  it('of ours carries text, and its refusal is told', async () => {
    sessions = await openSessions();
    const asked = takeRequest('MESSAGE', 'Content-Type: text/plain;charset=UTF-8', 'Grüße');
    for (const [line, status] of [['202 Accepted', 202] as const, ['480 Temporarily Unavailable', 480] as const]) {
      const sipp = await Sipp.start({ scenario: script(asked, reply(line)) });
      expect((await sessions.message(`sip:sipp@127.0.0.1:${sipp.port}`, 'Grüße')).status).toBe(status);
      assertSuccess(await sipp.result());
    }
  });
});

describe('SUBSCRIBE', () => {
  it('of sipp gets a NOTIFY at once, and a last one when it leaves', async () => {
    const ends: string[] = [];
    sessions = await openSessions({
      onSubscribe: {
        weather: (incoming) => {
          const body = { contentType: 'text/plain', data: Buffer.from('rain') };
          incoming.accept({ body, onEnd: (end) => ends.push(end) });
        },
      },
    });
    const asks = (expiresS: number) => ({ headers: ['Event: weather', `Expires: ${expiresS}`] });
    const scenario = script(
      open('SUBSCRIBE', asks(120)),
      takeResponse(200, 'Expires: 120', 'Contact:'),
      takeRequest('NOTIFY', 'Event: weather', 'Subscription-State: active;expires=1[0-9]+', 'rain'),
      reply('200 OK'),
      asCaller('SUBSCRIBE', 2, asks(0)),
      takeResponse(200, 'Expires: 0'),
      takeRequest('NOTIFY', 'Subscription-State: terminated'),
      reply('200 OK'),
    );
    assertSuccess(await runSipp({ scenario, target: target() }));
    await until(() => ends.length > 0, 'the end of the subscription');
    expect(ends).toEqual(['unsubscribed']);
  });

  it('of sipp to what nobody notifies of is refused', async () => {
    sessions = await openSessions({ onSubscribe: { weather: (incoming) => incoming.accept() } });
    const scenario = script(
      open('SUBSCRIBE', { headers: ['Event: tides'] }),
      takeResponse(489, 'Allow-Events: weather'),
    );
    assertSuccess(await runSipp({ scenario, target: target() }));
  });

  it('of ours hears the NOTIFYs of sipp until it ends them', async () => {
    sessions = await openSessions();
    const notify = (cseq: number, state: string, line: string) =>
      asCallee('NOTIFY', cseq, {
        headers: ['Event: weather', `Subscription-State: ${state}`],
        body: text(line),
      }) + takeResponse(200, `CSeq: ${cseq} NOTIFY`);
    const scenario = script(
      takeSubscribe('Event: weather', 'Expires: 600'),
      reply('200 OK', { headers: ['Expires: 300'] }).replace('[last_To:]', '[last_To:];tag=[call_number]s[pid]'),
      notify(1, 'active;expires=300', 'rain'),
      notify(2, 'active;expires=300', 'sun'),
      notify(3, 'terminated;reason=noresource', 'none'),
    );
    const sipp = await Sipp.start({ scenario });
    const subscription = sessions.subscribe(`sip:sipp@127.0.0.1:${sipp.port}`, { event: 'weather', expiresS: 600 });
    const heard: Notification[] = [];
    for await (const notification of subscription) heard.push(notification);
    expect(heard.map(({ content }) => content?.text.trim())).toEqual(['rain', 'sun', 'none']);
    expect(await subscription.finished).toMatchObject({ by: 'notifier', reason: 'noresource' });
    assertSuccess(await sipp.result());
  });
});
