/** Several targets, redirections and groups of calls, in virtual time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, IncomingCall, Sessions } from '../../src/api/index.js';
import { expectNothingLeft } from '../support/nothing-left.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;
let alice: Sessions;

beforeEach(async () => {
  world = virtualWorld();
  alice = await world.endpoint('10.0.0.1');
});

afterEach(async () => {
  await world.close();
});

/** A phone that does what `decide` says with every call. */
const phone = (address: string, decide: (incoming: IncomingCall) => unknown): Promise<Sessions> =>
  world.endpoint(address, {
    onIncomingCall: async (incoming) => {
      await decide(incoming);
    },
  });
const rings = (incoming: IncomingCall): void => incoming.ring();
const busy = (incoming: IncomingCall): void => incoming.reject(486);
const answers = async (incoming: IncomingCall): Promise<Call> => incoming.accept();

describe('several targets', () => {
  it('ring one after another until one answers', async () => {
    const two = await phone('10.0.0.2', busy);
    const three = await phone('10.0.0.3', rings);
    const four = await phone('10.0.0.4', answers);
    const events: string[] = [];
    alice.manager.groups.events.on('group', ({ type, groupId }) => events.push(`${groupId.split(':')[0]} ${type}`));
    const targets = ['sip:x@10.0.0.2', 'sip:x@10.0.0.3', 'sip:x@10.0.0.4'];
    const call = await world.settled(alice.call(targets, { ringMs: 3000 }));
    expect(call.remote.uri).toBe('sip:x@10.0.0.4');
    expect(world.clock.nowMs()).toBeGreaterThan(3000);
    expect(world.clock.nowMs()).toBeLessThan(4000);
    expect(events.filter((event) => event === 'hunt joined')).toHaveLength(3);
    expect(events.slice(-1)).toEqual(['hunt closed']);
    await world.settled(call.hangup());
    await expectNothingLeft(world.clock, alice, two, three, four);
  });

  it('ring all at once: the first to answer wins, the others are told that it was answered elsewhere', async () => {
    const ended: string[] = [];
    const two = await phone('10.0.0.2', async (incoming) => {
      incoming.ring();
      await new Promise<void>((resolve) => incoming.clock.after(2000, resolve));
      await incoming.accept();
    });
    const three = await phone('10.0.0.3', (incoming) => {
      incoming.ring();
      incoming.signal.addEventListener('abort', () => ended.push('cancelled'));
    });
    three.events.on('event', (event) => {
      if (event.type === 'ended') ended.push(`${event.reason.cause} ${event.reason.reason?.cause}`);
    });
    const call = await world.settled(alice.call(['sip:x@10.0.0.2', 'sip:x@10.0.0.3'], { ring: 'parallel' }));
    expect(call.remote.uri).toBe('sip:x@10.0.0.2');
    await world.clock.advance(1000);
    // RFC 3326: the loser lists no missed call.
    expect(ended).toEqual(['cancelled 200', 'cancelled']);
    await world.settled(call.hangup());
    await expectNothingLeft(world.clock, alice, two, three);
  });

  it('end a second call whose 200 crossed the CANCEL', async () => {
    const states: string[] = [];
    const phones = [];
    for (const address of ['10.0.0.2', '10.0.0.3']) {
      const one = await phone(address, answers);
      one.events.on('event', (event) => {
        if (event.type === 'ended') states.push(`${address} ${event.reason.cause}`);
      });
      phones.push(one);
    }
    const call = await world.settled(alice.call(['sip:x@10.0.0.2', 'sip:x@10.0.0.3'], { ring: 'parallel' }));
    await world.clock.advance(2000);
    expect(call.state.kind).toBe('Active');
    expect(states).toHaveLength(1);
    expect(alice.calls.size).toBe(1);
    await world.settled(call.hangup());
    await expectNothingLeft(world.clock, alice, ...phones);
  });

  it('fail with the best of their answers, and at once with a 6xx (RFC 3261 16.7)', async () => {
    await phone('10.0.0.2', (incoming) => incoming.reject(500));
    await phone('10.0.0.3', busy);
    await phone('10.0.0.4', (incoming) => incoming.reject(603));
    await phone('10.0.0.5', rings);
    for (const ring of ['series', 'parallel'] as const) {
      const lowest = alice.call(['sip:x@10.0.0.2', 'sip:x@10.0.0.3'], { ring });
      await expect(world.settled(lowest)).rejects.toMatchObject({ status: 486 });
      const before = world.clock.nowMs();
      const global = alice.call(['sip:x@10.0.0.4', 'sip:x@10.0.0.5'], { ring });
      await expect(world.settled(global)).rejects.toMatchObject({ status: 603 });
      expect(world.clock.nowMs() - before).toBeLessThan(1000);
    }
    expect(alice.calls.size).toBe(0);
  });

  it('are all cancelled when the caller gives up', async () => {
    const two = await phone('10.0.0.2', rings);
    const three = await phone('10.0.0.3', rings);
    for (const ring of ['series', 'parallel'] as const) {
      const patience = new AbortController();
      const calling = alice.call(['sip:x@10.0.0.2', 'sip:x@10.0.0.3'], { ring, signal: patience.signal });
      const outcome = Promise.allSettled([calling]);
      await world.clock.advance(500);
      patience.abort();
      await world.settled(outcome);
      await expect(calling).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    }
    await expectNothingLeft(world.clock, alice, two, three);
    await expect(alice.call([])).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(alice.call(['nonsense', 'sip:x@10.0.0.2'])).rejects.toMatchObject({ code: 'ERR_INVALID_URI' });
  });
});

describe('a redirection', () => {
  it('is followed to the Contacts by their order as far as the caller allows', async () => {
    await phone('10.0.0.2', (incoming) => incoming.redirect(['sip:y@10.0.0.3', 'sip:y@10.0.0.4']));
    await phone('10.0.0.3', busy);
    await phone('10.0.0.4', answers);
    const refused = alice.call('sip:x@10.0.0.2');
    await expect(world.settled(refused)).rejects.toMatchObject({ status: 302 });
    const call = await world.settled(alice.call('sip:x@10.0.0.2', { maxRedirects: 1 }));
    expect(call.remote.uri).toBe('sip:y@10.0.0.4');
  });

  it('reads Contacts as addresses are written, and tries no more of them than it would of a list', async () => {
    const seen: string[] = [];
    const many = Array.from({ length: 60 }, (_, i): [string, string] => ['Contact', `<sip:n${i}@10.0.0.3>;q=0.5`]);
    await phone('10.0.0.2', (incoming) =>
      incoming.reject(300, { headers: [...many, ['Contact', '"<sip:trap@10.0.0.9>" <sip:first@10.0.0.3>;q=0.9']] }),
    );
    await phone('10.0.0.3', (incoming) => {
      seen.push(incoming.targetUser);
      incoming.reject(486);
    });
    const calling = alice.call('sip:x@10.0.0.2', { maxRedirects: 1 });
    await expect(world.settled(calling)).rejects.toMatchObject({ status: 486 });
    expect([seen.length, seen[0], seen[1]]).toEqual([31, 'first', 'n0']);
  });

  it('does not go round in circles', async () => {
    await phone('10.0.0.2', (incoming) => incoming.redirect('sip:x@10.0.0.3'));
    await phone('10.0.0.3', (incoming) => incoming.redirect('sip:x@10.0.0.2', { status: 301 }));
    const round = alice.call('sip:x@10.0.0.2', { maxRedirects: 10 });
    await expect(world.settled(round)).rejects.toMatchObject({ status: 301 });
  });

  it('is refused when it says nothing', async () => {
    let checked = 0;
    await phone('10.0.0.2', (incoming) => {
      const code = (action: () => void): unknown => {
        try {
          return action();
        } catch (error) {
          return (error as { code: string }).code;
        }
      };
      expect(code(() => incoming.redirect([]))).toBe('ERR_INVALID_ARGUMENT');
      expect(code(() => incoming.redirect('sip:a b'))).toBe('ERR_INVALID_URI');
      expect(code(() => incoming.redirect('sip:a@b', { status: 200 }))).toBe('ERR_INVALID_ARGUMENT');
      checked += 1;
      incoming.reject(486);
    });
    await expect(world.settled(alice.call('sip:x@10.0.0.2'))).rejects.toMatchObject({ status: 486 });
    expect(checked).toBe(1);
  });
});

describe('a group of calls', () => {
  it('follows its calls, elects, and takes its members into a conference', async () => {
    const into: Call[] = [];
    const bob = await phone('10.0.0.2', async (incoming) => into.push(await incoming.accept()));
    const outs: Call[] = [];
    for (let i = 0; i < 3; i += 1) outs.push(await world.settled(alice.call('sip:x@10.0.0.2')));
    await world.clock.advance(50);
    const [a, b, c] = into as [Call, Call, Call];
    const group = bob.group('team', { type: 'conference', max: 2, election: 'oldest' });
    const told: string[] = [];
    const names = new Map([
      [a, 'a'],
      [b, 'b'],
      [c, 'c'],
    ]);
    group.events.on('joined', (call, role) => told.push(`joined ${names.get(call)} ${role}`));
    group.events.on('left', (call) => told.push(`left ${names.get(call)}`));
    group.events.on('leaderChanged', (call) => told.push(`leader ${call && names.get(call)}`));
    group.events.on('closed', (by) => told.push(`closed ${by}`));
    group.add(a, { role: 'host' });
    const room = bob.conference('team room');
    group.link(room);
    group.add(b);
    expect(() => group.add(c)).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
    expect(() => bob.group('team')).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE' }));
    expect([...room.members.keys()].sort()).toEqual([a.id, b.id].sort());
    await world.settled((outs[0] as Call).hangup());
    await world.clock.advance(50);
    expect(told).toEqual(['joined a host', 'leader a', 'joined b member', 'left a', 'leader b']);
    expect([...room.members.keys()]).toEqual([b.id]);
    group.close();
    group.close();
    expect(told.slice(-2)).toEqual(['left b', 'closed closed']);
    expect(room.size).toBe(0);
    expect(b.state.kind).toBe('Active');
    expect(() => group.add(b)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    expect(bob.groups.size).toBe(0);
    room.close();
    await world.settled(Promise.all(outs.map((call) => call.hangup())));
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('takes a member in only where its conference does', async () => {
    const into: Call[] = [];
    const bob = await phone('10.0.0.2', async (incoming) => into.push(await incoming.accept()));
    for (let i = 0; i < 2; i += 1) await world.settled(alice.call('sip:x@10.0.0.2'));
    await world.clock.advance(50);
    const [a, b] = into as [Call, Call];
    const group = bob.group('team');
    const room = bob.conference('small', { maxMembers: 1 });
    group.link(room);
    group.add(a);
    expect(() => group.add(b)).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
    expect(group.members.map(({ call }) => call)).toEqual([a]);
    expect(() => group.link(room)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
  });
});
