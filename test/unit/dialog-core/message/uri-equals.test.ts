import { describe, expect, it } from 'vitest';
import { parseUri, uriEquals } from '../../../../src/dialog-core/message/index.js';

function equal(a: string, b: string): boolean {
  const left = parseUri(a)!;
  const right = parseUri(b)!;
  expect(uriEquals(right, left)).toBe(uriEquals(left, right));
  return uriEquals(left, right);
}

// The first rows of both tables are the examples of RFC 3261 19.1.4.
describe('uriEquals', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:a@[2001:DB8::1]', 'sip:a@[2001:db8:0:0:0:0:0:1]'],
    ['sip:a@[::ffff:192.0.2.1]', 'sip:a@[::ffff:c000:201]'],
    ['sip:a@example.com.', 'sip:a@example.com'],
    ['sip:a@example.com?SUBJECT=x', 'sip:a@example.com?subject=x'],
    ['TEL:+1', 'tel:+1'],
  ])('%s is %s', (a, b) => {
    expect(equal(a, b)).toBe(true);
  });

  it.each([
    ['sip:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@example.com', 'sips:a@example.com'],
    ['sip:a@example.com', 'sip:example.com'],
    ['sip:a:b@example.com', 'sip:a@example.com'],
    ['sip:a:B@example.com', 'sip:a:b@example.com'],
    ['sip:a@example.com;user=phone', 'sip:a@example.com'],
    ['sip:a@example.com;ttl=1', 'sip:a@example.com'],
    ['sip:a@example.com;method=INVITE', 'sip:a@example.com'],
    ['sip:a@example.com;maddr=192.0.2.1', 'sip:a@example.com'],
    ['sip:a@example.com?x=1', 'sip:a@example.com?x=2'],
    ['sip:a@example.com?x=1', 'sip:a@example.com?x=1&y=1'],
    ['sip:a@[2001:db8::1]', 'sip:a@[2001:db8::2]'],
    ['tel:+1', 'tel:+2'],
    ['tel:example.com', 'sip:example.com'],
  ])('%s is not %s', (a, b) => {
    expect(equal(a, b)).toBe(false);
  });

  it('is not transitive, as the RFC says', () => {
    expect(equal('sip:c@e.com', 'sip:c@e.com;security=on')).toBe(true);
    expect(equal('sip:c@e.com', 'sip:c@e.com;security=off')).toBe(true);
    expect(equal('sip:c@e.com;security=on', 'sip:c@e.com;security=off')).toBe(false);
  });
});
