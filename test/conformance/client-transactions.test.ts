/** RFC 3261 17.1 and RFC 6026: the client transactions, timer by timer, in virtual time. */
import { describe, expect, test } from 'vitest';
import { flow, LayerHarness } from '../support/sip-stack.js';
import { branchOf, field, fields, request, response, startLine } from '../support/sip-text.js';

const branch = 'z9hG4bKclient';

function start(method: 'INVITE' | 'OPTIONS'): { harness: LayerHarness; text: string } {
  const harness = new LayerHarness();
  const bytes = request({
    method,
    uri: 'sip:bob@10.0.0.9',
    sentBy: '10.0.0.1:5060',
    branch,
    callId: 'c1',
    cseq: 7,
    from: '<sip:alice@10.0.0.1>;tag=a',
    to: '<sip:bob@10.0.0.9>',
    more: ['Route: <sip:10.0.0.7;lr>', 'Route: <sip:10.0.0.8;lr>', 'Subject: not for the ACK'],
  });
  harness.layer.request(method, branch, bytes, flow, harness);
  return { harness, text: bytes.toString() };
}

describe('INVITE (17.1.1)', () => {
  test('timer A doubles without an end, timer B ends it after 64·T1', () => {
    const { harness } = start('INVITE');
    harness.runTo(100_000);
    expect(harness.times('INVITE')).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(harness.told).toEqual([{ atMs: 32_000, what: 'timeout' }]);
    expect(harness.layer.size).toBe(0);
    expect(harness.deadlines.size).toBe(0);
    expect(harness.counters.retransmissionsOut).toBe(6);
  });

  test('a provisional response stops A and B: it may ring for ever', () => {
    const { harness, text } = start('INVITE');
    harness.runTo(700);
    harness.takeResponse(response(text, '100 Trying'));
    harness.takeResponse(response(text, '180 Ringing', { toTag: 'b' }));
    harness.runTo(1_000_000);
    expect(harness.times('INVITE')).toEqual([0, 500]);
    expect(harness.told.map(({ what }) => what)).toEqual(['100', '180']);
    expect(harness.deadlines.size).toBe(0);
    expect(harness.layer.size).toBe(1);
  });

  test('300–699 is acknowledged each time it comes, for the 32 s of timer D', () => {
    const { harness, text } = start('INVITE');
    harness.runTo(600);
    const busy = response(text, '486 Busy Here', { toTag: 'b' });
    expect(harness.takeResponse(busy)).toBe(true);
    for (const atMs of [1100, 2100, 32_599]) {
      harness.runTo(atMs);
      expect(harness.takeResponse(busy)).toBe(true);
    }
    harness.runTo(32_600);
    expect(harness.takeResponse(busy)).toBe(false);
    expect(harness.times('ACK')).toEqual([600, 1100, 2100, 32_599]);
    expect(harness.times('INVITE')).toEqual([0, 500]);
    expect(harness.told).toEqual([{ atMs: 600, what: '486' }]);
    expect(harness.layer.size).toBe(0);
  });

  test('the ACK is made of the INVITE and the To of the response (17.1.1.3)', () => {
    const { harness, text } = start('INVITE');
    harness.takeResponse(response(text, '404 Not Found', { toTag: 'b' }));
    const ack = harness.sent.at(-1)?.text ?? '';
    expect(startLine(ack)).toBe('ACK sip:bob@10.0.0.9 SIP/2.0');
    expect(fields(ack, 'Via')).toEqual(fields(text, 'Via'));
    expect(branchOf(ack)).toBe(branch);
    expect(field(ack, 'To')).toBe('<sip:bob@10.0.0.9>;tag=b');
    expect(field(ack, 'From')).toBe(field(text, 'From'));
    expect(field(ack, 'Call-ID')).toBe('c1');
    expect(field(ack, 'CSeq')).toBe('7 ACK');
    expect(fields(ack, 'Route')).toEqual(fields(text, 'Route'));
    expect(field(ack, 'Max-Forwards')).toBe('70');
    expect(field(ack, 'Subject')).toBeUndefined();
  });

  test('every 2xx goes up during timer M, nothing is sent for it, other classes are ignored (RFC 6026)', () => {
    const { harness, text } = start('INVITE');
    harness.runTo(600);
    harness.takeResponse(response(text, '200 OK', { toTag: 'b' }));
    harness.runTo(1100);
    harness.takeResponse(response(text, '200 OK', { toTag: 'b' }));
    harness.takeResponse(response(text, '200 OK', { toTag: 'fork' }));
    harness.takeResponse(response(text, '486 Busy Here', { toTag: 'other' }));
    harness.takeResponse(response(text, '180 Ringing', { toTag: 'other' }));
    harness.runTo(32_599);
    expect(harness.layer.size).toBe(1);
    harness.runTo(32_600);
    expect(harness.layer.size).toBe(0);
    expect(harness.told.map(({ what }) => what)).toEqual(['200', '200', '200']);
    expect(harness.times('ACK')).toEqual([]);
  });

  test('a refused datagram is told once and ends it (17.1.4)', () => {
    const { harness, text } = start('INVITE');
    harness.layer.handleSendFailure(transactionOf(harness), 'EMSGSIZE');
    harness.runTo(100_000);
    expect(harness.told).toEqual([{ atMs: 0, what: 'transport' }]);
    expect(harness.times('INVITE')).toEqual([0]);
    expect(harness.takeResponse(response(text, '200 OK', { toTag: 'b' }))).toBe(false);
  });

  test('an ACK that cannot be sent ends it in silence: the response was told', () => {
    const { harness, text } = start('INVITE');
    const transaction = transactionOf(harness);
    harness.takeResponse(response(text, '486 Busy Here', { toTag: 'b' }));
    harness.layer.handleSendFailure(transaction, 'ENETUNREACH');
    expect(harness.told.map(({ what }) => what)).toEqual(['486']);
    expect(harness.layer.size).toBe(0);
  });
});

describe('other methods (17.1.2)', () => {
  test('timer E doubles up to T2, timer F ends it after 64·T1', () => {
    const { harness } = start('OPTIONS');
    harness.runTo(100_000);
    const times = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    expect(harness.times('OPTIONS')).toEqual(times);
    expect(harness.told).toEqual([{ atMs: 32_000, what: 'timeout' }]);
    expect(harness.layer.size).toBe(0);
  });

  test('after a provisional response E goes on at T2, and F still ends it', () => {
    const { harness, text } = start('OPTIONS');
    harness.runTo(600);
    harness.takeResponse(response(text, '100 Trying'));
    harness.runTo(100_000);
    // The timer that runs is not restarted; from its next firing on it is T2.
    const times = [0, 500, 1500, 5500, 9500, 13_500, 17_500, 21_500, 25_500, 29_500];
    expect(harness.times('OPTIONS')).toEqual(times);
    expect(harness.told.at(-1)).toEqual({ atMs: 32_000, what: 'timeout' });
  });

  test.each(['200 OK', '404 Not Found'])('%s is told once; its repetitions are absorbed for timer K', (status) => {
    const { harness, text } = start('OPTIONS');
    harness.runTo(600);
    const final = response(text, status, { toTag: 'b' });
    harness.takeResponse(final);
    harness.runTo(5599);
    expect(harness.takeResponse(final)).toBe(true);
    harness.runTo(5600);
    expect(harness.takeResponse(final)).toBe(false);
    expect(harness.told).toEqual([{ atMs: 600, what: status.slice(0, 3) }]);
    expect(harness.times('OPTIONS')).toEqual([0, 500]);
    expect(harness.counters.retransmissionsIn).toBe(1);
  });

  test('a refused datagram is told in either state', () => {
    for (const provisional of [false, true]) {
      const { harness, text } = start('OPTIONS');
      if (provisional) harness.takeResponse(response(text, '100 Trying'));
      harness.layer.handleSendFailure(transactionOf(harness), 'EMSGSIZE');
      expect(harness.told.at(-1)?.what).toBe('transport');
      expect(harness.layer.size).toBe(0);
    }
  });
});

describe('matching (17.1.3)', () => {
  test('branch and CSeq method both count', () => {
    const { harness, text } = start('INVITE');
    expect(harness.takeResponse(response(text.replace(branch, 'z9hG4bKother'), '180 Ringing'))).toBe(false);
    expect(harness.takeResponse(response(text.replace('7 INVITE', '7 CANCEL'), '200 OK'))).toBe(false);
    expect(harness.takeResponse(response(text, '180 Ringing'))).toBe(true);
  });

  test('a response with a second Via was meant for another (8.1.3.3)', () => {
    const { harness, text } = start('INVITE');
    const two = response(text, '200 OK', { toTag: 'b', more: ['Via: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bKx'] });
    expect(harness.takeResponse(two)).toBe(false);
    expect(harness.told).toEqual([]);
  });
});

function transactionOf(harness: LayerHarness): Parameters<LayerHarness['layer']['handleSendFailure']>[0] {
  const only = harness.layer.live().next().value;
  if (!only) throw new Error('no transaction lives');
  return only;
}
