import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSdp, printSdp, type SessionDescription } from '../../../../src/media-core/sdp/index.js';
import { baresip, lines, parsed, realWorld } from './samples.js';

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+./-]{1,12}$/);
const family = fc.constantFrom('IP4' as const, 'IP6' as const);
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const attribute = fc.tuple(fc.stringMatching(/^[a-z][a-z-]{0,10}$/), fc.option(value, { nil: undefined }));
const section = {
  bandwidths: fc.array(fc.record({ type: fc.constantFrom('AS', 'CT', 'RS'), value: fc.nat() }), { maxLength: 2 }),
  attributes: fc.array(attribute, { maxLength: 6 }),
};
const connection = fc.record({ family, address: token });

/** Any description that this library could hold. */
const description: fc.Arbitrary<SessionDescription> = fc.record(
  {
    origin: fc.record({ username: token, sessionId: token, sessionVersion: token, family, address: token }),
    sessionName: value,
    connection,
    timings: fc.array(fc.constantFrom('0 0', '3034423619 3042462419'), { minLength: 1, maxLength: 2 }),
    media: fc.array(
      fc.record(
        {
          kind: fc.constantFrom('audio', 'video', 'application'),
          port: fc.nat(65_535),
          portCount: fc.integer({ min: 1, max: 9 }),
          protocol: token,
          formats: fc.array(token, { minLength: 1, maxLength: 5 }),
          connection,
          ...section,
        },
        { requiredKeys: ['kind', 'port', 'portCount', 'protocol', 'formats', 'bandwidths', 'attributes'] },
      ),
      { maxLength: 4 },
    ),
    ...section,
  },
  { requiredKeys: ['origin', 'sessionName', 'timings', 'media', 'bandwidths', 'attributes'] },
);

describe('printSdp', () => {
  it('prints the lines in the order of RFC 8866 5', () => {
    const text = lines(
      'v=0',
      'o=- 1 2 IN IP6 2001:db8::7',
      's=-',
      'c=IN IP6 2001:db8::7',
      'b=CT:64',
      't=0 0',
      'a=recvonly',
      'm=audio 5004/2 RTP/AVP 0 8',
      'c=IN IP6 2001:db8::8',
      'b=AS:64',
      'a=rtpmap:0 PCMU/8000',
    );
    expect(printSdp(parsed(text))).toBe(text);
  });

  it.each(Object.entries(realWorld))('is stable on what %s sends', (_name, text) => {
    const once = printSdp(parsed(text));
    expect(parsed(once)).toEqual(parsed(text));
    expect(printSdp(parsed(once))).toBe(once);
  });

  it('gives back every description it printed', () => {
    fc.assert(
      fc.property(description, (any) => {
        const result = parseSdp(printSdp(any));
        expect(result.ok && result.description).toEqual(any);
      }),
    );
  });

  it.each(['\r\n', '\n', '\r', '\0'])('refuses a field with %j in it', (bad) => {
    const good = parsed(baresip);
    expect(() => printSdp({ ...good, sessionName: `x${bad}a=evil` })).toThrow(/line end/);
  });
});
