/** REFER inside a call, both roles (RFC 3515, RFC 4488), and Replaces (RFC 3891), in virtual time against a peer that is nothing but text. */
import { beforeEach, describe, expect, test } from 'vitest';
import { makeUri } from '../../../../src/dialog-core/index.js';
import type { IncomingRefer, ReferNews, ReferParams, UsageId } from '../../../../src/dialog-core/types.js';
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
import { bodyOf, field, response, startLine, tagOf } from '../../../support/sip-text.js';

let harness: StackHarness;
let news: ReferNews[];

beforeEach(() => {
  harness = new StackHarness();
  news = [];
});

function refer(usage: UsageId, params: Partial<ReferParams> = {}): () => void {
  const all = { referTo: '<sip:carol@10.0.0.8>', ...params };
  return harness.now(() => harness.stack.services.refer(usage, all, (each) => news.push(each)));
}

/** A NOTIFY of the peer in the call that we made. */
function notify(cseq: number, fragment: string, state = 'active;expires=60', event?: string): string {
  const id = Number.parseInt(field(harness.last('REFER'), 'CSeq') ?? '', 10);
  harness.receive(
    fromCallee(harness.last('INVITE'), 'NOTIFY', cseq, {
      more: [
        `Event: ${event ?? `refer;id=${id}`}`,
        `Subscription-State: ${state}`,
        'Contact: <sip:peer@10.0.0.9>',
        'Content-Type: message/sipfrag',
      ],
      body: `SIP/2.0 ${fragment}\r\n`,
    }),
  );
  return harness.lines.at(-1) ?? '';
}

function expectNothingLeft(usage?: UsageId): void {
  if (usage !== undefined) {
    harness.do(usage, (it) => it.bye(undefined));
    peerAnswers(harness, 'BYE', '200 OK');
  }
  harness.run(100_000);
  expect(harness.stack.counts()).toMatchObject({
    transactions: 0,
    usages: 0,
    dialogs: 0,
    deadlines: 0,
    subscriptions: 0,
  });
}

describe('a REFER of ours', () => {
  test('is accepted, makes progress, succeeds', () => {
    const usage = madeCall(harness);
    refer(usage, { headers: [['Referred-By', '<sip:us@10.0.0.1>']] });
    const sent = harness.last('REFER');
    expect(field(sent, 'Refer-To')).toBe('<sip:carol@10.0.0.8>');
    expect(field(sent, 'Referred-By')).toBe('<sip:us@10.0.0.1>');
    expect(field(sent, 'Contact')).toBe('<sip:us@10.0.0.1:5060>');
    peerAnswers(harness, 'REFER', '202 Accepted');
    expect(notify(1, '100 Trying')).toBe('SIP/2.0 200 OK');
    notify(2, '180 Ringing');
    notify(3, '200 OK', 'terminated;reason=noresource');
    expect(news).toEqual([
      { kind: 'accepted', subscribed: true },
      { kind: 'progress', status: 100, reason: 'Trying' },
      { kind: 'progress', status: 180, reason: 'Ringing' },
      { kind: 'final', status: 200, reason: 'OK' },
    ]);
    expect(notify(4, '200 OK')).toContain('481');
    expectNothingLeft(usage);
  });

  test('is refused, or never answered', () => {
    const usage = madeCall(harness);
    refer(usage);
    peerAnswers(harness, 'REFER', '603 Decline');
    expect(news).toMatchObject([{ kind: 'refused', status: 603, reason: 'Decline' }]);
    refer(usage);
    harness.run(32_000);
    expect(news[1]).toMatchObject({ kind: 'refused', status: 408 });
    expectNothingLeft(usage);
  });

  test('without a subscription ends with the 202 that says so', () => {
    const usage = madeCall(harness);
    refer(usage, { norefersub: true });
    expect(field(harness.last('REFER'), 'Refer-Sub')).toBe('false');
    peerAnswers(harness, 'REFER', '202 Accepted', 'peer', ['Refer-Sub: false']);
    expect(news).toEqual([{ kind: 'accepted', subscribed: false }]);
    // Who does not know the extension subscribes us all the same.
    refer(usage, { norefersub: true });
    peerAnswers(harness, 'REFER', '202 Accepted');
    notify(5, '486 Busy Here', 'terminated;reason=noresource');
    expect(news.slice(1)).toEqual([
      { kind: 'accepted', subscribed: true },
      { kind: 'final', status: 486, reason: 'Busy Here' },
    ]);
    expectNothingLeft(usage);
  });

  test('two of one call are told apart by their CSeq', () => {
    const usage = madeCall(harness);
    const other: ReferNews[] = [];
    refer(usage);
    const first = Number.parseInt(field(harness.last('REFER'), 'CSeq') ?? '', 10);
    peerAnswers(harness, 'REFER', '202 Accepted');
    harness.now(() =>
      harness.stack.services.refer(usage, { referTo: '<sip:dan@10.0.0.7>' }, (each) => other.push(each)),
    );
    peerAnswers(harness, 'REFER', '202 Accepted');
    notify(1, '180 Second', undefined, `refer;id=${first + 1}`);
    notify(2, '181 First', undefined, `refer;id=${first}`);
    expect(news.at(-1)).toMatchObject({ status: 181 });
    expect(other.at(-1)).toMatchObject({ status: 180 });
    expect(notify(3, '200 OK', undefined, 'refer;id=99')).toContain('481');
  });

  test('goes on after the BYE of its call (RFC 5057)', () => {
    const usage = madeCall(harness);
    refer(usage);
    peerAnswers(harness, 'REFER', '202 Accepted');
    notify(1, '100 Trying');
    harness.receive(fromCallee(harness.last('INVITE'), 'BYE', 2));
    expect(harness.eventTypes.at(-1)).toBe('ended');
    expect(harness.stack.counts()).toMatchObject({ usages: 0, dialogs: 1 });
    expect(notify(3, '200 OK', 'terminated;reason=noresource')).toBe('SIP/2.0 200 OK');
    expect(news.at(-1)).toEqual({ kind: 'final', status: 200, reason: 'OK' });
    expectNothingLeft();
  });

  test('is lost when no NOTIFY comes, or none with an end', () => {
    const usage = madeCall(harness);
    refer(usage);
    peerAnswers(harness, 'REFER', '202 Accepted');
    harness.run(32_000);
    expect(news.at(-1)).toEqual({ kind: 'lost' });
    refer(usage);
    peerAnswers(harness, 'REFER', '202 Accepted');
    notify(1, '180 Ringing', 'active;expires=60');
    harness.run(61_999);
    expect(news.at(-1)).toMatchObject({ kind: 'progress', status: 180 });
    harness.run(1);
    expect(news.at(-1)).toEqual({ kind: 'lost' });
    expectNothingLeft(usage);
  });

  test('answers a challenge', () => {
    const usage = harness.invite({
      target: makeUri({ user: 'peer', host: '10.0.0.9' }),
      from: { uri: makeUri({ user: 'us', host: '10.0.0.1' }) },
      auth: { username: 'us', password: 'p' },
    });
    harness.do(usage, (it) => it.sendInvite(undefined));
    peerAnswers(harness, 'INVITE', '200 OK');
    harness.do(usage, (it) => it.ack(undefined));
    refer(usage);
    peerAnswers(harness, 'REFER', '401 Who', 'peer', ['WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"']);
    expect(field(harness.last('REFER'), 'Authorization')).toContain('nonce="n"');
    peerAnswers(harness, 'REFER', '202 Accepted');
    notify(1, '200 OK', 'terminated');
    expect(news.map(({ kind }) => kind)).toEqual(['accepted', 'final']);
  });

  test('needs an established call and an address', () => {
    const usage = calling(harness);
    expect(() => refer(usage)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    const call = madeCall(harness);
    expect(() => refer(call, { referTo: 'nonsense' })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_URI' }));
    expect(() => refer(call, { referTo: '<sip:a@b>\r\nEvil: yes' })).toThrow();
  });
});

describe('a REFER of the peer', () => {
  function referred(
    more: readonly string[] = ['Refer-To: <sip:carol@10.0.0.8>'],
    cseq = 11,
  ): IncomingRefer | undefined {
    const before = harness.eventTypes.filter((type) => type === 'refer').length;
    const all = ['Contact: <sip:peer@10.0.0.9>', ...more];
    harness.receive(inDialog(harness.last('200 INVITE'), 'REFER', cseq, { more: all }));
    const now = harness.eventTypes.filter((type) => type === 'refer').length;
    return now > before ? harness.lastEvent('refer').refer : undefined;
  }

  const fragments = (): string[] =>
    harness.sent.filter(({ what }) => what === 'NOTIFY').map(({ text }) => bodyOf(text).trim());

  const peerAnswersNotify = (status = '200 OK'): void => harness.receive(response(harness.last('NOTIFY'), status));

  test('is accepted, and told of', () => {
    takenCall(harness);
    const incoming = referred();
    incoming?.accept();
    expect(harness.lines.slice(-2)[0]).toBe('SIP/2.0 202 Accepted');
    const first = harness.last('NOTIFY');
    expect(field(first, 'Event')).toBe('refer;id=11');
    expect(field(first, 'Content-Type')).toBe('message/sipfrag;version=2.0');
    expect(field(first, 'Subscription-State')).toBe('active;expires=240');
    incoming?.notify(180, 'Ringing');
    peerAnswersNotify();
    incoming?.notify(200);
    peerAnswersNotify();
    expect(field(harness.last('NOTIFY'), 'Subscription-State')).toBe('terminated;reason=noresource');
    expect(fragments()).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 180 Ringing', 'SIP/2.0 200 OK']);
    peerAnswersNotify();
    incoming?.notify(486);
    expect(fragments()).toHaveLength(3);
    expect(harness.stack.counts().subscriptions).toBe(0);
  });

  test('that wants no subscription gets none', () => {
    takenCall(harness);
    const incoming = referred(['Refer-To: <sip:carol@10.0.0.8>', 'Refer-Sub: false', 'Require: norefersub']);
    incoming?.accept();
    expect(field(harness.last('202 REFER'), 'Refer-Sub')).toBe('false');
    incoming?.notify(200);
    expect(fragments()).toEqual([]);
    expect(harness.stack.counts().subscriptions).toBe(0);
  });

  test('is declined by our word, and by silence', () => {
    takenCall(harness);
    referred()?.reject(403);
    expect(harness.lines.at(-1)).toBe('SIP/2.0 403 Forbidden');
    referred(['Refer-To: <sip:dan@10.0.0.7>'], 12);
    harness.run(20_000);
    expect(harness.lines.at(-1)).toBe('SIP/2.0 603 Decline');
    expect(harness.stack.counts().subscriptions).toBe(0);
  });

  test.each([
    ['none', []],
    ['two', ['Refer-To: <sip:a@b>', 'Refer-To: <sip:c@d>']],
    ['nonsense', ['Refer-To: <<>>']],
  ])('with %s of Refer-To gets 400', (_what, more) => {
    takenCall(harness);
    expect(referred(more)).toBeUndefined();
    expect(harness.lines.at(-1)).toMatch(/^SIP\/2.0 400 /);
  });

  test('told of after the BYE of its call', () => {
    const usage = takenCall(harness);
    const incoming = referred();
    incoming?.accept();
    peerAnswersNotify();
    harness.receive(inDialog(harness.last('200 INVITE'), 'BYE', 12));
    expect(() => harness.stack.usage(usage, harness.nowMs)).toThrow();
    incoming?.notify(200);
    expect(fragments().at(-1)).toBe('SIP/2.0 200 OK');
    peerAnswersNotify();
    expectNothingLeft();
  });
});

describe('an INVITE with Replaces', () => {
  function replace(value: string, more: readonly string[] = []): string {
    const all = ['Contact: <sip:peer@10.0.0.9>', `Replaces: ${value}`, 'Require: replaces', ...more];
    harness.receive(peerInvite({ callId: 'new', branch: 'z9hG4bKnew', from: '<sip:dan@10.0.0.7>;tag=d', more: all }));
    return harness.lines.at(-1) ?? '';
  }

  /** How the peer of a call that it made names it. */
  const named = (ours: string): string => `${field(ours, 'Call-ID')};to-tag=${tagOf(ours, 'To')};from-tag=peer`;

  test('names an established call', () => {
    const usage = takenCall(harness);
    expect(replace(named(harness.last('200 INVITE')))).toBe('SIP/2.0 100 Trying');
    expect(harness.lastEvent('invite').replaces).toBe(usage);
  });

  test('may want it only while it rings: 486', () => {
    takenCall(harness);
    expect(replace(`${named(harness.last('200 INVITE'))};early-only`)).toBe('SIP/2.0 486 Busy Here');
  });

  test('may name a call of ours that rings, and not one of the peer', () => {
    const usage = calling(harness);
    peerAnswers(harness, 'INVITE', '180 Ringing');
    const ours = harness.last('INVITE');
    const name = `${field(ours, 'Call-ID')};to-tag=${tagOf(ours, 'From')};from-tag=peer;early-only`;
    expect(replace(name)).toBe('SIP/2.0 100 Trying');
    expect(harness.lastEvent('invite').replaces).toBe(usage);
    const other = new StackHarness();
    harness = other;
    ringing(harness);
    harness.do(harness.lastEvent('invite').usage, (it) => it.progress(180, {}));
    expect(replace(named(harness.last('180 INVITE')))).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
  });

  test('names nothing that we know: 481; one that is over: 603', () => {
    expect(replace('nothing;to-tag=a;from-tag=b')).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
    takenCall(harness);
    harness.receive(inDialog(harness.last('200 INVITE'), 'BYE', 11));
    expect(replace(named(harness.last('200 INVITE')))).toBe('SIP/2.0 603 Decline');
  });

  test.each([
    ['malformed', 'nothing', []],
    ['twice', 'a;to-tag=b;from-tag=c', ['Replaces: d;to-tag=e;from-tag=f']],
    ['with Join', 'a;to-tag=b;from-tag=c', ['Join: d;to-tag=e;from-tag=f']],
  ])('%s gets 400', (_what, value, more) => {
    expect(replace(value, more)).toMatch(/^SIP\/2.0 400 /);
    expect(harness.eventTypes).toEqual([]);
  });

  test('a call tells how a Replaces names it', () => {
    const usage = accepted(harness);
    const ok = harness.last('200 INVITE');
    const { replaces, remoteTarget } = harness.stack.services.dialogOf(usage);
    expect(replaces).toBe(`${field(ok, 'Call-ID')};to-tag=peer;from-tag=${tagOf(ok, 'To')}`);
    expect(remoteTarget).toBe('sip:peer@10.0.0.9');
    expect(startLine(ok)).toBe('SIP/2.0 200 OK');
  });
});
