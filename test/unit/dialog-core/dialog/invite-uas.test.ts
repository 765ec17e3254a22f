import { describe, expect, test } from 'vitest';
import { accepted, inDialog, peerAnswers, peerInvite, ringing, takenCall } from '../../../support/sip-dialogs.js';
import { StackHarness } from '../../../support/sip-stack.js';
import { field, fields, startLine, tagOf } from '../../../support/sip-text.js';

describe('an incoming call', () => {
  test('is told with its flow, and has had its 100', () => {
    const harness = new StackHarness({ advertise: '203.0.113.7' });
    harness.receive(peerInvite({ more: ['Contact: <sip:peer@10.0.0.9>', 'Timestamp: 54.2'] }));
    const { request, flow, advertised } = harness.lastEvent('invite');
    expect(request.uriText).toBe('sip:room@10.0.0.1');
    expect(flow).toMatchObject({
      local: { address: '10.0.0.1', port: 5060 },
      remote: { address: '10.0.0.9', port: 5060 },
    });
    expect(advertised).toBe('203.0.113.7');
    expect(startLine(harness.last('100 INVITE'))).toBe('SIP/2.0 100 Trying');
    expect(field(harness.last('100 INVITE'), 'Timestamp')).toBe('54.2');
  });

  test('an advertised address of the other family is not used', () => {
    const harness = new StackHarness({ advertise: '2001:db8::7' });
    ringing(harness);
    expect(harness.lastEvent('invite').advertised).toBe('10.0.0.1');
  });

  test('responses repeat Via, Record-Route, From, To, Call-ID and CSeq, and carry Contact and abilities', () => {
    const harness = new StackHarness({ advertise: '203.0.113.7', userAgent: 'room/1' });
    const more = ['Record-Route: <sip:10.0.0.7;lr>, <sip:10.0.0.8;lr>', 'Contact: <sip:peer@10.0.0.9>'];
    const usage = ringing(harness, { more });
    harness.do(usage, (it) => it.progress(183, { reason: 'One Moment', headers: [['X-Queue', '3']] }));
    harness.do(usage, (it) => it.accept({ body: { contentType: 'application/sdp', data: Buffer.from('v=0\r\n') } }));
    const progress = harness.last('183 INVITE');
    const ok = harness.last('200 INVITE');
    expect(startLine(progress)).toBe('SIP/2.0 183 One Moment');
    expect(field(progress, 'X-Queue')).toBe('3');
    for (const text of [progress, ok]) {
      expect(fields(text, 'Record-Route')).toEqual(['<sip:10.0.0.7;lr>', '<sip:10.0.0.8;lr>']);
      expect(field(text, 'Contact')).toBe('<sip:room@203.0.113.7:5060>');
      expect(field(text, 'From')).toBe('<sip:peer@10.0.0.9>;tag=peer');
      expect(field(text, 'CSeq')).toBe('10 INVITE');
      expect(field(text, 'Server')).toBe('room/1');
    }
    expect(tagOf(ok, 'To')).toMatch(/^[0-9a-f]{16}$/);
    expect(tagOf(ok, 'To')).toBe(tagOf(progress, 'To'));
    expect(field(ok, 'Allow')).toBe('INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, SUBSCRIBE, NOTIFY');
    expect(field(ok, 'Content-Type')).toBe('application/sdp');
    expect(ok.endsWith('\r\n\r\nv=0\r\n')).toBe(true);
  });

  test('the Contact may be chosen with the 2xx, and stays', () => {
    const harness = new StackHarness();
    const usage = ringing(harness);
    harness.do(usage, (it) => it.accept({ contactUser: 'leg 7' }));
    expect(field(harness.last('200 INVITE'), 'Contact')).toBe('<sip:leg%207@10.0.0.1:5060>');
    harness.receive(inDialog(harness.last('200 INVITE'), 'ACK', 10));
    harness.do(usage, (it) => it.reinvite(undefined, undefined));
    expect(field(harness.last('INVITE'), 'Contact')).toBe('<sip:leg%207@10.0.0.1:5060>');
  });

  test('a repeated INVITE gets the last provisional response, and raises nothing', () => {
    const harness = new StackHarness();
    const usage = ringing(harness);
    harness.receive(peerInvite());
    harness.do(usage, (it) => it.progress(180, {}));
    harness.receive(peerInvite());
    expect(harness.sent.map(({ what }) => what)).toEqual(['100 INVITE', '100 INVITE', '180 INVITE', '180 INVITE']);
    expect(harness.eventTypes).toEqual(['invite']);
    expect(harness.stack.counts()).toMatchObject({ retransmissionsIn: 2, retransmissionsOut: 2 });
  });

  test('a refusal carries neither Contact nor Record-Route, and ends the usage', () => {
    const harness = new StackHarness();
    const more = ['Record-Route: <sip:10.0.0.7;lr>', 'Contact: <sip:peer@10.0.0.9>'];
    const usage = ringing(harness, { more });
    harness.do(usage, (it) => it.reject(486, { headers: [['Retry-After', '60']] }));
    const text = harness.last('486 INVITE');
    expect(field(text, 'Contact')).toBeUndefined();
    expect(field(text, 'Record-Route')).toBeUndefined();
    expect(field(text, 'Retry-After')).toBe('60');
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 0 });
    harness.receive(inDialog(text, 'ACK', 10, { branch: 'z9hG4bKpeer1' }));
    harness.runTo(5001);
    expect(harness.times('486 INVITE')).toEqual([0]);
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, deadlines: 0 });
    expect(harness.eventTypes).toEqual(['invite']);
  });
});

describe('a caller that gives up', () => {
  const cancel = (more: readonly string[] = []): Uint8Array => peerInvite({ method: 'CANCEL', more });

  test('by CANCEL gets 200, and 487 for its INVITE, with one tag (9.2)', () => {
    const harness = new StackHarness();
    const usage = ringing(harness);
    harness.do(usage, (it) => it.progress(180, {}));
    harness.receive(cancel(['Reason: SIP;cause=200;text="Call completed elsewhere"']));
    expect(harness.sent.slice(-2).map(({ what }) => what)).toEqual(['200 CANCEL', '487 INVITE']);
    expect(tagOf(harness.last('200 CANCEL'), 'To')).toBe(tagOf(harness.last('180 INVITE'), 'To'));
    expect(tagOf(harness.last('487 INVITE'), 'To')).toBe(tagOf(harness.last('180 INVITE'), 'To'));
    expect(harness.lastEvent('cancelled').reason).toEqual({
      protocol: 'SIP',
      cause: 200,
      text: 'Call completed elsewhere',
    });
    expect(() => harness.do(usage, (it) => it.accept({}))).toThrowError(/no usage/);
    // The CANCEL again: its own transaction answers.
    harness.receive(cancel());
    expect(harness.times('200 CANCEL')).toHaveLength(2);
    expect(harness.times('487 INVITE')).toHaveLength(1);
  });

  test('by BYE in the early dialog gets 200, and 487 for its INVITE (15)', () => {
    const harness = new StackHarness();
    const usage = ringing(harness);
    harness.do(usage, (it) => it.progress(180, {}));
    harness.receive(inDialog(harness.last('180 INVITE'), 'BYE', 11));
    expect(harness.sent.slice(-2).map(({ what }) => what)).toEqual(['200 BYE', '487 INVITE']);
    expect(harness.eventTypes).toEqual(['invite', 'cancelled']);
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 0 });
  });
});

describe('the ACK', () => {
  test('is told once, with its body', () => {
    const harness = new StackHarness();
    accepted(harness);
    const ack = inDialog(harness.last('200 INVITE'), 'ACK', 10, {
      more: ['Content-Type: application/sdp'],
      body: 'v=0\r\n',
    });
    harness.receive(ack);
    harness.receive(ack);
    expect(harness.lastEvent('acked').request.bodyText()).toBe('v=0\r\n');
    expect(harness.eventTypes).toEqual(['invite', 'acked']);
  });

  test('with the branch of the INVITE, as some send it, counts too', () => {
    const harness = new StackHarness();
    accepted(harness);
    harness.receive(inDialog(harness.last('200 INVITE'), 'ACK', 10, { branch: 'z9hG4bKpeer1' }));
    expect(harness.eventTypes).toEqual(['invite', 'acked']);
    harness.runTo(40_000);
    expect(harness.times('200 INVITE')).toHaveLength(1);
  });
});

describe('the end', () => {
  test('by the peer: 200, Reason told, later requests 481', () => {
    const harness = new StackHarness();
    takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'BYE', 11, { more: ['Reason: Q.850;cause=16'] }));
    const ended = harness.lastEvent('ended');
    expect(ended).toMatchObject({ by: 'remote-bye', reason: { protocol: 'Q.850', cause: 16, text: undefined } });
    expect(ended.request?.method).toBe('BYE');
    // The BYE again is answered by its transaction, anything new by nobody.
    harness.receive(inDialog(ok, 'BYE', 11));
    harness.receive(inDialog(ok, 'OPTIONS', 12));
    expect(harness.lines.slice(-2)).toEqual(['SIP/2.0 200 OK', 'SIP/2.0 481 Call/Transaction Does Not Exist']);
    harness.run(32_001);
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 0, transactions: 0, deadlines: 0 });
  });

  test('by the peer before the ACK stops the 2xx', () => {
    const harness = new StackHarness();
    accepted(harness);
    harness.receive(inDialog(harness.last('200 INVITE'), 'BYE', 11));
    harness.runTo(40_000);
    expect(harness.times('200 INVITE')).toEqual([0]);
    expect(harness.eventTypes).toEqual(['invite', 'ended']);
  });

  test('by both at once is one end', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    harness.do(usage, (it) => it.bye(undefined));
    harness.receive(inDialog(harness.last('200 INVITE'), 'BYE', 11));
    peerAnswers(harness, 'BYE', '481 Call/Transaction Does Not Exist');
    expect(harness.eventTypes).toEqual(['invite', 'acked', 'ended']);
    expect(harness.lastEvent('ended').by).toBe('local-bye');
    expect(startLine(harness.last('200 BYE'))).toBe('SIP/2.0 200 OK');
  });

  test('when not even a provisional response can be sent', () => {
    const harness = new StackHarness();
    const usage = ringing(harness);
    harness.do(usage, (it) => it.progress(180, {}));
    harness.failLastSend('send ENETUNREACH');
    expect(harness.lastEvent('ended').by).toBe('dialog-gone');
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 0, transactions: 0, deadlines: 0 });
    const { maxPendingInvites } = { maxPendingInvites: 1 };
    const bounded = new StackHarness({ limits: { maxPendingInvites } });
    ringing(bounded);
    bounded.failLastSend();
    ringing(bounded, { callId: 'next', branch: 'z9hG4bKnext' });
  });
});
