import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededIds } from '../../../src/base/ids.js';
import { ClientAuth, digestHash, digestResponse, hashPassword } from '../../../src/dialog-core/auth.js';
import {
  algorithms,
  type DigestAlgorithm,
  type DigestCredentials,
  parseChallenge,
  parseCredentials,
  printChallenge,
  printCredentials,
  type Qop,
} from '../../../src/dialog-core/auth-challenge.js';
import type { SipResponse } from '../../../src/dialog-core/types.js';
import { parse } from '../../support/sip-stack.js';
import { sip } from '../../support/sip-text.js';

const none = new Uint8Array(0);

function refusal(status: 401 | 407, ...challenges: string[]): SipResponse {
  const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  const lines = ['Via: SIP/2.0/UDP a;branch=z9hG4bKx', 'From: <sip:a@b>;tag=1', 'To: <sip:a@b>;tag=2', 'Call-ID: c'];
  const head = [`SIP/2.0 ${status} Who are you`, ...lines, 'CSeq: 1 INVITE'];
  return parse(sip([...head, ...challenges.map((text) => `${name}: ${text}`)]), 'response');
}

function client(realm?: string): ClientAuth {
  return new ClientAuth({ username: 'bob', password: 'zanzibar', ...(realm && { realm }) }, seededIds(1));
}

function credentialsOf(auth: ClientAuth, method = 'INVITE', body = none): DigestCredentials[] {
  const headers = auth.headers(method, 'sip:bob@biloxi.com', body);
  return headers.map(([, value]) => parseCredentials(value) as DigestCredentials);
}

describe('published vectors', () => {
  const mufasa = {
    username: 'Mufasa',
    realm: 'http-auth@example.org',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    uri: '/dir/index.html',
    nc: 1,
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    qop: 'auth',
  } as const;

  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('RFC 7616 3.9.1, %s', (algorithm, expected) => {
    const ha1 = hashPassword(algorithm, 'Mufasa', mufasa.realm, 'Circle of Life');
    expect(digestResponse({ ...mufasa, algorithm }, ha1, 'GET', none)).toBe(expected);
  });

  it('RFC 2617 3.5', () => {
    const realm = 'testrealm@host.com';
    const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';
    const given = { ...mufasa, realm, nonce, cnonce: '0a4f113b', algorithm: 'MD5' } as const;
    const ha1 = hashPassword('MD5', 'Mufasa', realm, 'Circle Of Life');
    expect(digestResponse(given, ha1, 'GET', none)).toBe('6629fae49393a05397450978507c4ef1');
  });

  it('FIPS 180-4: SHA-512/256, which is no SHA-512 cut short', () => {
    expect(digestHash('SHA-512-256', '')).toBe('c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a');
    expect(digestHash('SHA-512-256-sess', 'abc')).toBe(
      '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23',
    );
  });

  it('-sess hashes nonce and cnonce into the key, auth-int the body, and no qop leaves the count out', () => {
    const given = { ...mufasa, algorithm: 'MD5-sess' } as const;
    const md5 = (text: string): string => digestHash('MD5', text);
    const ha1 = md5(`Mufasa:${mufasa.realm}:Circle of Life`);
    const tail = `${mufasa.nonce}:00000001:${mufasa.cnonce}`;
    const session = md5(`${ha1}:${mufasa.nonce}:${mufasa.cnonce}`);
    const ha2 = md5('GET:/dir/index.html');
    expect(digestResponse(given, ha1, 'GET', none)).toBe(md5(`${session}:${tail}:auth:${ha2}`));
    const body = Buffer.from('v=0');
    const whole = md5(`GET:/dir/index.html:${md5('v=0')}`);
    expect(digestResponse({ ...given, algorithm: 'MD5', qop: 'auth-int' }, ha1, 'GET', body)).toBe(
      md5(`${ha1}:${tail}:auth-int:${whole}`),
    );
    expect(digestResponse({ ...given, algorithm: 'MD5', qop: 'none' }, ha1, 'GET', none)).toBe(
      md5(`${ha1}:${mufasa.nonce}:${ha2}`),
    );
  });
});

describe('the text', () => {
  it('reads a challenge in any case, order and spacing', () => {
    const text = 'digest  QOP="auth-int,auth" , nonce="n\\"1",Realm="a, b",  STALE=TRUE,algorithm=sha-256, opaque="o"';
    expect(parseChallenge(text)).toEqual({
      realm: 'a, b',
      nonce: 'n"1',
      opaque: 'o',
      algorithm: 'SHA-256',
      qop: 'auth',
      stale: true,
    });
  });

  it('takes MD5 and no qop where nothing is said', () => {
    expect(parseChallenge('Digest realm="r", nonce="n"')).toMatchObject({
      algorithm: 'MD5',
      qop: 'none',
      stale: false,
    });
  });

  it.each([
    'Basic realm="r"',
    'Digest',
    'Digest realm="r"',
    'Digest nonce="n"',
    'Digest realm="r", nonce="n", algorithm=AKAv1-MD5',
    'Digest realm="r", nonce="n", qop="other"',
    'Digest realm="r", nonce="n',
    'Digest realm="r", realm="s", nonce="n"',
  ])('cannot answer %s', (text) => {
    expect(parseChallenge(text)).toBeUndefined();
  });

  it.each([
    'Digest username="u", realm="r", nonce="n", uri="sip:a", response="xyz"',
    'Digest username="u", realm="r", nonce="n", uri="sip:a"',
    'Digest username="u", realm="r", nonce="n", uri="sip:a", response="ab", qop=auth, cnonce="c"',
    'Digest username="u", realm="r", nonce="n", uri="sip:a", response="ab", qop=auth, nc=1, cnonce="c"',
    'Digest username="u", realm="r", nonce="n", uri="sip:a", response="ab", qop=auth, nc=00000001',
  ])('does not take %s for credentials', (text) => {
    expect(parseCredentials(text)).toBeUndefined();
  });

  const text = fc.string({ unit: 'grapheme' }).map((each) => each.replace(/\p{C}/gu, ''));
  const algorithm = fc.constantFrom<DigestAlgorithm>(...algorithms);
  const qop = fc.constantFrom<Qop>('auth', 'auth-int', 'none');

  it('what is printed reads back, quotes and all', () => {
    const opaque = fc.option(text, { nil: undefined });
    const challenge = fc.record({ realm: text, nonce: text, opaque, algorithm, qop, stale: fc.boolean() });
    fc.assert(
      fc.property(challenge, (given) => {
        expect(parseChallenge(printChallenge(given))).toEqual(given);
      }),
    );
    const credentials = fc.record({
      ...{ username: text, realm: text, nonce: text, uri: text, algorithm, qop, opaque },
      ...{ response: fc.constant('00ff'), nc: fc.integer({ min: 1, max: 0xffffffff }), cnonce: fc.constant('c') },
    });
    fc.assert(
      fc.property(credentials, (given) => {
        const nc = given.qop === 'none' ? 0 : given.nc;
        expect(parseCredentials(printCredentials(given))).toEqual({ ...given, nc });
      }),
    );
  });

  it('no input throws', () => {
    const piece = fc.constantFrom(
      'Digest ',
      'realm=',
      '"',
      '\\',
      ',',
      ';',
      'nonce="',
      '=',
      ' ',
      'qop=auth',
      '\r\n',
      '\0',
    );
    const noise = fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(noise, fc.string({ unit: 'binary' })), (given) => {
        for (const each of [given, `Digest ${given}`]) {
          parseChallenge(each);
          parseCredentials(each);
        }
      }),
    );
  });
});

describe('the client', () => {
  const md5 = 'Digest realm="r", nonce="n1", qop="auth", algorithm=MD5';

  it('says nothing before it is asked, then answers with a growing count and one cnonce', () => {
    const auth = client();
    expect(auth.headers('INVITE', 'sip:bob@biloxi.com')).toEqual([]);
    expect(auth.attempt().accept(refusal(401, md5))).toBe(true);
    const [first] = credentialsOf(auth);
    const [second] = credentialsOf(auth, 'BYE');
    expect(first).toMatchObject({ username: 'bob', realm: 'r', nonce: 'n1', uri: 'sip:bob@biloxi.com', nc: 1 });
    expect(second).toMatchObject({ nc: 2, cnonce: first?.cnonce });
    const ha1 = hashPassword('MD5', 'bob', 'r', 'zanzibar');
    expect(second?.response).toBe(digestResponse(second as DigestCredentials, ha1, 'BYE', none));
  });

  it('repeats those of the INVITE in its ACK', () => {
    const auth = client();
    auth.attempt().accept(refusal(407, md5));
    const invite = auth.headers('INVITE', 'sip:x@y');
    auth.headers('OPTIONS', 'sip:x@y');
    expect(invite[0]?.[0]).toBe('Proxy-Authorization');
    expect(auth.headers('ACK', 'sip:x@y')).toEqual(invite);
  });

  it('takes the strongest of several', () => {
    const auth = client();
    const others = ['SHA-256', 'SHA-512-256', 'AKAv2-MD5'].map((name) => md5.replace('=MD5', `=${name}`));
    auth.attempt().accept(refusal(401, md5, ...others));
    expect(credentialsOf(auth)).toMatchObject([{ algorithm: 'SHA-512-256' }]);
  });

  it('answers a realm once, and again when the nonce was stale, but not for ever', () => {
    const auth = client();
    const attempt = auth.attempt();
    expect(attempt.accept(refusal(401, md5))).toBe(true);
    expect(attempt.accept(refusal(401, md5.replace('n1', 'n2')))).toBe(false);
    const other = auth.attempt();
    const stale = `${md5}, stale=true`;
    expect([1, 2, 3, 4, 5, 6, 7].map(() => other.accept(refusal(401, stale)))).toEqual([
      ...[true, true, true, true, true],
      ...[false, false],
    ]);
  });

  it('answers a proxy and the server behind it together', () => {
    const auth = client();
    const attempt = auth.attempt();
    expect(attempt.accept(refusal(407, md5))).toBe(true);
    expect(attempt.accept(refusal(401, md5))).toBe(true);
    expect(auth.headers('INVITE', 'sip:x@y').map(([name]) => name)).toEqual(['Proxy-Authorization', 'Authorization']);
  });

  it('leaves other realms, other statuses and unknown schemes alone', () => {
    expect(client('mine').attempt().accept(refusal(401, md5))).toBe(false);
    expect(client('r').attempt().accept(refusal(401, md5))).toBe(true);
    expect(client().attempt().accept(refusal(401, 'Basic realm="r"'))).toBe(false);
    expect(client().attempt().accept(refusal(401))).toBe(false);
  });

  it('hashes the body where the server insists', () => {
    const auth = client();
    auth.attempt().accept(refusal(401, md5.replace('"auth"', '"auth-int"')));
    const body = Buffer.from('v=0\r\n');
    const [given] = credentialsOf(auth, 'INVITE', body);
    const ha1 = hashPassword('MD5', 'bob', 'r', 'zanzibar');
    expect(given?.qop).toBe('auth-int');
    expect(given?.response).toBe(digestResponse(given as DigestCredentials, ha1, 'INVITE', body));
    expect(given?.response).not.toBe(digestResponse(given as DigestCredentials, ha1, 'INVITE', none));
  });
});
