/** Transfers between whole endpoints in virtual time: blind and attended, both roles, and calls that take another's place. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  Call,
  IncomingCall,
  Sessions,
  SessionsOptions,
  TransferOutcome,
  TransferRequest,
} from '../../src/api/index.js';
import { sine } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;

beforeEach(() => {
  world = virtualWorld();
});

afterEach(async () => {
  await world.close();
});

interface Phone {
  readonly sessions: Sessions;
  /** Calls that came in and were accepted, in order. */
  readonly taken: Call[];
  readonly uri: string;
}

/** A phone that accepts every call, and every transfer. */
async function phone(number: number, options: SessionsOptions = {}): Promise<Phone> {
  const taken: Call[] = [];
  const address = `10.0.0.${number}`;
  const sessions = await world.endpoint(address, {
    onIncomingCall: async (incoming) => {
      const call = await incoming.accept();
      obey(call);
      taken.push(call);
    },
    ...options,
  });
  return { sessions, taken, uri: `sip:p${number}@${address}` };
}

/** Accepts transfers of this call. */
function obey(call: Call): void {
  call.events.on('transferRequest', (request) => void request.accept().catch(() => {}));
}

async function connect(from: Phone, to: Phone): Promise<{ out: Call; into: Call }> {
  const before = to.taken.length;
  const out = await world.settled(from.sessions.call(to.uri, { from: from.uri }));
  obey(out);
  await world.clock.until(() => to.taken.length > before);
  return { out, into: to.taken[before] as Call };
}

async function expectNothingLeft(...phones: Phone[]): Promise<void> {
  await world.clock.advance(60_000);
  for (const { sessions } of phones) {
    const counts = sessions.counts();
    expect(counts).toMatchObject({ sessions: 0, rooms: 0, deadlines: 0, dialogs: 0, streams: 0, refusedFacts: 0 });
    expect(counts.signalling).toMatchObject({ transactions: 0, usages: 0, dialogs: 0, subscriptions: 0 });
    expect(sessions.manager.transfers.size).toBe(0);
  }
}

describe('a blind transfer', () => {
  it('is done by the peer, told of, and ends the call', async () => {
    const [alice, bob, carol] = [await phone(1), await phone(2), await phone(3)];
    const { out } = await connect(alice, bob);
    world.ladder();
    const states: string[] = [];
    const progress: number[] = [];
    out.events.on('state', (to) => states.push(to.kind));
    out.events.on('transferProgress', (status) => progress.push(status));
    const outcome = await world.settled(out.transfer(carol.uri));
    expect(outcome).toEqual({ kind: 'answered', status: 200, reason: 'OK' });
    await world.clock.advance(1000);
    expect(world.ladder()).toEqual([
      ...['1>2 REFER', '2>1 202', '2>1 NOTIFY', '2>3 INVITE', '1>2 200', '3>2 100', '3>2 200', '2>3 ACK'],
      ...['2>1 NOTIFY', '2>1 BYE', '1>2 200', '1>2 BYE', '1>2 200', '2>1 200'],
    ]);
    expect(states).toEqual(['Transferring', 'Terminating', 'Terminated']);
    expect(progress).toEqual([202, 100]);
    expect(out.endReason?.cause).toBe('transferred');
    const placed = [...bob.sessions.calls.values()];
    expect(placed.map(({ remote }) => remote.uri)).toEqual([carol.uri]);
    expect(carol.taken[0]?.remote.uri).toBe(bob.uri);
    await world.settled((placed[0] as Call).hangup());
    await expectNothingLeft(alice, bob, carol);
  });

  it('tells on whose word it calls (RFC 3892)', async () => {
    let invite: IncomingCall | undefined;
    const [alice, bob] = [await phone(1), await phone(2)];
    const carol = await phone(3, {
      onIncomingCall: (incoming) => {
        invite = incoming;
        void incoming.accept();
      },
    });
    const { out, into } = await connect(alice, bob);
    let request: TransferRequest | undefined;
    into.events.on('transferRequest', (one) => {
      request = one;
    });
    await world.settled(out.transfer(carol.uri));
    expect(invite?.message.header('Referred-By')).toBe(`<${alice.uri}>`);
    expect(request).toMatchObject({ target: carol.uri, attended: false, referredBy: `<${alice.uri}>` });
  });

  it('is declined where nobody listens, and the call goes on', async () => {
    const alice = await phone(1);
    const bob = await phone(2, { onIncomingCall: (incoming) => void incoming.accept() });
    const out = await world.settled(alice.sessions.call(bob.uri));
    const outcome = await world.settled(out.transfer('sip:carol@10.0.0.3'));
    expect(outcome).toEqual({ kind: 'failed', by: 'peer', status: 603, reason: 'Decline' });
    expect(out.state.kind).toBe('Active');
    await world.settled(out.hangup());
    await expectNothingLeft(alice, bob);
  });

  it('fails as the target fails, back on hold if it was, and may be tried again', async () => {
    const [alice, bob] = [await phone(1), await phone(2)];
    const carol = await phone(3, {
      onIncomingCall: (incoming) => {
        incoming.ring();
        world.clock.after(2000, () => incoming.reject(486));
      },
    });
    const { out, into } = await connect(alice, bob);
    await world.settled(out.hold());
    const progress: number[] = [];
    out.events.on('transferProgress', (status) => progress.push(status));
    const outcome = await world.settled(out.transfer(carol.uri));
    expect(outcome).toEqual({ kind: 'failed', by: 'target', status: 486, reason: 'Busy Here' });
    expect(progress).toEqual([202, 100, 180]);
    expect([out.state.kind, into.state.kind]).toEqual(['OnHold', 'Active']);
    await world.settled(out.resume());
    expect((await world.settled(out.transfer('sip:nobody@10.0.0.99'), 100_000)).kind).toBe('failed');
    expect(out.state.kind).toBe('Active');
    await world.settled(out.hangup());
    await expectNothingLeft(alice, bob, carol);
  });

  it('is given up after its time, or by an abort, while the target still rings', async () => {
    const [alice, bob] = [await phone(1), await phone(2)];
    const carol = await phone(3, { onIncomingCall: (incoming) => incoming.ring() });
    const { out } = await connect(alice, bob);
    const late = await world.settled(out.transfer(carol.uri, { timeoutMs: 3000 }));
    expect(late).toMatchObject({ kind: 'failed', by: 'us', status: 408 });
    expect(out.state.kind).toBe('Active');
    const abort = new AbortController();
    const aborted = out.transfer(carol.uri, { signal: abort.signal });
    await world.clock.advance(1000);
    abort.abort();
    expect(await world.settled(aborted)).toMatchObject({ kind: 'failed', by: 'us', status: 487 });
    await world.settled(out.hangup());
  });

  it('without news is accepted, and the call goes on (RFC 4488)', async () => {
    const [alice, bob, carol] = [await phone(1), await phone(2), await phone(3)];
    const { out } = await connect(alice, bob);
    world.ladder();
    const outcome = await world.settled(out.transfer(carol.uri, { news: false }));
    expect(outcome).toEqual({ kind: 'accepted' });
    await world.clock.advance(1000);
    expect(world.ladder().filter((line) => line.includes('NOTIFY'))).toEqual([]);
    expect(carol.taken).toHaveLength(1);
  });

  it('has its outcome also when the peer hangs up first (RFC 5057)', async () => {
    const [alice, carol] = [await phone(1), await phone(3)];
    let request: TransferRequest | undefined;
    const bob = await phone(2, {
      onIncomingCall: async (incoming) => {
        const call = await incoming.accept();
        call.events.on('transferRequest', (one) => {
          request = one;
          void one.accept();
          void call.hangup();
        });
      },
    });
    const out = await world.settled(alice.sessions.call(bob.uri));
    const outcome = await world.settled(out.transfer(carol.uri));
    expect(request?.decided).toBe(true);
    expect(outcome).toEqual({ kind: 'answered', status: 200, reason: 'OK' });
    expect(out.endReason?.cause).toBe('remote-hangup');
  });

  it('is refused where it makes no sense', async () => {
    const [alice, bob] = [await phone(1), await phone(2)];
    const { out } = await connect(alice, bob);
    await expect(out.transfer('not a uri')).rejects.toMatchObject({ code: 'ERR_INVALID_URI' });
    await expect(out.transfer(out)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(out.transfer(bob.uri, { headers: [['Via', 'x']] })).rejects.toMatchObject({
      code: 'ERR_INVALID_HEADER',
    });
    await expect(out.transfer(bob.uri, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const held = out.hold();
    await expect(out.transfer(bob.uri)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await world.settled(held);
    const one = out.transfer('sip:x@10.0.0.77', { timeoutMs: 1000 });
    await expect(out.transfer(bob.uri)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await world.settled(one);
    await world.settled(out.hangup());
    await expect(out.transfer(bob.uri)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});

describe('an attended transfer', () => {
  async function attended(): Promise<{ phones: Phone[]; toBob: Call; toCarol: Call; outcome: TransferOutcome }> {
    const [alice, bob, carol] = [await phone(1), await phone(2), await phone(3)];
    const { out: toBob } = await connect(alice, bob);
    await world.settled(toBob.hold());
    const { out: toCarol } = await connect(alice, carol);
    world.ladder();
    const outcome = await world.settled(toBob.transfer(toCarol));
    return { phones: [alice, bob, carol], toBob, toCarol, outcome };
  }

  it('joins the two others, and leaves the one who asked', async () => {
    const { phones, toBob, toCarol, outcome } = await attended();
    const [alice, bob, carol] = phones as [Phone, Phone, Phone];
    expect(outcome.kind).toBe('answered');
    await world.clock.advance(1000);
    const ladder = world.ladder();
    expect(ladder.slice(0, 4)).toEqual(['1>2 REFER', '2>1 202', '2>1 NOTIFY', '2>3 INVITE']);
    expect(ladder.filter((line) => line.includes('BYE')).sort()).toEqual(['1>2 BYE', '2>1 BYE', '3>1 BYE']);
    expect(toBob.endReason?.cause).toBe('transferred');
    expect(toCarol.endReason?.cause).toBe('remote-hangup');
    expect(carol.taken[0]?.endReason?.cause).toBe('transferred');
    const atBob = [...bob.sessions.calls.values()];
    const atCarol = [...carol.sessions.calls.values()];
    expect([atBob.length, atCarol.length, alice.sessions.calls.size]).toEqual([1, 1, 0]);
    expect(atCarol[0]?.remote.uri).toBe(bob.uri);
    await world.clock.advance(1000);
    expect(atBob[0]?.stats()?.packetsReceived).toBeGreaterThan(20);
    await world.settled((atBob[0] as Call).hangup());
    await expectNothingLeft(...phones);
  });

  it('has every outcome over a network that loses, doubles and reorders', async () => {
    for (const seed of [1, 2, 3]) {
      await world.close();
      world = virtualWorld({ seed, loss: 0.15, duplicate: 0.1, reorder: 0.1 });
      const { phones, outcome } = await attended();
      expect(outcome.kind).toBe('answered');
      const [alice, bob, carol] = phones as [Phone, Phone, Phone];
      const sizes = (): number[] => [alice, bob, carol].map(({ sessions }) => sessions.calls.size);
      await world.clock.until(() => sizes().join() === '0,1,1', 40_000);
      await world.settled(Promise.all([...bob.sessions.calls.values()].map((call) => call.hangup())), 100_000);
      await world.clock.advance(100_000);
      await expectNothingLeft(...phones);
    }
  });
});

describe('a call that takes the place of another', () => {
  it('sits where that one sat in a conference, muted as it was', async () => {
    const [alice, bob, carol] = [await phone(1), await phone(2), await phone(3)];
    const { into } = await connect(alice, bob);
    const { out: toCarol } = await connect(alice, carol);
    const room = bob.sessions.conference('room');
    room.join(into, { muted: true });
    const seen: string[] = [];
    room.events.on('joined', ({ call, muted }) => seen.push(`joined ${call.remote.uri} ${muted}`));
    room.events.on('left', ({ call }) => seen.push(`left ${call.remote.uri}`));
    let by: Call | undefined;
    into.events.on('replaced', (call) => {
      by = call;
    });
    // Carol is asked to call Bob in Alice's stead.
    const outcome = await world.settled(toCarol.transfer(alice.sessions.calls.values().next().value as Call));
    expect(outcome.kind).toBe('answered');
    await world.clock.advance(1000);
    expect(seen).toEqual([`left ${alice.uri}`, `joined ${carol.uri} true`]);
    expect(by?.conference).toBe(room);
    expect([...room.members.values()].map(({ call, muted }) => [call, muted])).toEqual([[by, true]]);
    expect(into.state.kind).toBe('Terminated');
  });

  it('keeps a bridge, and the groups', async () => {
    const [alice, bob, carol, dan] = [await phone(1), await phone(2), await phone(3), await phone(4)];
    const { into: fromAlice } = await connect(alice, bob);
    const { into: fromDan, out: danToBob } = await connect(dan, bob);
    const { out: toCarol } = await connect(alice, carol);
    const bridge = bob.sessions.bridge(fromAlice, fromDan);
    const group = bob.sessions.group('pair', { type: 'custom' });
    group.add(fromAlice, { role: 'caller' });
    const aliceToBob = [...alice.sessions.calls.values()][0] as Call;
    await world.settled(toCarol.transfer(aliceToBob));
    await world.clock.advance(500);
    expect(bridge.closed).toBe(false);
    expect(group.members.map(({ call, role }) => [call.remote.uri, role])).toEqual([[carol.uri, 'caller']]);
    const before = danToBob.stats()?.packetsReceived ?? 0;
    const atCarol = [...carol.sessions.calls.values()].find(({ remote }) => remote.uri.includes('10.0.0.2')) as Call;
    void atCarol.play(sine(1000, 500, -10));
    await world.clock.advance(1000);
    expect((danToBob.stats()?.packetsReceived ?? 0) - before).toBeGreaterThan(40);
  });

  it('leaves that one alone when it has no codec in common', async () => {
    const [alice, bob, carol] = [await phone(1), await phone(2), await phone(3, { codecs: ['pcma'] })];
    const strict = await phone(5, { codecs: ['pcmu'] });
    const { out: toStrict, into } = await connect(alice, strict);
    const { out: toCarol } = await connect(alice, carol);
    const outcome = await world.settled(toCarol.transfer(toStrict));
    expect(outcome).toMatchObject({ kind: 'failed', by: 'target', status: 488 });
    expect([into.state.kind, toStrict.state.kind, toCarol.state.kind]).toEqual(['Active', 'Active', 'Active']);
    expect(bob.sessions.calls.size).toBe(0);
  });
});
