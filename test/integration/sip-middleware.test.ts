/** The user's functions before the dialog layer, against requests written by hand. */
import { beforeEach, expect, test } from 'vitest';
import type { Middleware } from '../../src/dialog-core/middleware.js';
import { field, request, tagOf } from '../support/sip-text.js';
import { type Phone, type RawPeer, SipWorld, sdp } from '../support/sip-world.js';

let world: SipWorld;
let bob: Phone;
let peer: RawPeer;
let seen: string[];

beforeEach(() => {
  world = new SipWorld();
  seen = [];
});

async function open(...middleware: Middleware[]): Promise<void> {
  bob = await world.phone('bob', '10.0.0.2', { middleware });
  peer = await world.raw('peer', '10.0.0.9');
}

function ask(method: string, number: number, tag = '', more: readonly string[] = []): void {
  const to = `<sip:bob@10.0.0.2>${tag === '' ? '' : `;tag=${tag}`}`;
  const names = { from: '<sip:p@10.0.0.9>;tag=a', to, callId: 'c', cseq: number };
  const sentBy = '10.0.0.9:5060';
  const contact = ['Contact: <sip:p@10.0.0.9>', ...more];
  peer.send(
    request({ method, uri: 'sip:bob@10.0.0.2', sentBy, branch: `z9hG4bK${number}`, ...names, more: contact }),
    bob,
  );
}

const note: Middleware = (message, _reply, next) => {
  seen.push(message.method);
  next();
};

test('sees requests outside dialogs and inside, once each, but no ACK', async () => {
  await open(note);
  ask('INVITE', 1);
  ask('INVITE', 1);
  const { usage } = await bob.take('invite');
  bob.endpoint.accept(usage, { body: sdp });
  await peer.take('SIP/2.0 100');
  peer.skip();
  await world.until(
    () => peer.left.length > 0 || peer.received.some(({ text }) => text.startsWith('SIP/2.0 200')),
    '200',
  );
  const tag = tagOf(peer.received.at(-1)?.text ?? '', 'To') ?? '';
  peer.skip();
  ask('ACK', 1, tag);
  ask('BYE', 2, tag);
  await peer.take('SIP/2.0 200');
  expect(seen).toEqual(['INVITE', 'BYE']);
});

test('answers through a transaction, or statelessly; a repetition comes again only then', async () => {
  await open((message, reply) => {
    seen.push(message.method);
    reply.send(404, { reason: 'Nobody', headers: [['X-Why', 'test']], stateless: message.method === 'OPTIONS' });
  });
  ask('INVITE', 1);
  const refusal = await peer.take('SIP/2.0 404 Nobody');
  expect(field(refusal, 'X-Why')).toBe('test');
  expect(bob.endpoint.counts().transactions).toBe(1);
  ask('INVITE', 1);
  await peer.take('SIP/2.0 404 Nobody');
  expect(seen).toEqual(['INVITE']);
  ask('ACK', 1, tagOf(refusal, 'To') ?? '');
  await world.advance(10_000);
  ask('OPTIONS', 2);
  const first = await peer.take('SIP/2.0 404');
  ask('OPTIONS', 2);
  expect(await peer.take('SIP/2.0 404')).toBe(first);
  expect(seen).toEqual(['INVITE', 'OPTIONS', 'OPTIONS']);
});

test('adds headers for those behind it and for the call', async () => {
  await open(
    (_message, _reply, next) => next([['X-Tenant', 'seven']]),
    (message, _reply, next) => {
      seen.push(message.header('x-tenant') ?? '');
      next();
    },
  );
  ask('INVITE', 1);
  const { request: invite } = await bob.take('invite');
  expect(invite.header('X-Tenant')).toBe('seven');
  expect(seen).toEqual(['seven']);
});

test('drops', async () => {
  await open((_message, reply) => reply.drop());
  ask('INVITE', 1);
  await world.advance(1000);
  expect(peer.left).toEqual([]);
  expect(bob.endpoint.counts()).toMatchObject({ refused: 1, transactions: 0 });
});

test.each<[string, Middleware]>([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', async () => Promise.reject(new Error('broken'))],
  ['is async and decides nothing', async () => {}],
  ['adds what is no header', (_message, _reply, next) => next([['Bad Name', 'x\r\ny']])],
  ['answers with what is no final status', (_message, reply) => reply.send(180)],
])('one that %s costs the request a 500', async (_, middleware) => {
  await open(middleware);
  ask('INVITE', 1);
  await peer.take('SIP/2.0 500');
  expect(bob.left).toEqual([]);
  expect(bob.endpoint.counts().middlewareErrors).toBe(1);
});

test('may take its time, for which repetitions wait, but not for ever; a CANCEL is heard meanwhile', async () => {
  let go = (): void => {};
  await open((message, _reply, next) => {
    seen.push(message.method);
    go = next;
  });
  ask('INVITE', 1);
  await world.advance(600);
  ask('INVITE', 1);
  await world.advance(600);
  expect(seen).toEqual(['INVITE']);
  expect(peer.left).toEqual([]);
  ask('CANCEL', 1);
  await world.advance(20);
  expect(peer.left.map((line) => line.slice(8, 11)).sort()).toEqual(['200', '487']);
  peer.skip();
  go();
  await world.advance(20);
  expect(bob.left).toEqual([]);
  ask('OPTIONS', 5);
  await world.advance(32_100);
  expect(peer.received.at(-1)?.text).toMatch(/^SIP\/2\.0 503/);
});
