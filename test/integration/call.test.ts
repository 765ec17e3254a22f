/** Calls between two endpoints, SIP and audio, in virtual time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, IncomingCall, Sessions } from '../../src/api/index.js';
import { expectNothingLeft } from '../support/nothing-left.js';
import { sine, toneLevelDbfs } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;
let folder: string;

beforeEach(async () => {
  world = virtualWorld();
  folder = await mkdtemp(join(tmpdir(), 'mixminus-call-'));
});

afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

/** Two endpoints with a call from 1 to 2. */
async function connect(): Promise<{ alice: Sessions; bob: Sessions; out: Call; into: Call }> {
  const alice = await world.endpoint('10.0.0.1');
  const accepted: Promise<Call>[] = [];
  const bob = await world.endpoint('10.0.0.2', {
    onIncomingCall: (incoming) => {
      accepted.push(incoming.accept());
    },
  });
  const out = await world.settled(alice.call('sip:bob@10.0.0.2'));
  const into = await world.settled(accepted[0] as Promise<Call>);
  return { alice, bob, out, into };
}

async function pcm(path: string): Promise<Int16Array> {
  const bytes = await readFile(path);
  expect(bytes.toString('latin1', 0, 4)).toBe('RIFF');
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
}

describe('a call', () => {
  it('rings, is answered, carries a tone both ways, and ends', async () => {
    const alice = await world.endpoint('10.0.0.1');
    let incoming: IncomingCall | undefined;
    const bob = await world.endpoint('10.0.0.2', {
      onIncomingCall: (one) => {
        incoming = one;
        one.ring();
      },
    });
    const progress: number[] = [];
    const calling = alice.call('sip:bob%20b@10.0.0.2', {
      displayName: 'Alice',
      from: 'sip:alice@10.0.0.1',
      onProgress: ({ status }) => progress.push(status),
    });
    await world.clock.until(() => progress.length > 0);
    expect(progress).toEqual([180]);
    expect(incoming?.from).toEqual({ uri: 'sip:alice@10.0.0.1', displayName: 'Alice' });
    expect(incoming?.targetUser).toBe('bob b');
    const into = await world.settled((incoming as IncomingCall).accept());
    const out = await world.settled(calling);
    expect(world.ladder()).toEqual(['1>2 INVITE', '2>1 100', '2>1 180', '1>2 PRACK', '2>1 200', '2>1 200', '1>2 ACK']);
    expect([out.state.kind, into.state.kind, out.codec]).toEqual(['Active', 'Active', 'pcmu']);

    const heardByBob = into.record(join(folder, 'bob.wav'), { rateHz: 8000 });
    const heardByAlice = out.record(join(folder, 'alice.wav'), { rateHz: 8000 });
    void out.play(sine(1000, 1000, -10));
    void into.play(sine(600, 1000, -16));
    await world.clock.advance(1500);
    await world.settled(Promise.all([heardByBob.stop(), heardByAlice.stop()]));
    const atBob = (await pcm(join(folder, 'bob.wav'))).subarray(2400, 6400);
    const atAlice = (await pcm(join(folder, 'alice.wav'))).subarray(2400, 6400);
    expect(toneLevelDbfs(atBob, 1000)).toBeCloseTo(-10, 0);
    expect(toneLevelDbfs(atAlice, 600)).toBeCloseTo(-16, 0);
    expect(toneLevelDbfs(atBob, 600)).toBeLessThan(-60);

    const stats = into.stats();
    expect(stats?.packetsLost).toBe(0);
    expect(stats?.packetsReceived).toBeGreaterThan(60);
    await world.settled(out.hangup());
    await world.settled(into.finished);
    expect(world.ladder()).toEqual(['1>2 BYE', '2>1 200']);
    expect(out.endReason?.cause).toBe('local-hangup');
    expect(into.endReason?.cause).toBe('remote-hangup');
    expect(into.ended.aborted).toBe(true);
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('sends no audio before the ACK', async () => {
    const alice = await world.endpoint('10.0.0.1');
    const bob = await world.endpoint('10.0.0.2', {
      onIncomingCall: (incoming) => void incoming.accept().catch(() => {}),
    });
    let lateAudio = 0;
    world.network.tap(({ sip, from }) => {
      if (!sip && from.address === '10.0.0.2') lateAudio += 1;
    });
    // Alice's side is deaf and dumb after the INVITE: neither ACK nor RTP reaches Bob, who must not flood an address that never agreed.
    world.network.drop(({ sip, from, data }) => {
      if (from.address !== '10.0.0.1') return false;
      return !sip || Buffer.from(data).toString('latin1', 0, 3) === 'ACK';
    });
    const call = world.settled(alice.call('sip:bob@10.0.0.2'));
    await call;
    await world.clock.advance(5000);
    expect(lateAudio).toBe(0);
    await world.clock.advance(60_000);
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('is rejected, busy, cancelled, unanswered, each with its status', async () => {
    const alice = await world.endpoint('10.0.0.1');
    let decide = (incoming: IncomingCall): void => incoming.reject(486, { retryAfterS: 30 });
    const bob = await world.endpoint('10.0.0.2', {
      onIncomingCall: (incoming) => decide(incoming),
      answerTimeoutMs: 3000,
    });
    await expect(world.settled(alice.call('sip:b@10.0.0.2'))).rejects.toMatchObject({
      name: 'SipError',
      code: 'ERR_REJECTED',
      status: 486,
      reason: 'Busy Here',
      retryAfterS: 30,
    });
    decide = () => {};
    await expect(world.settled(alice.call('sip:b@10.0.0.2'))).rejects.toMatchObject({ status: 480 });
    const abort = new AbortController();
    let seen: IncomingCall | undefined;
    decide = (incoming) => {
      seen = incoming;
      incoming.ring();
      abort.abort();
    };
    await expect(world.settled(alice.call('sip:b@10.0.0.2', { signal: abort.signal }))).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    expect(seen?.signal.aborted).toBe(true);
    await expect(world.settled((seen as IncomingCall).accept())).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    decide = (incoming) => incoming.ring();
    await expect(world.settled(alice.call('sip:b@10.0.0.2', { timeoutMs: 1000 }))).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
    decide = () => {
      throw new Error('a handler broke');
    };
    await expect(world.settled(alice.call('sip:b@10.0.0.2'))).rejects.toMatchObject({ status: 500 });
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('fails with 408 when nobody is there and 488 without a common codec', async () => {
    const alice = await world.endpoint('10.0.0.1', { codecs: ['pcmu'] });
    const bob = await world.endpoint('10.0.0.2', {
      codecs: ['pcma'],
      onIncomingCall: async (incoming) => {
        await incoming.accept();
      },
    });
    await expect(world.settled(alice.call('sip:x@10.0.0.9'))).rejects.toMatchObject({
      status: 408,
      code: 'ERR_TIMEOUT',
    });
    await expect(world.settled(alice.call('sip:bob@10.0.0.2'))).rejects.toMatchObject({ status: 488 });
    await expect(alice.call('mailto:x@y')).rejects.toMatchObject({ code: 'ERR_INVALID_URI' });
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('refuses past the limit of calls with 503 and says when to come back', async () => {
    const alice = await world.endpoint('10.0.0.1');
    const bob = await world.endpoint('10.0.0.2', {
      limits: { maxCalls: 1, retryAfterS: 7 },
      onIncomingCall: async (incoming) => {
        await incoming.accept();
      },
    });
    const first = await world.settled(alice.call('sip:b@10.0.0.2'));
    await expect(world.settled(alice.call('sip:b@10.0.0.2'))).rejects.toMatchObject({ status: 503, retryAfterS: 7 });
    await world.settled(first.hangup());
    const again = await world.settled(alice.call('sip:b@10.0.0.2'));
    await world.settled(again.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('survives a network that loses, repeats and reorders', async () => {
    world = virtualWorld({ seed: 11, loss: 0.15, duplicate: 0.1, reorder: 0.1, jitterMs: 8 });
    const { alice, bob, out, into } = await connect();
    await world.clock.advance(2000);
    expect(into.stats()?.packetsReceived).toBeGreaterThan(60);
    await world.settled(into.hangup());
    await world.settled(out.finished);
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('ends on both sides when the library is closed', async () => {
    const { alice, out, into } = await connect();
    await world.settled(alice.close());
    await world.settled(into.finished);
    expect(out.state.kind).toBe('Terminated');
    expect(into.endReason?.cause).toBe('remote-hangup');
    await expect(alice.call('sip:b@10.0.0.2')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('hold', () => {
  it('silences the peer, is told as its event, and resumes', async () => {
    const { alice, bob, out, into } = await connect();
    const held: boolean[] = [];
    into.events.on('remoteHold', (on) => held.push(on));
    world.ladder();
    await world.settled(out.hold());
    expect(world.ladder()).toEqual(['1>2 INVITE', '2>1 100', '2>1 200', '1>2 ACK']);
    expect([out.state.kind, into.state.kind]).toEqual(['OnHold', 'Active']);
    expect([out.remoteHold, into.remoteHold, held]).toEqual([false, true, [true]]);
    await world.clock.advance(200);
    const before = out.stats()?.packetsReceived ?? 0;
    await world.clock.advance(1000);
    expect(out.stats()?.packetsReceived).toBe(before);
    await world.settled(out.resume());
    expect([out.state.kind, held]).toEqual(['Active', [true, false]]);
    await world.clock.advance(1000);
    expect(out.stats()?.packetsReceived).toBeGreaterThan(before + 40);
    await world.settled(out.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('by both at once meets in glare and both get through (RFC 3261 14.1)', async () => {
    const { alice, bob, out, into } = await connect();
    world.ladder();
    await world.settled(Promise.all([out.hold(), into.hold()]), 20_000);
    const ladder = world.ladder();
    expect(ladder.filter((line) => line.endsWith(' 491'))).toHaveLength(2);
    expect([out.state.kind, into.state.kind]).toEqual(['OnHold', 'OnHold']);
    expect([out.remoteHold, into.remoteHold]).toEqual([true, true]);
    await world.settled(Promise.all([out.resume(), into.resume()]), 20_000);
    expect([out.remoteHold, into.remoteHold]).toEqual([false, false]);
    await world.clock.advance(100);
    const before = [out.stats()?.packetsReceived ?? 0, into.stats()?.packetsReceived ?? 0];
    await world.clock.advance(1000);
    expect(out.stats()?.packetsReceived).toBeGreaterThan((before[0] ?? 0) + 40);
    expect(into.stats()?.packetsReceived).toBeGreaterThan((before[1] ?? 0) + 40);
    await world.settled(out.hangup());
    await expectNothingLeft(world.clock, alice, bob);
  });

  it('is refused where it makes no sense and leaves the call alone', async () => {
    const { out } = await connect();
    await expect(out.resume()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await world.settled(out.hold());
    await expect(out.hold()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    expect(out.state.kind).toBe('OnHold');
  });
});
