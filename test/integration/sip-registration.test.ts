/** The registration client in virtual time, against a registrar that is nothing but text. */
import { expect, test } from 'vitest';
import { parseCredentials } from '../../src/dialog-core/auth-challenge.js';
import { makeUri } from '../../src/dialog-core/index.js';
import type { RegisterParams, RegistrationState } from '../../src/dialog-core/types.js';
import { field, response, startLine } from '../support/sip-text.js';
import { type Phone, type RawPeer, SipWorld } from '../support/sip-world.js';

const auth = { username: 'alice', password: 'wonderland' };

interface Scene {
  readonly world: SipWorld;
  readonly alice: Phone;
  readonly registrar: RawPeer;
  readonly states: RegistrationState[];
  readonly stop: () => void;
  /** Answers the next REGISTER. */
  answer(status: string, more?: readonly string[]): Promise<string>;
  kinds(): string[];
}

async function begin(params: Partial<RegisterParams> = {}): Promise<Scene> {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const registrar = await world.raw('registrar', '10.0.0.9');
  const states: RegistrationState[] = [];
  const aor = makeUri({ user: 'alice', host: '10.0.0.9' });
  const stop = alice.endpoint.register({ aor, ...params }, (state) => states.push(state));
  expect(states).toEqual([]);
  const answer = async (status: string, more: readonly string[] = []): Promise<string> => {
    const request = await registrar.take('REGISTER');
    registrar.send(response(request, status, { toTag: 'r', more }), alice);
    await world.advance(20);
    return request;
  };
  return { world, alice, registrar, states, stop, answer, kinds: () => states.map(({ kind }) => kind) };
}

function sequence(text: string): number {
  return Number.parseInt(field(text, 'CSeq') ?? '', 10);
}

async function gapMs(scene: Scene): Promise<number> {
  const from = scene.world.clock.nowMs();
  const before = scene.registrar.received.length;
  await scene.world.until(() => scene.registrar.received.length > before, 'the next REGISTER', 10_000_000);
  return scene.world.clock.nowMs() - from;
}

test('binds our Contact, and refreshes at 85 to 95 % of what was granted, with one Call-ID and a growing CSeq', async () => {
  const scene = await begin({ expiresS: 3600 });
  const first = await scene.answer('200 OK', [
    'Contact: <sip:alice@10.0.0.77:5060>;expires=10, <sip:alice@10.0.0.1:5060>;expires=600',
    'Expires: 9999',
  ]);
  expect(startLine(first)).toBe('REGISTER sip:10.0.0.9 SIP/2.0');
  expect(field(first, 'To')).toBe('<sip:alice@10.0.0.9>');
  expect(field(first, 'From')).toMatch(/^<sip:alice@10\.0\.0\.9>;tag=/);
  expect(field(first, 'Contact')).toBe('<sip:alice@10.0.0.1:5060>');
  expect(field(first, 'Expires')).toBe('3600');
  expect(scene.states).toEqual([
    { kind: 'registering' },
    { kind: 'registered', expiresS: 600, contact: '<sip:alice@10.0.0.1:5060>' },
  ]);
  const gaps: number[] = [];
  for (let index = 0; index < 8; index += 1) {
    gaps.push(await gapMs(scene));
    const again = await scene.answer('200 OK', ['Expires: 600']);
    expect(field(again, 'Call-ID')).toBe(field(first, 'Call-ID'));
    expect(field(again, 'From')).toBe(field(first, 'From'));
    expect(sequence(again)).toBe(sequence(first) + index + 1);
  }
  expect(Math.min(...gaps)).toBeGreaterThan(600_000 * 0.85 - 100);
  expect(Math.max(...gaps)).toBeLessThan(600_000 * 0.95 + 100);
  expect(new Set(gaps.map((gap) => Math.round(gap / 100))).size).toBeGreaterThan(4);
});

test('answers a challenge, and the refresh carries the nonce on', async () => {
  const scene = await begin({ auth });
  const challenge = 'WWW-Authenticate: Digest realm="r", nonce="n1", qop="auth", algorithm=SHA-256';
  await scene.answer('401 Unauthorized', [challenge]);
  expect(parseCredentials(field(await scene.answer('200 OK'), 'Authorization') ?? '')).toMatchObject({ nc: 1 });
  expect(scene.kinds()).toEqual(['registering', 'registered']);
  await gapMs(scene);
  const refresh = await scene.answer('401 Unauthorized', [`${challenge.replace('n1', 'n2')}, stale=true`]);
  expect(parseCredentials(field(refresh, 'Authorization') ?? '')).toMatchObject({ nonce: 'n1', nc: 2 });
  expect(parseCredentials(field(await scene.answer('200 OK'), 'Authorization') ?? '')).toMatchObject({ nonce: 'n2' });
  expect(scene.kinds()).toEqual(['registering', 'registered', 'registered']);
});

test('a wrong password fails once and is not tried again', async () => {
  const scene = await begin({ auth });
  const challenge = 'WWW-Authenticate: Digest realm="r", nonce="n1", qop="auth"';
  await scene.answer('401 Unauthorized', [challenge]);
  await scene.answer('401 Unauthorized', [challenge]);
  expect(scene.states.at(-1)).toMatchObject({ kind: 'failed', status: 401, retryS: undefined });
  await scene.world.advance(10_000_000);
  scene.stop();
  await scene.world.advance(100);
  expect(scene.kinds().at(-1)).toBe('unregistered');
  expect(scene.registrar.left).toEqual([]);
  expect(scene.alice.endpoint.counts()).toMatchObject({ transactions: 0, deadlines: 0 });
});

test('423 is obeyed at once, but not a registrar that asks for what it was given', async () => {
  const scene = await begin({ expiresS: 60 });
  await scene.answer('423 Interval Too Brief', ['Min-Expires: 1800']);
  expect(field(await scene.answer('423 Interval Too Brief', ['Min-Expires: 1800']), 'Expires')).toBe('1800');
  expect(scene.states).toMatchObject([{ kind: 'registering' }, { kind: 'failed', status: 423 }]);
});

test('failures are tried again ever later, no sooner than Retry-After, and the same in each run', async () => {
  async function run(): Promise<number[]> {
    const scene = await begin();
    const gaps: number[] = [];
    for (let index = 0; index < 8; index += 1) {
      await scene.answer('500 Server Internal Error');
      gaps.push(await gapMs(scene));
    }
    await scene.answer('503 Service Unavailable', ['Retry-After: 7200 (maintenance)']);
    expect(await gapMs(scene)).toBeGreaterThan(7_199_000);
    await scene.answer('200 OK', ['Expires: 100']);
    expect(scene.kinds().at(-1)).toBe('registered');
    return gaps;
  }
  const gaps = await run();
  gaps.forEach((gap, index) => {
    const longest = 1000 * Math.min(1800, 30 * 2 ** index);
    expect(gap).toBeGreaterThan(longest / 2 - 100);
    expect(gap).toBeLessThan(longest + 100);
  });
  expect(await run()).toEqual(gaps);
});

test('silence is a failure, too', async () => {
  const scene = await begin();
  await scene.world.advance(33_000);
  expect(scene.states.at(-1)).toMatchObject({ kind: 'failed', status: 408 });
  // Perhaps only the answer was lost: the end removes what may be there.
  scene.registrar.skip();
  scene.stop();
  expect(field(await scene.answer('200 OK'), 'Expires')).toBe('0');
  expect(scene.kinds().at(-1)).toBe('unregistered');
});

test('the end removes the binding', async () => {
  const scene = await begin();
  await scene.answer('200 OK');
  scene.stop();
  scene.stop();
  const last = await scene.answer('200 OK');
  expect(field(last, 'Expires')).toBe('0');
  expect(field(last, 'Contact')).toBe('<sip:alice@10.0.0.1:5060>');
  expect(scene.kinds()).toEqual(['registering', 'registered', 'unregistered']);
  await scene.world.advance(40_000);
  expect(scene.alice.endpoint.counts()).toMatchObject({ transactions: 0, deadlines: 0 });
  expect(scene.registrar.left).toEqual([]);
});

test('an end while a REGISTER is on its way waits for it', async () => {
  const scene = await begin();
  const request = await scene.registrar.take('REGISTER');
  scene.stop();
  await scene.world.advance(100);
  expect(scene.registrar.left).toEqual([]);
  scene.registrar.send(response(request, '200 OK', { toTag: 'r' }), scene.alice);
  expect(field(await scene.answer('200 OK'), 'Expires')).toBe('0');
  expect(scene.kinds()).toEqual(['registering', 'unregistered']);
});

test('an end while a REGISTER is refused as too brief asks for nothing longer', async () => {
  const scene = await begin({ expiresS: 60 });
  const request = await scene.registrar.take('REGISTER');
  scene.stop();
  scene.registrar.send(response(request, '423 Interval Too Brief', { more: ['Min-Expires: 1800'] }), scene.alice);
  await scene.world.advance(100);
  expect(scene.kinds()).toEqual(['registering', 'unregistered']);
  expect(scene.registrar.left).toEqual([]);
});

test('closing tells the end and leaves nothing', async () => {
  const scene = await begin();
  await scene.answer('200 OK');
  await scene.alice.endpoint.close();
  expect(scene.kinds().at(-1)).toBe('unregistered');
  expect(scene.alice.endpoint.counts().deadlines).toBe(0);
  scene.stop();
});

test('what cannot be sent is refused at once', async () => {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const aor = makeUri({ user: 'alice', host: '10.0.0.9' });
  for (const expiresS of [0, 1.5, 604_801]) {
    expect(() => alice.endpoint.register({ aor, expiresS }, () => {})).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  }
  expect(alice.endpoint.counts().deadlines).toBe(0);
});
