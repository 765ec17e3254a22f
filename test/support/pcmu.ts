/**
 * A small reference of G.711, for tests only and independent of the engine's: written down from the decision and output values of the
 * Recommendation's tables instead of bit tricks. Decision value n is where the code's interval begins, the output value is its middle.
 * Samples are 16 bit: the 14 bits of µ-law times 4, the 13 bits of A-law times 8. Negative samples are coded by their magnitude; coders
 * that shift two's complement down to 14 or 13 bits first put a few negative decision values one sample off, compare with a tolerance.
 */

interface Law {
  /** Where the interval of each magnitude code begins; ascending, 128 of them. */
  readonly decisions: readonly number[];
  readonly outputs: readonly number[];
  /** Turns {sign, magnitude code} into the octet on the wire. */
  toOctet(negative: boolean, magnitude: number): number;
  fromOctet(octet: number): { readonly negative: boolean; readonly magnitude: number };
}

function law(intervals: readonly number[], toOctet: Law['toOctet'], fromOctet: Law['fromOctet']): Law {
  const outputs = intervals.slice(0, -1).map((start, index) => (start + (intervals[index + 1] as number)) / 2);
  return { decisions: intervals.slice(0, -1), outputs, toOctet, fromOctet };
}

/** µ-law: sixteen steps in each of eight segments, each twice as wide; the first decision value is half a step below zero. */
const mu = law(
  Array.from({ length: 129 }, (_, code) => (16 + (code % 16)) * 8 * 2 ** Math.floor(code / 16) - 132),
  (negative, magnitude) => (negative ? 0x7f : 0xff) - magnitude,
  (octet) => ({ negative: octet < 0x80, magnitude: 0x7f - (octet & 0x7f) }),
);

/** A-law: the first two segments have the same step; even bits are inverted on the wire. */
const a = law(
  Array.from({ length: 129 }, (_, code) =>
    code < 16 ? code * 16 : (16 + (code % 16)) * 16 * 2 ** (Math.floor(code / 16) - 1),
  ),
  (negative, magnitude) => ((negative ? 0 : 0x80) | magnitude) ^ 0x55,
  (octet) => ({ negative: ((octet ^ 0x55) & 0x80) === 0, magnitude: (octet ^ 0x55) & 0x7f }),
);

function encode({ decisions, toOctet }: Law, pcm: Int16Array): Uint8Array {
  return Uint8Array.from(pcm, (sample) => {
    const size = Math.abs(sample);
    const above = decisions.findIndex((start) => start > size);
    return toOctet(sample < 0, (above < 0 ? decisions.length : above) - 1);
  });
}

function decode({ outputs, fromOctet }: Law, octets: Uint8Array): Int16Array {
  return Int16Array.from(octets, (octet) => {
    const { negative, magnitude } = fromOctet(octet);
    const size = outputs[magnitude] as number;
    return negative ? -size : size;
  });
}

export const encodePcmu = (pcm: Int16Array): Uint8Array => encode(mu, pcm);
export const decodePcmu = (octets: Uint8Array): Int16Array => decode(mu, octets);
export const encodePcma = (pcm: Int16Array): Uint8Array => encode(a, pcm);
export const decodePcma = (octets: Uint8Array): Int16Array => decode(a, octets);
