/**
 * Ladders of whole calls where a message is lost or two meet, on one virtual network: the extensions of a call (PRACK, UPDATE, session
 * timers), and what a user is told. The core's own ladders are in sip-ladders.test.ts.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Call, IncomingCall, Sessions, SessionsOptions } from '../../src/api/index.js';
import type { MemoryNetworkOptions } from '../support/memory-network.js';
import { expectNothingLeft } from '../support/nothing-left.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;
let alice: Sessions;
let bob: Sessions;
let incoming: IncomingCall;

afterEach(() => world.close());

const bobUri = 'sip:bob@10.0.0.2';

async function open(
  onIncomingCall: (one: IncomingCall) => unknown,
  {
    network = {},
    ofAlice = {},
    ofBob = {},
  }: { network?: Partial<MemoryNetworkOptions>; ofAlice?: SessionsOptions; ofBob?: SessionsOptions } = {},
): Promise<void> {
  world = virtualWorld(network);
  alice = await world.endpoint('10.0.0.1', ofAlice);
  bob = await world.endpoint('10.0.0.2', {
    ...ofBob,
    onIncomingCall: (one) => {
      incoming = one;
      void onIncomingCall(one);
    },
  });
}

/** A call that stands, the ladder empty. */
async function established(ofAlice: SessionsOptions = {}, ofBob: SessionsOptions = {}): Promise<[Call, Call]> {
  const accepted: Promise<Call>[] = [];
  await open((one) => accepted.push(one.accept()), { ofAlice, ofBob });
  const out = await world.settled(alice.call(bobUri));
  const into = await world.settled(accepted[0] as Promise<Call>);
  world.ladder();
  return [out, into];
}

/** Loses the first `count` messages that begin so. */
function lose(start: string, count = 1): void {
  world.network.dropFirst(count, ({ sip, data }) => sip && Buffer.from(data).toString('latin1').startsWith(start));
}

describe('what gets lost comes again', () => {
  it('the PRACK: until it is here the call is not answered', async () => {
    await open((one) => {
      one.progress();
      void one.accept();
    });
    lose('PRACK', 2);
    const call = await world.settled(alice.call(bobUri));
    expect(world.ladder()).toEqual([
      ...['1>2 INVITE', '2>1 100', '2>1 183'],
      // T1 each: the 183 again and the PRACK again; the 183 that is known already raises no further PRACK.
      ...['1>2 PRACK lost', '2>1 183', '1>2 PRACK lost', '2>1 183', '1>2 PRACK'],
      ...['2>1 200', '2>1 200', '1>2 ACK'],
    ]);
    await world.settled(call.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('never: the call that nobody acknowledged gets 504, and the caller is told', async () => {
    await open((one) => one.progress());
    lose('PRACK', 100);
    await expect(world.settled(alice.call(bobUri))).rejects.toMatchObject({ status: 504 });
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('the ACK: the 200 is repeated until it is here', async () => {
    const calls: Promise<Call>[] = [];
    await open((one) => calls.push(one.accept()));
    lose('ACK', 2);
    const call = await world.settled(alice.call(bobUri));
    await world.settled(calls[0] as Promise<Call>);
    const ladder = world.ladder();
    expect(ladder.slice(-6)).toEqual(['2>1 200', '1>2 ACK lost', '2>1 200', '1>2 ACK lost', '2>1 200', '1>2 ACK']);
    await world.settled(call.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('an UPDATE and its answer: the change is made once', async () => {
    const [out, into] = await established();
    lose('UPDATE');
    lose('SIP/2.0 200', 1);
    await world.settled(out.update({ codecs: ['pcma'] }));
    expect(world.ladder()).toEqual(['1>2 UPDATE lost', '1>2 UPDATE', '2>1 200 lost', '1>2 UPDATE', '2>1 200']);
    expect([out.codec, into.codec]).toEqual(['pcma', 'pcma']);
    await world.settled(out.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });
});

describe('what is refused is asked for again', () => {
  it('422: the call goes again with a longer session, and nobody above hears of it', async () => {
    const progress: number[] = [];
    await open((one) => one.accept(), { ofBob: { sessionTimer: { minSeS: 2000, expiresS: 2000 } } });
    const call = await world.settled(alice.call(bobUri, { onProgress: ({ status }) => progress.push(status) }));
    expect(world.ladder()).toEqual(['1>2 INVITE', '2>1 422', '1>2 ACK', '1>2 INVITE', '2>1 100', '2>1 200', '1>2 ACK']);
    expect(progress).toEqual([]);
    expect(incoming.message.header('Session-Expires')).toBe('2000');
    await world.settled(call.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('423: a registration goes again with the registrar’s least time', async () => {
    await open(() => {}, { ofBob: { registrar: { minExpiresS: 7200, maxExpiresS: 7200 } } });
    const registration = alice.register({ aor: bobUri, expiresS: 60 });
    await world.clock.until(() => registration.state.kind === 'registered');
    expect(world.ladder()).toEqual(['1>2 REGISTER', '2>1 423', '1>2 REGISTER', '2>1 200']);
    await world.settled(registration.unregister());
  });

  it('401 stale: a refresh later than its nonce lives takes the new one', async () => {
    const authentication = { realm: 'bob', authenticate: async () => ({ password: 'secret' }) };
    await open(() => {}, { ofBob: { authentication, registrar: {} } });
    const stale: boolean[] = [];
    world.network.tap(({ data }) => {
      const text = Buffer.from(data).toString();
      if (text.startsWith('SIP/2.0 401')) stale.push(/stale=true/i.test(text));
    });
    const registration = alice.register({ aor: bobUri, expiresS: 400, auth: { username: 'bob', password: 'secret' } });
    const ladder = ['1>2 REGISTER', '2>1 401', '1>2 REGISTER', '2>1 200'];
    await world.clock.advance(1000);
    expect(world.ladder()).toEqual(ladder);
    await world.clock.advance(395_000);
    expect(world.ladder()).toEqual(ladder);
    expect(stale).toEqual([false, true]);
    await world.settled(registration.unregister());
  });
});

describe('two that meet', () => {
  it('UPDATEs: each gets 491, waits as long as its side has to, and gets through', async () => {
    const [out, into] = await established();
    const startMs = world.clock.nowMs();
    const done: Record<string, number> = {};
    const change = { codecs: ['pcma'] } as const;
    const note = (name: string) => () => {
      done[name] = world.clock.nowMs() - startMs;
    };
    await world.settled(
      Promise.all([out.update(change).then(note('out')), into.update(change).then(note('into'))]),
      20_000,
    );
    const ladder = world.ladder();
    expect(ladder.slice(0, 4).sort()).toEqual(['1>2 491', '1>2 UPDATE', '2>1 491', '2>1 UPDATE']);
    expect(ladder.slice(4).sort()).toEqual(['1>2 200', '1>2 UPDATE', '2>1 200', '2>1 UPDATE']);
    // RFC 3311 5.1 as RFC 3261 14.1: who made the Call-ID waits 2.1 to 4 s, the other up to 2 s.
    expect(done.out).toBeGreaterThanOrEqual(2100);
    expect(done.out).toBeLessThanOrEqual(4050);
    expect(done.into).toBeLessThanOrEqual(2050);
    expect([out.codec, into.codec]).toEqual(['pcma', 'pcma']);
    await world.settled(out.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('CANCEL and 200: the caller hangs up what was answered, the callee hears of a call that ended', async () => {
    await open((one) => one.ring());
    const abort = new AbortController();
    const calling = alice.call(bobUri, { signal: abort.signal });
    calling.catch(() => {});
    await world.clock.advance(100);
    world.ladder();
    abort.abort();
    const accepting = incoming.accept();
    await expect(world.settled(calling)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const call = await world.settled(accepting);
    expect(await world.settled(call.finished)).toMatchObject({ cause: 'remote-hangup' });
    await world.clock.advance(100);
    expect(world.ladder().sort()).toEqual(['1>2 CANCEL', '2>1 200', '2>1 200', '1>2 ACK', '1>2 BYE', '2>1 200'].sort());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('BYE and re-INVITE: the hold fails, the call is over on both sides', async () => {
    const [out, into] = await established();
    const held = into.hold();
    held.catch(() => {});
    await world.settled(out.hangup());
    await expect(world.settled(held)).rejects.toMatchObject({ name: expect.stringMatching(/Error/) });
    expect(await world.settled(into.finished)).toMatchObject({ cause: 'remote-hangup' });
    const ladder = world.ladder();
    expect(ladder.slice(0, 2).sort()).toEqual(['1>2 BYE', '2>1 INVITE']);
    expect(ladder).toContain('2>1 200');
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('BYE and BYE: one end each, both answered', async () => {
    const [out, into] = await established();
    await world.settled(Promise.all([out.hangup(), into.hangup()]));
    expect(world.ladder().sort()).toEqual(['1>2 200', '1>2 BYE', '2>1 200', '2>1 BYE']);
    expect([out.endReason?.cause, into.endReason?.cause]).toEqual(['local-hangup', 'local-hangup']);
    await expectNothingLeft(world.clock, alice, bob);
  });
});

describe('a session timer', () => {
  it('is kept by UPDATEs, and ends a call whose other side is gone', async () => {
    const [out, into] = await established({ sessionTimer: { expiresS: 90 } });
    await world.clock.advance(200_000);
    const ladder = world.ladder();
    expect(new Set(ladder)).toEqual(new Set(['1>2 UPDATE', '2>1 200']));
    expect(ladder.length).toBe(2 * 4);
    expect([out.state.kind, into.state.kind]).toEqual(['Active', 'Active']);
    world.network.drop(({ sip }) => sip);
    // 60 s after the last refresh, on either side: RFC 4028 10 has the BYE go a third of the session before its end.
    expect(await world.settled(out.finished, 100_000)).toMatchObject({ cause: 'session-expired' });
    expect(await world.settled(into.finished, 100_000)).toMatchObject({ cause: 'session-expired' });
  });
});

it.each([3, 7, 23])('ten calls with all of it come to their end on a bad network, seed %i', async (seed) => {
  const digits: string[] = [];
  const network = { seed, loss: 0.15, duplicate: 0.1, reorder: 0.1, jitterMs: 8 };
  const take = async (one: IncomingCall): Promise<void> => {
    one.progress();
    const call = await one.accept();
    await call.hold();
    await call.resume();
  };
  await open((one) => take(one).catch(() => {}), { network });
  // Not the call's own events: an INFO may overtake the ACK that `accept` waits for.
  bob.events.on('event', (event) => event.type === 'dtmf' && digits.push(event.digit));
  let whole = 0;
  for (let i = 0; i < 10; i += 1) {
    const before = digits.length;
    try {
      const call = await world.settled(alice.call(bobUri), 120_000);
      await world.settled(call.update({ codecs: ['pcma'] }), 120_000).catch(() => {});
      await world.settled(call.sendDtmf('42', { via: 'info' }), 120_000);
      expect(digits.slice(before)).toEqual(['4', '2']);
      await world.settled(call.hangup(), 120_000);
      whole += 1;
    } catch (error) {
      // On such a network a call may fail as a whole, but never a digit come twice.
      expect(error).toMatchObject({ name: 'SipError' });
    }
    await world.clock.advance(40_000);
  }
  expect(whole).toBeGreaterThanOrEqual(8);
  await world.clock.advance(100_000);
  await expectNothingLeft(world.clock, alice, bob);
});
