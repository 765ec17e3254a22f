import { describe, expect, it } from 'vitest';
import { decodePcma, decodePcmu, encodePcma, encodePcmu } from '../../support/pcmu.js';
import { sine, snrDb } from '../../support/tone.js';

const octets = Uint8Array.from({ length: 256 }, (_, index) => index);

describe('G.711 reference', () => {
  it.each([
    [0xff, 0],
    [0x7f, 0],
    [0xfe, 8],
    [0x7e, -8],
    [0xf0, 120],
    [0xef, 132],
    [0xe0, 372],
    [0x80, 32_124],
    [0x00, -32_124],
  ])('µ-law octet %i is %i', (octet, sample) => {
    expect(decodePcmu(Uint8Array.of(octet))[0]! + 0).toBe(sample);
  });

  it.each([
    [0xd5, 8],
    [0x55, -8],
    [0xd4, 24],
    [0xc5, 264],
    [0xf5, 528],
    [0xaa, 32_256],
    [0x2a, -32_256],
  ])('A-law octet %i is %i', (octet, sample) => {
    expect(decodePcma(Uint8Array.of(octet))[0]).toBe(sample);
  });

  it.each([
    ['µ-law', encodePcmu, decodePcmu],
    ['A-law', encodePcma, decodePcma],
  ] as const)('%s gives each octet back (minus zero as zero), and clips beyond the last', (_name, encode, decode) => {
    const samples = decode(octets);
    const again = encode(samples);
    for (const octet of octets) expect(again[octet]).toBe(samples[octet] === 0 ? 0xff : octet);
    const [top, bottom] = decode(encode(Int16Array.of(32_767, -32_768)));
    expect(top).toBe(Math.max(...samples));
    expect(bottom).toBe(Math.min(...samples));
  });

  it.each([
    ['µ-law', encodePcmu, decodePcmu],
    ['A-law', encodePcma, decodePcma],
  ] as const)('%s keeps a tone at the 34 dB or more that G.711 gives', (_name, encode, decode) => {
    for (const level of [-3, -10, -30]) {
      expect(snrDb(decode(encode(sine(1020, 1000, level))), 1020)).toBeGreaterThan(34);
    }
  });
});
