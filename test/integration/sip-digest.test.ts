/** Digest authentication as client, against peers that are nothing but text. */
import { expect, test } from 'vitest';
import { createSessions, type Sessions } from '../../src/api/index.js';
import { seededIds } from '../../src/base/ids.js';
import { digestResponse, hashPassword } from '../../src/dialog-core/auth.js';
import { type DigestCredentials, parseCredentials } from '../../src/dialog-core/auth-challenge.js';
import { makeUri } from '../../src/dialog-core/index.js';
import type { UsageId } from '../../src/dialog-core/types.js';
import { fromCallee } from '../support/sip-dialogs.js';
import { bodyOf, field, fields, response, startLine, tagOf } from '../support/sip-text.js';
import { type Phone, type RawPeer, SipWorld, sdp } from '../support/sip-world.js';

const auth = { username: 'alice', password: 'wonderland' };
const contact = 'Contact: <sip:bob@10.0.0.9>';

function challenge(nonce: string, more = ''): string {
  return `WWW-Authenticate: Digest realm="peer", nonce="${nonce}", qop="auth", algorithm=SHA-256${more}`;
}

/** The credentials of a request, when they are right for the password. */
function right(text: string, name = 'Authorization'): DigestCredentials {
  const given = parseCredentials(field(text, name) ?? '');
  if (!given) throw new Error(`no ${name} in ${startLine(text)}`);
  const ha1 = hashPassword(given.algorithm, auth.username, given.realm, auth.password);
  const method = startLine(text).split(' ')[0] ?? '';
  expect(given.response).toBe(digestResponse(given, ha1, method, Buffer.from(bodyOf(text))));
  expect(startLine(text)).toBe(`${method} ${given.uri} SIP/2.0`);
  return given;
}

async function begin(): Promise<{ world: SipWorld; alice: Phone; peer: RawPeer; usage: UsageId; invite: string }> {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const peer = await world.raw('peer', '10.0.0.9');
  const target = makeUri({ user: 'bob', host: '10.0.0.9' });
  const usage = alice.endpoint.invite({ target, from: { uri: alice.uri() }, auth });
  await alice.take('routed');
  alice.endpoint.sendInvite(usage, sdp);
  return { world, alice, peer, usage, invite: await peer.take('INVITE') };
}

async function established(): Promise<Awaited<ReturnType<typeof begin>>> {
  const begun = await begin();
  const { alice, peer, usage } = begun;
  peer.send(response(begun.invite, '401 Unauthorized', { toTag: 'no', more: [challenge('n1')] }), alice);
  await peer.take('ACK');
  const invite = await peer.take('INVITE');
  peer.send(response(invite, '200 OK', { toTag: 'peer', more: [contact] }), alice);
  await alice.take('answered');
  alice.endpoint.ack(usage);
  const ack = await peer.take('ACK');
  // RFC 3261 22.1.
  expect(field(ack, 'Authorization')).toBe(field(invite, 'Authorization'));
  return { ...begun, invite };
}

test('401, then the call; the layers above hear nothing of the refusal (RFC 3261 22.2)', async () => {
  const { alice, peer, usage, invite } = await begin();
  expect(field(invite, 'Authorization')).toBeUndefined();
  peer.send(response(invite, '401 Unauthorized', { toTag: 'no', more: [challenge('n1')] }), alice);
  const ack = await peer.take('ACK');
  expect(tagOf(ack, 'To')).toBe('no');
  const again = await peer.take('INVITE');
  expect(right(again)).toMatchObject({ realm: 'peer', nonce: 'n1', nc: 1, qop: 'auth', algorithm: 'SHA-256' });
  for (const name of ['Call-ID', 'From', 'To', 'Contact']) expect(field(again, name)).toBe(field(invite, name));
  const number = (text: string): number => Number.parseInt(field(text, 'CSeq') ?? '', 10);
  expect(number(again)).toBe(number(invite) + 1);
  expect(bodyOf(again)).toBe(bodyOf(invite));
  peer.send(response(again, '200 OK', { toTag: 'peer', more: [contact] }), alice);
  await alice.take('answered');
  alice.endpoint.ack(usage);
  expect(Number.parseInt(field(await peer.take('ACK'), 'CSeq') ?? '', 10)).toBe(number(again));
});

test('407 of a proxy that has rung already, then 401 of the server behind it: both are answered, early dialogs go', async () => {
  const { alice, peer, usage, invite } = await begin();
  peer.send(response(invite, '180 Ringing', { toTag: 'early', more: [contact] }), alice);
  await alice.take('provisional');
  expect(alice.endpoint.counts().dialogs).toBe(1);
  const proxy = challenge('p1').replace('WWW', 'Proxy').replace('"peer"', '"proxy"');
  peer.send(response(invite, '407 Proxy Authentication Required', { toTag: 'p', more: [proxy] }), alice);
  await peer.take('ACK');
  const second = await peer.take('INVITE');
  expect(right(second, 'Proxy-Authorization').realm).toBe('proxy');
  expect(alice.endpoint.counts().dialogs).toBe(0);
  peer.send(response(second, '401 Unauthorized', { toTag: 's', more: [challenge('s1')] }), alice);
  expect(field(await peer.take('ACK'), 'Proxy-Authorization')).toBe(field(second, 'Proxy-Authorization'));
  const third = await peer.take('INVITE');
  expect(right(third, 'Proxy-Authorization').nc).toBe(2);
  expect(right(third).realm).toBe('peer');
  peer.send(response(third, '486 Busy Here', { toTag: 's' }), alice);
  expect(await alice.take('failed')).toMatchObject({ usage, status: 486 });
});

test('a stale nonce is replaced, a second refusal is final', async () => {
  const { world, alice, peer, invite } = await begin();
  const refuse = (text: string, line: string): void =>
    peer.send(response(text, '401 Unauthorized', { toTag: 'no', more: [line] }), alice);
  refuse(invite, challenge('n1'));
  await peer.take('ACK');
  const second = await peer.take('INVITE');
  refuse(second, challenge('n2', ', stale=true'));
  await peer.take('ACK');
  const third = await peer.take('INVITE');
  expect(right(third)).toMatchObject({ nonce: 'n2', nc: 1 });
  refuse(third, challenge('n3'));
  await peer.take('ACK');
  const failed = await alice.take('failed');
  expect(failed).toMatchObject({ cause: 'response', status: 401 });
  expect(failed.response?.header('www-authenticate')).toContain('n3');
  await world.advance(40_000);
  expect(peer.left).toEqual([]);
  expect(alice.endpoint.counts()).toMatchObject({ usages: 0, transactions: 0, deadlines: 0 });
});

test('a call that was cancelled meanwhile is not placed again', async () => {
  const { world, alice, peer, usage, invite } = await begin();
  peer.send(response(invite, '100 Trying'), alice);
  await world.advance(20);
  alice.endpoint.cancel(usage);
  await peer.take('CANCEL');
  peer.send(response(invite, '401 Unauthorized', { toTag: 'no', more: [challenge('n1')] }), alice);
  await alice.take('failed');
  expect(peer.left.filter((line) => line.startsWith('INVITE'))).toEqual([]);
});

test('later requests carry the nonce with a growing count; BYE and re-INVITE answer challenges of their own', async () => {
  const { alice, peer, usage } = await established();
  alice.endpoint.reinvite(usage, { body: sdp });
  const reinvite = await peer.take('INVITE');
  expect(right(reinvite)).toMatchObject({ nonce: 'n1', nc: 2 });
  peer.send(response(reinvite, '401 Unauthorized', { more: [challenge('n2')] }), alice);
  await peer.take('ACK');
  const again = await peer.take('INVITE');
  expect(right(again)).toMatchObject({ nonce: 'n2', nc: 1 });
  peer.send(response(again, '200 OK', { more: [contact] }), alice);
  await alice.take('reinviteAnswered');
  alice.endpoint.ack(usage);
  expect(field(await peer.take('ACK'), 'CSeq')).toBe((field(again, 'CSeq') ?? '').replace('INVITE', 'ACK'));
  alice.endpoint.bye(usage);
  const bye = await peer.take('BYE');
  expect(right(bye)).toMatchObject({ nonce: 'n2', nc: 2 });
  peer.send(response(bye, '401 Unauthorized', { more: [challenge('n3', ', stale=true')] }), alice);
  const last = await peer.take('BYE');
  expect(right(last)).toMatchObject({ nonce: 'n3', nc: 1 });
  expect(alice.left).toEqual([]);
  peer.send(response(last, '200 OK'), alice);
  expect(await alice.take('ended')).toMatchObject({ by: 'local-bye' });
});

test('a BYE that is refused again ends the call all the same (15.1.1)', async () => {
  const { alice, peer, usage } = await established();
  alice.endpoint.bye(usage);
  peer.send(response(await peer.take('BYE'), '401 Unauthorized', { more: [challenge('n2')] }), alice);
  peer.send(response(await peer.take('BYE'), '401 Unauthorized', { more: [challenge('n3')] }), alice);
  await alice.take('ended');
});

test('a re-INVITE that is refused for good leaves the dialog as it was', async () => {
  const { alice, peer, usage, invite } = await established();
  alice.endpoint.reinvite(usage, { body: sdp });
  for (const nonce of ['n2', 'n3']) {
    peer.send(response(await peer.take('INVITE'), '401 Unauthorized', { more: [challenge(nonce)] }), alice);
    await peer.take('ACK');
  }
  expect(await alice.take('reinviteFailed')).toMatchObject({ status: 401, willRetry: false });
  peer.send(fromCallee(invite, 'BYE', 1), alice);
  await alice.take('ended');
});

test('OPTIONS is answered with credentials, too', async () => {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const peer = await world.raw('peer', '10.0.0.9');
  const asked = alice.endpoint.options({ target: makeUri({ host: '10.0.0.9' }), from: alice.uri(), auth });
  const first = await peer.take('OPTIONS');
  const both = [challenge('n1').replace('SHA-256', 'MD5'), challenge('n1')];
  peer.send(response(first, '401 Unauthorized', { toTag: 'x', more: both }), alice);
  const second = await peer.take('OPTIONS');
  expect(right(second).algorithm).toBe('SHA-256');
  expect(fields(second, 'Authorization')).toHaveLength(1);
  peer.send(response(second, '200 OK', { toTag: 'x' }), alice);
  await world.advance(20);
  expect(await asked).toMatchObject({ status: 200 });
});

test('credentials that no header could hold are refused at once', async () => {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const target = makeUri({ host: '10.0.0.9' });
  for (const wrong of [
    { username: 'a\r\nb', password: '' },
    { username: '', password: 'x' },
  ]) {
    const params = { target, from: { uri: alice.uri() }, auth: wrong };
    expect(() => alice.endpoint.invite(params)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  }
});

test('with the whole library: a wrong password is a SipError with the response', async () => {
  const world = new SipWorld();
  const host = world.network.host('10.0.0.1');
  const virtual = { clock: world.clock, datagram: host.datagram, media: host.media, ids: seededIds(5) };
  const sessions: Sessions = await createSessions({ listen: ['udp://10.0.0.1:5060'], virtual });
  const peer = await world.raw('peer', '10.0.0.9');
  const calling = sessions.call('sip:bob@10.0.0.9', { auth: { ...auth, password: 'wrong' } });
  const failed = expect(calling).rejects.toMatchObject({
    name: 'SipError',
    code: 'ERR_REJECTED',
    status: 403,
    response: expect.objectContaining({ status: 403 }),
  });
  const invite = await peer.take('INVITE');
  peer.send(response(invite, '401 Unauthorized', { toTag: 'a', more: [challenge('n1')] }), { address: '10.0.0.1' });
  await peer.take('ACK');
  const again = await peer.take('INVITE');
  expect(() => right(again)).toThrow();
  peer.send(response(again, '403 Forbidden', { toTag: 'a' }), { address: '10.0.0.1' });
  await peer.take('ACK');
  await failed;
  const closed = sessions.close();
  await world.advance(5000);
  await closed;
});
