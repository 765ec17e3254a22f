/** RFC 3261 9.1, 13.3.1.1, 13.3.1.4, 14, 15 and 16.6: the timers of calls that are not of transactions, in virtual time. */
import { describe, expect, test } from 'vitest';
import { seededIds } from '../../src/base/ids.js';
import {
  accepted,
  calling,
  fromCallee,
  inDialog,
  madeCall,
  peerAnswers,
  ringing,
  takenCall,
} from '../support/sip-dialogs.js';
import { StackHarness } from '../support/sip-stack.js';
import { branchOf, field, response, startLine } from '../support/sip-text.js';

describe('2xx of a callee (13.3.1.4)', () => {
  const repeated = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];

  test('is repeated at T1 doubling to T2 until the ACK', () => {
    const harness = new StackHarness();
    accepted(harness);
    harness.runTo(3600);
    harness.receive(inDialog(harness.last('200 INVITE'), 'ACK', 10));
    harness.runTo(100_000);
    expect(harness.times('200 INVITE')).toEqual([0, 500, 1500, 3500]);
    expect(harness.eventTypes).toEqual(['invite', 'acked']);
    // The call stands; nothing else is left of its making.
    expect(harness.stack.counts()).toMatchObject({ usages: 1, dialogs: 1, transactions: 0, deadlines: 0 });
  });

  test('without an ACK ends in BYE after 64·T1', () => {
    const harness = new StackHarness();
    accepted(harness);
    harness.runTo(31_999);
    expect(harness.times('200 INVITE')).toEqual(repeated);
    expect(harness.times('BYE')).toEqual([]);
    harness.runTo(32_000);
    expect(harness.times('BYE')).toEqual([32_000]);
    expect(harness.lastEvent('ended').by).toBe('ack-timeout');
    harness.runTo(100_000);
    expect(harness.times('200 INVITE')).toEqual(repeated);
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 0, transactions: 0, deadlines: 0 });
  });

  test('to a re-INVITE is repeated and ended in the same way (14.2)', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    harness.runTo(40_000);
    harness.receive(inDialog(harness.last('200 INVITE'), 'INVITE', 11));
    harness.sent.splice(0);
    harness.do(usage, (it) => it.answerReinvite(200, {}));
    harness.runTo(72_000);
    expect(harness.times('200 INVITE')).toEqual(repeated.map((atMs) => atMs + 40_000));
    expect(harness.times('BYE')).toEqual([72_000]);
    expect(harness.lastEvent('ended').by).toBe('ack-timeout');
  });

  test('an ACK of another INVITE does not end it', () => {
    const harness = new StackHarness();
    accepted(harness);
    harness.receive(inDialog(harness.last('200 INVITE'), 'ACK', 9));
    harness.runTo(600);
    expect(harness.times('200 INVITE')).toEqual([0, 500]);
    expect(harness.stack.counts().unmatched).toBe(1);
  });
});

describe('ACK of a caller (13.2.2.4)', () => {
  test('goes once for each 2xx, byte for byte the same', () => {
    const harness = new StackHarness();
    madeCall(harness);
    harness.runTo(500);
    peerAnswers(harness, 'INVITE', '200 OK');
    harness.runTo(31_900);
    peerAnswers(harness, 'INVITE', '200 OK');
    expect(harness.times('ACK')).toEqual([0, 500, 31_900]);
    expect(new Set(harness.sent.filter(({ what }) => what === 'ACK').map(({ text }) => text)).size).toBe(1);
    expect(harness.eventTypes).toEqual(['routed', 'answered']);
    // After timer M a 2xx belongs to nothing.
    harness.runTo(33_000);
    peerAnswers(harness, 'INVITE', '200 OK');
    expect(harness.times('ACK')).toHaveLength(3);
    expect(harness.stack.counts().unmatched).toBe(1);
  });

  test('waits for the caller: a 2xx repeated before that is not acknowledged', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    peerAnswers(harness, 'INVITE', '200 OK');
    harness.runTo(500);
    peerAnswers(harness, 'INVITE', '200 OK');
    expect(harness.times('ACK')).toEqual([]);
    harness.do(usage, (it) => it.ack({ contentType: 'application/sdp', data: Buffer.from('v=0\r\n') }));
    expect(harness.times('ACK')).toEqual([500]);
    expect(harness.last('ACK')).toContain('\r\n\r\nv=0');
  });
});

describe('provisional responses of a callee (13.3.1.1)', () => {
  test('are repeated each minute', () => {
    const harness = new StackHarness();
    const usage = ringing(harness);
    harness.runTo(1000);
    harness.do(usage, (it) => it.progress(180, {}));
    harness.runTo(185_000);
    expect(harness.times('180 INVITE')).toEqual([1000, 61_000, 121_000, 181_000]);
    harness.do(usage, (it) => it.reject(486, {}));
    harness.runTo(400_000);
    expect(harness.times('180 INVITE')).toHaveLength(4);
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, deadlines: 0, usages: 0 });
  });

  test('are 183 where the application said nothing yet', () => {
    const harness = new StackHarness();
    ringing(harness);
    harness.runTo(125_000);
    expect(harness.times('183 INVITE')).toEqual([60_000, 120_000]);
    expect(field(harness.last('183 INVITE'), 'Contact')).toBe('<sip:room@10.0.0.1:5060>');
  });
});

describe('a caller that hears nothing final', () => {
  test('gives up after timer B', () => {
    const harness = new StackHarness();
    calling(harness);
    harness.runTo(32_000);
    expect(harness.lastEvent('failed')).toMatchObject({ cause: 'timeout', status: 408, response: undefined });
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, deadlines: 0, usages: 0 });
  });

  test('cancels after timer C, which every 101–199 restarts (16.6)', () => {
    const harness = new StackHarness();
    calling(harness);
    peerAnswers(harness, 'INVITE', '180 Ringing');
    harness.runTo(100_000);
    peerAnswers(harness, 'INVITE', '180 Ringing');
    peerAnswers(harness, 'INVITE', '100 Trying');
    harness.runTo(279_999);
    expect(harness.times('CANCEL')).toEqual([]);
    harness.runTo(280_000);
    expect(harness.times('CANCEL')).toEqual([280_000]);
    peerAnswers(harness, 'CANCEL', '200 OK');
    peerAnswers(harness, 'INVITE', '487 Request Terminated');
    const failed = harness.lastEvent('failed');
    expect(failed).toMatchObject({ cause: 'timeout', status: 408 });
    expect(failed.response?.status).toBe(487);
    harness.run(40_000);
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, deadlines: 0, usages: 0, dialogs: 0 });
  });

  test('counts as cancelled 64·T1 after its CANCEL (9.1)', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    peerAnswers(harness, 'INVITE', '180 Ringing');
    harness.runTo(1000);
    harness.do(usage, (it) => it.cancel(undefined));
    peerAnswers(harness, 'CANCEL', '200 OK');
    harness.runTo(32_999);
    expect(harness.eventTypes).not.toContain('failed');
    harness.runTo(33_000);
    expect(harness.lastEvent('failed')).toMatchObject({ cause: 'cancelled', status: 487, response: undefined });
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, deadlines: 0, usages: 0, dialogs: 0 });
  });
});

describe('the wait after 491 (14.1)', () => {
  function waitsAfter491(role: 'caller' | 'callee'): number[] {
    const waits: number[] = [];
    for (let seed = 1; seed <= 40; seed += 1) {
      const harness = new StackHarness({ ids: seededIds(seed) });
      const usage = role === 'caller' ? madeCall(harness) : takenCall(harness);
      harness.do(usage, (it) => it.reinvite(undefined, undefined));
      peerAnswers(harness, 'INVITE', '491 Request Pending');
      expect(harness.lastEvent('reinviteFailed')).toMatchObject({ status: 491, willRetry: true });
      harness.runTo(5000);
      waits.push(...harness.events.filter(({ event }) => event.type === 'retryNow').map(({ atMs }) => atMs));
      expect(waits).toHaveLength(seed);
    }
    return waits;
  }

  test.each([
    ['caller', 2100, 4000],
    ['callee', 0, 2000],
  ] as const)('of the %s is %d to %d ms in units of 10 ms', (role, fromMs, toMs) => {
    const waits = waitsAfter491(role);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(fromMs);
    expect(Math.max(...waits)).toBeLessThanOrEqual(toMs);
    expect(waits.every((ms) => ms % 10 === 0)).toBe(true);
    expect(new Set(waits).size).toBeGreaterThan(20);
  });
});

describe('BYE (15)', () => {
  test('ends the call at the latest after 64·T1', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    harness.runTo(1000);
    harness.do(usage, (it) => it.bye(undefined));
    harness.runTo(32_999);
    expect(harness.eventTypes).not.toContain('ended');
    harness.runTo(33_000);
    expect(harness.lastEvent('ended').by).toBe('local-bye');
    expect(harness.times('BYE')).toHaveLength(11);
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, deadlines: 0, usages: 0, dialogs: 0 });
  });

  test('of a callee waits for the ACK', () => {
    const harness = new StackHarness();
    const usage = accepted(harness);
    harness.do(usage, (it) => it.bye({ protocol: 'SIP', cause: 488, text: undefined }));
    harness.runTo(1000);
    expect(harness.times('BYE')).toEqual([]);
    harness.receive(inDialog(harness.last('200 INVITE'), 'ACK', 10));
    expect(harness.times('BYE')).toEqual([1000]);
    expect(field(harness.last('BYE'), 'Reason')).toBe('SIP;cause=488');
    peerAnswers(harness, 'BYE', '200 OK');
    expect(harness.lastEvent('ended').by).toBe('local-bye');
  });

  test('of a callee ends the call at the latest after 64·T1, even where the ACK came late', () => {
    const harness = new StackHarness();
    const usage = accepted(harness);
    harness.runTo(30_000);
    harness.do(usage, (it) => it.bye(undefined));
    harness.runTo(31_900);
    harness.receive(inDialog(harness.last('200 INVITE'), 'ACK', 10));
    harness.runTo(61_999);
    expect(harness.eventTypes).not.toContain('ended');
    harness.runTo(62_000);
    expect(harness.lastEvent('ended').by).toBe('local-bye');
    harness.runTo(64_000);
    expect(harness.eventTypes.filter((type) => type === 'ended')).toHaveLength(1);
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, deadlines: 0, usages: 0, dialogs: 0 });
  });

  test('of a callee goes without the ACK when that is overdue', () => {
    const harness = new StackHarness();
    const usage = accepted(harness);
    harness.runTo(1000);
    harness.do(usage, (it) => it.bye(undefined));
    harness.runTo(32_000);
    expect(harness.times('BYE')).toEqual([32_000]);
    expect(harness.lastEvent('ended').by).toBe('local-bye');
    expect(harness.eventTypes.filter((type) => type === 'ended')).toHaveLength(1);
  });

  test('while our re-INVITE rings, that one goes within 64·T1 and its 2xx is acknowledged', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    harness.do(usage, (it) => it.reinvite(undefined, undefined));
    const reinvite = harness.last('INVITE');
    peerAnswers(harness, 'INVITE', '183 Session Progress');
    harness.do(usage, (it) => it.bye(undefined));
    peerAnswers(harness, 'BYE', '200 OK');
    harness.runTo(1000);
    const acks = harness.times('ACK').length;
    harness.receive(response(reinvite, '200 OK', { more: ['Contact: <sip:peer@10.0.0.9>'] }));
    expect(harness.times('ACK')).toHaveLength(acks + 1);
    expect(field(harness.last('ACK'), 'CSeq')).toBe(field(reinvite, 'CSeq')?.replace('INVITE', 'ACK'));
    harness.run(33_000);
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, deadlines: 0, usages: 0, dialogs: 0 });
  });

  test('while our re-INVITE never gets a final response, nothing of it is left after 64·T1', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    harness.do(usage, (it) => it.reinvite(undefined, undefined));
    peerAnswers(harness, 'INVITE', '183 Session Progress');
    harness.do(usage, (it) => it.bye(undefined));
    peerAnswers(harness, 'BYE', '200 OK');
    harness.run(33_000);
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, deadlines: 0, usages: 0, dialogs: 0 });
  });
});

describe('a request that times out in a dialog (12.2.1.2)', () => {
  test('ends it', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    harness.do(usage, (it) => it.reinvite(undefined, undefined));
    harness.runTo(32_000);
    expect(harness.eventTypes.slice(-2)).toEqual(['reinviteFailed', 'ended']);
    expect(harness.lastEvent('reinviteFailed')).toMatchObject({ status: 408, willRetry: false });
    expect(harness.lastEvent('ended').by).toBe('dialog-gone');
    expect(harness.times('BYE')).toEqual([32_000]);
  });
});

describe('a late CANCEL of the peer', () => {
  test('is answered 200 and changes nothing after the final response (9.2)', () => {
    const harness = new StackHarness();
    accepted(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'CANCEL', 10, { branch: branchOf(ok) ?? '', to: '<sip:room@10.0.0.1>' }));
    expect(startLine(harness.last('200 CANCEL'))).toBe('SIP/2.0 200 OK');
    expect(harness.eventTypes).toEqual(['invite']);
    expect(harness.times('487 INVITE')).toEqual([]);
  });

  test('does nothing to a call of ours', () => {
    const harness = new StackHarness();
    madeCall(harness);
    harness.receive(fromCallee(harness.last('INVITE'), 'CANCEL', 1));
    expect(startLine(harness.last('481 CANCEL'))).toMatch(/^SIP\/2.0 481 /);
  });
});
