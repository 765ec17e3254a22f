import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familyOf, isGroupAddress, isUnspecified } from '../../../../src/media-core/sdp/address.js';

/** The system's judgement, zones aside, which SDP does not have. */
function judged(text: string): string | undefined {
  if (text.includes('%')) return undefined;
  return [undefined, undefined, undefined, undefined, 'IP4', undefined, 'IP6'][isIP(text)];
}

const near = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.stringMatching(/^[0-9a-f:.]{0,30}$/),
  fc
    .array(fc.constantFrom('0', 'ffff', '1:', '::', ':', '255', '256', '.', '1.2.3.4', '01', 'g'), { maxLength: 12 })
    .map((parts) => parts.join('')),
);

describe('addresses', () => {
  it('are judged as the system judges them', () => {
    fc.assert(
      fc.property(near, (text) => {
        expect(familyOf(text)).toBe(judged(text));
      }),
      { numRuns: 3000 },
    );
  });

  it.each(['0.0.0.0', '::', '0:0:0:0:0:0:0:0'])('%s is unspecified', (text) => {
    expect(isUnspecified(text)).toBe(true);
  });

  it.each(['0.0.0.1', '::1', '0', ':', 'host'])('%s is not', (text) => {
    expect(isUnspecified(text)).toBe(false);
  });

  it('knows multicast and broadcast', () => {
    const groups = ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1', 'FF0E::1'];
    const hosts = ['223.255.255.255', '240.0.0.1', '198.51.100.7', 'fe80::1', '2001:db8::1'];
    expect(groups.map(isGroupAddress)).toEqual(groups.map(() => true));
    expect(hosts.map(isGroupAddress)).toEqual(hosts.map(() => false));
  });
});
