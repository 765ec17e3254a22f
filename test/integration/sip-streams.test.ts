/** Calls over TCP and TLS: ladders, connections that are cut, requests too large for UDP. `a = b` is a message in a stream. */
import { beforeEach, describe, expect, test } from 'vitest';
import { type DialogCoreConfig, makeUri, parseUri } from '../../src/dialog-core/index.js';
import type { SipUri } from '../../src/dialog-core/types.js';
import { contactOf, field } from '../support/sip-text.js';
import { type Phone, SipWorld, sdp } from '../support/sip-world.js';

let world: SipWorld;
/** Texts of all that was written into streams. */
let written: string[];

beforeEach(() => {
  world = new SipWorld();
  written = [];
  world.streams.tap(({ data }) => written.push(Buffer.from(data).toString()));
});

function listen(address: string, ...transports: ('udp' | 'tcp' | 'tls')[]): Pick<DialogCoreConfig, 'listen'> {
  return { listen: transports.map((transport) => ({ transport, address, port: transport === 'tls' ? 5061 : 5060 })) };
}

async function pair(...transports: ('udp' | 'tcp' | 'tls')[]): Promise<[alice: Phone, bob: Phone]> {
  const alice = await world.phone('alice', '10.0.0.1', listen('10.0.0.1', ...transports));
  const bob = await world.phone('bob', '10.0.0.2', listen('10.0.0.2', ...transports));
  return [alice, bob];
}

function uri(text: string): SipUri {
  return parseUri(text) as SipUri;
}

const bobOverTcp = uri('sip:bob@10.0.0.2;transport=tcp');

/** The call is answered and acknowledged; usages of both. */
async function establish(alice: Phone, bob: Phone, target: SipUri): Promise<[ours: number, theirs: number]> {
  const ours = await alice.call(target);
  const { usage } = await bob.take('invite');
  bob.endpoint.progress(usage, 180);
  await alice.take('provisional');
  bob.endpoint.accept(usage, { body: sdp });
  await alice.take('answered');
  alice.endpoint.ack(ours);
  await bob.take('acked');
  return [ours, usage];
}

const quiet = {
  usages: 0,
  dialogs: 0,
  transactions: 0,
  deadlines: 0,
  retransmissionsOut: 0,
  malformed: 0,
  unmatched: 0,
  middlewareErrors: 0,
};

describe('a call over TCP', () => {
  test('takes one connection, repeats nothing and leaves nothing behind', async () => {
    const [alice, bob] = await pair('tcp');
    const [ours] = await establish(alice, bob, bobOverTcp);
    alice.endpoint.bye(ours);
    await alice.take('ended');
    await bob.take('ended');
    expect(world.ladder).toEqual([
      'alice = bob INVITE',
      'bob = alice 100 INVITE',
      'bob = alice 180 INVITE',
      'bob = alice 200 INVITE',
      'alice = bob ACK',
      'alice = bob BYE',
      'bob = alice 200 BYE',
    ]);
    expect(world.streams.connections).toHaveLength(1);
    const [invite = ''] = written;
    expect(field(invite, 'Via')).toMatch(/^SIP\/2\.0\/TCP 10\.0\.0\.1:5060;branch=z9hG4bK\w+$/);
    expect(contactOf(invite)).toBe('sip:alice@10.0.0.1:5060;transport=tcp');
    expect(contactOf(written[3] ?? '')).toBe('sip:bob@10.0.0.2:5060;transport=tcp');
    await world.advance(32_001);
    expect(alice.endpoint.counts()).toMatchObject(quiet);
    expect(bob.endpoint.counts()).toMatchObject(quiet);
  });

  test.each([1, 7, 100])('comes through in pieces of %i bytes', async (pieceBytes) => {
    world.streams.pieceBytes = pieceBytes;
    const [alice, bob] = await pair('tcp');
    const [, theirs] = await establish(alice, bob, bobOverTcp);
    bob.endpoint.bye(theirs);
    await alice.take('ended');
    expect(bob.endpoint.counts()).toMatchObject({ malformed: 0 });
  });

  test('is ended by its callee on the connection that the INVITE came on', async () => {
    const [alice, bob] = await pair('tcp');
    const [, theirs] = await establish(alice, bob, bobOverTcp);
    bob.endpoint.bye(theirs);
    expect(await alice.take('ended')).toMatchObject({ by: 'remote-bye' });
    await bob.take('ended');
    expect(world.streams.connections).toHaveLength(1);
  });

  test('goes on when its connection is cut: the next request takes a new one', async () => {
    const [alice, bob] = await pair('tcp');
    const [, theirs] = await establish(alice, bob, bobOverTcp);
    world.streams.connections[0]?.cut();
    await world.advance(1000);
    expect([...alice.left, ...bob.left]).toEqual([]);
    bob.endpoint.bye(theirs);
    expect(await alice.take('ended')).toMatchObject({ by: 'remote-bye' });
    expect(world.streams.connections.map(({ opened }) => [opened.local.address, opened.remote])).toEqual([
      ['10.0.0.1', { address: '10.0.0.2', port: 5060 }],
      ['10.0.0.2', { address: '10.0.0.1', port: 5060 }],
    ]);
  });

  test('fails when its connection is cut in the middle of the INVITE', async () => {
    const [alice, bob] = await pair('tcp');
    world.streams.pieceBytes = 10;
    await alice.call(bobOverTcp);
    await world.advance(0);
    world.streams.connections[0]?.cut();
    expect(await alice.take('failed')).toMatchObject({ cause: 'transport', status: 503, reason: 'read ECONNRESET' });
    await world.advance(100);
    expect(bob.events).toEqual([]);
    expect(bob.endpoint.counts()).toMatchObject({ received: 0, malformed: 0 });
  });

  test('is answered on a new connection when that of its INVITE is gone (18.2.2)', async () => {
    const [alice, bob] = await pair('tcp');
    const usage = await alice.call(bobOverTcp);
    const invite = await bob.take('invite');
    bob.endpoint.progress(invite.usage, 180);
    await alice.take('provisional');
    world.streams.connections[0]?.cut();
    // A call that rings outlives its connection: what is still owed are responses, which find their own way.
    bob.endpoint.accept(invite.usage, { body: sdp });
    await alice.take('answered');
    alice.endpoint.ack(usage);
    await bob.take('acked');
    // Then the ACK takes a third, since each side looks only for what it has opened itself or got the request on.
    const remotes = world.streams.connections.map(({ opened }) => opened.remote.address);
    expect(remotes).toEqual(['10.0.0.2', '10.0.0.1', '10.0.0.2']);
  });

  test('to nobody fails with why, to silence after a while', async () => {
    const [alice] = await pair('tcp');
    alice.endpoint.invite({ target: uri('sip:x@10.0.0.9;transport=tcp'), from: { uri: alice.uri() } });
    expect(await alice.take('failed')).toMatchObject({ cause: 'transport', status: 503, reason: 'it was refused' });
    world.streams.silent.add('10.0.0.8');
    const fromMs = world.clock.nowMs();
    alice.endpoint.invite({ target: uri('sip:x@10.0.0.8;transport=tcp'), from: { uri: alice.uri() } });
    expect(await alice.take('failed')).toMatchObject({ cause: 'transport', reason: 'it took too long' });
    expect(world.clock.nowMs() - fromMs).toBe(5000);
  });

  test('needs a listen address for TCP', async () => {
    const [alice] = await pair('udp');
    const call = (): unknown => alice.endpoint.invite({ target: bobOverTcp, from: { uri: alice.uri() } });
    expect(call).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_URI' }));
    expect(call).toThrowError(/tcp:\/\//);
  });

  test('between wildcards tells the address of the route', async () => {
    const alice = await world.phone('alice', '10.0.0.1', listen('0.0.0.0', 'tcp'));
    const bob = await world.phone('bob', '10.0.0.2', listen('0.0.0.0', 'tcp'));
    await establish(alice, bob, bobOverTcp);
    expect(contactOf(written[0] ?? '')).toBe('sip:alice@10.0.0.1:5060;transport=tcp');
    expect(contactOf(written[3] ?? '')).toBe('sip:bob@10.0.0.2:5060;transport=tcp');
  });

  test('and OPTIONS share a connection', async () => {
    const [alice, bob] = await pair('tcp');
    await establish(alice, bob, bobOverTcp);
    const asked = alice.endpoint.options({ target: bobOverTcp, from: alice.uri() });
    await world.advance(100);
    expect(await asked).toMatchObject({ status: 200 });
    expect(world.streams.connections).toHaveLength(1);
  });

  test('that is refused is acknowledged once and forgotten (timers D and I are 0)', async () => {
    const [alice, bob] = await pair('tcp');
    await alice.call(bobOverTcp);
    const { usage } = await bob.take('invite');
    bob.endpoint.reject(usage, 486);
    expect(await alice.take('failed')).toMatchObject({ status: 486 });
    await world.advance(20);
    expect(world.ladder.slice(-2)).toEqual(['bob = alice 486 INVITE', 'alice = bob ACK']);
    expect(alice.endpoint.counts()).toMatchObject(quiet);
    expect(bob.endpoint.counts()).toMatchObject(quiet);
  });

  test('that nobody answers is asked for once and ends by timer B', async () => {
    const [alice] = await pair('tcp');
    await world.streams.host('10.0.0.9').listen({ address: '10.0.0.9', port: 5060 }, 'tcp', {
      admit: () => () => {},
      onSocket: (socket) => socket.start({ onData() {}, onClose() {} }),
      onError() {},
    });
    await alice.call(uri('sip:x@10.0.0.9;transport=tcp'));
    const sentMs = world.clock.nowMs();
    expect(await alice.take('failed')).toMatchObject({ cause: 'timeout', status: 408 });
    expect(world.clock.nowMs() - sentMs).toBe(32_000);
    const asked = alice.endpoint.options({ target: uri('sip:x@10.0.0.9;transport=tcp'), from: alice.uri() });
    await world.advance(32_001);
    expect(await asked).toMatchObject({ status: 408 });
    expect(written.map((text) => text.split(' ')[0])).toEqual(['INVITE', 'OPTIONS']);
    expect(alice.endpoint.counts()).toMatchObject(quiet);
  });

  test('that is cancelled sends CANCEL on the same connection', async () => {
    const [alice, bob] = await pair('tcp');
    const usage = await alice.call(bobOverTcp);
    await bob.take('invite');
    await world.advance(10);
    alice.endpoint.cancel(usage);
    await bob.take('cancelled');
    expect(await alice.take('failed')).toMatchObject({ cause: 'cancelled' });
    expect(world.streams.connections).toHaveLength(1);
  });
});

describe('a call over TLS', () => {
  beforeEach(() => {
    world.network.names.set('bob.example', ['10.0.0.2']);
    world.streams.certificates.set('10.0.0.2', ['bob.example']);
  });

  test('with sips speaks sips everywhere (RFC 3261 8.1.1.8, 12.1.1)', async () => {
    const [alice, bob] = await pair('tls');
    const [ours] = await establish(alice, bob, uri('sips:bob@bob.example'));
    const [invite = '', , , accepted = ''] = written;
    expect(field(invite, 'Via')).toMatch(/^SIP\/2\.0\/TLS 10\.0\.0\.1:5061;/);
    expect(contactOf(invite)).toBe('sips:alice@10.0.0.1:5061');
    expect(contactOf(accepted)).toBe('sips:bob@10.0.0.2:5061');
    alice.endpoint.bye(ours);
    await bob.take('ended');
    expect(world.streams.connections).toHaveLength(1);
  });

  test('with transport=tls speaks sip', async () => {
    const [alice, bob] = await pair('tls');
    const [, theirs] = await establish(alice, bob, uri('sip:bob@bob.example;transport=tls'));
    expect(contactOf(written[0] ?? '')).toBe('sip:alice@10.0.0.1:5061;transport=tls');
    bob.endpoint.bye(theirs);
    await alice.take('ended');
    expect(world.streams.connections).toHaveLength(1);
  });

  test('fails where the certificate is for another name', async () => {
    const [alice] = await pair('tls');
    world.network.names.set('carol.example', ['10.0.0.2']);
    alice.endpoint.invite({ target: uri('sips:c@carol.example'), from: { uri: alice.uri() } });
    expect(await alice.take('failed')).toMatchObject({ cause: 'transport', reason: /carol\.example/ });
    expect(written).toEqual([]);
  });

  test('a connection is shared only under the name that was proved', async () => {
    const [alice, bob] = await pair('tls');
    world.network.names.set('carol.example', ['10.0.0.2']);
    await establish(alice, bob, uri('sips:bob@bob.example'));
    alice.endpoint.invite({ target: uri('sips:c@carol.example'), from: { uri: alice.uri() } });
    expect(await alice.take('failed')).toMatchObject({ cause: 'transport' });
  });
});

describe('a request too large for UDP (18.1.1)', () => {
  const large = { contentType: 'application/sdp', data: Buffer.from(`v=0\r\ns=${'x'.repeat(1300)}\r\n`) };
  const target = makeUri({ user: 'bob', host: '10.0.0.2' });

  async function callWith(alice: Phone): Promise<number> {
    const usage = alice.endpoint.invite({ target, from: { uri: alice.uri() } });
    await alice.take('routed');
    alice.endpoint.sendInvite(usage, large);
    return usage;
  }

  test('takes TCP, and what follows UDP', async () => {
    const [alice, bob] = await pair('udp', 'tcp');
    const usage = await callWith(alice);
    const invite = await bob.take('invite');
    expect(field(written[0] ?? '', 'Via')).toMatch(/^SIP\/2\.0\/TCP 10\.0\.0\.1:5060;/);
    bob.endpoint.accept(invite.usage, { body: sdp });
    await alice.take('answered');
    alice.endpoint.ack(usage);
    await bob.take('acked');
    alice.endpoint.bye(usage);
    await bob.take('ended');
    expect(world.ladder).toContain('alice = bob INVITE');
    expect(world.ladder).not.toContain('alice > bob INVITE');
  });

  test('falls back to UDP where TCP is refused', async () => {
    const alice = await world.phone('alice', '10.0.0.1', listen('10.0.0.1', 'udp', 'tcp'));
    const bob = await world.phone('bob', '10.0.0.2');
    await callWith(alice);
    await bob.take('invite');
    expect(world.ladder[0]).toBe('alice > bob INVITE');
  });

  test('falls back to UDP where TCP is met by silence', async () => {
    const [alice, bob] = await pair('udp', 'tcp');
    world.streams.silent.add('10.0.0.2');
    await callWith(alice);
    await bob.take('invite');
    expect(world.ladder[0]).toBe('alice > bob INVITE');
    expect(world.clock.nowMs()).toBeLessThan(5100);
  });

  test('stays on UDP without a listen address for TCP', async () => {
    const [alice, bob] = await pair('udp');
    await callWith(alice);
    await bob.take('invite');
    expect(world.ladder[0]).toBe('alice > bob INVITE');
  });

  test('that is given up meanwhile is not sent', async () => {
    const [alice, bob] = await pair('udp', 'tcp');
    world.streams.silent.add('10.0.0.2');
    const usage = await callWith(alice);
    await world.advance(1000);
    alice.endpoint.cancel(usage);
    expect(await alice.take('failed')).toMatchObject({ cause: 'cancelled' });
    await world.advance(40_000);
    expect(world.ladder).toEqual([]);
    expect(bob.events).toEqual([]);
    expect(alice.endpoint.counts()).toMatchObject(quiet);
  });
});
