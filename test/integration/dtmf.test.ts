/** Digits out of one endpoint and into another, in virtual time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call } from '../../src/api/index.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;

beforeEach(() => {
  world = virtualWorld();
});

afterEach(() => world.close());

async function connect(): Promise<{ out: Call; into: Call; heard: [string, number][] }> {
  const alice = await world.endpoint('10.0.0.1');
  const accepted: Promise<Call>[] = [];
  await world.endpoint('10.0.0.2', {
    onIncomingCall: (incoming) => {
      accepted.push(incoming.accept());
    },
  });
  const out = await world.settled(alice.call('sip:bob@10.0.0.2'));
  const into = await world.settled(accepted[0] as Promise<Call>);
  const heard: [string, number][] = [];
  into.events.on('dtmf', (digit, durationMs) => heard.push([digit, durationMs]));
  return { out, into, heard };
}

/** The code of the error that a promise rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await world.settled(promise);
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

describe('digits', () => {
  it('arrive once each, in order, with their duration, when the promise resolves', async () => {
    const { out, heard } = await connect();
    await world.settled(out.sendDtmf('0123456789*#ABCD!', { durationMs: 60, gapMs: 40 }));
    await world.clock.advance(100);
    expect(heard.map(([digit]) => digit).join('')).toBe('0123456789*#ABCD!');
    expect(new Set(heard.map(([, durationMs]) => durationMs))).toEqual(new Set([60]));
  });

  it('follow each other in the order of the calls, with pauses', async () => {
    const { out, heard } = await connect();
    const begin = world.clock.nowMs();
    await world.settled(Promise.all([out.sendDtmf('1w2'), out.sendDtmf('3,4')]));
    expect(heard.map(([digit]) => digit).join('')).toBe('1234');
    // Four digits of 200 ms and pauses of 2.5 s.
    expect(world.clock.nowMs() - begin).toBeGreaterThanOrEqual(3280);
    expect(world.clock.nowMs() - begin).toBeLessThan(3500);
  });

  it('wait out a hold', async () => {
    const { out, into, heard } = await connect();
    await world.settled(into.hold());
    const sent = out.sendDtmf('5');
    await world.clock.advance(1000);
    expect(heard).toEqual([]);
    await world.settled(into.resume());
    await world.settled(sent);
    expect(heard.map(([digit]) => digit)).toEqual(['5']);
  });

  it('are refused where they make no sense, and rejected when the call ends', async () => {
    const { out } = await connect();
    expect(await codeOf(out.sendDtmf(''))).toBe('ERR_INVALID_ARGUMENT');
    expect(await codeOf(out.sendDtmf('12x'))).toBe('ERR_INVALID_ARGUMENT');
    expect(await codeOf(out.sendDtmf('1', { gapMs: 20 }))).toBe('ERR_INVALID_ARGUMENT');
    expect(await codeOf(out.sendDtmf('1', { levelDbm0: 3 }))).toBe('ERR_INVALID_ARGUMENT');
    const sent = codeOf(out.sendDtmf('1234567890'));
    await world.settled(out.hangup());
    expect(await sent).toBe('ERR_ABORTED');
    expect(await codeOf(out.sendDtmf('1'))).toBe('ERR_INVALID_STATE');
  });
});
