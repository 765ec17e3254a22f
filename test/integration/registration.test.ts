/** Registrations by the whole library, on virtual time, against a registrar that is nothing but text. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSessions, type Registration, type Sessions } from '../../src/api/index.js';
import { seededIds } from '../../src/base/ids.js';
import { parseCredentials } from '../../src/dialog-core/auth-challenge.js';
import { field, fields, response } from '../support/sip-text.js';
import { type RawPeer, SipWorld } from '../support/sip-world.js';

const us = { address: '10.0.0.1' };
const auth = { username: 'alice', password: 'wonderland' };
let world: SipWorld;
let sessions: Sessions;
let registrar: RawPeer;

beforeEach(async () => {
  world = new SipWorld();
  const host = world.network.host(us.address);
  const virtual = { clock: world.clock, datagram: host.datagram, media: host.media, ids: seededIds(5) };
  sessions = await createSessions({ listen: [`udp://${us.address}:5060`], virtual });
  registrar = await world.raw('registrar', '10.0.0.9');
});

afterEach(async () => {
  const closed = sessions.close();
  await world.advance(5000);
  await closed;
});

async function answer(status: string, more: readonly string[] = []): Promise<string> {
  const request = await registrar.take('REGISTER');
  registrar.send(response(request, status, { toTag: 'r', more }), us);
  await world.advance(20);
  return request;
}

async function registered(): Promise<Registration> {
  const registration = sessions.register({ aor: 'sip:alice@10.0.0.9', auth, expiresS: 600 });
  const ready = registration.whenRegistered();
  await answer('200 OK');
  await ready;
  return registration;
}

test('the states come one by one, and end with the registration', async () => {
  const registration = sessions.register({ aor: 'sip:alice@10.0.0.9' });
  const kinds: string[] = [];
  const read = (async () => {
    for await (const { kind } of registration.states) kinds.push(kind);
  })();
  await answer('503 Service Unavailable', ['Retry-After: 3']);
  expect(registration.state).toMatchObject({ kind: 'failed', status: 503 });
  await answer('200 OK');
  const over = registration.unregister();
  expect(field(await answer('200 OK'), 'Expires')).toBe('0');
  await over;
  await read;
  expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
    ...['registering', 'failed', 'registered', 'unregistered'],
  ]);
  await registration.close();
  await expect(registration.whenRegistered()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});

test('a refusal rejects with the response', async () => {
  const ready = sessions.register({ aor: 'sip:alice@10.0.0.9' }).whenRegistered();
  const failed = expect(ready).rejects.toMatchObject({ name: 'SipError', code: 'ERR_REJECTED', status: 404 });
  await answer('404 Not Found');
  await failed;
});

test('its address and credentials serve its calls', async () => {
  const registration = await registered();
  const calling = sessions.call('sip:bob@10.0.0.9', { via: registration });
  const failed = expect(calling).rejects.toMatchObject({ status: 486 });
  const invite = await registrar.take('INVITE');
  expect(field(invite, 'From')).toContain('<sip:alice@10.0.0.9>');
  const challenge = 'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth"';
  registrar.send(response(invite, '407 Proxy Authentication Required', { toTag: 'a', more: [challenge] }), us);
  await registrar.take('ACK');
  const again = await registrar.take('INVITE');
  expect(parseCredentials(field(again, 'Proxy-Authorization') ?? '')?.username).toBe('alice');
  registrar.send(response(again, '486 Busy Here', { toTag: 'a' }), us);
  await registrar.take('ACK');
  await failed;
});

test('its calls take its service route, and bear its GRUU', async () => {
  const instanceId = 'urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e';
  const gruu = `sip:alice@10.0.0.9;gr=${instanceId}`;
  const registration = sessions.register({ aor: 'sip:alice@10.0.0.9', instanceId });
  const contact = `Contact: <sip:alice@10.0.0.1:5060>;expires=600;pub-gruu="${gruu}"`;
  const asked = await answer('200 OK', [contact, 'Service-Route: <sip:10.0.0.9;lr>, <sip:10.0.0.8;lr>']);
  expect(field(asked, 'Contact')).toContain(`;+sip.instance="<${instanceId}>"`);
  expect([registration.serviceRoute, registration.publicGruu]).toEqual([
    ['<sip:10.0.0.9;lr>', '<sip:10.0.0.8;lr>'],
    gruu,
  ]);
  for (const route of [undefined, ['<sip:10.0.0.9;lr>']]) {
    const calling = sessions.call('sip:bob@192.0.2.1', { via: registration, route });
    const failed = expect(calling).rejects.toMatchObject({ status: 486 });
    const invite = await registrar.take('INVITE sip:bob@192.0.2.1');
    expect(fields(invite, 'Route')).toEqual(route ?? ['<sip:10.0.0.9;lr>', '<sip:10.0.0.8;lr>']);
    expect(field(invite, 'Contact')).toBe(`<${gruu}>`);
    registrar.send(response(invite, '486 Busy Here', { toTag: 'a' }), us);
    await registrar.take('ACK');
    await failed;
  }
});

test('closing the library removes the binding first', async () => {
  const registration = await registered();
  const closed = sessions.close();
  expect(field(await answer('200 OK'), 'Expires')).toBe('0');
  await world.advance(100);
  await closed;
  expect(registration.state).toEqual({ kind: 'unregistered' });
  expect(() => sessions.register({ aor: 'sip:a@b' })).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
});

test('a registrar that says nothing does not hold the close', async () => {
  await registered();
  const closed = sessions.close({ timeoutMs: 1000 });
  await world.advance(1100);
  await closed;
});

test('addresses that are none are refused at once', () => {
  expect(() => sessions.register({ aor: 'alice' })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_URI' }));
});

test('against our own registrar: with the password, under the own name only, and it is found there', async () => {
  const host = world.network.host('10.0.0.20');
  const virtual = { clock: world.clock, datagram: host.datagram, media: host.media, ids: seededIds(6) };
  const office = await createSessions({
    listen: ['udp://10.0.0.20:5060'],
    virtual,
    registrar: {},
    authentication: {
      realm: 'office',
      authenticate: async (username) => (username === 'alice' ? { password: 'wonderland' } : undefined),
    },
  });
  expect(sessions.registrar).toBeUndefined();
  const registration = sessions.register({ aor: 'sip:alice@10.0.0.20', auth });
  const ready = registration.whenRegistered();
  await world.advance(100);
  await ready;
  expect(office.registrar?.lookup('sip:alice@10.0.0.20')).toEqual([
    { contact: 'sip:alice@10.0.0.1:5060', q: 1, expiresS: 3600 },
  ]);
  for (const wrong of [
    { aor: 'sip:bob@10.0.0.20', auth },
    { aor: 'sip:alice@10.0.0.20', auth: { ...auth, password: 'guess' } },
  ]) {
    const other = sessions.register(wrong);
    const failed = expect(other.whenRegistered()).rejects.toMatchObject({ status: 403 });
    await world.advance(100);
    await failed;
    await other.close();
  }
  const over = registration.close();
  await world.advance(100);
  await over;
  expect(office.registrar?.lookup('sip:alice@10.0.0.20')).toEqual([]);
  const closed = office.close();
  await world.advance(3000);
  await closed;
});
