/** An endpoint against peers that are nothing but text. */
import { describe, expect, test } from 'vitest';
import { makeUri } from '../../src/dialog-core/index.js';
import { fromCallee, inDialog, peerInvite } from '../support/sip-dialogs.js';
import { field, response, sip, startLine, tagOf } from '../support/sip-text.js';
import { SipWorld, sdp } from '../support/sip-world.js';

test('a fork with two answers: one call, one hung up', async () => {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const proxy = await world.raw('proxy', '10.0.0.7');
  const desk = await world.raw('desk', '10.0.0.8');
  const mobile = await world.raw('mobile', '10.0.0.9');
  const call = await alice.call(makeUri({ user: 'bob', host: '10.0.0.7' }));
  const invite = await proxy.take('INVITE');
  const answer = (status: string, toTag: string, address: string): void =>
    proxy.send(response(invite, status, { toTag, more: [`Contact: <sip:bob@${address}>`] }), alice);
  proxy.send(response(invite, '100 Trying'), alice);
  answer('180 Ringing', 'desk', '10.0.0.8');
  answer('180 Ringing', 'mobile', '10.0.0.9');
  await alice.take('provisional');
  await alice.take('provisional');
  answer('200 OK', 'mobile', '10.0.0.9');
  expect((await alice.take('answered')).response.toTag).toBe('mobile');
  alice.endpoint.ack(call);
  answer('200 OK', 'desk', '10.0.0.8');
  expect(tagOf(await mobile.take('ACK'), 'To')).toBe('mobile');
  expect(tagOf(await desk.take('ACK'), 'To')).toBe('desk');
  const bye = await desk.take('BYE');
  expect(tagOf(bye, 'To')).toBe('desk');
  desk.send(response(bye, '200 OK'), alice);
  // The 2xx of both again: an ACK to each, nothing else.
  answer('200 OK', 'mobile', '10.0.0.9');
  answer('200 OK', 'desk', '10.0.0.8');
  await mobile.take('ACK');
  await desk.take('ACK');
  await world.advance(40_000);
  expect([...desk.left, ...mobile.left, ...proxy.left, ...alice.left]).toEqual([]);
  expect(alice.endpoint.counts()).toMatchObject({ usages: 1, dialogs: 1, transactions: 0, deadlines: 0 });
});

test('an INVITE that comes by two ways rings once (8.2.2.2)', async () => {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const one = await world.raw('one', '10.0.0.8');
  const two = await world.raw('two', '10.0.0.9');
  one.send(peerInvite({ sentBy: '10.0.0.8', branch: 'z9hG4bKone' }), alice);
  await alice.take('invite');
  two.send(peerInvite({ sentBy: '10.0.0.9', branch: 'z9hG4bKtwo' }), alice);
  await two.take('SIP/2.0 482 Loop Detected');
  await one.take('SIP/2.0 100 Trying');
  expect(alice.left).toEqual([]);
});

test('a client behind NAT is answered where it is (RFC 3581)', async () => {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const nat = await world.raw('nat', '203.0.113.5', 41_000);
  nat.send(peerInvite({ sentBy: '192.168.1.2:5060' }), alice);
  const trying = await nat.take('SIP/2.0 100');
  expect(field(trying, 'Via')).toContain(';rport=41000');
  expect(field(trying, 'Via')).toContain(';received=203.0.113.5');
  const { usage, flow } = await alice.take('invite');
  expect(flow.remote).toEqual({ address: '203.0.113.5', port: 41_000 });
  alice.endpoint.reject(usage, 480);
  await nat.take('SIP/2.0 480');
});

test('a caller of another make: INVITE, retransmissions, ACK, BYE', async () => {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const peer = await world.raw('peer', '10.0.0.9');
  const invite = peerInvite({ more: ['m: <sip:peer@10.0.0.9:5060>', 'c: application/sdp'], body: 'v=0\r\n' });
  peer.send(invite, alice);
  const { usage, request } = await alice.take('invite');
  expect(request.contentType).toBe('application/sdp');
  peer.send(invite, alice);
  await peer.take('SIP/2.0 100');
  await peer.take('SIP/2.0 100');
  alice.endpoint.accept(usage, { body: sdp });
  const ok = await peer.take('SIP/2.0 200');
  peer.send(invite, alice);
  peer.send(inDialog(ok, 'ACK', 10), alice);
  await alice.take('acked');
  await world.advance(40_000);
  expect(peer.left).toEqual([]);
  peer.send(inDialog(ok, 'BYE', 11), alice);
  await peer.take('SIP/2.0 200 OK');
  await alice.take('ended');
  peer.send(inDialog(ok, 'BYE', 12), alice);
  await peer.take('SIP/2.0 481');
});

test('a callee of another make: late offer, its re-INVITE, our BYE', async () => {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const peer = await world.raw('peer', '10.0.0.9');
  const call = await alice.call(makeUri({ user: 'peer', host: '10.0.0.9' }), 'late offer');
  const invite = await peer.take('INVITE');
  expect(field(invite, 'Content-Length')).toBe('0');
  expect(field(invite, 'Content-Type')).toBeUndefined();
  const more = ['Contact: <sip:peer@10.0.0.9>', 'Content-Type: application/sdp'];
  peer.send(response(invite, '200 OK', { toTag: 'peer', more, body: 'v=0\r\n' }), alice);
  await alice.take('answered');
  alice.endpoint.ack(call, sdp);
  expect(field(await peer.take('ACK'), 'Content-Type')).toBe('application/sdp');
  peer.send(fromCallee(invite, 'INVITE', 1), alice);
  await alice.take('reinvite');
  alice.endpoint.answerReinvite(call, 200, { body: sdp });
  await peer.take('SIP/2.0 100');
  await peer.take('SIP/2.0 200');
  peer.send(fromCallee(invite, 'ACK', 1), alice);
  await alice.take('reinviteAcked');
  alice.endpoint.bye(call);
  const bye = await peer.take('BYE');
  peer.send(response(bye, '200 OK'), alice);
  await alice.take('ended');
  expect(peer.left).toEqual([]);
});

describe('hostile or careless peers', () => {
  test('a request of every malformed kind leaves nothing behind', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const peer = await world.raw('peer', '10.0.0.9');
    const good = Buffer.from(peerInvite()).toString();
    const bad = [
      good.replace(/^INVITE/, 'INVITE INVITE'),
      good.replace('CSeq: 10 INVITE', 'CSeq: 99999999999 INVITE'),
      good.replace(/Content-Length: 0/, 'Content-Length: 9999'),
      good.replace(/From: .*/, 'From: "unterminated <sip:a@b>;tag=x'),
      good.replace(/Call-ID: .*\r\n/, ''),
      good.replace(/Via: .*\r\n/, ''),
      good.replace(/\r\n\r\n$/, ''),
    ];
    for (const text of bad) peer.send(Buffer.from(text), alice);
    await world.advance(100);
    expect(alice.events).toEqual([]);
    expect(alice.endpoint.counts()).toMatchObject({ malformed: bad.length, transactions: 0, usages: 0, deadlines: 0 });
    for (const { text } of peer.received) expect(startLine(text)).toMatch(/^SIP\/2.0 400 /);
  });

  test('responses to nothing, and a response to a request of ours from a stranger with the wrong branch', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const peer = await world.raw('peer', '10.0.0.9');
    await alice.call(makeUri({ user: 'peer', host: '10.0.0.9' }));
    const invite = await peer.take('INVITE');
    peer.send(response(invite.replace(/branch=[^;]+/, 'branch=z9hG4bKguess'), '200 OK', { toTag: 'x' }), alice);
    peer.send(
      sip([
        'SIP/2.0 200 OK',
        'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKy',
        'From: <sip:a@b>;tag=1',
        'To: <sip:a@b>;tag=2',
        'Call-ID: 1',
        'CSeq: 1 INVITE',
      ]),
      alice,
    );
    await world.advance(100);
    expect(alice.left).toEqual([]);
    expect(alice.endpoint.counts().unmatched).toBe(2);
  });

  test('a thousand INVITEs of a stranger: as many as the limit ring, the rest get 503, and all goes by itself', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1', { limits: { maxPendingInvites: 100, retryAfterS: 7 } });
    const peer = await world.raw('peer', '10.0.0.9');
    for (let index = 0; index < 1000; index += 1) {
      peer.send(peerInvite({ callId: `c${index}`, branch: `z9hG4bK${index}` }), alice);
    }
    await world.advance(20);
    const refused = peer.received.filter(({ text }) => startLine(text).startsWith('SIP/2.0 503'));
    expect(refused).toHaveLength(900);
    expect(new Set(refused.map(({ text }) => field(text, 'Retry-After')))).toEqual(new Set(['7']));
    expect(alice.endpoint.counts()).toMatchObject({ usages: 100, transactions: 100, refused: 900 });
    for (const event of alice.events) if (event.type === 'invite') alice.endpoint.reject(event.usage, 480);
    await world.advance(33_000);
    expect(alice.endpoint.counts()).toMatchObject({ usages: 0, dialogs: 0, transactions: 0, deadlines: 0 });
  });
});
