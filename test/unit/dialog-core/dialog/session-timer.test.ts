import { describe, expect, test } from 'vitest';
import type { DialogCoreConfig } from '../../../../src/dialog-core/index.js';
import { calling, fromCallee, inDialog, peerAnswers, peerInvite, ringing } from '../../../support/sip-dialogs.js';
import { StackHarness } from '../../../support/sip-stack.js';
import { field, startLine } from '../../../support/sip-text.js';

const contact = 'Contact: <sip:peer@10.0.0.9>';
const takesUpdate = 'Allow: INVITE, ACK, BYE, UPDATE';

/** Our call, answered with these headers. */
function called(more: string[], sessionTimer: DialogCoreConfig['sessionTimer'] = {}): StackHarness {
  const harness = new StackHarness({ sessionTimer });
  const usage = calling(harness);
  peerAnswers(harness, 'INVITE', '200 OK', 'peer', [contact, ...more]);
  harness.do(usage, (it) => it.ack(undefined));
  return harness;
}

/** The peer's call, accepted. */
function taken(more: string[], sessionTimer: DialogCoreConfig['sessionTimer'] = {}): StackHarness {
  const harness = new StackHarness({ sessionTimer });
  const usage = ringing(harness, { more: [contact, ...more] });
  harness.do(usage, (it) => it.accept({}));
  harness.receive(inDialog(harness.last('200 INVITE'), 'ACK', 10));
  return harness;
}

describe('what is asked for and agreed (RFC 4028 7, 9)', () => {
  test('an INVITE asks for half an hour, Min-SE of 90 s goes without saying', () => {
    const harness = new StackHarness();
    calling(harness);
    const sent = harness.last('INVITE');
    expect(field(sent, 'Session-Expires')).toBe('1800');
    expect(field(sent, 'Min-SE')).toBe(undefined);
    const own = new StackHarness({ sessionTimer: { expiresS: 600, minSeS: 120, refresher: 'local' } });
    calling(own);
    expect(field(own.last('INVITE'), 'Session-Expires')).toBe('600;refresher=uac');
    expect(field(own.last('INVITE'), 'Min-SE')).toBe('120');
  });

  test.each([
    ['the caller wants to', ['Supported: timer', 'Session-Expires: 900;refresher=uac'], '900;refresher=uac', 'timer'],
    [
      'the caller wants us to',
      ['Supported: timer', 'Session-Expires: 900;refresher=uas'],
      '900;refresher=uas',
      'timer',
    ],
    ['nobody has a wish', ['Supported: timer', 'Session-Expires: 900'], '900;refresher=uac', 'timer'],
    ['the caller leaves all to us', ['Supported: timer'], '1800;refresher=uac', 'timer'],
    ['a proxy asks and the caller knows of nothing', ['Session-Expires: 900'], '900;refresher=uas', undefined],
    ['it is longer than we grant', ['Supported: timer', 'Session-Expires: 7200'], '1800;refresher=uac', 'timer'],
    [
      'its least is longer',
      ['Supported: timer', 'Session-Expires: 7200', 'Min-SE: 3600'],
      '3600;refresher=uac',
      'timer',
    ],
    ['nobody knows of it', [], undefined, undefined],
  ])('our 2xx where %s', (_what, more, expires, require) => {
    const ok = taken(more).last('200 INVITE');
    expect(field(ok, 'Session-Expires')).toBe(expires);
    expect(field(ok, 'Require')).toBe(require);
  });

  test('off: nothing is asked for, nothing answered, and Require: timer is 420', () => {
    const harness = taken(['Supported: timer', 'Session-Expires: 100'], 'off');
    expect(field(harness.last('200 INVITE'), 'Session-Expires')).toBe(undefined);
    harness.receive(peerInvite({ branch: 'z9hG4bKx', callId: 'x', more: [contact, 'Require: timer'] }));
    expect(field(harness.last('420 INVITE'), 'Unsupported')).toBe('timer');
    const caller = new StackHarness({ sessionTimer: 'off' });
    calling(caller);
    expect(field(caller.last('INVITE'), 'Session-Expires')).toBe(undefined);
  });
});

describe('422 (RFC 4028 7.3, 8.1, 9)', () => {
  test.each([
    ['too short, from a caller that can do something about it', ['Supported: timer', 'Session-Expires: 60'], '422'],
    ['too short, from one that cannot', ['Session-Expires: 60'], '200'],
    ['just long enough', ['Supported: timer', 'Session-Expires: 90'], '200'],
  ])('%s', (_what, more, status) => {
    const harness = new StackHarness();
    harness.receive(peerInvite({ more: [contact, ...more] }));
    if (status === '200') harness.do(harness.lastEvent('invite').usage, (it) => it.accept({}));
    const last = harness.sent.at(-1)?.text ?? '';
    expect(startLine(last)).toContain(status);
    expect(field(last, 'Min-SE')).toBe(status === '422' ? '90' : undefined);
  });

  test('of the peer: the INVITE goes again with the longer session and its Min-SE, as often as that grows', () => {
    const harness = new StackHarness({ sessionTimer: { expiresS: 100 } });
    const usage = calling(harness);
    const first = harness.last('INVITE');
    peerAnswers(harness, 'INVITE', '422 Session Interval Too Small', 'a', ['Min-SE: 200']);
    const second = harness.last('INVITE');
    expect(field(second, 'Session-Expires')).toBe('200');
    expect(field(second, 'Min-SE')).toBe('200');
    expect(field(second, 'Call-ID')).toBe(field(first, 'Call-ID'));
    const number = (text: string): number => Number.parseInt(field(text, 'CSeq') ?? '', 10);
    expect(number(second)).toBe(number(first) + 1);
    peerAnswers(harness, 'INVITE', '422 Session Interval Too Small', 'b', ['Min-SE: 300']);
    expect(field(harness.last('INVITE'), 'Session-Expires')).toBe('300');
    // One that asks for no more than we offered would be refused for ever.
    peerAnswers(harness, 'INVITE', '422 Session Interval Too Small', 'c', ['Min-SE: 300']);
    expect(harness.lastEvent('failed')).toMatchObject({ usage, status: 422 });
  });
});

describe('refreshing (RFC 4028 7.4, 10)', () => {
  const agreed = ['Require: timer', 'Session-Expires: 1000;refresher=uac', takesUpdate];

  test('at half the interval by UPDATE without a body, with the roles as they are, and again after its 2xx', () => {
    const harness = called(agreed);
    harness.runTo(499_999);
    expect(harness.times('UPDATE')).toEqual([]);
    harness.runTo(500_000);
    const sent = harness.last('UPDATE');
    expect(field(sent, 'Session-Expires')).toBe('1000;refresher=uac');
    expect(field(sent, 'Content-Length')).toBe('0');
    expect(field(sent, 'Contact')).toBe(field(harness.last('INVITE'), 'Contact'));
    peerAnswers(harness, 'UPDATE', '200 OK', 'peer', [contact, 'Session-Expires: 400;refresher=uac']);
    harness.runTo(700_000);
    expect(harness.times('UPDATE')).toEqual([500_000, 700_000]);
    expect(harness.eventTypes).toEqual(['routed', 'answered']);
  });

  test('where the peer takes no UPDATE a re-INVITE is asked for; 405 to an UPDATE teaches that', () => {
    const none = called(['Require: timer', 'Session-Expires: 1000;refresher=uac']);
    none.runTo(500_000);
    expect(none.eventTypes.at(-1)).toBe('refreshDue');
    none.do(none.lastEvent('refreshDue').usage, (it) => it.reinvite(undefined, undefined));
    expect(field(none.last('INVITE'), 'Session-Expires')).toBe('1000;refresher=uac');
    peerAnswers(none, 'INVITE', '200 OK', 'peer', [contact, 'Session-Expires: 1000;refresher=uac']);
    none.runTo(999_999);
    expect(none.eventTypes.filter((type) => type === 'refreshDue')).toHaveLength(1);
    const learns = called(agreed);
    learns.runTo(500_000);
    peerAnswers(learns, 'UPDATE', '405 Method Not Allowed');
    learns.runTo(562_500);
    expect(learns.times('UPDATE')).toEqual([500_000]);
    expect(learns.eventTypes.at(-1)).toBe('refreshDue');
  });

  test('422 to a refresh: it goes again with the longer interval, and later ones keep the Min-SE', () => {
    const harness = called(agreed);
    harness.runTo(500_000);
    peerAnswers(harness, 'UPDATE', '422 Session Interval Too Small', 'peer', ['Min-SE: 1200']);
    expect(field(harness.last('UPDATE'), 'Session-Expires')).toBe('1200;refresher=uac');
    expect(field(harness.last('UPDATE'), 'Min-SE')).toBe('1200');
  });

  test('481, or no answer at all, ends the dialog', () => {
    const harness = called(agreed);
    harness.runTo(500_000);
    peerAnswers(harness, 'UPDATE', '481 Call/Transaction Does Not Exist');
    expect(harness.lastEvent('ended')).toMatchObject({ by: 'dialog-gone' });
    const silent = called(agreed);
    silent.runTo(532_000);
    expect(silent.lastEvent('ended')).toMatchObject({ by: 'dialog-gone' });
    expect(silent.times('BYE')).toEqual([532_000]);
  });

  test('is the peer’s where it said so; without a refresh we hang up 32 s or a third before the end', () => {
    const harness = called(['Require: timer', 'Session-Expires: 1000;refresher=uas', takesUpdate]);
    harness.runTo(967_999);
    expect(harness.times('UPDATE')).toEqual([]);
    expect(harness.times('BYE')).toEqual([]);
    harness.runTo(968_000);
    expect(field(harness.last('BYE'), 'Reason')).toBe('SIP;cause=408;text="Session timer expired"');
    expect(harness.lastEvent('ended')).toMatchObject({ by: 'session-expired' });
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 0 });
    const short = called(['Require: timer', 'Session-Expires: 90;refresher=uas']);
    short.runTo(59_999);
    expect(short.times('BYE')).toEqual([]);
    short.runTo(60_000);
    expect(short.times('BYE')).toEqual([60_000]);
  });

  test('by the peer, UPDATE or re-INVITE, begins the session anew; one without Session-Expires goes on by our terms', () => {
    const harness = called(['Require: timer', 'Session-Expires: 1000;refresher=uas', takesUpdate]);
    const invite = harness.last('INVITE');
    harness.runTo(500_000);
    const more = [contact, 'Supported: timer', 'Session-Expires: 1000;refresher=uac'];
    harness.receive(fromCallee(invite, 'UPDATE', 1, { more }));
    const answer = harness.last('200 UPDATE');
    expect(field(answer, 'Session-Expires')).toBe('1000;refresher=uac');
    expect(field(answer, 'Require')).toBe('timer');
    harness.runTo(1_467_999);
    expect(harness.times('BYE')).toEqual([]);
    harness.runTo(1_468_000);
    expect(harness.times('BYE')).toHaveLength(1);
  });

  test('a refresh of theirs that is too short gets 422 and changes nothing', () => {
    const harness = called(['Require: timer', 'Session-Expires: 1000;refresher=uas', takesUpdate]);
    const more = [contact, 'Supported: timer', 'Session-Expires: 20;refresher=uac'];
    harness.receive(fromCallee(harness.last('INVITE'), 'UPDATE', 1, { more }));
    expect(field(harness.last('422 UPDATE'), 'Min-SE')).toBe('90');
    harness.runTo(968_000);
    expect(harness.times('BYE')).toEqual([968_000]);
  });

  test('stops with the call, and never begins where the 2xx says nothing', () => {
    const harness = called(agreed);
    harness.do(harness.lastEvent('answered').usage, (it) => it.bye(undefined));
    peerAnswers(harness, 'BYE', '200 OK');
    harness.runTo(2_000_000);
    expect(harness.times('UPDATE')).toEqual([]);
    expect(harness.stack.counts().deadlines).toBe(0);
    const plain = called([takesUpdate]);
    plain.runTo(4_000_000);
    expect(plain.times('BYE')).toEqual([]);
    expect(plain.stack.counts()).toMatchObject({ usages: 1, deadlines: 0 });
  });
});
