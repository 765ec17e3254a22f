/**
 * What sipp is told when the server cannot or will not: limits with the time to come again, and requests that it does not serve.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { RtpPhone } from '../support/rtp-phone.js';
import { assertSuccess, runSipp } from '../support/sipp.js';
import { type Probe, probeScenario, sdp } from '../support/sipp-probe.js';

async function probe(port: number, request: Probe, user = 'probe'): Promise<void> {
  assertSuccess(await runSipp({ scenario: probeScenario(request), target: port, user, timeoutMs: 10_000 }));
}

describe('a limit', () => {
  let room: RoomServer | undefined;
  let phone: RtpPhone | undefined;

  afterEach(async () => {
    await phone?.close();
    await room?.close();
    [phone, room] = [undefined, undefined];
  });

  it('of members answers 486 with Retry-After for the full room, and no other', async () => {
    room = await startRoomServer({ maxMembers: 1 });
    phone = await RtpPhone.dial(room.uri('full'));
    await probe(room.port, { status: 486, matches: ['Retry-After: *[1-9]'] }, 'full');
    await probe(room.port, { status: 486 }, 'FULL');
    expect(room.of('refused')).toMatchObject([{ status: 486 }, { status: 486 }]);
    assertSuccess(await runSipp({ scenario: 'uac', target: room.port, user: 'other' }));
    await phone.close();
    await room.saw('left', 2);
    assertSuccess(await runSipp({ scenario: 'uac', target: room.port, user: 'full' }));
  });

  it('of calls answers 503 with Retry-After until one ends', async () => {
    room = await startRoomServer({ maxCalls: 1 });
    phone = await RtpPhone.dial(room.uri('a'));
    await probe(room.port, { status: 503, matches: ['Retry-After: *[1-9]'] }, 'b');
    await expect(RtpPhone.dial(room.uri('c'))).rejects.toMatchObject({ status: 503, retryAfterS: expect.any(Number) });
    expect(phone.call.state.kind).toBe('Active');
    await phone.close();
    await room.saw('left', 1);
    assertSuccess(await runSipp({ scenario: 'uac', target: room.port, user: 'b' }));
  });
});

describe('a request that is not served', () => {
  let room: RoomServer;

  beforeAll(async () => {
    room = await startRoomServer();
  });

  afterAll(() => room?.close());

  const allow = 'Allow: .*INVITE.*ACK|Allow: .*ACK.*INVITE';
  const noUser = 'sip:[remote_ip]:[remote_port]';
  const cases: readonly (readonly [what: string, Probe])[] = [
    ['a call that names no room', { uri: noUser, status: 404 }],
    ['an event that nobody tells', { method: 'SUBSCRIBE', headers: ['Event: presence'], status: 489 }],
    ['a REGISTER', { method: 'REGISTER', uri: noUser, status: 405, matches: [allow] }],
    ['a method unheard of', { method: 'FETCH', status: 501, matches: [allow] }],
    ['a BYE of no dialog', { method: 'BYE', toTag: 'nobody', status: 481 }],
    ['a re-INVITE of no dialog', { toTag: 'nobody', status: 481 }],
    ['a CANCEL of no INVITE', { method: 'CANCEL', status: 481 }],
    [
      'an extension required',
      { headers: ['Require: 100rel, teleport'], status: 420, matches: ['Unsupported: *.*teleport'] },
    ],
    [
      'a body that is no SDP',
      { contentType: 'text/plain', body: ['hello'], status: 415, matches: ['Accept: *application/sdp'] },
    ],
    ['codecs that it lacks', { body: sdp('m=audio [media_port] RTP/AVP 18', 'a=rtpmap:18 G729/8000'), status: 488 }],
    ['a URI that is not SIP', { uri: 'tel:+123456', status: 416 }],
    ['two Call-IDs', { headers: ['Call-ID: another'], status: 400 }],
  ];

  it.each(cases)('%s', async (_, request) => {
    await probe(room.port, request);
    expect(room.server.status()).toMatchObject({ calls: 0, rooms: [] });
  });

  it('but OPTIONS is, with what can be done here', async () => {
    await probe(room.port, { method: 'OPTIONS', status: 200, matches: [allow, 'Accept: *application/sdp'] });
  });
});
