import { describe, expect, test } from 'vitest';
import { makeUri, parseUri, type SipUri } from '../../../../src/dialog-core/index.js';
import type { InviteParams } from '../../../../src/dialog-core/types.js';
import { calling, fromCallee, madeCall, peerAnswers } from '../../../support/sip-dialogs.js';
import { StackHarness } from '../../../support/sip-stack.js';
import { branchOf, field, fields, response, startLine, tagOf } from '../../../support/sip-text.js';

const us = { uri: makeUri({ user: 'us', host: '10.0.0.1' }) };
const uri = (text: string): SipUri => parseUri(text) ?? us.uri;

function inviteOf(params: Partial<InviteParams>, harness = new StackHarness()): string {
  const usage = harness.invite({ target: uri('sip:peer@10.0.0.9'), from: us, ...params });
  harness.do(usage, (it) => it.sendInvite(undefined));
  return harness.last('INVITE');
}

describe('the INVITE', () => {
  test('carries what RFC 3261 8.1.1 and 13.2.1 ask for', () => {
    const harness = new StackHarness({ userAgent: 'desk/1' });
    const from = { displayName: 'We "two"', uri: uri('sip:us@example.org') };
    const text = inviteOf({ from, contactUser: 'us two', callId: 'mine', headers: [['Subject', 'tea']] }, harness);
    expect(startLine(text)).toBe('INVITE sip:peer@10.0.0.9 SIP/2.0');
    expect(field(text, 'Via')).toMatch(/^SIP\/2.0\/UDP 10.0.0.1:5060;branch=z9hG4bK[0-9a-f]{24};rport$/);
    expect(field(text, 'Max-Forwards')).toBe('70');
    expect(field(text, 'From')).toMatch(/^"We \\"two\\"" <sip:us@example.org>;tag=[0-9a-f]{16}$/);
    expect(field(text, 'To')).toBe('<sip:peer@10.0.0.9>');
    expect(field(text, 'Call-ID')).toBe('mine');
    expect(field(text, 'CSeq')).toMatch(/^\d+ INVITE$/);
    expect(field(text, 'Contact')).toBe('<sip:us%20two@10.0.0.1:5060>');
    expect(field(text, 'Allow')).toBe(
      'INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, SUBSCRIBE, NOTIFY',
    );
    expect(field(text, 'User-Agent')).toBe('desk/1');
    expect(field(text, 'Subject')).toBe('tea');
    expect(field(text, 'Content-Length')).toBe('0');
    expect(harness.lastEvent('routed')).toMatchObject({ callId: 'mine', advertised: '10.0.0.1' });
  });

  test('leaves out of the Request-URI what may not stand there (19.1.5)', () => {
    const text = inviteOf({ target: uri('sip:peer@10.0.0.9;method=INVITE;user=phone?Subject=x') });
    expect(startLine(text)).toBe('INVITE sip:peer@10.0.0.9;user=phone SIP/2.0');
  });

  test('goes to a proxy by a loose route of our own', () => {
    const harness = new StackHarness();
    const text = inviteOf({ target: uri('sip:bob@example.org'), proxy: uri('sip:10.0.0.7:5070') }, harness);
    expect(startLine(text)).toBe('INVITE sip:bob@example.org SIP/2.0');
    expect(field(text, 'Route')).toBe('<sip:10.0.0.7:5070;lr>');
    expect(harness.sent.at(-1)?.remote).toEqual({ address: '10.0.0.7', port: 5070 });
  });

  test('lets headers of the caller stand instead of ours', () => {
    const text = inviteOf({ headers: [['allow', 'INVITE, ACK']] }, new StackHarness({ userAgent: 'desk/1' }));
    expect(fields(text, 'Allow')).toEqual(['INVITE, ACK']);
    expect(fields(text, 'User-Agent')).toEqual(['desk/1']);
  });

  test.each(['tel:+4930', 'sips:bob@10.0.0.9', 'sip:bob@10.0.0.9;transport=tcp'])('cannot go to %s', (target) => {
    const harness = new StackHarness();
    expect(() => inviteOf({ target: uri(target) }, harness)).toThrowError(
      expect.objectContaining({ code: 'ERR_INVALID_URI' }),
    );
    expect(harness.stack.counts()).toMatchObject({ usages: 0, deadlines: 0 });
  });

  test('refuses headers of ours and broken ones', () => {
    for (const headers of [[['Call-ID', 'x']], [['Contact', '<sip:x>']], [['X', 'a\r\nb']]] as const) {
      expect(() => inviteOf({ headers })).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_HEADER' }));
    }
    expect(() => inviteOf({ callId: 'a b' })).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  test('is not sent twice, nor before the route is known', () => {
    const harness = new StackHarness();
    harness.autoRoute = false;
    const usage = harness.invite({ target: uri('sip:peer@example.org'), from: us });
    expect(() => harness.do(usage, (it) => it.sendInvite(undefined))).toThrowError(/routing/);
    harness.answerRoute(harness.routes[0]?.key ?? '', { address: '10.0.0.9', port: 5060 });
    harness.do(usage, (it) => it.sendInvite(undefined));
    expect(() => harness.do(usage, (it) => it.sendInvite(undefined))).toThrowError(/calling/);
  });

  test('fails with 503 where there is no way', () => {
    const harness = new StackHarness();
    harness.autoRoute = false;
    harness.invite({ target: uri('sip:peer@nowhere.invalid'), from: us });
    harness.answerRoute(harness.routes[0]?.key ?? '', undefined);
    expect(harness.lastEvent('failed')).toMatchObject({ cause: 'transport', status: 503, reason: 'no such host' });
    expect(harness.stack.counts()).toMatchObject({ usages: 0 });
  });

  test('fails with 503 when the system refuses it (8.1.3.1)', () => {
    const harness = new StackHarness();
    calling(harness);
    harness.failLastSend('send EMSGSIZE');
    expect(harness.lastEvent('failed')).toMatchObject({ cause: 'transport', status: 503, reason: 'send EMSGSIZE' });
    expect(harness.stack.counts()).toMatchObject({ usages: 0, transactions: 0, deadlines: 0 });
  });
});

describe('responses', () => {
  test('each branch that rings is an early dialog; 100 is none', () => {
    const harness = new StackHarness();
    calling(harness);
    peerAnswers(harness, 'INVITE', '100 Trying', 'ignored');
    expect(harness.stack.counts().dialogs).toBe(0);
    peerAnswers(harness, 'INVITE', '180 Ringing', 'one');
    peerAnswers(harness, 'INVITE', '183 Session Progress', 'two');
    peerAnswers(harness, 'INVITE', '180 Ringing', 'one');
    expect(harness.stack.counts().dialogs).toBe(2);
    const tags = harness.events.map(({ event }) => event.type === 'provisional' && event.dialogTag);
    expect(tags.slice(1)).toEqual(['one', 'two', 'one']);
    peerAnswers(harness, 'INVITE', '486 Busy Here', 'two');
    expect(harness.stack.counts()).toMatchObject({ dialogs: 0, usages: 0 });
    expect(harness.lastEvent('failed')).toMatchObject({ cause: 'response', status: 486, reason: 'Busy Here' });
    expect(harness.lastEvent('failed').response?.toTag).toBe('two');
  });

  test.each(['302 Moved Temporarily', '404 Not Found', '503 Service Unavailable', '603 Decline'])(
    '%s fails',
    (status) => {
      const harness = new StackHarness();
      calling(harness);
      peerAnswers(harness, 'INVITE', status);
      expect(harness.lastEvent('failed')).toMatchObject({ cause: 'response', status: Number(status.slice(0, 3)) });
      expect(harness.times('ACK')).toHaveLength(1);
      peerAnswers(harness, 'INVITE', status);
      expect(harness.times('ACK')).toHaveLength(2);
      expect(harness.eventTypes).toEqual(['routed', 'failed']);
    },
  );

  test('the first 2xx makes the call, further branches get ACK and BYE (13.2.2.4)', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    peerAnswers(harness, 'INVITE', '180 Ringing', 'one');
    peerAnswers(harness, 'INVITE', '180 Ringing', 'two');
    peerAnswers(harness, 'INVITE', '200 OK', 'two');
    harness.do(usage, (it) => it.ack(undefined));
    peerAnswers(harness, 'INVITE', '200 OK', 'one', ['Contact: <sip:other@10.0.0.8:5080>']);
    expect(harness.eventTypes.filter((type) => type === 'answered')).toHaveLength(1);
    expect(harness.lastEvent('answered').response.toTag).toBe('two');
    expect(harness.stack.counts()).toMatchObject({ dialogs: 1, usages: 1 });
    const [ack, bye] = harness.sent.slice(-2);
    expect([ack?.what, bye?.what]).toEqual(['ACK', 'BYE']);
    for (const each of [ack, bye]) {
      expect(tagOf(each?.text ?? '', 'To')).toBe('one');
      expect(startLine(each?.text ?? '')).toContain('sip:other@10.0.0.8:5080');
      expect(each?.remote).toEqual({ address: '10.0.0.8', port: 5080 });
    }
    // Its 2xx again: ACK again, and only that.
    const sent = harness.sent.length;
    harness.receive(response(harness.last('INVITE'), '200 OK', { toTag: 'one', more: ['Contact: <sip:o@10.0.0.8>'] }));
    expect(harness.sent.slice(sent).map(({ what, text }) => [what, tagOf(text, 'To')])).toEqual([['ACK', 'one']]);
    expect(harness.eventTypes).not.toContain('ended');
  });

  test('a BYE of a branch that had not answered is answered and ends that branch alone', () => {
    const harness = new StackHarness();
    calling(harness);
    peerAnswers(harness, 'INVITE', '180 Ringing');
    harness.receive(fromCallee(harness.last('INVITE'), 'BYE', 1));
    expect(startLine(harness.last('200 BYE'))).toBe('SIP/2.0 200 OK');
    expect(harness.stack.counts()).toMatchObject({ dialogs: 0, usages: 1 });
    peerAnswers(harness, 'INVITE', '487 Request Terminated');
    expect(harness.lastEvent('failed')).toMatchObject({ cause: 'response', status: 487 });
  });

  test('a 2xx without Contact is taken; requests go to the address that was called', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    peerAnswers(harness, 'INVITE', '200 OK', 'peer', []);
    harness.do(usage, (it) => it.ack(undefined));
    expect(startLine(harness.last('ACK'))).toBe('ACK sip:peer@10.0.0.9 SIP/2.0');
  });

  test('a 2xx of an RFC 2543 peer has no tag, and so has the dialog', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    harness.receive(response(harness.last('INVITE'), '200 OK', { more: ['Contact: <sip:peer@10.0.0.9>'] }));
    harness.do(usage, (it) => it.ack(undefined));
    expect(field(harness.last('ACK'), 'To')).toBe('<sip:peer@10.0.0.9>');
    harness.receive(fromCallee(harness.last('INVITE'), 'BYE', 1, { from: '<sip:peer@10.0.0.9>' }));
    expect(harness.lastEvent('ended').by).toBe('remote-bye');
  });
});

describe('CANCEL', () => {
  test('before the INVITE has left nothing is sent', () => {
    for (const routed of [false, true]) {
      const harness = new StackHarness();
      harness.autoRoute = routed;
      const usage = harness.invite({ target: uri('sip:peer@example.org'), from: us });
      harness.do(usage, (it) => it.cancel(undefined));
      expect(harness.lastEvent('failed')).toMatchObject({ cause: 'cancelled', status: 487 });
      if (!routed) harness.answerRoute(harness.routes[0]?.key ?? '', { address: '10.0.0.9', port: 5060 });
      expect(harness.sent).toEqual([]);
      expect(harness.stack.counts()).toMatchObject({ usages: 0, deadlines: 0 });
    }
  });

  test('waits for a provisional response, then goes with branch, CSeq, To and Route of the INVITE (9.1)', () => {
    const harness = new StackHarness();
    const usage = harness.invite({ target: uri('sip:peer@10.0.0.9'), from: us, proxy: uri('sip:10.0.0.7') });
    harness.do(usage, (it) => it.sendInvite(undefined));
    harness.do(usage, (it) => it.cancel({ protocol: 'SIP', cause: 200, text: 'elsewhere' }));
    harness.runTo(1500);
    expect(harness.times('CANCEL')).toEqual([]);
    peerAnswers(harness, 'INVITE', '100 Trying');
    const invite = harness.last('INVITE');
    const cancel = harness.last('CANCEL');
    expect(startLine(cancel)).toBe('CANCEL sip:peer@10.0.0.9 SIP/2.0');
    expect(branchOf(cancel)).toBe(branchOf(invite));
    expect(field(cancel, 'To')).toBe('<sip:peer@10.0.0.9>');
    expect(field(cancel, 'From')).toBe(field(invite, 'From'));
    expect(fields(cancel, 'Route')).toEqual(fields(invite, 'Route'));
    expect(field(cancel, 'CSeq')).toBe(field(invite, 'CSeq')?.replace('INVITE', 'CANCEL'));
    expect(field(cancel, 'Reason')).toBe('SIP;cause=200;text="elsewhere"');
    peerAnswers(harness, 'CANCEL', '200 OK');
    peerAnswers(harness, 'INVITE', '487 Request Terminated');
    const failed = harness.lastEvent('failed');
    expect(failed).toMatchObject({ cause: 'cancelled', status: 487 });
    expect(failed.response?.status).toBe(487);
    expect(harness.eventTypes).toEqual(['routed', 'failed']);
  });

  test('a 2xx that crosses it is acknowledged and hung up (9.1)', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    peerAnswers(harness, 'INVITE', '180 Ringing');
    harness.do(usage, (it) => it.cancel(undefined));
    peerAnswers(harness, 'INVITE', '200 OK');
    expect(harness.sent.slice(-3).map(({ what }) => what)).toEqual(['CANCEL', 'ACK', 'BYE']);
    expect(harness.lastEvent('failed')).toMatchObject({ cause: 'cancelled', status: 487 });
    expect(harness.eventTypes).toEqual(['routed', 'provisional', 'failed']);
    peerAnswers(harness, 'INVITE', '200 OK');
    expect(harness.sent.slice(-1).map(({ what }) => what)).toEqual(['ACK']);
    harness.run(40_000);
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 0, transactions: 0, deadlines: 0 });
  });

  test('another final response that crosses it is told as it is', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    peerAnswers(harness, 'INVITE', '180 Ringing');
    harness.do(usage, (it) => it.cancel(undefined));
    peerAnswers(harness, 'INVITE', '486 Busy Here');
    expect(harness.lastEvent('failed')).toMatchObject({ cause: 'response', status: 486 });
  });

  test('is not possible once the call is answered, and not twice in effect', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    peerAnswers(harness, 'INVITE', '180 Ringing');
    harness.do(usage, (it) => it.cancel(undefined));
    harness.do(usage, (it) => it.cancel(undefined));
    expect(harness.times('CANCEL')).toHaveLength(1);
    const other = madeCall(new StackHarness());
    const answered = new StackHarness();
    madeCall(answered);
    expect(() => answered.do(other, (it) => it.cancel(undefined))).toThrowError(
      expect.objectContaining({ code: 'ERR_INVALID_STATE' }),
    );
  });
});

test('hanging up before the ACK sends the ACK first', () => {
  const harness = new StackHarness();
  const usage = calling(harness);
  peerAnswers(harness, 'INVITE', '200 OK');
  harness.do(usage, (it) => it.bye(undefined));
  expect(harness.sent.slice(-2).map(({ what }) => what)).toEqual(['ACK', 'BYE']);
});
