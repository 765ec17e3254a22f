/** Late offer in both of its places, by a peer written by hand: an INVITE without SDP, and a re-INVITE without SDP (RFC 3261 14.1). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, Sessions } from '../../src/api/index.js';
import type { DatagramSocket } from '../../src/dialog-core/types.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

const answerSdp = (direction = 'sendrecv', payload = 0): string =>
  [
    'v=0',
    'o=peer 1 1 IN IP4 10.0.0.2',
    's=-',
    'c=IN IP4 10.0.0.2',
    't=0 0',
    `m=audio 4000 RTP/AVP ${payload}`,
    `a=${direction}`,
    '',
  ].join('\r\n');

let world: VirtualWorld;
let server: Sessions;
let socket: DatagramSocket;
let received: string[];
let calls: Call[];

beforeEach(async () => {
  world = virtualWorld();
  calls = [];
  received = [];
  server = await world.endpoint('10.0.0.1', {
    onIncomingCall: async (incoming) => {
      calls.push(await incoming.accept());
    },
  });
  socket = await world.network
    .host('10.0.0.2')
    .datagram.bind(
      { address: '10.0.0.2', port: 5060 },
      { onDatagram: (data) => received.push(Buffer.from(data).toString()), onError: () => {} },
    );
});

afterEach(() => world.close());

let branch = 0;

function send(method: string, cseq: number, toTag: string, body = ''): void {
  branch += 1;
  const text = [
    `${method} sip:room@10.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKlate${branch}`,
    'Max-Forwards: 70',
    'From: <sip:peer@10.0.0.2>;tag=peer',
    `To: <sip:room@10.0.0.1>${toTag && `;tag=${toTag}`}`,
    'Call-ID: late-offer',
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:peer@10.0.0.2:5060>',
    ...(body ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
  socket.send(Buffer.from(text), { address: '10.0.0.1', port: 5060 }, () => {});
}

/** The next message that starts like this, as text. */
async function next(start: string): Promise<string> {
  let found: string | undefined;
  await world.clock.until(() => {
    found = received.find((text) => text.startsWith(start));
    return found !== undefined;
  }, 5000);
  received = [];
  return found as string;
}

const tagOf = (response: string): string => /^To:.*;tag=([^\s;]+)/m.exec(response)?.[1] as string;

describe('a late offer', () => {
  it('is our offer in the 200 and the answer in the ACK', async () => {
    send('INVITE', 1, '');
    const ok = await next('SIP/2.0 200');
    expect(ok).toMatch(/m=audio \d+ RTP\/AVP 0 8 101/);
    expect(server.calls.size).toBe(1);
    expect([...server.calls.values()][0]?.state.kind).toBe('Initiating');
    send('ACK', 1, tagOf(ok), answerSdp('sendrecv', 8));
    await world.clock.until(() => calls.length === 1);
    expect(calls[0]?.state.kind).toBe('Active');
    expect(calls[0]?.codec).toBe('pcma');
    expect(calls[0]?.remoteMedia).toEqual({ address: '10.0.0.2', port: 4000 });
  });

  it.each([
    ['without an answer', ''],
    ['with an answer that chose nothing we offered', answerSdp('sendrecv', 3)],
  ])('ends by BYE with 488 after an ACK %s', async (_what, body) => {
    send('INVITE', 1, '');
    const ok = await next('SIP/2.0 200');
    send('ACK', 1, tagOf(ok), body);
    const bye = await next('BYE');
    expect(bye).toMatch(/^Reason: SIP;cause=488/m);
    socket.send(
      Buffer.from(bye.replace(/^BYE .*\r\n/, 'SIP/2.0 200 OK\r\n')),
      { address: '10.0.0.1', port: 5060 },
      () => {},
    );
    await world.clock.advance(100);
    expect(server.calls.size).toBe(0);
    expect(calls).toEqual([]);
  });

  it('in a re-INVITE keeps the call, and the ACK may hold us', async () => {
    send('INVITE', 1, '', answerSdp());
    const ok = await next('SIP/2.0 200');
    send('ACK', 1, tagOf(ok));
    await world.clock.until(() => calls.length === 1);
    send('INVITE', 2, tagOf(ok));
    const second = await next('SIP/2.0 200');
    expect(second).toContain('m=audio');
    send('ACK', 2, tagOf(ok), answerSdp('sendonly'));
    await world.clock.until(() => calls[0]?.remoteHold === true);
    expect(calls[0]?.state.kind).toBe('Active');
  });
});

describe('a re-INVITE of the peer', () => {
  it.each([
    ['sendonly', answerSdp('sendonly'), 'a=recvonly'],
    ['inactive', answerSdp('inactive'), 'a=inactive'],
    ['0.0.0.0', answerSdp().replace('c=IN IP4 10.0.0.2', 'c=IN IP4 0.0.0.0'), 'm=audio'],
  ])('holds by %s and resumes', async (_form, hold, expected) => {
    send('INVITE', 1, '', answerSdp());
    const ok = await next('SIP/2.0 200');
    send('ACK', 1, tagOf(ok));
    await world.clock.until(() => calls.length === 1);
    send('INVITE', 2, tagOf(ok), hold);
    const held = await next('SIP/2.0 200');
    expect(held).toContain(expected);
    send('ACK', 2, tagOf(ok));
    await world.clock.advance(50);
    expect(calls[0]?.remoteHold).toBe(true);
    send('INVITE', 3, tagOf(ok), answerSdp());
    const back = await next('SIP/2.0 200');
    expect(back).toContain('a=sendrecv');
    send('ACK', 3, tagOf(ok));
    await world.clock.advance(50);
    expect(calls[0]?.remoteHold).toBe(false);
  });

  it('that cannot be used is refused and leaves the call as it was', async () => {
    send('INVITE', 1, '', answerSdp());
    const ok = await next('SIP/2.0 200');
    send('ACK', 1, tagOf(ok));
    await world.clock.until(() => calls.length === 1);
    send('INVITE', 2, tagOf(ok), answerSdp('sendrecv', 3));
    await next('SIP/2.0 488');
    send('INVITE', 3, tagOf(ok), 'v=0\r\nnonsense\r\n');
    await next('SIP/2.0 400');
    expect(calls[0]?.state.kind).toBe('Active');
    expect(server.counts().refusedFacts).toBe(0);
  });
});
