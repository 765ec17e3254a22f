/** The stack as a server that asks who is calling. */
import { describe, expect, it } from 'vitest';
import { digestResponse, hashPassword } from '../../../src/dialog-core/auth.js';
import {
  type Challenge,
  type DigestCredentials,
  parseChallenge,
  printCredentials,
} from '../../../src/dialog-core/auth-challenge.js';
import type { Authentication, DialogCoreConfig } from '../../../src/dialog-core/types.js';
import { peerInvite } from '../../support/sip-dialogs.js';
import { StackHarness } from '../../support/sip-stack.js';
import { field, fields, startLine } from '../../support/sip-text.js';

const uri = 'sip:bob@10.0.0.1';

function server(more: Partial<Authentication> = {}, config: Partial<DialogCoreConfig> = {}): StackHarness {
  return new StackHarness({ authentication: { realm: 'here', authenticate: () => undefined, ...more }, ...config });
}

function challenges(text: string): Challenge[] {
  return fields(text, 'WWW-Authenticate').map((value) => parseChallenge(value) as Challenge);
}

let branches = 0;

/** An INVITE in a transaction of its own. */
function invite(more: readonly string[] = [], number = 10): Uint8Array {
  branches += 1;
  const contact = 'Contact: <sip:peer@10.0.0.9:5060>';
  return peerInvite({ branch: `z9hG4bKa${branches}`, cseq: number, callId: `c${branches}`, more: [contact, ...more] });
}

function credentials(
  challenge: Challenge,
  parts: Partial<DigestCredentials> & { readonly password?: string } = {},
): string {
  const { password = 'secret', ...rest } = parts;
  const { realm, nonce, algorithm } = challenge;
  const given = { username: 'ann', realm, nonce, algorithm, uri, qop: 'auth', nc: 1, cnonce: 'c' } as const;
  const open = { ...given, opaque: undefined, ...rest };
  const ha1 = hashPassword(algorithm, open.username, realm, password);
  return `Authorization: ${printCredentials({ ...open, response: digestResponse(open, ha1, 'INVITE', new Uint8Array(0)) })}`;
}

/** Challenged once; the first challenge. */
function challenged(harness: StackHarness): Challenge {
  harness.receive(invite());
  return challenges(harness.last('401 INVITE'))[0] as Challenge;
}

function answerAll(
  harness: StackHarness,
  secret: Parameters<StackHarness['answerLookUp']>[1] = { password: 'secret' },
) {
  for (const { key } of harness.lookUps.splice(0)) harness.answerLookUp(key, secret);
}

describe('a challenge', () => {
  it('offers SHA-256 before MD5, and leaves nothing behind', () => {
    const harness = server();
    harness.receive(invite());
    expect(harness.lines).toEqual(['SIP/2.0 401 Unauthorized']);
    const offered = challenges(harness.last('401 INVITE'));
    expect(offered).toMatchObject([
      { realm: 'here', algorithm: 'SHA-256', qop: 'auth', stale: false },
      { realm: 'here', algorithm: 'MD5', qop: 'auth', stale: false },
    ]);
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, usages: 0, deadlines: 0 });
    expect(harness.eventTypes).toEqual([]);
  });

  it('is what everything gets that is no answer to one of ours', () => {
    const harness = server({ algorithms: ['SHA-256'] });
    const challenge = challenged(harness);
    const wrong = [
      'Authorization: Basic abc',
      'Authorization: Digest nonsense',
      credentials({ ...challenge, realm: 'elsewhere' }),
      credentials({ ...challenge, algorithm: 'MD5' }),
      credentials({ ...challenge, algorithm: 'SHA-256-sess' }),
      credentials(challenge).replace('Authorization', 'Proxy-Authorization'),
    ];
    for (const line of wrong) harness.receive(invite([line]));
    expect(harness.times('401 INVITE')).toHaveLength(1 + wrong.length);
    expect(harness.lookUps).toEqual([]);
  });

  it('is not for OPTIONS, nor for requests inside a dialog', () => {
    const harness = server();
    harness.receive(Buffer.from(Buffer.from(invite()).toString().replaceAll('INVITE', 'OPTIONS')));
    expect(harness.lines).toEqual(['SIP/2.0 200 OK']);
  });
});

describe('credentials', () => {
  it('that are right let the call in, after the user was found', () => {
    const harness = server();
    const request = invite([credentials(challenged(harness))]);
    harness.receive(request);
    expect(harness.lookUps).toMatchObject([{ username: 'ann', realm: 'here', algorithm: 'SHA-256' }]);
    harness.receive(request);
    harness.run(500);
    harness.receive(request);
    expect(harness.lookUps).toHaveLength(1);
    expect(harness.lines.slice(1)).toEqual([]);
    answerAll(harness);
    expect(harness.eventTypes).toEqual(['invite']);
    expect(harness.lines.slice(1)).toEqual(['SIP/2.0 100 Trying']);
    harness.receive(request);
    expect(harness.lookUps).toEqual([]);
  });

  it('are checked by a hash where the server holds no password', () => {
    const harness = server();
    harness.receive(invite([credentials(challenged(harness))]));
    answerAll(harness, { ha1: hashPassword('SHA-256', 'ann', 'here', 'secret').toUpperCase() });
    expect(harness.eventTypes).toEqual(['invite']);
  });

  it.each([
    ['a wrong password', { password: 'other' }, { password: 'secret' }],
    ['a user who does not exist', {}, undefined],
    ['a user who does not exist, with the empty password', { password: '' }, undefined],
    ['a user without a secret', { password: '' }, {}],
  ])('of %s get 403', (_, parts, secret) => {
    const harness = server();
    harness.receive(invite([credentials(challenged(harness), parts)]));
    for (const { key } of harness.lookUps) harness.answerLookUp(key, secret);
    expect(harness.lines.at(-1)).toBe('SIP/2.0 403 Forbidden');
    expect(harness.eventTypes).toEqual([]);
    expect(harness.stack.counts()).toMatchObject({ transactions: 0, usages: 0, deadlines: 0 });
  });

  it('that are replayed get a new nonce and no call', () => {
    const harness = server();
    const line = credentials(challenged(harness));
    harness.receive(invite([line]));
    answerAll(harness);
    harness.receive(invite([line]));
    answerAll(harness);
    expect(harness.eventTypes).toEqual(['invite']);
    expect(challenges(harness.last('401 INVITE'))[0]?.stale).toBe(true);
  });

  it('with an old nonce get stale=true, and the new one serves', () => {
    const harness = server();
    const old = challenged(harness);
    harness.run(301_000);
    harness.receive(invite([credentials(old)]));
    answerAll(harness);
    const [fresh] = challenges(harness.last('401 INVITE'));
    expect(fresh).toMatchObject({ stale: true });
    harness.receive(invite([credentials(fresh as Challenge)]));
    answerAll(harness);
    expect(harness.eventTypes).toEqual(['invite']);
  });

  it('are used on with a growing count, and without qop once', () => {
    const harness = server();
    const challenge = challenged(harness);
    for (const nc of [1, 2]) harness.receive(invite([credentials(challenge, { nc })]));
    harness.receive(invite([credentials(challenged(harness), { qop: 'none', nc: 0, cnonce: '' })]));
    answerAll(harness);
    expect(harness.eventTypes).toEqual(['invite', 'invite', 'invite']);
  });

  it('of another request do not serve: the method is part of the hash', () => {
    const harness = server();
    const line = credentials(challenged(harness)).replace(/uri="[^"]*"/, 'uri="sip:other@10.0.0.1"');
    harness.receive(invite([line]));
    answerAll(harness);
    expect(harness.lines.at(-1)).toBe('SIP/2.0 403 Forbidden');
  });
});

describe('looking for a user', () => {
  it('that fails is answered 500, and that takes too long 503', () => {
    const harness = server();
    const challenge = challenged(harness);
    harness.receive(invite([credentials(challenge)]));
    answerAll(harness, 'error');
    expect(harness.lines.at(-1)).toBe('SIP/2.0 500 Server Internal Error');
    harness.receive(invite([credentials(challenge)]));
    const [{ key } = { key: '' }] = harness.lookUps;
    harness.run(32_000);
    expect(harness.lines.at(-1)).toBe('SIP/2.0 503 Service Unavailable');
    harness.answerLookUp(key, { password: 'secret' });
    expect(harness.eventTypes).toEqual([]);
    expect(harness.stack.counts().deadlines).toBe(0);
  });

  it('is done for so many at a time', () => {
    const harness = server({}, { limits: { maxPendingInvites: 2, retryAfterS: 9 } });
    const challenge = challenged(harness);
    for (const nc of [1, 2, 3]) harness.receive(invite([credentials(challenge, { nc })]));
    expect(harness.lookUps).toHaveLength(2);
    const refused = harness.last('503 INVITE');
    expect([startLine(refused), field(refused, 'Retry-After')]).toEqual(['SIP/2.0 503 Service Unavailable', '9']);
    harness.stack.close(harness.nowMs);
    expect(harness.stack.counts().deadlines).toBe(0);
  });
});

describe('the configuration', () => {
  it.each([{ realm: '' }, { realm: 'a\nb' }, { algorithms: [] }, { algorithms: ['SHA-1' as 'MD5'] }])(
    'refuses %j',
    (wrong) => {
      expect(() => server(wrong)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
    },
  );
});
