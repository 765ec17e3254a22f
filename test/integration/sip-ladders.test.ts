/** Calls between two endpoints, message by message. */
import { describe, expect, test } from 'vitest';
import { makeUri } from '../../src/dialog-core/index.js';
import type { UsageId } from '../../src/dialog-core/types.js';
import { field, summary } from '../support/sip-text.js';
import { type Phone, SipWorld, sdp } from '../support/sip-world.js';

interface Pair {
  readonly world: SipWorld;
  readonly alice: Phone;
  readonly bob: Phone;
}

interface Call extends Pair {
  readonly atAlice: UsageId;
  readonly atBob: UsageId;
}

async function pair(): Promise<Pair> {
  const world = new SipWorld();
  return { world, alice: await world.phone('alice', '10.0.0.1'), bob: await world.phone('bob', '10.0.0.2') };
}

/** An established call, the ladder empty. */
async function established(): Promise<Call> {
  const { world, alice, bob } = await pair();
  const atAlice = await alice.call(bob.uri());
  const { usage: atBob } = await bob.take('invite');
  bob.endpoint.accept(atBob, { body: sdp });
  await alice.take('answered');
  alice.endpoint.ack(atAlice);
  await bob.take('acked');
  world.takeLadder();
  return { world, alice, bob, atAlice, atBob };
}

/** Nothing lives on either side when what must linger has gone. */
async function expectNothingLeft({ world, alice, bob }: Pair): Promise<void> {
  await world.advance(70_000);
  for (const { endpoint, left } of [alice, bob]) {
    expect(endpoint.counts()).toMatchObject({ transactions: 0, usages: 0, dialogs: 0, deadlines: 0, malformed: 0 });
    expect(left).toEqual([]);
  }
}

/** Loses the first `count` messages of that kind. */
function lose(world: SipWorld, what: string, count = 1): void {
  world.network.dropFirst(count, ({ data }) => summary(data) === what);
}

describe('the end of a call that never was', () => {
  test('bob is busy', async () => {
    const all = await pair();
    const { world, alice, bob } = all;
    await alice.call(bob.uri());
    bob.endpoint.reject((await bob.take('invite')).usage, 486, { reason: 'On Another Call' });
    expect(await alice.take('failed')).toMatchObject({ cause: 'response', status: 486, reason: 'On Another Call' });
    await world.advance(10);
    expect(world.ladder).toEqual([
      'alice > bob INVITE',
      'bob > alice 100 INVITE',
      'bob > alice 486 INVITE',
      'alice > bob ACK',
    ]);
    await expectNothingLeft(all);
  });

  test('alice gives up while it rings', async () => {
    const all = await pair();
    const { world, alice, bob } = all;
    const call = await alice.call(bob.uri());
    bob.endpoint.progress((await bob.take('invite')).usage, 180);
    await alice.take('provisional');
    alice.endpoint.cancel(call, { protocol: 'SIP', cause: 487, text: 'bored' });
    expect(await bob.take('cancelled')).toMatchObject({ reason: { protocol: 'SIP', cause: 487, text: 'bored' } });
    expect(await alice.take('failed')).toMatchObject({ cause: 'cancelled', status: 487 });
    await world.advance(10);
    expect(world.ladder.slice(3)).toEqual([
      'alice > bob CANCEL',
      'bob > alice 200 CANCEL',
      'bob > alice 487 INVITE',
      'alice > bob ACK',
    ]);
    await expectNothingLeft(all);
  });

  test('alice gives up before anything came back: the CANCEL waits for the 100', async () => {
    const all = await pair();
    const { world, alice, bob } = all;
    lose(world, '100 INVITE');
    const call = await alice.call(bob.uri());
    alice.endpoint.cancel(call);
    await bob.take('invite');
    await bob.take('cancelled');
    expect(await alice.take('failed')).toMatchObject({ cause: 'cancelled' });
    await world.advance(10);
    expect(world.ladder).toEqual([
      'alice > bob INVITE',
      'bob > alice 100 INVITE (lost)',
      'alice > bob INVITE',
      'bob > alice 100 INVITE',
      'alice > bob CANCEL',
      'bob > alice 200 CANCEL',
      'bob > alice 487 INVITE',
      'alice > bob ACK',
    ]);
    await expectNothingLeft(all);
  });

  test("alice's CANCEL crosses bob's 200", async () => {
    const all = await pair();
    const { world, alice, bob } = all;
    const call = await alice.call(bob.uri());
    const { usage } = await bob.take('invite');
    bob.endpoint.progress(usage, 180);
    await alice.take('provisional');
    alice.endpoint.cancel(call);
    bob.endpoint.accept(usage, { body: sdp });
    expect(await alice.take('failed')).toMatchObject({ cause: 'cancelled', status: 487 });
    await bob.take('acked');
    expect(await bob.take('ended')).toMatchObject({ by: 'remote-bye' });
    await world.advance(10);
    const ladder = world.ladder.slice(3);
    expect(new Set(ladder.slice(0, 2))).toEqual(new Set(['alice > bob CANCEL', 'bob > alice 200 INVITE']));
    expect(ladder.slice(2).sort()).toEqual(
      ['bob > alice 200 CANCEL', 'alice > bob ACK', 'alice > bob BYE', 'bob > alice 200 BYE'].sort(),
    );
    await expectNothingLeft(all);
  });

  test('nobody is there', async () => {
    const all = await pair();
    const { world, alice } = all;
    await alice.call(makeUri({ user: 'x', host: '10.0.0.99' }));
    expect(await alice.take('failed')).toMatchObject({ cause: 'timeout', status: 408 });
    expect(world.ladder).toEqual(new Array(7).fill('alice > 10.0.0.99 INVITE'));
    await expectNothingLeft(all);
  });
});

describe('what gets lost comes again', () => {
  test('the INVITE', async () => {
    const all = await pair();
    const { world, alice, bob } = all;
    lose(world, 'INVITE', 2);
    await alice.call(bob.uri());
    await bob.take('invite');
    expect(world.clock.nowMs()).toBe(1505);
    expect(world.ladder).toEqual([
      'alice > bob INVITE (lost)',
      'alice > bob INVITE (lost)',
      'alice > bob INVITE',
      'bob > alice 100 INVITE',
    ]);
  });

  test('the 200', async () => {
    const all = await pair();
    const { world, alice, bob } = all;
    const call = await alice.call(bob.uri());
    const { usage } = await bob.take('invite');
    lose(world, '200 INVITE', 2);
    bob.endpoint.accept(usage, { body: sdp });
    await alice.take('answered');
    alice.endpoint.ack(call);
    await bob.take('acked');
    expect(world.ladder.slice(2)).toEqual([
      'bob > alice 200 INVITE (lost)',
      'bob > alice 200 INVITE (lost)',
      'bob > alice 200 INVITE',
      'alice > bob ACK',
    ]);
    bob.endpoint.bye(usage);
    await alice.take('ended');
    await bob.take('ended');
    await expectNothingLeft(all);
  });

  test('the ACK for the 200', async () => {
    const all = await pair();
    const { world, alice, bob } = all;
    const call = await alice.call(bob.uri());
    const { usage } = await bob.take('invite');
    lose(world, 'ACK', 2);
    bob.endpoint.accept(usage, { body: sdp });
    await alice.take('answered');
    alice.endpoint.ack(call, sdp);
    const acked = await bob.take('acked');
    expect(acked.request.bodyText()).toBe('v=0\r\n');
    expect(world.ladder.slice(2)).toEqual([
      'bob > alice 200 INVITE',
      'alice > bob ACK (lost)',
      'bob > alice 200 INVITE',
      'alice > bob ACK (lost)',
      'bob > alice 200 INVITE',
      'alice > bob ACK',
    ]);
    expect(alice.left).toEqual([]);
  });

  test('the ACK for a refusal', async () => {
    const all = await pair();
    const { world, alice, bob } = all;
    await alice.call(bob.uri());
    lose(world, 'ACK');
    bob.endpoint.reject((await bob.take('invite')).usage, 486);
    await alice.take('failed');
    await world.advance(2000);
    expect(world.ladder.slice(2)).toEqual([
      'bob > alice 486 INVITE',
      'alice > bob ACK (lost)',
      'bob > alice 486 INVITE',
      'alice > bob ACK',
    ]);
    await expectNothingLeft(all);
  });

  test('the BYE, and the answer to it', async () => {
    const all = await established();
    const { world, alice, bob, atAlice } = all;
    lose(world, 'BYE');
    lose(world, '200 BYE');
    alice.endpoint.bye(atAlice);
    await bob.take('ended');
    await alice.take('ended');
    expect(world.ladder).toEqual([
      'alice > bob BYE (lost)',
      'alice > bob BYE',
      'bob > alice 200 BYE (lost)',
      'alice > bob BYE',
      'bob > alice 200 BYE',
    ]);
    await expectNothingLeft(all);
  });

  test('never, when the peer is gone: the call ends all the same', async () => {
    const all = await established();
    const { world, alice, bob, atAlice } = all;
    const startMs = world.clock.nowMs();
    world.network.drop(() => true);
    alice.endpoint.bye(atAlice);
    expect(await alice.take('ended')).toMatchObject({ by: 'local-bye' });
    expect(world.clock.nowMs() - startMs).toBe(32_000);
    await bob.endpoint.close();
    await bob.take('ended');
    await expectNothingLeft(all);
  });
});

describe('re-INVITE', () => {
  const hold = { contentType: 'application/sdp', data: Buffer.from('a=sendonly\r\n') };

  test('alice holds bob, bob resumes', async () => {
    const all = await established();
    const { world, alice, bob, atAlice, atBob } = all;
    alice.endpoint.reinvite(atAlice, { body: hold });
    const held = await bob.take('reinvite');
    expect(held.request.bodyText()).toBe('a=sendonly\r\n');
    bob.endpoint.answerReinvite(atBob, 200, { body: sdp });
    await alice.take('reinviteAnswered');
    alice.endpoint.ack(atAlice);
    await bob.take('reinviteAcked');
    bob.endpoint.reinvite(atBob, {});
    await alice.take('reinvite');
    alice.endpoint.answerReinvite(atAlice, 200, { body: sdp });
    await bob.take('reinviteAnswered');
    bob.endpoint.ack(atBob, sdp);
    expect((await alice.take('reinviteAcked')).request.bodyText()).toBe('v=0\r\n');
    expect(world.ladder).toEqual([
      'alice > bob INVITE',
      'bob > alice 100 INVITE',
      'bob > alice 200 INVITE',
      'alice > bob ACK',
      'bob > alice INVITE',
      'alice > bob 100 INVITE',
      'alice > bob 200 INVITE',
      'bob > alice ACK',
    ]);
    alice.endpoint.bye(atAlice);
    await bob.take('ended');
    await alice.take('ended');
    await expectNothingLeft(all);
  });

  test('bob refuses it: the call goes on', async () => {
    const all = await established();
    const { world, alice, bob, atAlice, atBob } = all;
    alice.endpoint.reinvite(atAlice, { body: hold });
    await bob.take('reinvite');
    bob.endpoint.answerReinvite(atBob, 488);
    expect(await alice.take('reinviteFailed')).toMatchObject({ status: 488, willRetry: false });
    await world.advance(40_000);
    expect(alice.endpoint.counts()).toMatchObject({ usages: 1, dialogs: 1, transactions: 0, deadlines: 0 });
    bob.endpoint.bye(atBob);
    await alice.take('ended');
    await bob.take('ended');
    await expectNothingLeft(all);
  });

  test('both at once: each gets 491, bob tries again before alice does, and both get through', async () => {
    const all = await established();
    const { world, alice, bob, atAlice, atBob } = all;
    const done: string[] = [];
    for (const phone of [alice, bob]) {
      const { endpoint } = phone;
      phone.react((event) => {
        if (event.type === 'retryNow') endpoint.reinvite(event.usage, { body: hold });
        if (event.type === 'reinvite') endpoint.answerReinvite(event.usage, 200, { body: sdp });
        if (event.type === 'reinviteAnswered') {
          endpoint.ack(event.usage);
          done.push(phone.name);
        }
      });
    }
    alice.endpoint.reinvite(atAlice, { body: hold });
    bob.endpoint.reinvite(atBob, { body: hold });
    await world.advance(10_000);
    expect(world.ladder.slice(0, 2).sort()).toEqual(['alice > bob INVITE', 'bob > alice INVITE']);
    expect(world.ladder.slice(2, 4).sort()).toEqual(['alice > bob 491 INVITE', 'bob > alice 491 INVITE']);
    expect(done).toEqual(['bob', 'alice']);
    const failures = [alice, bob].map(({ events }) => events.filter(({ type }) => type === 'reinviteFailed').length);
    expect(failures).toEqual([1, 1]);
    expect(alice.endpoint.counts()).toMatchObject({ usages: 1, dialogs: 1 });
  });

  test('nobody answers it: timer C takes it back, and the call goes on', async () => {
    const { world, alice, bob, atAlice } = await established();
    alice.endpoint.reinvite(atAlice, { body: hold });
    await bob.take('reinvite');
    await bob.take('reinviteCancelled');
    expect(await alice.take('reinviteFailed')).toMatchObject({ status: 408, willRetry: false });
    expect(world.clock.nowMs()).toBeGreaterThan(180_000);
    expect(bob.endpoint.counts()).toMatchObject({ usages: 1, dialogs: 1 });
    expect(alice.endpoint.counts()).toMatchObject({ usages: 1, dialogs: 1 });
  });
});

describe('addresses', () => {
  test('a wildcard listener writes the address of the route, never the wildcard', async () => {
    const world = new SipWorld({ routeDelayMs: 3 });
    world.network.host('10.0.0.1', '192.168.7.1');
    const listen = [{ transport: 'udp', address: '0.0.0.0', port: 5060 }] as const;
    const alice = await world.phone('alice', '10.0.0.1', { listen });
    const inner = await world.raw('inner', '192.168.7.9');
    const outer = await world.raw('outer', '10.0.0.9');
    for (const [peer, local] of [
      [inner, '192.168.7.1'],
      [outer, '10.0.0.1'],
    ] as const) {
      await alice.call(makeUri({ user: 'x', host: peer.local.address }));
      const invite = await peer.take('INVITE');
      expect(field(invite, 'Via')).toContain(`SIP/2.0/UDP ${local}:5060;`);
      expect(field(invite, 'Contact')).toBe(`<sip:alice@${local}:5060>`);
      expect(invite).not.toContain('0.0.0.0');
      const routed = alice.events.filter(({ type }) => type === 'routed').at(-1);
      expect(routed).toMatchObject({ advertised: local, flow: { local: { address: local } } });
    }
  });

  test('an advertised address stands in Via and Contact', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1', { advertise: '203.0.113.7' });
    const peer = await world.raw('peer', '10.0.0.9');
    await alice.call(makeUri({ user: 'x', host: '10.0.0.9' }));
    const invite = await peer.take('INVITE');
    expect(field(invite, 'Via')).toContain('SIP/2.0/UDP 203.0.113.7:5060;');
    expect(field(invite, 'Contact')).toBe('<sip:alice@203.0.113.7:5060>');
  });

  test('IPv6 from end to end', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '2001:db8::1');
    const bob = await world.phone('bob', '2001:db8::2', { listen: [{ transport: 'udp', address: '::', port: 5070 }] });
    const call = await alice.call(makeUri({ user: 'bob', host: '2001:db8::2', port: 5070 }));
    const invite = await bob.take('invite');
    expect(invite.request.header('via')).toContain('SIP/2.0/UDP [2001:db8::1]:5060;');
    expect(invite.advertised).toBe('2001:db8::2');
    bob.endpoint.accept(invite.usage, { body: sdp });
    const answered = await alice.take('answered');
    expect(answered.response.header('contact')).toBe('<sip:bob@[2001:db8::2]:5070>');
    alice.endpoint.ack(call);
    await bob.take('acked');
    bob.endpoint.bye(invite.usage);
    await alice.take('ended');
    await bob.take('ended');
    await expectNothingLeft({ world, alice, bob });
  });

  test('one endpoint, both families', async () => {
    const world = new SipWorld();
    const listen = [
      { transport: 'udp', address: '0.0.0.0', port: 5060 },
      { transport: 'udp', address: '::', port: 5060 },
    ] as const;
    world.network.host('10.0.0.1', '2001:db8::1');
    const alice = await world.phone('alice', '10.0.0.1', { listen });
    for (const address of ['10.0.0.9', '2001:db8::9']) {
      const peer = await world.raw('peer', address);
      await alice.call(makeUri({ user: 'x', host: address }));
      expect(await peer.take('INVITE')).toContain(address.includes(':') ? '[2001:db8::1]:5060' : '10.0.0.1:5060');
    }
  });
});
