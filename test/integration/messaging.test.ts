/** MESSAGE, SUBSCRIBE, PUBLISH and methods of one's own between whole endpoints in virtual time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Call,
  type IncomingSubscription,
  type Notification,
  type Notifier,
  type PublicationState,
  type ReceivedRequest,
  SessionManagerBuilder,
  type SubscriptionEnd,
} from '../../src/api/index.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;

beforeEach(() => {
  world = virtualWorld({ seed: 3, loss: 0.1, duplicate: 0.1 });
});

afterEach(async () => {
  await world.close();
});

const bobUri = 'sip:bob@10.0.0.2';

describe('MESSAGE', () => {
  it('is delivered once with its text, in a call and outside of it', async () => {
    const heard: string[] = [];
    const calls: (Call | undefined)[] = [];
    const alice = await world.endpoint('10.0.0.1');
    const bob = await world.endpoint('10.0.0.2', {
      onIncomingCall: (incoming) => void incoming.accept().catch(() => {}),
      onMessage: (request) => {
        heard.push(`${request.from.uri} ${request.text}`);
        calls.push(request.call);
      },
    });
    expect((await world.settled(alice.message(bobUri, 'héllo', { from: 'sip:a@10.0.0.1' }))).status).toBe(200);
    const call = await world.settled(alice.call(bobUri, { from: 'sip:a@10.0.0.1' }));
    await world.clock.advance(3000);
    const content = { contentType: 'text/plain', data: 'inside' };
    expect((await world.settled(call.request('MESSAGE', { content }))).status).toBe(200);
    expect(heard).toEqual(['sip:a@10.0.0.1 héllo', 'sip:a@10.0.0.1 inside']);
    expect(calls).toEqual([undefined, [...bob.calls.values()][0]]);
    await expect(call.request('BYE')).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(alice.request('INVITE', bobUri)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(alice.message('nobody', 'x')).rejects.toMatchObject({ code: 'ERR_INVALID_URI' });
  });

  it('gets 405 where nobody takes it, 500 when the handler throws, and what the handler answers', async () => {
    const alice = await world.endpoint('10.0.0.1');
    const bob = await world.endpoint('10.0.0.2');
    const refused = await world.settled(alice.message(bobUri, 'x'));
    expect([refused.status, refused.response?.header('Allow')?.includes('MESSAGE')]).toEqual([405, false]);
    const stop = bob.serve('MESSAGE', (request) => {
      if (request.text === 'boom') throw new Error('boom');
      request.respond(603, { reason: 'Not Now', headers: [['Retry-After', '5']] });
      expect(() => request.respond(200)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    });
    expect(await world.settled(alice.message(bobUri, 'x'))).toMatchObject({ status: 603, reason: 'Not Now' });
    expect((await world.settled(alice.message(bobUri, 'boom'))).status).toBe(500);
    expect((await world.settled(alice.options(bobUri))).response?.header('Allow')).toContain('MESSAGE');
    expect(() => bob.serve('MESSAGE', () => {})).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE' }));
    stop();
    expect((await world.settled(alice.message(bobUri, 'x'))).status).toBe(405);
  });

  it('has to prove who it is from where callers have to', async () => {
    let username: string | undefined;
    const alice = await world.endpoint('10.0.0.1');
    await world.endpoint('10.0.0.2', {
      authentication: { realm: 'r', authenticate: (name) => (name === 'al' ? { password: 'p' } : undefined) },
      onMessage: (request) => {
        username = request.username;
      },
    });
    expect((await world.settled(alice.message(bobUri, 'x'))).status).toBe(401);
    const auth = { username: 'al', password: 'p' };
    expect((await world.settled(alice.message(bobUri, 'x', { auth }))).status).toBe(200);
    expect(username).toBe('al');
  });
});

describe('a subscription', () => {
  it('hears every state that lasts, refreshes, and is left', async () => {
    let notifier: Notifier | undefined;
    let asked: IncomingSubscription | undefined;
    const ends: string[] = [];
    const alice = await world.endpoint('10.0.0.1');
    const bob = await world.endpoint('10.0.0.2', {
      onSubscribe: {
        weather: (incoming) => {
          asked = incoming;
          const body = { contentType: 'text/plain', data: Buffer.from('rain') };
          notifier = incoming.accept({ body, onEnd: (end) => ends.push(end) });
        },
      },
    });
    const subscription = alice.subscribe(bobUri, { event: 'weather', expiresS: 120 });
    const heard: (string | undefined)[] = [];
    const loop = (async () => {
      for await (const { content } of subscription) heard.push(content?.text);
    })();
    await world.clock.advance(5000);
    expect(asked).toMatchObject({ event: 'weather', expiresS: 120 });
    notifier?.notify({ contentType: 'text/plain', data: Buffer.from('sun') });
    await world.clock.advance(400_000);
    expect(ends).toEqual([]);
    expect(heard.slice(0, 2)).toEqual(['rain', 'sun']);
    expect(heard.length).toBeGreaterThan(4);
    subscription.close();
    await world.settled(loop, 100_000);
    expect(await subscription.finished).toEqual({ by: 'us' });
    expect(ends).toEqual(['unsubscribed']);
    await world.clock.advance(100_000);
    for (const { signalling } of [alice.counts(), bob.counts()]) {
      expect(signalling).toMatchObject({ subscriptions: 0, dialogs: 0, transactions: 0 });
    }
  });

  it('ends as the notifier says, or is refused', async () => {
    const alice = await world.endpoint('10.0.0.1');
    await world.endpoint('10.0.0.2', {
      onSubscribe: {
        short: (incoming) => incoming.accept().terminate('noresource'),
        closed: (incoming) => incoming.reject(403),
        broken: () => {
          throw new Error('broken');
        },
      },
    });
    const ends: Record<string, SubscriptionEnd> = {};
    for (const event of ['short', 'closed', 'broken', 'unknown']) {
      ends[event] = await world.settled(alice.subscribe(bobUri, { event }).finished);
    }
    expect(ends).toMatchObject({
      short: { by: 'notifier', reason: 'noresource' },
      closed: { by: 'refusal', status: 403 },
      broken: { by: 'refusal', status: 500 },
      unknown: { by: 'refusal', status: 489 },
    });
  });

  it('is closed with the library, and by its signal', async () => {
    const alice = await world.endpoint('10.0.0.1');
    const notifications: Notification[] = [];
    await world.endpoint('10.0.0.2', { onSubscribe: { weather: (incoming) => void incoming.accept() } });
    const abort = new AbortController();
    const one = alice.subscribe(bobUri, { event: 'weather', signal: abort.signal });
    const two = alice.subscribe(bobUri, { event: 'weather' });
    two.events.on('notified', (each) => notifications.push(each));
    await world.clock.advance(5000);
    expect(notifications[0]?.content).toBeUndefined();
    abort.abort();
    expect(await world.settled(one.finished, 100_000)).toEqual({ by: 'us' });
    await world.settled(alice.close());
    expect(await two.finished).toEqual({ by: 'closed' });
    expect(() => alice.subscribe(bobUri, { event: 'weather' })).toThrow(
      expect.objectContaining({ code: 'ERR_CLOSED' }),
    );
  });
});

describe('PUBLISH', () => {
  it('is refreshed under its tag, begun anew when that is unknown, and removed', async () => {
    const seen: string[] = [];
    let tag = 0;
    const known = new Set<string>();
    const agent = async (request: ReceivedRequest): Promise<void> => {
      const match = request.message.header('SIP-If-Match');
      seen.push(`${match ?? '-'} ${request.message.header('Expires')} ${request.text}`.trim());
      if (match !== undefined && !known.delete(match)) {
        request.respond(412);
        return;
      }
      tag += 1;
      known.add(`t${tag}`);
      request.respond(200, {
        headers: [
          ['SIP-ETag', `t${tag}`],
          ['Expires', '100'],
        ],
      });
    };
    const alice = await world.endpoint('10.0.0.1');
    await world.endpoint('10.0.0.2', { onRequest: { PUBLISH: agent } });
    const states: PublicationState['kind'][] = [];
    const content = { contentType: 'text/plain', data: 'here' };
    const published = alice.publish(bobUri, { event: 'presence', content });
    published.events.on('state', ({ kind }) => states.push(kind));
    await world.clock.advance(3000);
    expect(seen).toEqual(['- 3600 here']);
    published.update({ contentType: 'text/plain', data: 'away' });
    await world.clock.advance(95_000);
    expect(seen).toEqual(['- 3600 here', 't1 3600 away', 't2 3600']);
    known.clear();
    await world.clock.advance(95_000);
    expect(seen.slice(3, 5)).toEqual(['t3 3600', '- 3600 away']);
    await world.settled(published.close());
    expect(seen.at(-1)).toMatch(/^t\d 0$/);
    expect(states.at(-1)).toBe('unpublished');
  });
});

it('the builder sets the same', async () => {
  const methods: string[] = [];
  const host = world.network.host('10.0.0.5');
  const carol = await new SessionManagerBuilder()
    .listen('udp://10.0.0.5:5060')
    .options({ virtual: { clock: world.clock, datagram: host.datagram, media: host.media } })
    .onMessage(({ method }) => void methods.push(method))
    .onRegister(({ method }) => void methods.push(method))
    .onRequest('JUMP', ({ method }) => void methods.push(method))
    .onSubscribe('weather', (incoming) => incoming.reject(403))
    .build();
  const alice = await world.endpoint('10.0.0.1');
  for (const method of ['MESSAGE', 'REGISTER', 'JUMP']) {
    expect((await world.settled(alice.request(method, 'sip:c@10.0.0.5'))).status).toBe(200);
  }
  expect(methods).toEqual(['MESSAGE', 'REGISTER', 'JUMP']);
  const end = await world.settled(alice.subscribe('sip:c@10.0.0.5', { event: 'weather' }).finished);
  expect(end).toMatchObject({ by: 'refusal', status: 403 });
  await world.settled(carol.close());
});
