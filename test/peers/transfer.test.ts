/**
 * Transfers, Replaces, messages and subscriptions against sipp: asked by us and by it, in both roles.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Call, Sessions } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, runSipp, Sipp } from '../support/sipp.js';
import { until } from '../support/until.js';

let sessions: Sessions;
const taken: Call[] = [];
const messages: string[] = [];
const ends: string[] = [];

beforeAll(async () => {
  sessions = await openSessions({
    onIncomingCall: async (incoming) => {
      const call = await incoming.accept();
      call.events.on('transferRequest', (request) => void request.accept().catch(() => {}));
      taken.push(call);
    },
    onMessage: ({ text }) => void messages.push(text.trim()),
    onSubscribe: {
      weather: (incoming) => {
        const body = { contentType: 'text/plain', data: Buffer.from('rain') };
        incoming.accept({ body, onEnd: (end) => ends.push(end) });
      },
    },
  });
});

afterEach(stopAllPrograms);
afterAll(() => sessions?.close());

const ourPort = (): number => sessions.listeners[0]?.port ?? 0;

it('transfers sipp to another number', async () => {
  const sipp = await Sipp.start({ scenario: { file: 'transferee' }, keys: { result: '200 OK' } });
  const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
  const progress: number[] = [];
  call.events.on('transferProgress', (status) => progress.push(status));
  expect(await call.transfer('sip:other@127.0.0.1:9')).toEqual({ kind: 'answered', status: 200, reason: 'OK' });
  await call.finished;
  expect(progress).toEqual([202, 100, 180]);
  expect(call.endReason?.cause).toBe('transferred');
  assertSuccess(await sipp.result());
});

it('hears that sipp was turned away, and keeps the call', async () => {
  const sipp = await Sipp.start({ scenario: { file: 'transferee' }, keys: { result: '486 Busy Here' } });
  const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
  const outcome = await call.transfer('sip:other@127.0.0.1:9');
  expect(outcome).toEqual({ kind: 'failed', by: 'target', status: 486, reason: 'Busy Here' });
  expect(call.state.kind).toBe('Active');
  await call.hangup();
  assertSuccess(await sipp.result());
});

it('names the call with one sipp to the other (attended)', async () => {
  const first = await Sipp.start({ scenario: { file: 'transferee' }, keys: { result: '200 OK' } });
  const second = await Sipp.start({ scenario: 'uas' });
  const toFirst = await sessions.call(`sip:callee@127.0.0.1:${first.port}`);
  const toSecond = await sessions.call(`sip:callee@127.0.0.1:${second.port}`);
  expect((await toFirst.transfer(toSecond)).kind).toBe('answered');
  const wanted = `Refer-To: <sip:127.0.0.1:${second.port};transport=UDP?Replaces=${encodeURIComponent(toSecond.callId)}%3Bto-tag%3D`;
  expect(first.messages).toContain(wanted);
  await toSecond.hangup();
  assertSuccess(await first.result());
  assertSuccess(await second.result());
});

it('is transferred by sipp', async () => {
  const target = await Sipp.start({ scenario: 'uas' });
  const before = sessions.calls.size;
  const sipp = await Sipp.start({
    scenario: { file: 'transferor' },
    target: ourPort(),
    keys: { target: `sip:target@127.0.0.1:${target.port}` },
  });
  await until(() => target.messages.includes('ACK'), 'the call to the target');
  assertSuccess(await sipp.result());
  expect(sipp.messages === '' || sipp.messages.includes('SIP/2.0 200')).toBe(true);
  expect(target.messages).toContain('Referred-By: <sip:peer@127.0.0.1');
  await until(() => sessions.calls.size === before + 1, 'the end of the old call');
  await [...sessions.calls.values()].at(-1)?.hangup();
  assertSuccess(await target.result());
});

it('lets sipp take the place of a call', async () => {
  const old = await Sipp.start({ scenario: 'uas' });
  const call = await sessions.call(`sip:callee@127.0.0.1:${old.port}`);
  const room = sessions.conference('place');
  room.join(call, { muted: true });
  await until(() => old.messages.includes('ACK'), 'the ACK');
  const ours = /^From: .*;tag=(\S+)/m.exec(old.messages)?.[1];
  const theirs = /^SIP\/2.0 200[\s\S]*?^To: .*;tag=(\S+)/m.exec(old.messages)?.[1];
  const replaces = `${call.callId};to-tag=${ours};from-tag=${theirs}`;
  const sipp = await Sipp.start({ scenario: { file: 'replaces' }, target: ourPort(), holdMs: 500, keys: { replaces } });
  expect((await call.finished).cause).toBe('transferred');
  expect([...room.members.values()].map(({ muted }) => muted)).toEqual([true]);
  assertSuccess(await old.result());
  assertSuccess(await sipp.result());
  await until(() => room.size === 0, 'the end of the new call');
  room.close();
});

it('exchanges messages with sipp', async () => {
  assertSuccess(await runSipp({ scenario: { file: 'message' }, target: ourPort() }));
  expect(messages).toEqual(['hello from sipp']);
  const sipp = await Sipp.start({ scenario: { file: 'message-taker' } });
  expect((await sessions.message(`sip:x@127.0.0.1:${sipp.port}`, 'hello sipp')).status).toBe(200);
  assertSuccess(await sipp.result());
});

it('is subscribed to by sipp, and left', async () => {
  assertSuccess(await runSipp({ scenario: { file: 'subscriber' }, target: ourPort() }));
  expect(ends).toEqual(['unsubscribed']);
});
