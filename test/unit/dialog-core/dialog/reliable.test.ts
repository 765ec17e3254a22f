import { describe, expect, test } from 'vitest';
import { calling, fromCallee, inDialog, peerAnswers, peerInvite, ringing } from '../../../support/sip-dialogs.js';
import { StackHarness } from '../../../support/sip-stack.js';
import { field, fields, response, startLine, tagOf } from '../../../support/sip-text.js';

const body = { contentType: 'application/sdp', data: Buffer.from('v=0\r\n') };
const contact = 'Contact: <sip:peer@10.0.0.9>';
const supported = { more: [contact, 'Supported: 100rel'] };
const required = { more: [contact, 'Require: 100rel'] };
const offered = { more: [contact, 'Supported: 100rel', 'Content-Type: application/sdp'], body: 'v=0\r\n' };

/** PRACK of the peer for the last reliable response of ours. */
function prack(
  ours: string,
  cseq: number,
  overrides: { rack?: string; more?: string[]; body?: string } = {},
): Uint8Array {
  const { rack = `${field(ours, 'RSeq')} 10 INVITE`, more = [], body: sdp } = overrides;
  return inDialog(ours, 'PRACK', cseq, { more: [`RAck: ${rack}`, ...more], ...(sdp !== undefined && { body: sdp }) });
}

describe('a reliable provisional response as callee (RFC 3262 3)', () => {
  test('is repeated at T1 and twice as long each time, without T2, until 64·T1; then the INVITE gets 504', () => {
    const harness = new StackHarness();
    const usage = ringing(harness, offered);
    harness.do(usage, (it) => it.progress(180, {}));
    const first = harness.last('180 INVITE');
    expect(field(first, 'Require')).toBe('100rel');
    expect(Number(field(first, 'RSeq'))).toBeGreaterThan(0);
    expect(field(first, 'Allow')).toContain('UPDATE');
    harness.runTo(31_999);
    expect(harness.times('180 INVITE')).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(new Set(harness.sent.filter(({ what }) => what === '180 INVITE').map(({ text }) => text)).size).toBe(1);
    harness.runTo(32_000);
    expect(startLine(harness.last('504 INVITE'))).toBe('SIP/2.0 504 Server Time-out');
    expect(harness.lastEvent('ended')).toMatchObject({ by: 'prack-timeout' });
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 0 });
  });

  test('is acknowledged by its PRACK, which gets 200, and the next has the next RSeq', () => {
    const harness = new StackHarness();
    const usage = ringing(harness, offered);
    harness.do(usage, (it) => it.progress(180, {}));
    harness.do(usage, (it) => it.progress(181, {}));
    const first = harness.last('180 INVITE');
    expect(harness.times('181 INVITE')).toEqual([]);
    harness.receive(prack(first, 11));
    expect(startLine(harness.last('200 PRACK'))).toBe('SIP/2.0 200 OK');
    expect(harness.lastEvent('pracked')).toMatchObject({ owed: false });
    expect(Number(field(harness.last('181 INVITE'), 'RSeq'))).toBe(Number(field(first, 'RSeq')) + 1);
    harness.receive(prack(harness.last('181 INVITE'), 12));
    harness.runTo(40_000);
    expect(harness.times('180 INVITE')).toEqual([0]);
    expect(harness.times('181 INVITE')).toEqual([0]);
  });

  test.each([
    ['another RSeq', '77 10 INVITE', 481],
    ['another CSeq', undefined, 481],
    ['nothing readable', 'x 10 INVITE', 400],
  ])('is not acknowledged by a PRACK with %s', (_what, rack, status) => {
    const harness = new StackHarness();
    const usage = ringing(harness, offered);
    harness.do(usage, (it) => it.progress(180, {}));
    const ours = harness.last('180 INVITE');
    harness.receive(prack(ours, 11, { rack: rack ?? `${field(ours, 'RSeq')} 9 INVITE` }));
    expect(harness.times(`${status} PRACK`)).toEqual([0]);
    harness.runTo(500);
    expect(harness.times('180 INVITE')).toEqual([0, 500]);
  });

  test('a second PRACK for it gets 481, a repeated one its 200 again', () => {
    const harness = new StackHarness();
    const usage = ringing(harness, offered);
    harness.do(usage, (it) => it.progress(180, {}));
    const ours = harness.last('180 INVITE');
    harness.receive(prack(ours, 11));
    harness.receive(prack(ours, 11));
    expect(harness.times('200 PRACK')).toHaveLength(2);
    harness.receive(prack(ours, 12));
    expect(harness.times('481 PRACK')).toHaveLength(1);
  });

  test('holds the 2xx back while it has a body; without one the 2xx ends the repetitions', () => {
    const harness = new StackHarness();
    const usage = ringing(harness, offered);
    harness.do(usage, (it) => it.progress(183, { body }));
    harness.do(usage, (it) => it.accept({}));
    expect(harness.times('200 INVITE')).toEqual([]);
    harness.receive(prack(harness.last('183 INVITE'), 11));
    expect(harness.times('200 INVITE')).toEqual([0]);
    harness.receive(inDialog(harness.last('200 INVITE'), 'ACK', 10));
    expect(harness.eventTypes).toEqual(['invite', 'pracked', 'acked']);

    const plain = new StackHarness();
    const other = ringing(plain, offered);
    plain.do(other, (it) => it.progress(180, {}));
    plain.do(other, (it) => it.accept({}));
    expect(plain.times('200 INVITE')).toEqual([0]);
    // Its PRACK still comes, and is no riddle.
    plain.receive(prack(plain.last('180 INVITE'), 11));
    expect(plain.times('200 PRACK')).toEqual([0]);
    plain.runTo(1000);
    expect(plain.times('180 INVITE')).toEqual([0]);
  });

  test('cancelled while the 2xx waits for its PRACK, the INVITE gets 487', () => {
    const harness = new StackHarness();
    const usage = ringing(harness, offered);
    harness.do(usage, (it) => it.progress(183, { body }));
    harness.do(usage, (it) => it.accept({}));
    harness.receive(peerInvite({ method: 'CANCEL', more: [] }));
    expect(harness.times('487 INVITE')).toEqual([0]);
    expect(harness.eventTypes).toEqual(['invite', 'cancelled']);
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 0 });
  });

  test('a PRACK with an offer waits for its answer, and the 2xx for that', () => {
    const harness = new StackHarness();
    const usage = ringing(harness, offered);
    harness.do(usage, (it) => it.progress(183, { body }));
    harness.do(usage, (it) => it.accept({}));
    const more = ['Content-Type: application/sdp'];
    harness.receive(prack(harness.last('183 INVITE'), 11, { more, body: 'v=0\r\n' }));
    expect(harness.lastEvent('pracked')).toMatchObject({ owed: true });
    expect(harness.times('200 PRACK')).toEqual([]);
    harness.do(usage, (it) => it.answerReinvite(200, { body }));
    expect(harness.last('200 PRACK')).toContain('v=0');
    expect(harness.sent.slice(-2).map(({ what }) => what)).toEqual(['200 PRACK', '200 INVITE']);
  });

  test('to an INVITE without offer must bear ours where it is required; unreliable where it need not be', () => {
    const strict = new StackHarness();
    const usage = ringing(strict, required);
    expect(strict.lastEvent('invite').reliable).toBe('required');
    expect(() => strict.do(usage, (it) => it.progress(180, {}))).toThrowError(/bears ours/);
    strict.do(usage, (it) => it.progress(183, { body }));
    expect(strict.last('183 INVITE')).toContain('RSeq');
    const easy = new StackHarness();
    easy.do(ringing(easy, supported), (it) => it.progress(180, {}));
    expect(field(easy.last('180 INVITE'), 'RSeq')).toBe(undefined);
  });

  test('the policy: off refuses Require with 420 and is never reliable; required asks with 421', () => {
    const off = new StackHarness({ reliable: 'off' });
    off.receive(peerInvite(required));
    expect(field(off.last('420 INVITE'), 'Unsupported')).toBe('100rel');
    off.do(ringing(off, { ...offered, branch: 'z9hG4bKb', callId: 'b' }), (it) => it.progress(183, { body }));
    expect(field(off.last('183 INVITE'), 'RSeq')).toBe(undefined);
    const strict = new StackHarness({ reliable: 'required' });
    strict.receive(peerInvite());
    expect(field(strict.last('421 INVITE'), 'Require')).toBe('100rel');
    strict.receive(peerInvite({ ...supported, branch: 'z9hG4bKb' }));
    expect(strict.eventTypes).toEqual(['invite']);
  });
});

describe('a reliable provisional response as caller (RFC 3262 4)', () => {
  function provisional(harness: StackHarness, status: string, rseq: number, toTag = 'peer', more: string[] = []): void {
    peerAnswers(harness, 'INVITE', status, toTag, [contact, 'Require: 100rel', `RSeq: ${rseq}`, ...more]);
  }

  test('gets a PRACK in its early dialog, with the next CSeq, and is told', () => {
    const harness = new StackHarness();
    calling(harness);
    expect(field(harness.last('INVITE'), 'Supported')).toBe('replaces, norefersub, 100rel, timer');
    provisional(harness, '180 Ringing', 4711);
    const sent = harness.last('PRACK');
    const invite = harness.last('INVITE');
    const cseq = Number.parseInt(field(invite, 'CSeq') ?? '', 10);
    expect(startLine(sent)).toBe('PRACK sip:peer@10.0.0.9 SIP/2.0');
    expect(field(sent, 'RAck')).toBe(`4711 ${cseq} INVITE`);
    expect(field(sent, 'CSeq')).toBe(`${cseq + 1} PRACK`);
    expect(tagOf(sent, 'To')).toBe('peer');
    expect(harness.lastEvent('provisional')).toMatchObject({ reliable: true, prackOwed: false, dialogTag: 'peer' });
    // The confirmed dialog counts on from there.
    peerAnswers(harness, 'INVITE', '200 OK');
    const usage = harness.lastEvent('answered').usage;
    harness.do(usage, (it) => it.ack(undefined));
    harness.do(usage, (it) => it.bye(undefined));
    expect(field(harness.last('BYE'), 'CSeq')).toBe(`${cseq + 2} BYE`);
  });

  test('repeated gets no second PRACK, out of order none at all', () => {
    const harness = new StackHarness();
    calling(harness);
    provisional(harness, '180 Ringing', 10);
    provisional(harness, '180 Ringing', 10);
    provisional(harness, '183 Session Progress', 12);
    expect(harness.times('PRACK')).toHaveLength(1);
    expect(harness.eventTypes.filter((type) => type === 'provisional')).toHaveLength(1);
    provisional(harness, '181 Call Is Being Forwarded', 11);
    provisional(harness, '183 Session Progress', 12);
    expect(harness.times('PRACK')).toHaveLength(3);
  });

  test('each fork has numbers of its own and is acknowledged in its own dialog', () => {
    const harness = new StackHarness();
    calling(harness);
    provisional(harness, '180 Ringing', 10, 'a');
    provisional(harness, '180 Ringing', 900, 'b');
    const pracks = harness.sent.filter(({ what }) => what === 'PRACK').map(({ text }) => text);
    expect(pracks.map((text) => tagOf(text, 'To'))).toEqual(['a', 'b']);
    expect(pracks.map((text) => field(text, 'RAck')?.split(' ')[0])).toEqual(['10', '900']);
  });

  test('with an offer, to an INVITE without one, waits for ours', () => {
    const harness = new StackHarness();
    const usage = calling(harness);
    const sent = harness.last('INVITE');
    const more = [contact, 'Require: 100rel', 'RSeq: 5', 'Content-Type: application/sdp'];
    harness.receive(response(sent, '183 Session Progress', { toTag: 'peer', more, body: 'v=0\r\n' }));
    expect(harness.lastEvent('provisional').prackOwed).toBe(true);
    expect(harness.times('PRACK')).toEqual([]);
    expect(() => harness.do(usage, (it) => it.prack('other', body))).toThrowError(/no PRACK is owed/);
    harness.do(usage, (it) => it.prack('peer', body));
    expect(harness.last('PRACK')).toContain('v=0');
    expect(() => harness.do(usage, (it) => it.prack('peer', body))).toThrowError(/no PRACK is owed/);
  });

  test('the policy goes into the INVITE, of one call or of all; off never sends a PRACK', () => {
    const off = new StackHarness({ reliable: 'off', sessionTimer: 'off' });
    calling(off);
    expect(field(off.last('INVITE'), 'Supported')).toBe('replaces, norefersub');
    provisional(off, '180 Ringing', 10);
    expect(off.times('PRACK')).toEqual([]);
    const strict = new StackHarness({ reliable: 'required' });
    calling(strict);
    expect(fields(strict.last('INVITE'), 'Require')).toEqual(['100rel']);
    expect(fromCallee(strict.last('INVITE'), 'BYE', 1).length).toBeGreaterThan(0);
  });
});
