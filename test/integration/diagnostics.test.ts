/** What tracers see on the library's diagnostics channels: messages without secrets, transactions, calls and their media. */
import { channel } from 'node:diagnostics_channel';
import { afterEach, expect, test } from 'vitest';
import type { SipMessageDiagnostic, SipTransactionDiagnostic } from '../../src/base/diagnostics.js';
import { startLine } from '../support/sip-text.js';
import { virtualWorld } from '../support/virtual-world.js';

const undo: (() => void)[] = [];

function listen<T>(name: string): T[] {
  const heard: T[] = [];
  const take = (message: unknown): void => void heard.push(message as T);
  channel(name).subscribe(take);
  undo.push(() => channel(name).unsubscribe(take));
  return heard;
}

afterEach(() => {
  for (const each of undo.splice(0)) each();
});

test('a challenged call shows on all four channels', async () => {
  const messages = listen<SipMessageDiagnostic>('mixminus:sip:message');
  const transactions = listen<SipTransactionDiagnostic>('mixminus:sip:transaction');
  const calls = listen<{ type: string }>('mixminus:call');
  const media = listen<{ sessionId: string; stats: object }>('mixminus:media');
  const world = virtualWorld();
  const authentication = { realm: 'r', authenticate: () => ({ password: 'secret' }) };
  await world.endpoint('10.0.0.2', {
    authentication,
    onIncomingCall: async (incoming) => void (await incoming.accept()),
  });
  const caller = await world.endpoint('10.0.0.1');
  const auth = { username: 'bob', password: 'secret' };
  const call = await world.settled(caller.call('sip:b@10.0.0.2', { auth }));
  await world.settled(call.hangup());
  await world.clock.advance(64_000);
  await world.close();

  const texts = messages.map(({ data }) => Buffer.from(data).toString());
  expect(texts.map(startLine)).toContain('SIP/2.0 401 Unauthorized');
  const proofs = texts.flatMap((text) => /^Authorization:.*$/m.exec(text)?.[0] ?? []);
  expect(proofs.length).toBeGreaterThan(0);
  for (const proof of proofs) expect(proof).toMatch(/response="x+"/);
  expect(messages[0]).toMatchObject({
    direction: 'out',
    transport: 'udp',
    remote: { address: '10.0.0.2', port: 5060 },
  });
  expect(messages.filter(({ direction }) => direction === 'in')).toHaveLength(messages.length / 2);

  const keys = (state: string): string[] =>
    transactions
      .filter((each) => each.state === state)
      .map(({ key, side }) => `${side} ${key}`)
      .sort();
  expect(keys('started').length).toBeGreaterThanOrEqual(5);
  expect(keys('ended')).toEqual(keys('started'));
  expect(calls.filter(({ type }) => type === 'ended')).toHaveLength(2);
  expect(media).toHaveLength(2);
  expect(media[0]?.stats).toHaveProperty('packetsSent');
});

test('nobody is told once nobody listens', async () => {
  const heard = listen('mixminus:sip:message');
  for (const each of undo.splice(0)) each();
  const world = virtualWorld();
  const one = await world.endpoint('10.0.0.1');
  await world.endpoint('10.0.0.2');
  expect((await world.settled(one.ping('sip:10.0.0.2'))).status).toBe(200);
  expect(heard).toEqual([]);
  await world.close();
});
