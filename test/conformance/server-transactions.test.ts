/** RFC 3261 17.2, RFC 4320 and RFC 6026: the server transactions, timer by timer, in virtual time. */
import { describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/dialog-core/transaction/transaction.js';
import { flow, LayerHarness, parse } from '../support/sip-stack.js';
import { request, response } from '../support/sip-text.js';

function message(method: string, overrides: Partial<Parameters<typeof request>[0]> = {}): Uint8Array {
  return request({
    method,
    uri: 'sip:alice@10.0.0.1',
    sentBy: '10.0.0.9:5060',
    branch: 'z9hG4bKserver',
    callId: 'c1',
    cseq: 3,
    from: '<sip:bob@10.0.0.9>;tag=b',
    to: '<sip:alice@10.0.0.1>',
    ...overrides,
  });
}

function serve(method: string): { harness: LayerHarness; transaction: Transaction; respond(status: string): void } {
  const harness = new LayerHarness();
  const bytes = message(method);
  const transaction = harness.layer.serve(parse(bytes, 'request'), flow, harness);
  const respond = (status: string): void => {
    const text = Buffer.from(bytes).toString();
    harness.layer.respond(transaction, Number(status.slice(0, 3)), response(text, status, { toTag: 'server' }));
  };
  return { harness, transaction, respond };
}

const ack = message('ACK', { cseqMethod: 'ACK', to: '<sip:alice@10.0.0.1>;tag=server' });

describe('INVITE (17.2.1)', () => {
  test('a repeated INVITE gets the last provisional response again, and nothing before there is one', () => {
    const { harness, respond } = serve('INVITE');
    expect(harness.takeRequest(message('INVITE'))).toBe(true);
    expect(harness.sent).toEqual([]);
    respond('100 Trying');
    respond('180 Ringing');
    harness.runTo(500);
    expect(harness.takeRequest(message('INVITE'))).toBe(true);
    expect(harness.times('180 INVITE')).toEqual([0, 500]);
    expect(harness.times('100 INVITE')).toEqual([0]);
    // It may ring as long as its user likes.
    harness.runTo(1_000_000);
    expect(harness.layer.size).toBe(1);
  });

  test('300–699 is repeated by timer G up to T2 until timer H', () => {
    const { harness, respond } = serve('INVITE');
    respond('486 Busy Here');
    harness.runTo(100_000);
    const times = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    expect(harness.times('486 INVITE')).toEqual(times);
    expect(harness.layer.size).toBe(0);
    expect(harness.deadlines.size).toBe(0);
    expect(harness.told).toEqual([]);
  });

  test('a repeated INVITE gets the final response at once', () => {
    const { harness, respond } = serve('INVITE');
    respond('486 Busy Here');
    harness.runTo(700);
    harness.takeRequest(message('INVITE'));
    expect(harness.times('486 INVITE')).toEqual([0, 500, 700]);
  });

  test('the ACK ends the repetitions; timer I absorbs further ones', () => {
    const { harness, respond } = serve('INVITE');
    respond('486 Busy Here');
    harness.runTo(600);
    expect(harness.takeRequest(ack)).toBe(true);
    harness.runTo(5599);
    expect(harness.takeRequest(ack)).toBe(true);
    expect(harness.takeRequest(message('INVITE'))).toBe(true);
    harness.runTo(5600);
    expect(harness.takeRequest(ack)).toBe(false);
    expect(harness.times('486 INVITE')).toEqual([0, 500]);
    expect(harness.layer.size).toBe(0);
  });

  test('after a 2xx repeated INVITEs are absorbed for timer L, and the ACK is not for the transaction (RFC 6026)', () => {
    const { harness, respond } = serve('INVITE');
    respond('200 OK');
    harness.runTo(31_999);
    expect(harness.takeRequest(message('INVITE'))).toBe(true);
    expect(harness.takeRequest(ack)).toBe(false);
    harness.runTo(32_000);
    expect(harness.layer.size).toBe(0);
    expect(harness.times('200 INVITE')).toEqual([0]);
  });

  test('a response that cannot be sent is told while there is no final one, and ends it (17.2.4)', () => {
    const { harness, transaction, respond } = serve('INVITE');
    respond('180 Ringing');
    harness.layer.handleSendFailure(transaction, 'ENETUNREACH');
    expect(harness.told.map(({ what }) => what)).toEqual(['unsendable']);
    expect(harness.layer.size).toBe(0);
  });

  test('a refusal that cannot be sent ends it in silence', () => {
    const { harness, transaction, respond } = serve('INVITE');
    respond('486 Busy Here');
    harness.layer.handleSendFailure(transaction, 'ENETUNREACH');
    expect(harness.told).toEqual([]);
    expect(harness.deadlines.size).toBe(0);
  });
});

describe('other methods (17.2.2)', () => {
  test('before the final response repetitions are absorbed, after it they get it again for timer J', () => {
    const { harness, respond } = serve('BYE');
    expect(harness.takeRequest(message('BYE'))).toBe(true);
    expect(harness.sent).toEqual([]);
    respond('200 OK');
    harness.runTo(31_999);
    expect(harness.takeRequest(message('BYE'))).toBe(true);
    harness.runTo(32_000);
    expect(harness.takeRequest(message('BYE'))).toBe(false);
    expect(harness.times('200 BYE')).toEqual([0, 31_999]);
    expect(harness.layer.size).toBe(0);
  });

  test('no provisional response ever leaves (RFC 4320 4.1)', () => {
    const { harness, respond } = serve('OPTIONS');
    respond('100 Trying');
    respond('183 Session Progress');
    expect(harness.sent).toEqual([]);
  });

  test('a second final response is not sent', () => {
    const { harness, respond } = serve('BYE');
    respond('200 OK');
    respond('500 Server Internal Error');
    expect(harness.sent.map(({ what }) => what)).toEqual(['200 BYE']);
  });
});

describe('matching (17.2.3)', () => {
  test('branch, sent-by and method all count', () => {
    const { harness } = serve('INVITE');
    expect(harness.takeRequest(message('INVITE', { branch: 'z9hG4bKother' }))).toBe(false);
    expect(harness.takeRequest(message('INVITE', { sentBy: '10.0.0.8:5060' }))).toBe(false);
    expect(harness.takeRequest(message('INVITE', { sentBy: '10.0.0.9:5070' }))).toBe(false);
    expect(harness.takeRequest(message('CANCEL', { cseqMethod: 'CANCEL' }))).toBe(false);
    expect(harness.takeRequest(message('INVITE'))).toBe(true);
  });

  test('the CANCEL finds its INVITE, and no other', () => {
    const { harness, transaction } = serve('INVITE');
    const cancel = (overrides = {}): Transaction | undefined =>
      harness.layer.cancelled(parse(message('CANCEL', { cseqMethod: 'CANCEL', ...overrides }), 'request'));
    expect(cancel()).toBe(transaction);
    expect(cancel({ branch: 'z9hG4bKother' })).toBeUndefined();
  });

  describe('branches without the magic cookie (RFC 2543)', () => {
    const old = { branch: '1' };

    test('Request-URI, From tag, Call-ID, CSeq and the top Via count', () => {
      const harness = new LayerHarness();
      const transaction = harness.layer.serve(parse(message('INVITE', old), 'request'), flow, harness);
      expect(harness.takeRequest(message('INVITE', old))).toBe(true);
      expect(harness.takeRequest(message('INVITE', { ...old, callId: 'c2' }))).toBe(false);
      expect(harness.takeRequest(message('INVITE', { ...old, cseq: 4 }))).toBe(false);
      expect(harness.takeRequest(message('INVITE', { ...old, uri: 'sip:carol@10.0.0.1' }))).toBe(false);
      expect(harness.takeRequest(message('INVITE', { ...old, from: '<sip:bob@10.0.0.9>;tag=c' }))).toBe(false);
      expect(harness.takeRequest(message('INVITE', { ...old, sentBy: '10.0.0.8' }))).toBe(false);
      expect(transaction.state).toBe('proceeding');
    });

    test('the ACK matches with the To tag of the response', () => {
      const harness = new LayerHarness();
      const bytes = message('INVITE', old);
      const transaction = harness.layer.serve(parse(bytes, 'request'), flow, harness);
      const busy = response(Buffer.from(bytes).toString(), '486 Busy Here', { toTag: 'server' });
      harness.layer.respond(transaction, 486, busy);
      const oldAck = message('ACK', { ...old, cseqMethod: 'ACK', to: '<sip:alice@10.0.0.1>;tag=server' });
      expect(harness.takeRequest(oldAck)).toBe(true);
      expect(transaction.state).toBe('confirmed');
    });
  });

  test('merged requests show by From tag, Call-ID and CSeq while the first one lives (8.2.2.2)', () => {
    const { harness, respond } = serve('INVITE');
    const other = (overrides = {}): boolean =>
      harness.layer.isMerged(parse(message('INVITE', { branch: 'z9hG4bKother', ...overrides }), 'request'));
    expect(other()).toBe(true);
    expect(other({ cseq: 4 })).toBe(false);
    expect(other({ callId: 'c2' })).toBe(false);
    respond('200 OK');
    expect(other()).toBe(true);
    harness.runTo(32_000);
    expect(other()).toBe(false);
  });
});
