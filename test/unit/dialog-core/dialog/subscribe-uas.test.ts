/** Subscriptions to us (RFC 6665 4.2) in virtual time, by a subscriber that is nothing but text. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Body, IncomingSubscription, Notifier, NotifierEnd } from '../../../../src/dialog-core/types.js';
import { peerInvite } from '../../../support/sip-dialogs.js';
import { StackHarness } from '../../../support/sip-stack.js';
import { bodyOf, field, type RequestParts, response, startLine, tagOf } from '../../../support/sip-text.js';

let harness: StackHarness;
let incoming: IncomingSubscription | undefined;
let ends: NotifierEnd[];
let branch: number;

beforeEach(() => {
  harness = new StackHarness();
  incoming = undefined;
  ends = [];
  branch = 0;
  harness.stack.services.servePackage('weather', (one) => {
    incoming = one;
  });
});

const text = (value: string): Body => ({ contentType: 'text/plain', data: Buffer.from(value) });

function subscribe(more: readonly string[] = ['Expires: 600'], overrides: Partial<RequestParts> = {}): string {
  branch += 1;
  harness.receive(
    peerInvite({
      method: 'SUBSCRIBE',
      branch: `z9hG4bKsub${branch}`,
      cseq: 10 + branch,
      more: ['Contact: <sip:peer@10.0.0.9>', 'Event: weather', ...more],
      ...overrides,
    }),
  );
  return harness.lines.at(-1) ?? '';
}

/** A SUBSCRIBE in the dialog. */
function again(more: readonly string[]): string {
  return subscribe(more, { to: field(harness.last('200 SUBSCRIBE'), 'To') ?? '' });
}

function accept(options: Parameters<IncomingSubscription['accept']>[0] = {}): Notifier {
  if (!incoming) throw new Error('nobody subscribed');
  return incoming.accept({ onEnd: (end) => ends.push(end), ...options });
}

const notifies = (): string[] => harness.sent.filter(({ what }) => what === 'NOTIFY').map((each) => each.text);
const state = (): string | undefined => field(notifies().at(-1) ?? '', 'Subscription-State');

function peerAnswersNotify(status = '200 OK'): void {
  harness.receive(response(harness.last('NOTIFY'), status));
}

function expectNothingLeft(): void {
  harness.run(100_000);
  expect(harness.stack.counts()).toMatchObject({ transactions: 0, dialogs: 0, deadlines: 0, subscriptions: 0 });
}

describe('a SUBSCRIBE', () => {
  test('is accepted with 200 and a NOTIFY at once', () => {
    subscribe();
    expect(incoming).toMatchObject({ event: 'weather', id: undefined, expiresS: 600, username: undefined });
    accept({ body: text('rain') });
    const ok = harness.last('200 SUBSCRIBE');
    expect(field(ok, 'Expires')).toBe('600');
    expect(field(ok, 'Contact')).toBe('<sip:room@10.0.0.1:5060>');
    const notify = harness.last('NOTIFY');
    expect(startLine(notify)).toBe('NOTIFY sip:peer@10.0.0.9 SIP/2.0');
    expect(field(notify, 'Event')).toBe('weather');
    expect(state()).toBe('active;expires=600');
    expect(tagOf(notify, 'From')).toBe(tagOf(ok, 'To'));
    expect(bodyOf(notify)).toBe('rain');
  });

  test.each([
    ['an unknown package', ['Event: moods'], 'SIP/2.0 489 Bad Event'],
    ['no package', [], 'SIP/2.0 489 Bad Event'],
    ['too short a time', ['Event: weather', 'Expires: 10'], 'SIP/2.0 423 Interval Too Brief'],
  ])('for %s is refused', (_what, more, line) => {
    const answer = subscribe([], { more: ['Contact: <sip:peer@10.0.0.9>', ...more] });
    expect(answer).toBe(line);
    expect(incoming).toBeUndefined();
    if (line.includes('489')) expect(field(harness.sent.at(-1)?.text ?? '', 'Allow-Events')).toBe('weather');
    else expect(field(harness.sent.at(-1)?.text ?? '', 'Min-Expires')).toBe('60');
  });

  test('past the limit gets 503', () => {
    harness = new StackHarness({ limits: { maxSubscriptions: 1 } });
    harness.stack.services.servePackage('weather', (one) => one.accept());
    expect(subscribe()).toMatch(/^NOTIFY/);
    expect(subscribe([], { callId: 'other' })).toBe('SIP/2.0 503 Service Unavailable');
  });

  test('may be rejected, or answered too late by nobody: 500', () => {
    subscribe();
    incoming?.reject(403, { reason: 'Not You' });
    expect(harness.lines.at(-1)).toBe('SIP/2.0 403 Not You');
    expect(() => incoming?.reject(404)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    subscribe([], { callId: 'late' });
    harness.run(30_001);
    expect(harness.lines.at(-1)).toBe('SIP/2.0 500 Server Internal Error');
    expectNothingLeft();
  });

  test('repeated before the decision waits, after it gets the same answer', () => {
    const parts = { branch: 'z9hG4bKsame', cseq: 5 };
    subscribe([], parts);
    subscribe([], parts);
    expect(harness.sent).toEqual([]);
    accept();
    subscribe([], parts);
    expect(harness.times('200 SUBSCRIBE')).toHaveLength(2);
    expect(notifies()).toHaveLength(1);
  });

  test('for 0 s fetches the state once', () => {
    subscribe(['Expires: 0']);
    accept({ body: text('sun') });
    expect(state()).toBe('terminated;reason=timeout');
    expect(bodyOf(harness.last('NOTIFY'))).toBe('sun');
    peerAnswersNotify();
    expect(ends).toEqual(['unsubscribed']);
    expectNothingLeft();
  });
});

describe('the state', () => {
  test('goes out one NOTIFY at a time, the newest only', () => {
    subscribe();
    const notifier = accept({ body: text('rain'), state: 'pending' });
    expect(state()).toBe('pending;expires=600');
    for (const word of ['hail', 'snow', 'sun']) notifier.notify(text(word), { state: 'active' });
    expect(notifies()).toHaveLength(1);
    harness.run(400);
    peerAnswersNotify();
    expect(notifies()).toHaveLength(2);
    expect(bodyOf(harness.last('NOTIFY'))).toBe('sun');
    expect(state()).toBe('active;expires=600');
    peerAnswersNotify();
    expect(notifies()).toHaveLength(2);
  });

  test('is sent again to who refreshes, and the time begins anew', () => {
    const asked: string[] = [];
    subscribe();
    accept({ body: text('rain'), onRefresh: (request) => asked.push(request.method) });
    peerAnswersNotify();
    harness.run(500_000);
    again(['Expires: 300']);
    expect(field(harness.last('200 SUBSCRIBE'), 'Expires')).toBe('300');
    expect(asked).toEqual(['SUBSCRIBE']);
    expect(bodyOf(harness.last('NOTIFY'))).toBe('rain');
    expect(state()).toBe('active;expires=300');
    peerAnswersNotify();
    harness.run(299_999);
    expect(ends).toEqual([]);
    harness.run(1);
    expect(ends).toEqual(['expired']);
    expect(state()).toBe('terminated;reason=timeout');
    peerAnswersNotify();
    expectNothingLeft();
  });

  test('ends when the subscriber leaves, and with it the dialog', () => {
    subscribe();
    accept();
    peerAnswersNotify();
    again(['Expires: 0']);
    expect(state()).toBe('terminated;reason=timeout');
    expect(ends).toEqual(['unsubscribed']);
    peerAnswersNotify();
    expect(again(['Expires: 600'])).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
    expectNothingLeft();
  });

  test('ends by our word, after what was on its way', () => {
    subscribe();
    const notifier = accept();
    notifier.terminate('probation', { retryAfterS: 30, body: text('fog') });
    expect(notifier.state).toBe('terminated');
    expect(notifies()).toHaveLength(1);
    peerAnswersNotify();
    expect(state()).toBe('terminated;reason=probation;retry-after=30');
    expect(bodyOf(harness.last('NOTIFY'))).toBe('fog');
    notifier.notify(text('late'));
    peerAnswersNotify();
    expect(notifies()).toHaveLength(2);
    expect(ends).toEqual(['terminated']);
    expectNothingLeft();
  });

  test.each(['481 Gone', '404 Nobody', '489 Bad Event'])('ends by %s', (status) => {
    subscribe();
    accept();
    peerAnswersNotify(status);
    expect(ends).toEqual(['unreachable']);
    expectNothingLeft();
  });

  test('ends when nothing answers a NOTIFY, and not by 503', () => {
    subscribe();
    const notifier = accept();
    peerAnswersNotify('503 Busy');
    expect(ends).toEqual([]);
    notifier.notify(text('sun'));
    harness.run(32_000);
    expect(ends).toEqual(['unreachable']);
    expectNothingLeft();
  });
});
