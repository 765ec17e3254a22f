import { describe, expect, test } from 'vitest';
import {
  calling,
  fromCallee,
  inDialog,
  madeCall,
  peerAnswers,
  ringing,
  takenCall,
} from '../../../support/sip-dialogs.js';
import { StackHarness } from '../../../support/sip-stack.js';
import { field, startLine } from '../../../support/sip-text.js';

const body = { contentType: 'application/sdp', data: Buffer.from('v=0\r\n') };
const offer = { more: ['Contact: <sip:moved@10.0.0.8>', 'Content-Type: application/sdp'], body: 'v=0\r\n' };

describe('an UPDATE of ours (RFC 3311 5.1)', () => {
  test('carries Contact and the offer, moves the target, is answered without ACK', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    harness.do(usage, (it) => it.update(undefined, body, undefined));
    const sent = harness.last('UPDATE');
    expect(field(sent, 'Contact')).toBe(field(harness.last('INVITE'), 'Contact'));
    expect(sent).toContain('v=0');
    peerAnswers(harness, 'UPDATE', '200 OK', 'peer', ['Contact: <sip:moved@10.0.0.8>']);
    expect(harness.eventTypes.at(-1)).toBe('updateAnswered');
    expect(harness.times('ACK')).toHaveLength(1);
    harness.do(usage, (it) => it.bye(undefined));
    expect(startLine(harness.last('BYE'))).toBe('BYE sip:moved@10.0.0.8 SIP/2.0');
  });

  test('491 is told with willRetry, and retryNow comes after 2.1 to 4 s for who made the Call-ID, 0 to 2 s otherwise', () => {
    const owner = new StackHarness();
    const usage = madeCall(owner);
    owner.do(usage, (it) => it.update(undefined, body, undefined));
    peerAnswers(owner, 'UPDATE', '491 Request Pending');
    expect(owner.lastEvent('updateFailed')).toMatchObject({ status: 491, willRetry: true });
    owner.run(5000);
    const at = owner.events.find(({ event }) => event.type === 'retryNow')?.atMs ?? 0;
    expect(at).toBeGreaterThanOrEqual(2100);
    expect(at).toBeLessThanOrEqual(4000);
    const other = new StackHarness();
    const theirs = takenCall(other);
    other.do(theirs, (it) => it.update(undefined, body, undefined));
    peerAnswers(other, 'UPDATE', '491 Request Pending');
    other.run(5000);
    expect(other.events.find(({ event }) => event.type === 'retryNow')?.atMs).toBeLessThanOrEqual(2000);
  });

  test('refused, the dialog stays; 481, 408 and silence end it', () => {
    for (const [status, ends] of [
      ['488 Not Acceptable Here', false],
      ['481 Gone', true],
      ['408 Request Timeout', true],
    ] as const) {
      const harness = new StackHarness();
      const usage = madeCall(harness);
      harness.do(usage, (it) => it.update(undefined, body, undefined));
      peerAnswers(harness, 'UPDATE', status);
      expect(harness.stack.counts().usages).toBe(ends ? 0 : 1);
      expect(harness.eventTypes.at(-1)).toBe(ends ? 'ended' : 'updateFailed');
    }
    const silent = new StackHarness();
    const usage = madeCall(silent);
    silent.do(usage, (it) => it.update(undefined, body, undefined));
    silent.runTo(32_000);
    expect(silent.lastEvent('ended')).toMatchObject({ by: 'dialog-gone' });
  });

  test('does not cross another offer of ours, and waits for one of theirs', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    harness.do(usage, (it) => it.update(undefined, body, undefined));
    expect(() => harness.do(usage, (it) => it.update(undefined, body, undefined))).toThrowError(/in progress/);
    expect(() => harness.do(usage, (it) => it.reinvite(undefined, body))).toThrowError(/in progress/);
    peerAnswers(harness, 'UPDATE', '200 OK');
    harness.receive(inDialog(harness.last('200 INVITE'), 'INVITE', 11));
    harness.do(usage, (it) => it.update(undefined, body, undefined));
    expect(harness.times('UPDATE')).toHaveLength(1);
    expect(harness.lastEvent('updateFailed')).toMatchObject({ status: 491, willRetry: true });
  });

  test('before the answer goes into the early dialog that is meant', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    expect(() => harness.do(usage, (it) => it.update(undefined, body, undefined))).toThrowError(/early dialog/);
    peerAnswers(harness, 'INVITE', '183 Session Progress', 'a');
    peerAnswers(harness, 'INVITE', '183 Session Progress', 'b');
    expect(() => harness.do(usage, (it) => it.update(undefined, body, undefined))).toThrowError(/more than one/);
    harness.do(usage, (it) => it.update(undefined, body, 'b'));
    expect(field(harness.last('UPDATE'), 'To')).toContain('tag=b');
    expect(field(harness.last('UPDATE'), 'Session-Expires')).toBe(undefined);
  });
});

describe('an UPDATE of the peer (RFC 3311 5.2)', () => {
  test('is told, answered with our description, and moves the target', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'UPDATE', 11, offer));
    expect(harness.eventTypes.at(-1)).toBe('update');
    expect(harness.times('200 UPDATE')).toEqual([]);
    harness.do(usage, (it) => it.answerReinvite(200, { body }));
    expect(harness.last('200 UPDATE')).toContain('v=0');
    expect(field(harness.last('200 UPDATE'), 'Contact')).toBe(field(ok, 'Contact'));
    harness.do(usage, (it) => it.bye(undefined));
    expect(startLine(harness.last('BYE'))).toBe('BYE sip:moved@10.0.0.8 SIP/2.0');
  });

  test('without a body is answered here, as nobody above has to know', () => {
    const harness = new StackHarness();
    takenCall(harness);
    harness.receive(inDialog(harness.last('200 INVITE'), 'UPDATE', 11, { more: offer.more.slice(0, 1) }));
    expect(harness.times('200 UPDATE')).toEqual([0]);
    expect(harness.eventTypes).toEqual(['invite', 'acked']);
  });

  test('a second one before the answer to the first gets 500 with Retry-After of 0 to 10 s', () => {
    const harness = new StackHarness();
    takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'UPDATE', 11, offer));
    harness.receive(inDialog(ok, 'UPDATE', 12, offer));
    const retryAfter = Number(field(harness.last('500 UPDATE'), 'Retry-After'));
    expect(retryAfter).toBeGreaterThanOrEqual(0);
    expect(retryAfter).toBeLessThanOrEqual(10);
  });

  test('while ours is on its way gets 491; likewise during a re-INVITE of ours', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.do(usage, (it) => it.update(undefined, body, undefined));
    harness.receive(inDialog(ok, 'UPDATE', 11, offer));
    expect(harness.times('491 UPDATE')).toHaveLength(1);
    peerAnswers(harness, 'UPDATE', '200 OK');
    harness.do(usage, (it) => it.reinvite(undefined, body));
    harness.receive(inDialog(ok, 'UPDATE', 12, offer));
    expect(harness.times('491 UPDATE')).toHaveLength(2);
    // Without an offer there is nothing that could cross.
    harness.receive(inDialog(ok, 'UPDATE', 13));
    expect(harness.times('200 UPDATE')).toHaveLength(1);
  });

  test('refused by those above with 500 says when to come back', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    harness.receive(inDialog(harness.last('200 INVITE'), 'UPDATE', 11, offer));
    harness.do(usage, (it) => it.answerReinvite(500, {}));
    expect(field(harness.last('500 UPDATE'), 'Retry-After')).toMatch(/^\d+$/);
  });

  test('before the answer, as caller and as callee', () => {
    const callee = new StackHarness();
    const usage = ringing(callee);
    callee.do(usage, (it) => it.progress(180, {}));
    callee.receive(inDialog(callee.last('180 INVITE'), 'UPDATE', 11, offer));
    callee.do(usage, (it) => it.answerReinvite(200, { body }));
    expect(callee.times('200 UPDATE')).toEqual([0]);
    const caller = new StackHarness();
    const ours = calling(caller);
    peerAnswers(caller, 'INVITE', '183 Session Progress');
    caller.receive(fromCallee(caller.last('INVITE'), 'UPDATE', 5, offer));
    expect(caller.lastEvent('update')).toMatchObject({ usage: ours, dialogTag: 'peer' });
    caller.do(ours, (it) => it.answerReinvite(488, {}));
    expect(caller.times('488 UPDATE')).toEqual([0]);
  });

  test('that waits when the call ends gets 481', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    harness.receive(inDialog(harness.last('200 INVITE'), 'UPDATE', 11, offer));
    harness.do(usage, (it) => it.bye(undefined));
    expect(harness.times('481 UPDATE')).toEqual([0]);
  });
});

describe('INFO and requests of the caller', () => {
  test('INFO of the peer gets 200 and is told', () => {
    const harness = new StackHarness();
    takenCall(harness);
    const more = ['Content-Type: application/dtmf-relay'];
    harness.receive(inDialog(harness.last('200 INVITE'), 'INFO', 11, { more, body: 'Signal=5\r\n' }));
    expect(harness.times('200 INFO')).toEqual([0]);
    expect(harness.lastEvent('info').request.bodyText()).toBe('Signal=5\r\n');
  });

  test('a request of ours ends with its response; 481 ends the dialog too', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    const results: number[] = [];
    const info = {
      method: 'INFO',
      headers: [['X-What', 'this']] as const,
      body: { ...body, contentType: 'text/plain' },
    };
    harness.do(usage, () => harness.stack.services.requestInside(usage, info, ({ status }) => results.push(status)));
    expect(field(harness.last('INFO'), 'X-What')).toBe('this');
    peerAnswers(harness, 'INFO', '415 Unsupported Media Type');
    harness.do(usage, () =>
      harness.stack.services.requestInside(usage, { method: 'INFO' }, ({ status }) => results.push(status)),
    );
    peerAnswers(harness, 'INFO', '481 Gone');
    expect(results).toEqual([415, 481]);
    expect(harness.eventTypes.at(-1)).toBe('ended');
  });

  test.each(['INVITE', 'UPDATE', 'BYE', 'PRACK', 'no token'])('%s is not the caller’s to send', (method) => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    expect(() => harness.stack.services.requestInside(usage, { method }, () => {})).toThrowError();
    expect(harness.times(method)).toHaveLength(method === 'INVITE' ? 1 : 0);
  });
});
