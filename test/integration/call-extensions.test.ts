/** Extensions of a call as a user meets them: early media, further parts of the INVITE, who calls, digits by INFO, changes, why it ended. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, IncomingCall, Info, Sessions, SessionsOptions } from '../../src/api/index.js';
import { expectNothingLeft } from '../support/nothing-left.js';
import { sine } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;
let alice: Sessions;
let bob: Sessions;
const incoming: IncomingCall[] = [];

beforeEach(() => {
  world = virtualWorld();
  incoming.length = 0;
});

afterEach(() => world.close());

const bobUri = 'sip:bob@10.0.0.2';

async function open(onIncomingCall: (one: IncomingCall) => unknown, ofBob: SessionsOptions = {}): Promise<void> {
  alice = await world.endpoint('10.0.0.1');
  bob = await world.endpoint('10.0.0.2', {
    ...ofBob,
    onIncomingCall: (one) => {
      incoming.push(one);
      void onIncomingCall(one);
    },
  });
}

async function established(ofBob: SessionsOptions = {}): Promise<[Call, Call]> {
  const accepted: Promise<Call>[] = [];
  await open((one) => accepted.push(one.accept()), ofBob);
  const out = await world.settled(alice.call(bobUri));
  return [out, await world.settled(accepted[0] as Promise<Call>)];
}

describe('early media', () => {
  it('is heard by the caller before the answer, and the call goes on with it', async () => {
    await open((one) => one.progress());
    const progress: number[] = [];
    const calling = alice.call(bobUri, { onProgress: ({ status }) => progress.push(status) });
    await world.clock.advance(100);
    expect(world.ladder()).toEqual(['1>2 INVITE', '2>1 100', '2>1 183', '1>2 PRACK', '2>1 200']);
    const early = [...alice.calls.values()][0] as Call;
    expect([early.codec, early.state.kind]).toEqual(['pcmu', 'Ringing']);
    await world.settled((incoming[0] as IncomingCall).play(sine(440, 1000, -10)), 5000);
    // 50 packets of 20 ms, before anybody has answered.
    expect(early.stats()?.packetsReceived).toBeGreaterThanOrEqual(48);
    expect(progress).toEqual([183]);
    const into = await world.settled((incoming[0] as IncomingCall).accept());
    const out = await world.settled(calling);
    expect(out).toBe(early);
    expect([out.state.kind, into.state.kind]).toEqual(['Active', 'Active']);
    await world.settled(out.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('ends with a refusal, as after an announcement', async () => {
    await open((one) => one.progress());
    const calling = alice.call(bobUri);
    await world.clock.advance(100);
    await world.settled((incoming[0] as IncomingCall).play(sine(440, 200, -10)), 5000);
    incoming[0]?.reject(404);
    await expect(world.settled(calling)).rejects.toMatchObject({ status: 404 });
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('goes without PRACK to a caller that cannot, and is heard all the same', async () => {
    await open((one) => one.progress());
    const calling = alice.call(bobUri, { reliable: 'off' });
    await world.clock.advance(100);
    expect(world.ladder()).toEqual(['1>2 INVITE', '2>1 100', '2>1 183']);
    const early = [...alice.calls.values()][0] as Call;
    await world.settled((incoming[0] as IncomingCall).play(sine(440, 500, -10)), 5000);
    expect(early.stats()?.packetsReceived).toBeGreaterThanOrEqual(23);
    void incoming[0]?.accept();
    await world.settled((await world.settled(calling)).hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });
});

describe('an INVITE', () => {
  it('may carry further parts beside its session description (RFC 5621)', async () => {
    await open((one) => one.accept());
    const data = Buffer.from('{"ticket":7}');
    const parts = [{ contentType: 'application/json', disposition: 'render;handling=optional', data }];
    const out = await world.settled(alice.call(bobUri, { parts }));
    const [one] = incoming;
    expect(one?.message.contentType).toBe('multipart/mixed');
    expect(one?.parts.map(({ contentType }) => contentType)).toEqual(['application/sdp', 'application/json']);
    expect(Buffer.from(one?.parts[1]?.data ?? []).toString()).toBe('{"ticket":7}');
    expect(out.codec).toBe('pcmu');
    await world.settled(out.hangup());
  });

  it('tells who calls as the network asserts it, and what may be told of it', async () => {
    await open((one) => one.reject(486));
    const headers = [
      ['P-Asserted-Identity', '"Alice A." <sip:alice@example.com>, <tel:+15550100>'],
      ['Privacy', 'id;critical'],
      ['Resource-Priority', 'esnet.1, dsn.flash'],
    ] as const;
    await expect(world.settled(alice.call(bobUri, { headers }))).rejects.toMatchObject({ status: 486 });
    const identity = incoming[0]?.identity;
    expect(identity?.asserted).toEqual([
      { uri: 'sip:alice@example.com', displayName: 'Alice A.' },
      { uri: 'tel:+15550100', displayName: undefined },
    ]);
    expect([...(identity?.privacy ?? [])]).toEqual(['id', 'critical']);
    expect(identity?.priorities).toEqual([
      { namespace: 'esnet', priority: '1' },
      { namespace: 'dsn', priority: 'flash' },
    ]);
  });
});

describe('INFO', () => {
  it('is a digit of the call like those of telephone-event, in menus too', async () => {
    const [out, into] = await established();
    const heard: string[] = [];
    const collected = into.collect({ max: 3 });
    into.menu({ '*': () => heard.push('star') });
    await world.settled(out.sendDtmf('12*', { via: 'info' }), 10_000);
    expect(await world.settled(collected)).toBe('12*');
    expect(heard).toEqual(['star']);
  });

  it('of a package that nobody takes is refused with what would be (RFC 6086 4.2.2); others are told', async () => {
    const [out, into] = await established({ infoPackages: ['bar'] });
    const infos: Info[] = [];
    into.events.on('info', (info) => infos.push(info));
    const content = { contentType: 'text/plain', data: 'x' };
    const foreign = await world.settled(out.request('INFO', { headers: [['Info-Package', 'foo']], content }));
    expect([foreign.status, foreign.response?.header('Recv-Info')]).toEqual([469, 'bar']);
    expect((await world.settled(out.request('INFO', { content }))).status).toBe(200);
    expect(infos.map(({ contentType, infoPackage }) => [contentType, infoPackage])).toEqual([
      ['text/plain', undefined],
    ]);
  });
});

describe('a change', () => {
  it('of codec and address takes effect on both sides, and audio goes on', async () => {
    const [out, into] = await established();
    world.ladder();
    await world.settled(out.update({ codecs: ['pcma'], address: '10.0.0.1' }));
    expect(world.ladder()).toEqual(['1>2 UPDATE', '2>1 200']);
    expect([out.codec, into.codec]).toEqual(['pcma', 'pcma']);
    expect(into.remoteMedia?.address).toBe('10.0.0.1');
    const before = out.stats()?.packetsReceived ?? 0;
    await world.clock.advance(1000);
    expect(out.stats()?.packetsReceived).toBeGreaterThan(before + 40);
    await expect(world.settled(out.update({ codecs: [] }))).rejects.toMatchObject({ code: 'ERR_CONFIG' });
    await expect(world.settled(out.update({ address: 'nowhere' }))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    await world.settled(out.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });
});

describe('why a call ended', () => {
  it('is the Reason of a refusal (RFC 6432), and of a BYE', async () => {
    await open((one) => one.reject(480, { headers: [['Reason', 'Q.850;cause=16;text="Terminated"']] }));
    const calling = alice.call(bobUri);
    const call = [...alice.calls.values()][0] as Call;
    await expect(world.settled(calling)).rejects.toMatchObject({ status: 480 });
    expect(call.endReason).toEqual({
      cause: 'rejected',
      status: 480,
      text: 'Temporarily Unavailable',
      reason: { protocol: 'Q.850', cause: 16, text: 'Terminated' },
    });
  });

  it('is the Reason of a BYE', async () => {
    const [out, into] = await established();
    await world.settled(out.hangup({ reason: { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' } }));
    expect(await world.settled(into.finished)).toMatchObject({
      cause: 'remote-hangup',
      reason: { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' },
    });
  });
});
