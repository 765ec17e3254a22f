import { describe, expect, test } from 'vitest';
import {
  accepted,
  calling,
  inDialog,
  madeCall,
  peerAnswers,
  peerInvite,
  ringing,
  takenCall,
} from '../../support/sip-dialogs.js';
import { flow, peer, StackHarness } from '../../support/sip-stack.js';
import { field, fields, type RequestParts, request, response, sip, startLine, tagOf } from '../../support/sip-text.js';

const allow = 'INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, SUBSCRIBE, NOTIFY';

function outside(method: string, overrides: Partial<RequestParts> = {}): Uint8Array {
  return peerInvite({ method, more: [], ...overrides });
}

/** The one response to a request, and that nothing is kept for it. */
function answerTo(data: Uint8Array, harness = new StackHarness()): string {
  const before = harness.stack.counts();
  const sent = harness.sent.length;
  harness.receive(data);
  expect(harness.sent).toHaveLength(sent + 1);
  expect(harness.stack.counts()).toMatchObject({ transactions: before.transactions, usages: before.usages });
  return harness.sent.at(-1)?.text ?? '';
}

describe('requests that are answered without keeping anything', () => {
  test.each([
    ['NOTIFY', '481 Call/Transaction Does Not Exist'],
    ['REFER', '603 Decline'],
    ['SUBSCRIBE', '489 Bad Event'],
  ])('%s is for something that is not there: %s', (method, status) => {
    expect(startLine(answerTo(outside(method)))).toBe(`SIP/2.0 ${status}`);
  });

  test.each(['REGISTER', 'MESSAGE', 'PUBLISH'])('%s is known and not allowed: 405', (method) => {
    const text = answerTo(outside(method));
    expect(startLine(text)).toBe('SIP/2.0 405 Method Not Allowed');
    expect(field(text, 'Allow')).toBe(allow);
  });

  test.each(['BYE', 'PRACK', 'UPDATE', 'INFO'])('%s belongs into a dialog: 481', (method) => {
    expect(startLine(answerTo(outside(method)))).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
  });

  test.each(['JUMP', 'invite', 'B%Y*E'])('%s is unheard of: 501', (method) => {
    const text = answerTo(outside(method));
    expect(startLine(text)).toBe('SIP/2.0 501 Not Implemented');
    expect(field(text, 'Allow')).toBe(allow);
  });

  test('OPTIONS gets 200 with what we can do (11.2)', () => {
    const text = answerTo(outside('OPTIONS'), new StackHarness({ userAgent: 'desk/1' }));
    expect(startLine(text)).toBe('SIP/2.0 200 OK');
    expect(field(text, 'Allow')).toBe(allow);
    expect(field(text, 'Accept')).toBe('application/sdp');
    expect(field(text, 'Supported')).toBe('replaces, norefersub, 100rel, timer');
    expect(field(text, 'Server')).toBe('desk/1');
  });

  test('a repeated request gets the same answer with the same tag (8.2.7), another one another tag', () => {
    const harness = new StackHarness();
    const first = answerTo(outside('OPTIONS'), harness);
    expect(answerTo(outside('OPTIONS'), harness)).toBe(first);
    expect(tagOf(first, 'To')).toMatch(/^[0-9a-f]{16}$/);
    const other = answerTo(outside('OPTIONS', { branch: 'z9hG4bKother' }), harness);
    expect(tagOf(other, 'To')).not.toBe(tagOf(first, 'To'));
  });

  test('BYE, OPTIONS and INVITE of an unknown dialog get 481 (12.2.2)', () => {
    for (const method of ['BYE', 'OPTIONS', 'INVITE']) {
      expect(startLine(answerTo(outside(method, { to: '<sip:room@10.0.0.1>;tag=gone' })))).toMatch(/^SIP\/2.0 481 /);
    }
    expect(startLine(answerTo(outside('BYE')))).toMatch(/^SIP\/2.0 481 /);
    expect(startLine(answerTo(outside('CANCEL')))).toMatch(/^SIP\/2.0 481 /);
  });

  test('an unknown Require gets 420 with Unsupported, except on ACK and CANCEL (8.2.2.3)', () => {
    const require = ['Require: 100rel, timer', 'Require: precondition', 'Contact: <sip:peer@10.0.0.9>'];
    const text = answerTo(outside('INVITE', { more: require }));
    expect(startLine(text)).toBe('SIP/2.0 420 Bad Extension');
    expect(field(text, 'Unsupported')).toBe('precondition');
    const harness = new StackHarness();
    ringing(harness);
    harness.receive(outside('CANCEL', { more: ['Require: jump'] }));
    expect(harness.lines.slice(-2)).toEqual(['SIP/2.0 200 OK', 'SIP/2.0 487 Request Terminated']);
  });

  test.each(['tel:+4930123', 'sips:room@10.0.0.1', 'urn:service:sos'])('Request-URI %s gets 416 (8.2.2.1)', (uri) => {
    expect(startLine(answerTo(peerInvite({ uri })))).toBe('SIP/2.0 416 Unsupported URI Scheme');
  });

  test('a sips Request-URI is taken over TLS alone (RFC 3261 26.2.2)', () => {
    const harness = new StackHarness();
    const data = outside('OPTIONS', { uri: 'sips:room@10.0.0.1' });
    for (const transport of ['tcp', 'tls'] as const) {
      harness.stack.handle({ type: 'datagram', data, flow: { ...flow, transport, connection: 1 } }, 0);
    }
    harness.run(0);
    harness.receive(outside('OPTIONS'));
    expect(harness.lines).toEqual(['SIP/2.0 416 Unsupported URI Scheme', 'SIP/2.0 200 OK', 'SIP/2.0 200 OK']);
  });

  test.each([
    ['OPTIONS', ['SIP/2.0 400 Missing Content-Length']],
    ['ACK', []],
  ])('where a stream ends, %s is answered by %j', (method, lines) => {
    const harness = new StackHarness();
    const fault = { status: 400, reason: 'Missing Content-Length', code: 'missing-content-length' } as const;
    harness.stack.handle({ type: 'datagram', data: outside(method), flow: { ...flow, transport: 'tcp' }, fault }, 0);
    harness.receive(new Uint8Array());
    expect(harness.lines).toEqual(lines);
    expect(harness.stack.counts().malformed).toBe(1);
  });

  test('bodies that cannot be understood get 415 with what could (8.2.3)', () => {
    const contact = 'Contact: <sip:peer@10.0.0.9>';
    const text = answerTo(peerInvite({ more: [contact, 'Content-Type: text/plain'], body: 'hello' }));
    expect(startLine(text)).toBe('SIP/2.0 415 Unsupported Media Type');
    expect(field(text, 'Accept')).toBe('application/sdp, multipart/mixed');
    const zipped = [contact, 'Content-Type: application/sdp', 'Content-Encoding: gzip'];
    expect(field(answerTo(peerInvite({ more: zipped, body: 'x' })), 'Accept-Encoding')).toBe('identity');
    // What may be ignored is.
    const optional = [contact, 'Content-Type: text/plain', 'Content-Disposition: render; handling=optional'];
    const harness = new StackHarness();
    harness.receive(peerInvite({ more: optional, body: 'hello' }));
    expect(harness.eventTypes).toEqual(['invite']);
  });

  test('an INVITE without Contact gets 400 (8.1.1.8)', () => {
    expect(startLine(answerTo(peerInvite({ more: [] })))).toBe('SIP/2.0 400 Missing Contact');
  });

  test("Max-Forwards 0 is none of a user agent's business", () => {
    const text = Buffer.from(outside('OPTIONS')).toString().replace('Max-Forwards: 70', 'Max-Forwards: 0');
    expect(startLine(answerTo(Buffer.from(text)))).toBe('SIP/2.0 200 OK');
  });
});

describe('malformed datagrams', () => {
  test('get 400 that says what is wrong, where it can be answered', () => {
    const harness = new StackHarness();
    const text = Buffer.from(outside('OPTIONS')).toString();
    harness.receive(Buffer.from(text.replace('CSeq: 10 OPTIONS', 'CSeq: 10 INVITE')));
    expect(startLine(harness.sent.at(-1)?.text ?? '')).toMatch(/^SIP\/2.0 400 \S+/);
    expect(harness.stack.counts()).toMatchObject({ malformed: 1, transactions: 0, usages: 0 });
    expect(harness.sent.at(-1)?.remote).toEqual(peer);
  });

  test('a version other than 2.0 gets 505', () => {
    const text = Buffer.from(outside('OPTIONS')).toString().replace(' SIP/2.0', ' SIP/7.0');
    const harness = new StackHarness();
    harness.receive(Buffer.from(text));
    expect(harness.lines).toEqual(['SIP/2.0 505 Version Not Supported']);
  });

  test('ACKs, responses and noise are dropped, and counted', () => {
    const harness = new StackHarness();
    const ack = Buffer.from(outside('ACK')).toString();
    harness.receive(Buffer.from(ack.replace('CSeq: 10 ACK', 'CSeq: 10 INVITE')));
    harness.receive(sip(['SIP/2.0 200 OK', 'Via: nonsense']));
    harness.receive(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    harness.receive(Buffer.from([0xff, 0x00, 0x80]));
    expect(harness.sent).toEqual([]);
    expect(harness.stack.counts()).toMatchObject({ malformed: 4, received: 4 });
  });

  test('keep-alives are neither answered nor malformed', () => {
    const harness = new StackHarness();
    for (const data of ['', '\r\n\r\n', '\0', '\r\n']) harness.receive(Buffer.from(data));
    expect(harness.sent).toEqual([]);
    expect(harness.stack.counts()).toMatchObject({ malformed: 0, received: 4 });
  });

  test('are bounded: too many headers, too long a header, too long a message', () => {
    const limits = { maxHeaders: 10, maxHeaderBytes: 200, maxMessageBytes: 1000 };
    const many = outside('OPTIONS', { more: Array.from({ length: 10 }, (_, index) => `X-${index}: 1`) });
    const wide = outside('OPTIONS', { more: [`X: ${'x'.repeat(300)}`] });
    const long = outside('OPTIONS', { body: 'x'.repeat(1000) });
    for (const data of [many, wide, long]) {
      const harness = new StackHarness({ limits });
      harness.receive(data);
      expect(harness.stack.counts()).toMatchObject({ malformed: 1, transactions: 0 });
      expect(harness.lines.filter((line) => line.startsWith('SIP/2.0 2'))).toEqual([]);
    }
  });
});

describe('what belongs to nothing', () => {
  test('an ACK and a response are dropped and counted', () => {
    const harness = new StackHarness();
    harness.receive(outside('ACK', { to: '<sip:room@10.0.0.1>;tag=x' }));
    harness.receive(response(Buffer.from(outside('OPTIONS')).toString(), '200 OK', { toTag: 'x' }));
    expect(harness.sent).toEqual([]);
    expect(harness.stack.counts()).toMatchObject({ unmatched: 2, malformed: 0 });
  });

  test('a merged INVITE gets 482 (8.2.2.2)', () => {
    const harness = new StackHarness();
    ringing(harness);
    const text = answerTo(peerInvite({ branch: 'z9hG4bKother-way' }), harness);
    expect(startLine(text)).toBe('SIP/2.0 482 Loop Detected');
    expect(harness.eventTypes).toEqual(['invite']);
  });
});

describe('limits', () => {
  const busy = /^SIP\/2.0 503 /;

  test('of pending INVITEs: 503 with Retry-After until one is answered', () => {
    const harness = new StackHarness({ limits: { maxPendingInvites: 2, retryAfterS: 9 } });
    const first = ringing(harness, { callId: '1', branch: 'z9hG4bK1' });
    ringing(harness, { callId: '2', branch: 'z9hG4bK2' });
    const text = answerTo(peerInvite({ callId: '3', branch: 'z9hG4bK3' }), harness);
    expect(startLine(text)).toMatch(busy);
    expect(field(text, 'Retry-After')).toBe('9');
    expect(harness.stack.counts().refused).toBe(1);
    harness.do(first, (it) => it.accept({}));
    ringing(harness, { callId: '4', branch: 'z9hG4bK4' });
  });

  test('of usages: 503, also for OPTIONS, and ERR_LIMIT for our own calls', () => {
    const harness = new StackHarness({ limits: { maxUsages: 1 } });
    const usage = takenCall(harness);
    expect(startLine(answerTo(peerInvite({ callId: '2', branch: 'z9hG4bK2' }), harness))).toMatch(busy);
    expect(startLine(answerTo(outside('OPTIONS', { callId: '3', branch: 'z9hG4bK3' }), harness))).toMatch(busy);
    expect(() => calling(harness)).toThrowError(expect.objectContaining({ code: 'ERR_LIMIT' }));
    harness.receive(inDialog(harness.last('200 INVITE'), 'BYE', 11));
    expect(harness.lastEvent('ended').usage).toBe(usage);
    ringing(harness, { callId: '4', branch: 'z9hG4bK4' });
  });

  test('of transactions: 503, also for a re-INVITE, but BYE and CANCEL work', () => {
    const harness = new StackHarness({ limits: { maxTransactions: 1 } });
    takenCall(harness);
    const ok = harness.last('200 INVITE');
    expect(startLine(answerTo(peerInvite({ callId: '2', branch: 'z9hG4bK2' }), harness))).toMatch(busy);
    const reinvite = answerTo(inDialog(ok, 'INVITE', 11), harness);
    expect(startLine(reinvite)).toMatch(busy);
    expect(field(reinvite, 'Retry-After')).toBe('5');
    harness.receive(inDialog(ok, 'BYE', 12));
    expect(startLine(harness.last('200 BYE'))).toBe('SIP/2.0 200 OK');
    expect(harness.lastEvent('ended').by).toBe('remote-bye');
    expect(harness.stack.counts()).toMatchObject({ transactions: 1, usages: 0 });

    const second = new StackHarness({ limits: { maxTransactions: 1 } });
    ringing(second);
    second.receive(outside('CANCEL', {}));
    expect(second.lines.slice(-2)).toEqual(['SIP/2.0 200 OK', 'SIP/2.0 487 Request Terminated']);
    expect(second.eventTypes).toEqual(['invite', 'cancelled']);
  });

  test('a fork of a thousand branches keeps a bounded number of dialogs', () => {
    const harness = new StackHarness();
    calling(harness);
    for (let index = 0; index < 1000; index += 1) peerAnswers(harness, 'INVITE', '180 Ringing', `fork${index}`);
    expect(harness.stack.counts().dialogs).toBe(32);
    for (let index = 0; index < 1000; index += 1) peerAnswers(harness, 'INVITE', '200 OK', `fork${index}`);
    expect(harness.stack.counts()).toMatchObject({ dialogs: 1, usages: 1 });
    expect(harness.stack.counts().transactions).toBeLessThanOrEqual(33);
  });
});

describe('the way back', () => {
  const via = (top: string): Uint8Array =>
    Buffer.from(
      Buffer.from(outside('OPTIONS'))
        .toString()
        .replace(/Via: .*/, `Via: SIP/2.0/UDP ${top};branch=z9hG4bKx`),
    );

  test('is the source address and port where rport was asked for (RFC 3581)', () => {
    const harness = new StackHarness();
    harness.receive(via('192.168.1.1:5070;rport'), { address: '203.0.113.5', port: 41_000 });
    const { text, remote } = harness.sent.at(-1) ?? {};
    expect(remote).toEqual({ address: '203.0.113.5', port: 41_000 });
    expect(field(text ?? '', 'Via')).toBe(
      'SIP/2.0/UDP 192.168.1.1:5070;rport=41000;branch=z9hG4bKx;received=203.0.113.5',
    );
  });

  test.each([
    ['192.168.1.1:5070', 5070],
    ['phone.invalid', 5060],
  ])('is the source address and the port of sent-by %s otherwise (18.2.2)', (sentBy, port) => {
    const harness = new StackHarness();
    harness.receive(via(sentBy), { address: '203.0.113.5', port: 41_000 });
    expect(harness.sent.at(-1)?.remote).toEqual({ address: '203.0.113.5', port });
    expect(field(harness.sent.at(-1)?.text ?? '', 'Via')).toContain(';received=203.0.113.5');
  });

  test('never is maddr, nor a received that the sender wrote', () => {
    const harness = new StackHarness();
    harness.receive(via('10.0.0.9:5060;maddr=198.51.100.1;received=198.51.100.2'));
    expect(harness.sent.at(-1)?.remote).toEqual(peer);
    expect(harness.sent.at(-1)?.text).not.toContain('198.51.100.2');
  });

  test('all Via lines are repeated in order', () => {
    const more = ['Via: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKa, SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKb'];
    const text = answerTo(outside('OPTIONS', { more }));
    expect(
      fields(text, 'Via')
        .join(', ')
        .match(/10\.0\.0\.\d/g),
    ).toEqual(['10.0.0.9', '10.0.0.9', '10.0.0.7', '10.0.0.8']);
  });
});

describe('requests in a dialog', () => {
  test('OPTIONS gets 200, other methods 405 or 501, unknown Require 420', () => {
    const harness = new StackHarness();
    takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'OPTIONS', 11));
    harness.receive(inDialog(ok, 'MESSAGE', 12));
    harness.receive(inDialog(ok, 'JUMP', 13));
    harness.receive(inDialog(ok, 'INVITE', 14, { more: ['Require: 100rel, jump'] }));
    expect(harness.lines.slice(-4).map((line) => line.split(' ')[1])).toEqual(['200', '405', '501', '420']);
    expect(harness.eventTypes).toEqual(['invite', 'acked']);
  });

  test('a repeated one gets the same answer from its transaction', () => {
    const harness = new StackHarness();
    takenCall(harness);
    const options = inDialog(harness.last('200 INVITE'), 'OPTIONS', 11);
    harness.receive(options);
    harness.receive(options);
    const answers = harness.sent.filter(({ what }) => what === '200 OPTIONS').map(({ text }) => text);
    expect(answers).toHaveLength(2);
    expect(answers[0]).toBe(answers[1]);
    expect(harness.stack.counts().retransmissionsIn).toBe(1);
  });

  test('a lower CSeq gets 500 and changes nothing (12.2.2)', () => {
    const harness = new StackHarness();
    takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'OPTIONS', 20));
    harness.receive(inDialog(ok, 'BYE', 19));
    expect(startLine(harness.last('500 BYE'))).toMatch(/^SIP\/2.0 500 /);
    expect(harness.eventTypes).not.toContain('ended');
    // The same number in another request is an error of the peer that harms nobody.
    harness.receive(inDialog(ok, 'OPTIONS', 20, { branch: 'z9hG4bKagain' }));
    expect(harness.times('200 OPTIONS')).toHaveLength(2);
    // Gaps are fine.
    harness.receive(inDialog(ok, 'BYE', 2000));
    expect(harness.lastEvent('ended').by).toBe('remote-bye');
  });

  test('tags must both fit', () => {
    const harness = new StackHarness();
    takenCall(harness);
    const ok = harness.last('200 INVITE');
    harness.receive(inDialog(ok, 'BYE', 11, { from: '<sip:peer@10.0.0.9>;tag=stranger' }));
    harness.receive(inDialog(ok, 'BYE', 11, { branch: 'z9hG4bKb', callId: 'another' }));
    expect(harness.lines.slice(-2).map((line) => line.split(' ')[1])).toEqual(['481', '481']);
    expect(harness.eventTypes).not.toContain('ended');
  });
});

describe('verbs', () => {
  test('for a usage that is gone throw ERR_INVALID_STATE', () => {
    const harness = new StackHarness();
    const gone = expect.objectContaining({ code: 'ERR_INVALID_STATE' });
    expect(() => harness.do(99, (it) => it.bye(undefined))).toThrowError(gone);
    const usage = madeCall(harness);
    harness.do(usage, (it) => it.bye(undefined));
    peerAnswers(harness, 'BYE', '200 OK');
    expect(() => harness.do(usage, (it) => it.bye(undefined))).toThrowError(gone);
  });

  test('in the wrong phase throw ERR_INVALID_STATE and change nothing', () => {
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_STATE' });
    const harness = new StackHarness();
    const usage = ringing(harness);
    expect(() => harness.do(usage, (it) => it.bye(undefined))).toThrowError(wrong);
    expect(() => harness.do(usage, (it) => it.ack(undefined))).toThrowError(wrong);
    expect(() => harness.do(usage, (it) => it.reinvite(undefined, undefined))).toThrowError(wrong);
    expect(() => harness.do(usage, (it) => it.cancel(undefined))).toThrowError(wrong);
    harness.do(usage, (it) => it.accept({}));
    expect(() => harness.do(usage, (it) => it.accept({}))).toThrowError(wrong);
    expect(() => harness.do(usage, (it) => it.reject(486, {}))).toThrowError(wrong);
    expect(() => harness.do(usage, (it) => it.answerReinvite(200, {}))).toThrowError(wrong);
    expect(harness.lines).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']);
  });

  test('check what they are given before anything happens', () => {
    const harness = new StackHarness();
    const usage = ringing(harness);
    const argument = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' });
    const header = expect.objectContaining({ code: 'ERR_INVALID_HEADER' });
    for (const status of [100, 200, 99, Number.NaN]) {
      expect(() => harness.do(usage, (it) => it.progress(status, {}))).toThrowError(argument);
    }
    for (const status of [200, 299, 700]) {
      expect(() => harness.do(usage, (it) => it.reject(status, {}))).toThrowError(argument);
    }
    for (const headers of [[['X', 'a\r\nB: c']], [['Via', 'x']], [['X Y', '1']], [['Contact', '<sip:x>']]] as const) {
      expect(() => harness.do(usage, (it) => it.accept({ headers }))).toThrowError(header);
      expect(() => harness.do(usage, (it) => it.progress(180, { headers }))).toThrowError(header);
    }
    expect(() => harness.do(usage, (it) => it.reject(486, { reason: 'a\r\nb' }))).toThrowError(header);
    const body = { contentType: 'text/plain\r\nX: y', data: Buffer.from('x') };
    expect(() => harness.do(usage, (it) => it.accept({ body }))).toThrowError(header);
    expect(harness.lines).toEqual(['SIP/2.0 100 Trying']);
    harness.do(usage, (it) => it.reject(302, { headers: [['Contact', '<sip:elsewhere@10.0.0.3>']] }));
    expect(field(harness.last('302 INVITE'), 'Contact')).toBe('<sip:elsewhere@10.0.0.3>');
  });
});

test('close ends every usage in silence and forgets everything', () => {
  const harness = new StackHarness();
  accepted(harness);
  ringing(harness, { callId: '2', branch: 'z9hG4bK2' });
  madeCall(harness);
  calling(harness);
  const sent = harness.sent.length;
  harness.stack.close(harness.nowMs);
  harness.receive(Buffer.from('\r\n'));
  harness.runTo(1_000_000);
  expect(harness.sent).toHaveLength(sent);
  expect(harness.events.slice(-4).map(({ event }) => event.type === 'ended' && event.by)).toEqual(
    new Array(4).fill('closed'),
  );
  expect(harness.stack.counts()).toMatchObject({ transactions: 0, usages: 0, dialogs: 0, deadlines: 0 });
});

test('a request sent by hand reads back: the test support itself is sound', () => {
  const text = request({
    method: 'OPTIONS',
    uri: 'sip:a@b',
    sentBy: 'c',
    callId: 'd',
    cseq: 1,
    from: '<sip:e@f>;tag=g',
    to: '<sip:a@b>',
    body: 'äh',
  }).toString();
  expect(field(text, 'Content-Length')).toBe('3');
  expect(tagOf(text, 'From')).toBe('g');
});
