/** Subscriptions of ours (RFC 6665 4.1) in virtual time, against a notifier that is nothing but text. */
import { expect, test } from 'vitest';
import { makeUri } from '../../../../src/dialog-core/index.js';
import type { SubscribeParams, Subscription, SubscriptionNews } from '../../../../src/dialog-core/types.js';
import { StackHarness } from '../../../support/sip-stack.js';
import { contactOf, field, request, response, startLine, tagOf } from '../../../support/sip-text.js';

const patienceMs = 32_000;

class Scene {
  readonly harness = new StackHarness();
  readonly news: SubscriptionNews[] = [];
  readonly subscription: Subscription;
  #sequence = 100;

  constructor(params: Partial<SubscribeParams> = {}) {
    const parts: SubscribeParams = {
      target: makeUri({ user: 'room', host: '10.0.0.9' }),
      from: makeUri({ user: 'us', host: '10.0.0.1' }),
      event: 'conference',
      ...params,
    };
    const { services } = this.harness.stack;
    this.subscription = this.harness.now(() => services.subscribe(parts, (news) => this.news.push(news)));
  }

  get kinds(): string[] {
    return this.news.map(({ kind }) => kind);
  }

  get last(): SubscriptionNews | undefined {
    return this.news.at(-1);
  }

  /** Without repetitions. */
  get requests(): number {
    const sent = this.harness.sent.filter(({ what }) => what === 'SUBSCRIBE');
    return new Set(sent.map(({ text }) => `${field(text, 'Call-ID')} ${field(text, 'CSeq')}`)).size;
  }

  answer(status: string, more: readonly string[] = [], toTag = 'notifier'): void {
    this.harness.receive(response(this.harness.last('SUBSCRIBE'), status, { toTag, more }));
  }

  /** A NOTIFY of the branch `tag`; returns the status line of our answer. */
  notify(state: string, options: { tag?: string; event?: string; cseq?: number; body?: string } = {}): string {
    const { tag = 'notifier', event = 'conference', body = '' } = options;
    const ours = this.harness.last('SUBSCRIBE');
    this.#sequence += 1;
    const cseq = options.cseq ?? this.#sequence;
    const more = [`Event: ${event}`, `Subscription-State: ${state}`, 'Contact: <sip:room@10.0.0.9>'];
    this.harness.receive(
      request({
        method: 'NOTIFY',
        uri: contactOf(ours) ?? '',
        sentBy: '10.0.0.9:5060',
        branch: `z9hG4bKnotify${tag}${this.#sequence}`,
        callId: field(ours, 'Call-ID') ?? '',
        cseq,
        from: `<sip:room@10.0.0.9>;tag=${tag}`,
        to: `<sip:us@10.0.0.1>;tag=${tagOf(ours, 'From')}`,
        more: [...more, ...(body === '' ? [] : ['Content-Type: text/plain'])],
        body,
      }),
    );
    return this.harness.lines.at(-1) ?? '';
  }

  expectNothingLeft(): void {
    this.harness.run(100_000);
    const { transactions, dialogs, deadlines, subscriptions } = this.harness.stack.counts();
    expect({ transactions, dialogs, deadlines, subscriptions }).toEqual({
      transactions: 0,
      dialogs: 0,
      deadlines: 0,
      subscriptions: 0,
    });
  }
}

test('asks, is told the state, refreshes in time, and leaves', () => {
  const scene = new Scene({ expiresS: 600, accept: ['application/conference-info+xml'], id: '7' });
  const first = scene.harness.last('SUBSCRIBE');
  expect(startLine(first)).toBe('SUBSCRIBE sip:room@10.0.0.9 SIP/2.0');
  expect(field(first, 'Event')).toBe('conference;id=7');
  expect(field(first, 'Accept')).toBe('application/conference-info+xml');
  expect(field(first, 'Expires')).toBe('600');
  expect(contactOf(first)).toBe('sip:us@10.0.0.1:5060');
  scene.answer('200 OK', ['Expires: 300']);
  expect(scene.last).toEqual({ kind: 'accepted', expiresS: 300 });
  expect(scene.notify('active;expires=300', { event: 'conference;id=7', body: 'one' })).toBe('SIP/2.0 200 OK');
  expect(scene.last).toMatchObject({ kind: 'notified', branch: 'notifier', state: 'active', expiresS: 300 });
  scene.harness.run(300_000 * 0.79);
  expect(scene.requests).toBe(1);
  scene.harness.run(300_000 * 0.12);
  expect(scene.requests).toBe(2);
  const refresh = scene.harness.last('SUBSCRIBE');
  expect(tagOf(refresh, 'To')).toBe('notifier');
  expect(Number.parseInt(field(refresh, 'CSeq') ?? '', 10)).toBe(Number.parseInt(field(first, 'CSeq') ?? '', 10) + 1);
  scene.answer('200 OK', ['Expires: 300']);
  scene.notify('active;expires=300', { event: 'conference;id=7' });
  scene.harness.now(() => scene.subscription.close());
  expect(field(scene.harness.last('SUBSCRIBE'), 'Expires')).toBe('0');
  scene.answer('200 OK', ['Expires: 0']);
  scene.notify('terminated;reason=timeout', { event: 'conference;id=7' });
  expect(scene.last).toEqual({ kind: 'ended', end: { by: 'us' } });
  scene.subscription.close();
  expect(scene.requests).toBe(3);
  scene.expectNothingLeft();
});

test('a NOTIFY may come before the 200, and from every branch of a fork', () => {
  const scene = new Scene();
  expect(scene.notify('pending;expires=3600', { tag: 'a' })).toBe('SIP/2.0 200 OK');
  scene.answer('202 Accepted', ['Expires: 3600'], 'a');
  expect(scene.notify('active;expires=3600', { tag: 'b' })).toBe('SIP/2.0 200 OK');
  expect(scene.notify('active;expires=3600', { tag: 'a' })).toBe('SIP/2.0 200 OK');
  const branches = scene.news.filter((news) => news.kind === 'notified');
  expect(branches.map(({ branch, state }) => [branch, state])).toEqual([
    ['a', 'pending'],
    ['b', 'active'],
    ['a', 'active'],
  ]);
  scene.notify('terminated;reason=noresource', { tag: 'a' });
  expect(scene.kinds).not.toContain('ended');
  scene.notify('terminated;reason=noresource', { tag: 'b' });
  expect(scene.last).toMatchObject({ kind: 'ended', end: { by: 'notifier', reason: 'noresource' } });
  scene.expectNothingLeft();
});

test('no more than eight branches of a fork are kept', () => {
  const scene = new Scene();
  for (let index = 0; index < 8; index += 1) expect(scene.notify('active', { tag: `t${index}` })).toMatch(/200/);
  expect(scene.notify('active', { tag: 't8' })).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
});

test.each([
  ['another package', { event: 'presence' }, 481],
  ['another id', { event: 'conference;id=3' }, 481],
])('a NOTIFY for %s is not for us', (_what, options, status) => {
  const scene = new Scene();
  expect(scene.notify('active', options)).toContain(String(status));
  scene.notify('active');
  expect(scene.notify('active', options)).toContain(String(status));
  expect(scene.kinds.filter((kind) => kind === 'notified')).toHaveLength(1);
});

test('a NOTIFY out of order is refused, and one without a state', () => {
  const scene = new Scene();
  scene.notify('active', { cseq: 50 });
  expect(scene.notify('active', { cseq: 49 })).toBe('SIP/2.0 500 CSeq Out of Order');
  expect(scene.notify('')).toMatch(/^SIP\/2.0 400/);
});

test('timer N: without a NOTIFY it is over after 64·T1, and tried again', () => {
  const scene = new Scene();
  scene.answer('200 OK', ['Expires: 3600']);
  scene.harness.run(patienceMs - 1);
  expect(scene.kinds).toEqual(['accepted']);
  scene.harness.run(1);
  expect(scene.last).toEqual({ kind: 'retrying', retryS: 30, end: { by: 'timeout' } });
  const first = field(scene.harness.last('SUBSCRIBE'), 'Call-ID');
  scene.harness.run(30_000);
  expect(scene.requests).toBe(2);
  expect(field(scene.harness.last('SUBSCRIBE'), 'Call-ID')).not.toBe(first);
});

test('without a NOTIFY after a refresh the subscription counts as ended', () => {
  const scene = new Scene({ resubscribe: false });
  scene.notify('active;expires=600');
  scene.harness.run(600_000 * 0.9 + 1);
  expect(scene.requests).toBe(2);
  scene.answer('200 OK', ['Expires: 600']);
  scene.harness.run(patienceMs);
  expect(scene.last).toEqual({ kind: 'ended', end: { by: 'timeout' } });
  scene.expectNothingLeft();
});

test('481 to a refresh ends it, another refusal leaves what was granted', () => {
  const gone = new Scene({ resubscribe: false });
  gone.notify('active;expires=600');
  gone.harness.run(541_000);
  gone.answer('481 Gone');
  expect(gone.last).toEqual({ kind: 'ended', end: { by: 'timeout' } });
  const busy = new Scene({ resubscribe: false });
  busy.notify('active;expires=600');
  busy.harness.runTo(541_000);
  busy.answer('503 Busy');
  expect(busy.notify('active')).toMatch(/200/);
  expect(busy.kinds).not.toContain('ended');
});

test.each([
  ['deactivated', '', 0],
  ['timeout', '', 0],
  ['probation', ';retry-after=90', 90],
  ['giveup', '', 30],
  ['rejected', '', undefined],
  ['noresource', ';retry-after=5', undefined],
  ['invariant', '', undefined],
])('terminated;reason=%s%s: again in %s s', (reason, more, retryS) => {
  const scene = new Scene();
  scene.notify('active;expires=3600');
  scene.notify(`terminated;reason=${reason}${more}`);
  if (retryS === undefined) expect(scene.last).toMatchObject({ kind: 'ended', end: { by: 'notifier', reason } });
  else expect(scene.last).toMatchObject({ kind: 'retrying', retryS, end: { reason } });
  scene.harness.run(100_000);
  expect(scene.requests > 1).toBe(retryS !== undefined);
});

test('a notifier that throws us out again and again is asked ever more seldom', () => {
  const scene = new Scene();
  for (let index = 0; index < 8; index += 1) {
    scene.notify('terminated;reason=deactivated', { tag: `t${index}` });
    scene.harness.run(50);
    const wait = scene.news.at(-1);
    if (wait?.kind === 'retrying') scene.harness.run(1000 * wait.retryS);
  }
  const waits = scene.news.flatMap((news) => (news.kind === 'retrying' ? [news.retryS] : []));
  expect(waits.slice(0, 6)).toEqual([0, 4, 8, 16, 32, 64]);
});

test.each(['403 No', '489 Bad Event', '404 Nobody'])('%s is the end', (status) => {
  const scene = new Scene();
  scene.answer(status);
  expect(scene.last).toMatchObject({ kind: 'ended', end: { by: 'refusal', status: Number.parseInt(status, 10) } });
  scene.expectNothingLeft();
});

test('423 is obeyed once', () => {
  const scene = new Scene({ expiresS: 60 });
  scene.answer('423 Interval Too Brief', ['Min-Expires: 900']);
  expect(field(scene.harness.last('SUBSCRIBE'), 'Expires')).toBe('900');
  scene.answer('423 Interval Too Brief', ['Min-Expires: 900']);
  expect(scene.last).toMatchObject({ kind: 'ended', end: { by: 'refusal', status: 423 } });
});

test('a challenge is answered, in the dialog, too', () => {
  const scene = new Scene({ auth: { username: 'us', password: 'p' } });
  scene.answer('401 Who', ['WWW-Authenticate: Digest realm="r", nonce="n1", qop="auth"']);
  expect(field(scene.harness.last('SUBSCRIBE'), 'Authorization')).toContain('nonce="n1"');
  scene.notify('active;expires=600');
  scene.harness.now(() => scene.subscription.refresh());
  const refresh = scene.harness.last('SUBSCRIBE');
  expect(tagOf(refresh, 'To')).toBe('notifier');
  expect(field(refresh, 'Authorization')).toContain('nc=00000002');
});

test('left before the first NOTIFY it unsubscribes when that comes', () => {
  const scene = new Scene();
  scene.harness.now(() => scene.subscription.close());
  expect(scene.requests).toBe(1);
  scene.notify('active;expires=3600');
  expect(scene.requests).toBe(2);
  expect(field(scene.harness.last('SUBSCRIBE'), 'Expires')).toBe('0');
  scene.answer('200 OK');
  scene.harness.run(patienceMs);
  expect(scene.last).toEqual({ kind: 'ended', end: { by: 'us' } });
  scene.expectNothingLeft();
});

test('a fetch ends with its one NOTIFY', () => {
  const scene = new Scene({ expiresS: 0 });
  scene.notify('active;expires=0');
  expect(scene.last?.kind).toBe('ended');
  scene.expectNothingLeft();
});

test('what cannot be subscribed to throws at once, and leaves nothing', () => {
  expect(() => new Scene({ event: 'no event' })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  expect(() => new Scene({ expiresS: -1 })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  expect(() => new Scene({ headers: [['Via', 'x']] })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_HEADER' }));
});
