import { expect, test } from 'vitest';
import { answerStun, isStun } from '../../../../src/dialog-core/transport/stun.js';

const transaction = 'b7e7a701bc34d686fa87dfae';
const request = (length: number, attributes = ''): Buffer =>
  Buffer.from(`0001${length.toString(16).padStart(4, '0')}2112a442${transaction}${attributes}`, 'hex');

test('a Binding request is answered with the address it came from, as RFC 5769 2.2 and 2.3 write it', () => {
  const v4 = answerStun(request(0), { address: '192.0.2.1', port: 32_853 });
  expect(v4?.toString('hex')).toBe(`0101000c2112a442${transaction}002000080001a147e112a643`);
  const v6 = answerStun(request(0), { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 });
  expect(v6?.toString('hex')).toBe(`010100182112a442${transaction}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`);
});

test('attributes that ask for nothing are read over, those that must be understood get 420', () => {
  expect(answerStun(request(8, '8022000461626364'), { address: '192.0.2.1', port: 1 })?.readUInt16BE(0)).toBe(0x0101);
  const refused = answerStun(request(8, '7fff000161000000'), { address: '192.0.2.1', port: 1 });
  expect(refused?.subarray(20).toString('hex')).toBe('000900040000' + '0414' + '000a00027fff0000');
});

test('what is broken or no request gets nothing', () => {
  const remote = { address: '192.0.2.1', port: 1 };
  for (const bytes of [request(4), request(3, '616161'), request(4, '80220008'), request(2, '8022')]) {
    expect(answerStun(bytes, remote)).toBeUndefined();
  }
  const success = request(0);
  success.writeUInt16BE(0x0101, 0);
  expect(isStun(success)).toBe(true);
  expect(answerStun(success, remote)).toBeUndefined();
});

test('SIP is no STUN', () => {
  expect(isStun(Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n\r\n'))).toBe(false);
  expect(isStun(Buffer.from('\r\n\r\n'))).toBe(false);
  expect(isStun(Buffer.alloc(20))).toBe(false);
});
