/** Calls over WebSocket (RFC 7118) in virtual time: what Via and Contact say, and whose connection serves. `a = b` is a frame. */
import { beforeEach, describe, expect, test } from 'vitest';
import { makeUri, parseUri } from '../../src/dialog-core/index.js';
import type { ListenAddress, SipUri } from '../../src/dialog-core/types.js';
import { contactOf, field } from '../support/sip-text.js';
import { type Phone, SipWorld, sdp } from '../support/sip-world.js';

let world: SipWorld;
let written: string[];

beforeEach(() => {
  world = new SipWorld();
  written = [];
  world.streams.tap(({ data }) => written.push(Buffer.from(data).toString()));
});

const uri = (text: string): SipUri => parseUri(text) as SipUri;
const server: ListenAddress = { transport: 'ws', address: '10.0.0.2', port: 80 };

/** Alice has a UDP listener alone, as a page has none at all. */
async function pair(): Promise<[alice: Phone, bob: Phone]> {
  const bob = await world.phone('bob', '10.0.0.2', { listen: [server], registrar: {} });
  return [await world.phone('alice', '10.0.0.1'), bob];
}

async function register(alice: Phone): Promise<string> {
  let contact = '';
  alice.endpoint.register({ aor: uri('sip:alice@10.0.0.2'), registrar: uri('sip:10.0.0.2;transport=ws') }, (state) => {
    if (state.kind === 'registered') contact = state.contact;
  });
  await world.until(() => contact !== '', 'the registration');
  return contact;
}

async function answer(caller: Phone, callee: Phone, usage: number): Promise<number> {
  const invite = await callee.take('invite');
  callee.endpoint.accept(invite.usage, { body: sdp });
  await caller.take('answered');
  caller.endpoint.ack(usage);
  await callee.take('acked');
  return invite.usage;
}

describe('a client that does not listen', () => {
  test('names itself by a host that nobody can resolve, and is called back along its connection', async () => {
    const [alice, bob] = await pair();
    const usage = await alice.call(uri('sip:bob@10.0.0.2;transport=ws'));
    const theirs = await answer(alice, bob, usage);
    const [invite = ''] = written;
    const name = /^SIP\/2\.0\/WS (\w+\.invalid);branch=z9hG4bK\w+$/.exec(field(invite, 'Via') ?? '')?.[1];
    expect(name).toBeDefined();
    expect(contactOf(invite)).toBe(`sip:alice@${name};transport=ws`);
    bob.endpoint.bye(theirs);
    await alice.take('ended');
    await bob.take('ended');
    expect(world.streams.connections).toHaveLength(1);
    expect(world.ladder).toEqual([
      'alice = bob INVITE',
      'bob = alice 100 INVITE',
      'bob = alice 200 INVITE',
      'alice = bob ACK',
      'bob = alice BYE',
      'alice = bob 200 BYE',
    ]);
  });

  test('is called under its contact once it has registered, and hangs up on us', async () => {
    const [alice, bob] = await pair();
    const contact = await register(alice);
    const [binding] = bob.endpoint.lookup(uri('sip:alice@10.0.0.2')) ?? [];
    expect(contact).toBe(`<${binding?.contact}>`);
    const usage = bob.endpoint.invite({ target: uri(binding?.contact ?? ''), from: { uri: bob.uri() } });
    await bob.take('routed');
    bob.endpoint.sendInvite(usage, sdp);
    const theirs = await answer(bob, alice, usage);
    bob.endpoint.reinvite(usage, { body: sdp });
    await alice.take('reinvite');
    alice.endpoint.answerReinvite(theirs, 200, { body: sdp });
    await bob.take('reinviteAnswered');
    bob.endpoint.ack(usage);
    await alice.take('reinviteAcked');
    bob.endpoint.bye(usage);
    await bob.take('ended');
    expect(world.streams.connections).toHaveLength(1);
  });

  test('is gone from the registrar with its connection', async () => {
    const [alice, bob] = await pair();
    await register(alice);
    world.streams.connections[0]?.cut();
    await world.advance(10);
    expect(bob.endpoint.lookup(uri('sip:alice@10.0.0.2'))).toEqual([]);
  });
});

test('a contact behind NAT is called at the address that it registered from (RFC 5626 5.3)', async () => {
  const bob = await world.phone('bob', '10.0.0.2', { registrar: {} });
  const nat = await world.raw('nat', '10.0.0.9', 33_333);
  const lines = ['REGISTER sip:10.0.0.2 SIP/2.0', 'Via: SIP/2.0/UDP 192.168.0.7:5060;branch=z9hG4bKn;rport'];
  const names = ['From: <sip:carol@10.0.0.2>;tag=1', 'To: <sip:carol@10.0.0.2>', 'Call-ID: n', 'CSeq: 1 REGISTER'];
  const rest = ['Max-Forwards: 70', 'Contact: <sip:carol@192.168.0.7:5060>', 'Content-Length: 0', '', ''];
  nat.send(Buffer.from([...lines, ...names, ...rest].join('\r\n')), bob);
  await nat.take('SIP/2.0 200');
  const target = uri(bob.endpoint.lookup(uri('sip:carol@10.0.0.2'))?.[0]?.contact ?? '');
  bob.endpoint.invite({ target, from: { uri: bob.uri() } });
  const { flow } = await bob.take('routed');
  expect(flow.remote).toEqual({ address: '10.0.0.9', port: 33_333 });
});

test('two servers call each other by their listeners', async () => {
  const alice = await world.phone('alice', '10.0.0.1', { listen: [{ ...server, address: '10.0.0.1' }] });
  const bob = await world.phone('bob', '10.0.0.2', { listen: [server] });
  const usage = await alice.call(uri('sip:bob@10.0.0.2:80;transport=ws'));
  await answer(alice, bob, usage);
  expect(field(written[0] ?? '', 'Via')).toMatch(/^SIP\/2\.0\/WS 10\.0\.0\.1:80;branch=/);
  expect(contactOf(written[0] ?? '')).toBe('sip:alice@10.0.0.1:80;transport=ws');
});

test('sips over WebSocket is TLS below it, and says so in its Contact (RFC 7118 5.2.2)', async () => {
  world.streams.certificates.set('10.0.0.2', ['10.0.0.2']);
  const wss: ListenAddress = { transport: 'wss', address: '10.0.0.2', port: 443 };
  const bob = await world.phone('bob', '10.0.0.2', { listen: [wss] });
  const alice = await world.phone('alice', '10.0.0.1');
  const usage = await alice.call(uri('sips:bob@10.0.0.2;transport=ws'));
  await answer(alice, bob, usage);
  expect(field(written[0] ?? '', 'Via')).toMatch(/^SIP\/2\.0\/WSS \w+\.invalid;branch=/);
  expect(contactOf(written[0] ?? '')).toMatch(/^sips:alice@\w+\.invalid;transport=ws$/);
  expect(contactOf(written[2] ?? '')).toBe('sips:bob@10.0.0.2:443;transport=ws');
});

test('a frame holds one message, and needs no Content-Length', async () => {
  await world.phone('bob', '10.0.0.2', { listen: [server] });
  const socket = await connectTo();
  const heard: string[] = [];
  socket.start({ onData: (data) => heard.push(Buffer.from(data).toString()), onClose() {} });
  const target = makeUri({ user: 'x', host: '10.0.0.2' });
  const lines = [`OPTIONS sip:${target.user}@10.0.0.2 SIP/2.0`, 'Via: SIP/2.0/WS a.invalid;branch=z9hG4bKf'];
  const names = ['From: <sip:a@b.example>;tag=1', 'To: <sip:x@10.0.0.2>', 'Call-ID: f', 'CSeq: 1 OPTIONS', '', ''];
  socket.write(Buffer.from([...lines, 'Max-Forwards: 70', ...names].join('\r\n')));
  socket.write(Buffer.from('\r\n\r\n'));
  socket.write(Buffer.from('\r\n'));
  await world.advance(50);
  expect(heard).toHaveLength(2);
  expect(heard[0]).toMatch(/^SIP\/2\.0 200 OK\r\n/);
  expect(heard[1]).toBe('\r\n');

  async function connectTo() {
    const target = { remote: server, from: undefined, transport: 'ws', serverName: undefined } as const;
    const connecting = world.streams.host('10.0.0.9').connect(target, new AbortController().signal);
    await world.advance(20);
    return connecting;
  }
});
