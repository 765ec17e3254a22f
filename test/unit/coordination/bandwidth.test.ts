import { expect, it } from 'vitest';
import { bandwidthOf } from '../../../src/coordination/bandwidth.js';

it('counts payload and headers of one direction', () => {
  // RFC 3551 4.5.14 and 40 bytes of headers 50 times a second.
  expect(bandwidthOf('pcmu')).toBe(80);
  expect(bandwidthOf('pcma', 10)).toBe(96);
  expect(bandwidthOf('opus')).toBeLessThan(bandwidthOf('pcmu'));
  expect(bandwidthOf('something new')).toBe(144);
});
