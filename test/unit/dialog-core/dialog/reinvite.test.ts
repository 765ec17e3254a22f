import { describe, expect, test } from 'vitest';
import {
  accepted,
  calling,
  fromCallee,
  inDialog,
  madeCall,
  peerAnswers,
  peerInvite,
  ringing,
  takenCall,
} from '../../../support/sip-dialogs.js';
import { StackHarness } from '../../../support/sip-stack.js';
import { branchOf, field, response, startLine } from '../../../support/sip-text.js';

const body = { contentType: 'application/sdp', data: Buffer.from('v=0\r\n') };

describe('a re-INVITE of ours', () => {
  test('is told when answered, and its ACK is owed', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    const first = harness.last('INVITE');
    harness.do(usage, (it) => it.reinvite([['Subject', 'hold']], body));
    const reinvite = harness.last('INVITE');
    expect(startLine(reinvite)).toBe('INVITE sip:peer@10.0.0.9 SIP/2.0');
    expect(Number.parseInt(field(reinvite, 'CSeq') ?? '', 10)).toBe(
      Number.parseInt(field(first, 'CSeq') ?? '', 10) + 1,
    );
    expect(field(reinvite, 'Contact')).toBe(field(first, 'Contact'));
    expect(field(reinvite, 'Subject')).toBe('hold');
    expect(branchOf(reinvite)).not.toBe(branchOf(first));
    expect(reinvite.endsWith('v=0\r\n')).toBe(true);
    peerAnswers(harness, 'INVITE', '200 OK');
    expect(harness.eventTypes).toEqual(['routed', 'answered', 'reinviteAnswered']);
    harness.do(usage, (it) => it.ack(undefined));
    expect(field(harness.last('ACK'), 'CSeq')).toBe(field(reinvite, 'CSeq')?.replace('INVITE', 'ACK'));
    peerAnswers(harness, 'INVITE', '200 OK');
    expect(harness.times('ACK')).toHaveLength(3);
    expect(() => harness.do(usage, (it) => it.ack(undefined))).toThrowError(/no ACK is owed/);
  });

  test('one at a time: a second one while it runs or its ACK is owed is misuse', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    const again = (): void => harness.do(usage, (it) => it.reinvite(undefined, body));
    again();
    expect(again).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    peerAnswers(harness, 'INVITE', '200 OK');
    expect(again).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    harness.do(usage, (it) => it.ack(undefined));
    again();
  });

  test('moves the remote target by the Contact of its 2xx, and only then (12.2.1.2)', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    harness.do(usage, (it) => it.reinvite(undefined, body));
    peerAnswers(harness, 'INVITE', '488 Not Acceptable Here', 'peer', ['Contact: <sip:wrong@10.0.0.6>']);
    harness.do(usage, (it) => it.reinvite(undefined, body));
    expect(startLine(harness.last('INVITE'))).toBe('INVITE sip:peer@10.0.0.9 SIP/2.0');
    peerAnswers(harness, 'INVITE', '200 OK', 'peer', ['Contact: <sip:moved@10.0.0.8:5090>']);
    harness.do(usage, (it) => it.ack(undefined));
    harness.do(usage, (it) => it.bye(undefined));
    for (const what of ['ACK', 'BYE']) {
      expect(startLine(harness.last(what))).toBe(`${what} sip:moved@10.0.0.8:5090 SIP/2.0`);
      expect(harness.sent.filter((each) => each.what === what).at(-1)?.remote.port).toBe(5090);
    }
  });

  test.each(['488 Not Acceptable Here', '403 Forbidden', '503 Service Unavailable', '606 Not Acceptable'])(
    'rejected with %s leaves the dialog as it was (14.1)',
    (status) => {
      const harness = new StackHarness();
      const usage = madeCall(harness);
      harness.do(usage, (it) => it.reinvite(undefined, body));
      peerAnswers(harness, 'INVITE', status);
      expect(harness.lastEvent('reinviteFailed')).toMatchObject({
        status: Number(status.slice(0, 3)),
        willRetry: false,
      });
      expect(harness.stack.counts()).toMatchObject({ usages: 1, dialogs: 1 });
      harness.run(40_000);
      expect(harness.eventTypes).not.toContain('ended');
      harness.receive(fromCallee(harness.last('INVITE'), 'BYE', 1, { from: '<sip:peer@10.0.0.9>;tag=peer' }));
      expect(harness.lastEvent('ended').by).toBe('remote-bye');
    },
  );

  test.each(['481 Call/Transaction Does Not Exist', '408 Request Timeout'])(
    'rejected with %s ends it (12.2.1.2)',
    (status) => {
      const harness = new StackHarness();
      const usage = madeCall(harness);
      harness.do(usage, (it) => it.reinvite(undefined, body));
      peerAnswers(harness, 'INVITE', status);
      expect(harness.eventTypes.slice(-2)).toEqual(['reinviteFailed', 'ended']);
      expect(harness.lastEvent('ended').by).toBe('dialog-gone');
      expect(harness.times('BYE')).toHaveLength(1);
    },
  );

  test('refused by the system is 503, and the dialog stays', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    harness.do(usage, (it) => it.reinvite(undefined, body));
    harness.failLastSend();
    expect(harness.lastEvent('reinviteFailed')).toMatchObject({ status: 503, willRetry: false });
    expect(harness.stack.counts().usages).toBe(1);
  });

  test.each(['200 OK', '487 Request Terminated'])(
    'that rings longer than timer C is cancelled; %s leaves the dialog',
    (status) => {
      const harness = new StackHarness();
      const usage = madeCall(harness);
      harness.do(usage, (it) => it.reinvite(undefined, body));
      peerAnswers(harness, 'INVITE', '180 Ringing');
      harness.runTo(180_000);
      expect(harness.times('CANCEL')).toEqual([180_000]);
      peerAnswers(harness, 'INVITE', status);
      expect(harness.eventTypes.at(-1)).toBe(status === '200 OK' ? 'reinviteAnswered' : 'reinviteFailed');
      expect(harness.stack.counts()).toMatchObject({ usages: 1, dialogs: 1 });
    },
  );

  test('after 491 retryNow comes once; another re-INVITE before that calls it off', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    harness.do(usage, (it) => it.reinvite(undefined, body));
    peerAnswers(harness, 'INVITE', '491 Request Pending');
    harness.do(usage, (it) => it.reinvite(undefined, body));
    peerAnswers(harness, 'INVITE', '200 OK');
    harness.do(usage, (it) => it.ack(undefined));
    harness.runTo(10_000);
    expect(harness.eventTypes).not.toContain('retryNow');
    harness.do(usage, (it) => it.reinvite(undefined, body));
    peerAnswers(harness, 'INVITE', '491 Request Pending');
    harness.run(5000);
    expect(harness.eventTypes.filter((type) => type === 'retryNow')).toHaveLength(1);
  });

  test('after 491 and the end of the call no retryNow comes', () => {
    const harness = new StackHarness();
    const usage = madeCall(harness);
    harness.do(usage, (it) => it.reinvite(undefined, body));
    peerAnswers(harness, 'INVITE', '491 Request Pending');
    harness.do(usage, (it) => it.bye(undefined));
    harness.run(5000);
    expect(harness.eventTypes).not.toContain('retryNow');
  });
});

describe('a re-INVITE of the peer', () => {
  test('is told after 100, answered, acknowledged', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'INVITE', 11, { more: ['Contact: <sip:moved@10.0.0.8>'] }));
    expect(startLine(harness.sent.at(-1)?.text ?? '')).toBe('SIP/2.0 100 Trying');
    expect(harness.lastEvent('reinvite').request.cseq.number).toBe(11);
    harness.do(usage, (it) => it.answerReinvite(200, { body }));
    const answer = harness.last('200 INVITE');
    expect(field(answer, 'Contact')).toBe(field(ok, 'Contact'));
    expect(field(answer, 'To')).toBe(field(ok, 'To'));
    harness.receive(inDialog(ok, 'ACK', 11));
    expect(harness.eventTypes).toEqual(['invite', 'acked', 'reinvite', 'reinviteAcked']);
    // It moved the peer (12.2.2).
    harness.do(usage, (it) => it.bye(undefined));
    expect(startLine(harness.last('BYE'))).toBe('BYE sip:moved@10.0.0.8 SIP/2.0');
  });

  test('rejected leaves everything, also where the peer is', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'INVITE', 11, { more: ['Contact: <sip:moved@10.0.0.8>'] }));
    harness.do(usage, (it) => it.answerReinvite(488, { reason: 'Not Like That' }));
    expect(startLine(harness.last('488 INVITE'))).toBe('SIP/2.0 488 Not Like That');
    harness.receive(inDialog(ok, 'ACK', 11, { branch: 'z9hG4bKINVITE11' }));
    harness.do(usage, (it) => it.bye(undefined));
    expect(startLine(harness.last('BYE'))).toBe('BYE sip:peer@10.0.0.9 SIP/2.0');
    expect(harness.eventTypes).toEqual(['invite', 'acked', 'reinvite']);
  });

  test('cancelled gets 487, and the dialog stays', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'INVITE', 11));
    harness.receive(inDialog(ok, 'CANCEL', 11, { branch: 'z9hG4bKINVITE11' }));
    expect(harness.sent.slice(-2).map(({ what }) => what)).toEqual(['200 CANCEL', '487 INVITE']);
    expect(harness.eventTypes).toEqual(['invite', 'acked', 'reinvite', 'reinviteCancelled']);
    expect(() => harness.do(usage, (it) => it.answerReinvite(200, {}))).toThrowError(/no re-INVITE waits/);
    expect(harness.stack.counts()).toMatchObject({ usages: 1, dialogs: 1 });
  });

  test('while ours is in progress gets 491 (14.2)', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.do(usage, (it) => it.reinvite(undefined, body));
    harness.receive(inDialog(ok, 'INVITE', 11));
    expect(startLine(harness.last('491 INVITE'))).toBe('SIP/2.0 491 Request Pending');
    peerAnswers(harness, 'INVITE', '200 OK');
    harness.receive(inDialog(ok, 'INVITE', 12));
    expect(harness.times('491 INVITE')).toHaveLength(2);
    harness.do(usage, (it) => it.ack(undefined));
    harness.receive(inDialog(ok, 'INVITE', 13));
    expect(harness.eventTypes.at(-1)).toBe('reinvite');
  });

  test('while an earlier one of its own is unanswered gets 500 with Retry-After of 0 to 10 s (14.2)', () => {
    const harness = new StackHarness();
    takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'INVITE', 11));
    harness.receive(inDialog(ok, 'INVITE', 12));
    const retryAfter = Number(field(harness.last('500 INVITE'), 'Retry-After'));
    expect(retryAfter).toBeGreaterThanOrEqual(0);
    expect(retryAfter).toBeLessThanOrEqual(10);
    expect(harness.eventTypes.filter((type) => type === 'reinvite')).toHaveLength(1);
  });

  test('before the first INVITE is settled gets 500, 491 or 481, as the phase has it', () => {
    const early = new StackHarness();
    const usage = ringing(early);
    early.do(usage, (it) => it.progress(180, {}));
    early.receive(inDialog(early.last('180 INVITE'), 'INVITE', 11));
    expect(early.times('500 INVITE')).toHaveLength(1);

    const unacknowledged = new StackHarness();
    accepted(unacknowledged);
    unacknowledged.receive(inDialog(unacknowledged.last('200 INVITE'), 'INVITE', 11));
    expect(unacknowledged.times('491 INVITE')).toHaveLength(1);

    const caller = new StackHarness();
    calling(caller);
    peerAnswers(caller, 'INVITE', '180 Ringing');
    caller.receive(fromCallee(caller.last('INVITE'), 'INVITE', 1));
    expect(caller.times('491 INVITE')).toHaveLength(1);

    const ending = new StackHarness();
    const over = takenCall(ending);
    ending.do(over, (it) => it.bye(undefined));
    ending.receive(inDialog(ending.last('200 INVITE'), 'INVITE', 11));
    expect(ending.times('481 INVITE')).toHaveLength(1);
  });

  test('in the way of ours: ours fails with 491 at once, unsent, and is retried', () => {
    const harness = new StackHarness();
    const usage = takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'INVITE', 11));
    const sent = harness.sent.length;
    harness.do(usage, (it) => it.reinvite(undefined, body));
    expect(harness.sent).toHaveLength(sent);
    expect(harness.lastEvent('reinviteFailed')).toMatchObject({ status: 491, response: undefined, willRetry: true });
    harness.do(usage, (it) => it.answerReinvite(200, { body }));
    harness.receive(inDialog(ok, 'ACK', 11));
    harness.run(2000);
    expect(harness.eventTypes.at(-1)).toBe('retryNow');
    harness.do(usage, (it) => it.reinvite(undefined, body));
    expect(harness.last('INVITE')).toContain('v=0');
  });

  test('unanswered when the call ends gets 487 (15.1.2)', () => {
    for (const who of ['us', 'peer']) {
      const harness = new StackHarness();
      const usage = takenCall(harness);
      const ok = harness.last('200 INVITE');
      harness.receive(inDialog(ok, 'INVITE', 11));
      if (who === 'us') harness.do(usage, (it) => it.bye(undefined));
      else harness.receive(inDialog(ok, 'BYE', 12));
      expect(harness.times('487 INVITE')).toHaveLength(1);
      expect(() => harness.do(usage, (it) => it.answerReinvite(200, {}))).toThrowError(
        expect.objectContaining({ code: 'ERR_INVALID_STATE' }),
      );
    }
  });

  test('repeated after its 2xx is absorbed, with an old number is out of order', () => {
    const harness = new StackHarness();
    takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(peerInvite());
    expect(harness.stack.counts().retransmissionsIn).toBe(1);
    harness.receive(inDialog(ok, 'INVITE', 10));
    expect(startLine(harness.last('500 INVITE'))).toBe('SIP/2.0 500 CSeq Out of Order');
  });
});

test('a 2xx to a re-INVITE that comes after the call is over is acknowledged', () => {
  const harness = new StackHarness();
  const usage = madeCall(harness);
  harness.do(usage, (it) => it.reinvite(undefined, body));
  const reinvite = harness.last('INVITE');
  harness.receive(fromCallee(harness.last('INVITE'), 'BYE', 1, { from: '<sip:peer@10.0.0.9>;tag=peer' }));
  expect(harness.lastEvent('ended').by).toBe('remote-bye');
  harness.receive(response(reinvite, '200 OK', { more: ['Contact: <sip:peer@10.0.0.9>'] }));
  expect(harness.times('ACK')).toHaveLength(2);
});
