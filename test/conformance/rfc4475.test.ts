/**
 * What becomes of each message of RFC 4475 in the parser: accepted, answered, or (responses) discarded. The table is written from the RFC's
 * text; where that leaves a choice, the answer is 400. `mend` takes the one fault away, and then the message must be accepted: it
 * was refused for that fault and no other.
 */
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../src/dialog-core/message/index.js';
import { torture, tortureNames } from '../support/torture.js';

type Mend = readonly (readonly [find: string | RegExp, replacement: string])[];

/** Accepted; with `above`, what a layer above the parser makes of it. */
const accepted: Readonly<Record<string, { section: string; above?: string }>> = {
  wsinv: { section: '3.1.1.1' },
  intmeth: { section: '3.1.1.2', above: 'an unknown method: 501 or 405' },
  esc01: { section: '3.1.1.3' },
  escnull: { section: '3.1.1.4', above: 'REGISTER: 405 where there is no registrar' },
  esc02: { section: '3.1.1.5', above: 'the method is not REGISTER: 501 or 405' },
  lwsdisp: { section: '3.1.1.6' },
  longreq: { section: '3.1.1.7' },
  dblreq: { section: '3.1.1.8', above: 'the second message in the datagram is ignored' },
  semiuri: { section: '3.1.1.9' },
  transports: { section: '3.1.1.10' },
  mpart01: { section: '3.1.1.11', above: 'MESSAGE: 405 until it is known' },
  unreason: { section: '3.1.1.12', above: 'no transaction: ignored' },
  noreason: { section: '3.1.1.13', above: 'no transaction: ignored' },
  unksm2: { section: '3.3.4', above: 'a registrar answers 400, since To is no SIP address' },
  bext01: { section: '3.3.5', above: '420 with Unsupported' },
  invut: { section: '3.3.6', above: '415 with Accept' },
  regaut01: { section: '3.3.7', above: 'a registrar challenges as if there were no credentials' },
  bcast: { section: '3.3.10', above: 'more than one Via in a response: discarded by a user agent (RFC 3261 8.1.3.3)' },
  zeromf: { section: '3.3.11', above: 'a user agent answers; a proxy says 483' },
  cparam01: { section: '3.3.12' },
  cparam02: { section: '3.3.13' },
  regescrt: { section: '3.3.14' },
  sdp01: { section: '3.3.15', above: '406, since no body that we write is acceptable' },
  inv2543: { section: '3.4.1', above: 'matched to transactions without a branch (RFC 3261 17.2.3)' },
};

/** Refused requests; all of them leave a message to answer. */
const answered: Readonly<Record<string, { section: string; status: number; code: string; mend: Mend }>> = {
  badinv01: {
    section: '3.1.2.1',
    status: 400,
    code: 'bad-via',
    mend: [
      ['192.0.2.15;;,;,,', '192.0.2.15'],
      ['<sip:joe@example.org>;;;;', '<sip:joe@example.org>'],
    ],
  },
  clerr: { section: '3.1.2.2', status: 400, code: 'body-too-short', mend: [['9999', '150']] },
  ncl: { section: '3.1.2.3', status: 400, code: 'bad-content-length', mend: [['-999', '150']] },
  scalar02: {
    section: '3.1.2.4',
    status: 400,
    code: 'bad-cseq',
    // The overlarge Expires and expires parameter stay: a registrar brings them down (RFC 3261 20.19).
    mend: [
      ['36893488147419103232', '2147483647'],
      ['Max-Forwards: 300', 'Max-Forwards: 255'],
    ],
  },
  quotbal: { section: '3.1.2.6', status: 400, code: 'bad-to', mend: [['Mr. J. User', 'Mr. J. User"']] },
  ltgtruri: {
    section: '3.1.2.7',
    status: 400,
    code: 'bad-request-uri',
    mend: [['INVITE <sip:user@example.com>', 'INVITE sip:user@example.com']],
  },
  lwsruri: { section: '3.1.2.8', status: 400, code: 'bad-request-line', mend: [['com; lr', 'com;lr']] },
  lwsstart: {
    section: '3.1.2.9',
    status: 400,
    code: 'bad-request-line',
    mend: [['INVITE  sip:user@example.com  ', 'INVITE sip:user@example.com ']],
  },
  trws: { section: '3.1.2.10', status: 400, code: 'bad-request-line', mend: [['SIP/2.0  \r\n', 'SIP/2.0\r\n']] },
  escruri: {
    section: '3.1.2.11',
    status: 400,
    code: 'request-uri-headers',
    mend: [['?Route=%3Csip:example.com%3E', '']],
  },
  baddate: { section: '3.1.2.12', status: 400, code: 'bad-date', mend: [['EST', 'GMT']] },
  regbadct: { section: '3.1.2.13', status: 400, code: 'bad-contact', mend: [[/Contact: (.*)/, 'Contact: <$1>']] },
  badaspec: {
    section: '3.1.2.14',
    status: 400,
    code: 'bad-to',
    mend: [['< sip:t.watson@example.org >', '<sip:t.watson@example.org>']],
  },
  baddn: {
    section: '3.1.2.15',
    status: 400,
    code: 'bad-from',
    mend: [
      ['Bell, Alexander', '"Bell, Alexander"'],
      ['Watson, Thomas', '"Watson, Thomas"'],
    ],
  },
  badvers: { section: '3.1.2.16', status: 505, code: 'bad-version', mend: [[/SIP\/7\.0/g, 'SIP/2.0']] },
  mismatch01: { section: '3.1.2.17', status: 400, code: 'cseq-method', mend: [['8 INVITE', '8 OPTIONS']] },
  mismatch02: { section: '3.1.2.18', status: 400, code: 'cseq-method', mend: [['8 INVITE', '8 NEWMETHOD']] },
  badbranch: { section: '3.2.1', status: 400, code: 'bad-branch', mend: [['z9hG4bK', 'z9hG4bK1']] },
  insuf: {
    section: '3.3.1',
    status: 400,
    code: 'missing-from',
    mend: [['CSeq:', 'From: <sip:a@b.com>;tag=1\r\nTo: <sip:c@d.com>\r\nCall-ID: 1\r\nCSeq:']],
  },
  unkscm: { section: '3.3.2', status: 416, code: 'unsupported-scheme', mend: [['nobodyKnowsThisScheme:', 'sip:']] },
  novelsc: { section: '3.3.3', status: 416, code: 'unsupported-scheme', mend: [['soap.beep://', 'sip:']] },
  multi01: {
    section: '3.3.8',
    status: 400,
    code: 'duplicate-header',
    mend: [
      ['CSeq: 59 INVITE\r\n', ''],
      ['Call-ID: multi01.98asdh@192.0.2.2\r\n', ''],
      ['To: sip:other@example.net\r\n', ''],
      ['From: sip:caller@example.net;tag=2923420123\r\n', ''],
      ['Max-Forwards: 5\r\n', ''],
    ],
  },
  mcl01: { section: '3.3.9', status: 400, code: 'duplicate-header', mend: [['Content-Length: 13\r\n', '']] },
};

/** Refused responses: nothing is owed. */
const discarded: Readonly<Record<string, { section: string; code: string; mend: Mend }>> = {
  scalarlg: { section: '3.1.2.5', code: 'bad-cseq', mend: [['9292394834772304023312', '1']] },
  bigcode: { section: '3.1.2.19', code: 'bad-status-line', mend: [['4294967301', '200']] },
};

function mended(name: string, mend: Mend): Buffer {
  const before = torture(name).toString('latin1');
  const after = mend.reduce((text, [find, replacement]) => {
    const next = text.replace(find, replacement);
    expect(next, `nothing to mend by ${find}`).not.toBe(text);
    return next;
  }, before);
  return Buffer.from(after, 'latin1');
}

it('the tables hold each of the 49 messages once', () => {
  const names = [...Object.keys(accepted), ...Object.keys(answered), ...Object.keys(discarded)];
  expect(names.sort()).toEqual([...tortureNames].sort());
  expect(names).toHaveLength(49);
  const sections = [...Object.values(accepted), ...Object.values(answered), ...Object.values(discarded)];
  expect(new Set(sections.map(({ section }) => section)).size).toBe(49);
});

describe('accepted', () => {
  it.each(Object.entries(accepted))('%s $section $above', (name) => {
    const result = parseMessage(torture(name));
    expect(result.ok ? 'ok' : result.error.code).toBe('ok');
  });
});

describe('answered', () => {
  it.each(Object.entries(answered))('%s', (name, { status, code, mend }) => {
    const result = parseMessage(torture(name));
    expect(result).toMatchObject({ ok: false, error: { status, code } });
    expect(result.message?.topVia.host).toMatch(/\w/);
    const again = parseMessage(mended(name, mend));
    expect(again.ok ? 'ok' : again.error.code).toBe('ok');
  });

  it.each(Object.entries(answered).filter(([, { mend }]) => mend.length > 1))(
    '%s for each of its faults',
    (name, { mend }) => {
      for (const left of mend) {
        const result = parseMessage(
          mended(
            name,
            mend.filter((other) => other !== left),
          ),
        );
        expect(result.ok, `with ${left[0]} left as it is`).toBe(false);
      }
    },
  );
});

describe('discarded', () => {
  it.each(Object.entries(discarded))('%s', (name, { code, mend }) => {
    const result = parseMessage(torture(name));
    expect(result).toMatchObject({ ok: false, error: { code } });
    expect(result.message).toBeUndefined();
    expect(parseMessage(mended(name, mend)).ok).toBe(true);
  });
});
