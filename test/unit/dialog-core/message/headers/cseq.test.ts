import { describe, expect, it } from 'vitest';
import { parseCSeq } from '../../../../../src/dialog-core/message/index.js';

describe('parseCSeq', () => {
  it.each([
    ['314159 INVITE', 314159, 'INVITE'],
    ['0 ACK', 0, 'ACK'],
    ['0009  \tINVITE ', 9, 'INVITE'],
    ['2147483647 BYE', 2147483647, 'BYE'],
    ["1 !interesting-Method0123456789_*+`.%indeed'~", 1, "!interesting-Method0123456789_*+`.%indeed'~"],
  ])('reads %j', (text, number, method) => {
    expect(parseCSeq(text)).toEqual({ number, method });
  });

  it.each([
    '',
    '1',
    'INVITE',
    '1INVITE',
    'INVITE 1',
    '-1 INVITE',
    '+1 INVITE',
    '1.5 INVITE',
    '0x1 INVITE',
    '2147483648 INVITE',
    '36893488147419103232 REGISTER',
    '1 INVITE x',
    '1 INV ITE',
    '1 INV@TE',
  ])('refuses %j', (text) => {
    expect(parseCSeq(text)).toBeUndefined();
  });
});
