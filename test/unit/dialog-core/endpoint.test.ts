import { describe, expect, test, vi } from 'vitest';
import { makeUri } from '../../../src/dialog-core/index.js';
import { SipWorld, sdp } from '../../support/sip-world.js';
import { settle } from '../../support/virtual-clock.js';

describe('events', () => {
  test('never come from inside a verb', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const usage = alice.endpoint.invite({ target: makeUri({ host: '10.0.0.2' }), from: { uri: alice.uri() } });
    alice.endpoint.cancel(usage);
    expect(alice.events).toEqual([]);
    await settle();
    expect(alice.events.map(({ type }) => type)).toEqual(['failed']);
  });

  test('caused by a verb inside a handler come after that handler', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const order: string[] = [];
    alice.react((event) => {
      order.push(`${event.type} in`);
      if (event.type === 'routed') alice.endpoint.cancel(event.usage);
      order.push(`${event.type} out`);
    });
    alice.endpoint.invite({ target: makeUri({ host: '10.0.0.2' }), from: { uri: alice.uri() } });
    await settle();
    expect(order).toEqual(['routed in', 'routed out', 'failed in', 'failed out']);
  });

  test('a handler that throws breaks nothing', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const bob = await world.phone('bob', '10.0.0.2');
    bob.react((event) => {
      if (event.type === 'invite') {
        bob.endpoint.accept(event.usage, { body: sdp });
        throw new Error('oops');
      }
    });
    const call = await alice.call(bob.uri());
    await alice.take('answered');
    alice.endpoint.ack(call);
    await bob.take('invite');
    await bob.take('acked');
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(String(warnings.mock.calls[0]?.[0])).toContain('oops');
    warnings.mockRestore();
  });
});

describe('OPTIONS', () => {
  test('gets the answer of the peer', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const bob = await world.phone('bob', '10.0.0.2');
    const asked = alice.endpoint.options({ target: bob.uri(), from: alice.uri() });
    await world.advance(20);
    const result = await asked;
    expect(result).toMatchObject({ status: 200, reason: 'OK' });
    expect(result.response?.headerValues('allow')).toContain('BYE');
    expect(world.ladder).toEqual(['alice > bob OPTIONS', 'bob > alice 200 OPTIONS']);
  });

  test('is 408 where nobody answers, 503 where nobody is', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const silent = alice.endpoint.options({ target: makeUri({ host: '10.0.0.9' }), from: alice.uri() });
    const unknown = alice.endpoint.options({ target: makeUri({ host: 'nowhere.invalid' }), from: alice.uri() });
    expect(await unknown).toMatchObject({ status: 503, response: undefined });
    await world.advance(32_001);
    expect(await silent).toMatchObject({ status: 408, response: undefined });
  });

  test('to what is no SIP address over UDP rejects', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const target = makeUri({ host: '10.0.0.2', scheme: 'sips' });
    await expect(alice.endpoint.options({ target: target, from: alice.uri() })).rejects.toMatchObject({
      code: 'ERR_INVALID_URI',
    });
  });
});

describe('life', () => {
  test('verbs need a started endpoint, and none that was closed', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    await expect(alice.endpoint.start()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await alice.endpoint.close();
    const call = (): unknown => alice.endpoint.invite({ target: alice.uri(), from: { uri: alice.uri() } });
    expect(call).toThrowError(expect.objectContaining({ code: 'ERR_CLOSED' }));
    await expect(alice.endpoint.start()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
  });

  test('a busy address fails the start, and nothing stays bound', async () => {
    const world = new SipWorld();
    await world.phone('alice', '10.0.0.1');
    const listen = ['10.0.0.2', '10.0.0.1'].map((address) => ({ transport: 'udp' as const, address, port: 5060 }));
    world.network.host('10.0.0.2');
    await expect(world.phone('bob', '10.0.0.1', { listen })).rejects.toMatchObject({
      code: 'ERR_ADDRESS_NOT_AVAILABLE',
    });
    await expect(world.phone('bob', '10.0.0.1')).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE' });
  });

  test('close ends what lives, rejects what waits, releases the port, and may be called again', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const bob = await world.phone('bob', '10.0.0.2');
    const call = await alice.call(bob.uri());
    const invite = await bob.take('invite');
    bob.endpoint.accept(invite.usage);
    await alice.take('answered');
    alice.endpoint.ack(call);
    await bob.take('acked');
    const waiting = alice.endpoint.options({ target: makeUri({ host: '10.0.0.9' }), from: alice.uri() });
    waiting.catch(() => {});
    await world.advance(10);
    const closing = alice.endpoint.close();
    expect(alice.endpoint.close()).toBe(closing);
    await closing;
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(await alice.take('ended')).toMatchObject({ by: 'closed', usage: call });
    expect(alice.endpoint.counts()).toMatchObject({ transactions: 0, usages: 0, dialogs: 0, deadlines: 0 });
    const again = await world.phone('alice', '10.0.0.1');
    expect(again.endpoint.listeners).toEqual([{ transport: 'udp', local: { address: '10.0.0.1', port: 5060 } }]);
    world.takeLadder();
    await world.advance(60_000);
    expect(world.ladder).toEqual([]);
  });

  test('a BYE that was asked for just before close still leaves', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    const bob = await world.phone('bob', '10.0.0.2');
    const call = await alice.call(bob.uri());
    const invite = await bob.take('invite');
    bob.endpoint.accept(invite.usage);
    await alice.take('answered');
    alice.endpoint.ack(call);
    await bob.take('acked');
    alice.endpoint.bye(call);
    await alice.endpoint.close();
    expect(await bob.take('ended')).toMatchObject({ by: 'remote-bye' });
  });

  test('closed while it starts, it releases what it bound', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    await alice.endpoint.close();
    const { SipEndpoint } = await import('../../../src/dialog-core/index.js');
    const endpoint = new SipEndpoint({
      listen: [{ transport: 'udp', address: '10.0.0.1', port: 5060 }],
      clock: world.clock,
      network: world.network.host('10.0.0.1').datagram,
    });
    const starting = endpoint.start();
    const closing = endpoint.close();
    await expect(starting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await closing;
    await world.phone('alice', '10.0.0.1');
  });

  test('one timer serves everything, and none is left when nothing waits', async () => {
    const world = new SipWorld();
    const alice = await world.phone('alice', '10.0.0.1');
    for (let index = 0; index < 50; index += 1) await alice.call(makeUri({ user: String(index), host: '10.0.0.9' }));
    await settle();
    expect(world.clock.pending).toBeLessThanOrEqual(51);
    await world.advance(33_000);
    expect(alice.events.filter(({ type }) => type === 'failed')).toHaveLength(50);
    expect(world.clock.pending).toBe(0);
  });
});
