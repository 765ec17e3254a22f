/** Whatever arrives: no throw, an answer or a problem, in bounded time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyAnswer, createAnswer, createOffer, parseSdp, printSdp } from '../../../../src/media-core/sdp/index.js';
import { local, realWorld } from './samples.js';

/** Parses, and puts what parsed through everything that reads a peer's description. */
function exercise(input: string | Uint8Array): void {
  const result = parseSdp(input);
  if (!result.ok) {
    expect(result.problem.message).not.toBe('');
    return;
  }
  const { description } = result;
  const printed = printSdp(description);
  const again = parseSdp(printed, { maxBytes: 100_000, maxLines: 2000 });
  expect(again.ok && again.description).toEqual(description);
  const answered = createAnswer(local, description);
  if (answered.ok) {
    expect(answered.answer.media).toHaveLength(description.media.length);
    expect(parseSdp(printSdp(answered.answer), { maxBytes: 100_000 }).ok).toBe(true);
    const reoffer = createOffer(local, { local: answered.answer, remote: description });
    expect(reoffer.media).toHaveLength(description.media.length);
  } else {
    expect(answered.problem.status).toBe(488);
    expect(answered.problem.message).toMatch(/^[ -~]{1,600}$/);
  }
  applyAnswer(local, createOffer(local), description);
}

const sample = fc.constantFrom(...Object.values(realWorld));
const junk = fc.oneof(
  fc.string({ maxLength: 6, unit: 'binary' }),
  fc.constantFrom(
    '\r',
    '\n',
    '\0',
    '=',
    ':',
    '/',
    ' ',
    '-1',
    '65536',
    '99999999999999999999',
    'a=',
    'm=',
    'c=IN IP4 ',
    '\ufeff',
  ),
);

/** A real description with a few places overwritten. */
const mutated = fc
  .tuple(sample, fc.array(fc.tuple(fc.nat(), fc.nat(12), junk), { minLength: 1, maxLength: 8 }))
  .map(([text, edits]) =>
    edits.reduce((now, [at, cut, put]) => {
      const start = at % (now.length + 1);
      return now.slice(0, start) + put + now.slice(start + cut);
    }, text),
  );

/** A real description with its lines dropped, doubled and reordered. */
const shuffled = sample.chain((text) => {
  const parts = text.split('\r\n');
  return fc
    .array(fc.nat(parts.length - 1), { maxLength: 40 })
    .map((order) => ['v=0', ...order.map((index) => parts[index])].join('\r\n'));
});

describe('network input', () => {
  it('of any text never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), exercise), { numRuns: 500 });
  });

  it('of any bytes never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), exercise), { numRuns: 300 });
  });

  it('of mutated descriptions never throws, and what parses prints the same', () => {
    fc.assert(fc.property(mutated, exercise), { numRuns: 2000 });
  });

  it('of shuffled lines never throws, and what parses prints the same', () => {
    fc.assert(fc.property(shuffled, exercise), { numRuns: 1000 });
  });

  it.each([
    ['blanks', `v=0\r\no=${' '.repeat(30_000)}\r\n`],
    ['an endless m= line', `v=0\r\nm=audio 1 RTP/AVP ${'0 '.repeat(16_000)}\r\n`],
    ['colons', `v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\na=${':'.repeat(30_000)}\r\n`],
    [
      'an IPv6 address of colons',
      `v=0\r\no=- 1 1 IN IP6 ::\r\nc=IN IP6 ${':'.repeat(30_000)}\r\nm=audio 1 RTP/AVP 0\r\n`,
    ],
    ['rtpmaps', `v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\nm=audio 1 RTP/AVP 0\r\n${'a=rtpmap:0       \r\n'.repeat(900)}`],
    ['digits', `v=0\r\no=- ${'9'.repeat(30_000)} 1 IN IP4 198.51.100.7\r\n`],
  ])('of %s takes bounded time', (_name, text) => {
    const start = performance.now();
    for (let round = 0; round < 20; round += 1) exercise(text);
    // About a millisecond each; quadratic behaviour would take seconds.
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
