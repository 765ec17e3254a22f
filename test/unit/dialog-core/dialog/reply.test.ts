import { expect, test } from 'vitest';
import { parseReason } from '../../../../src/dialog-core/dialog/reason.js';
import { amendVia, hostPort, replyFlow, replyHead } from '../../../../src/dialog-core/dialog/reply.js';
import { type Flow, parseMessage } from '../../../../src/dialog-core/index.js';
import { peerInvite } from '../../../support/sip-dialogs.js';
import { parse } from '../../../support/sip-stack.js';
import { sip } from '../../../support/sip-text.js';

const source = { address: '203.0.113.5', port: 41_000 };

test.each([
  ['the same host', 'SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKa', 'SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKa'],
  [
    'another host',
    'SIP/2.0/UDP a.example;branch=z9hG4bKa',
    'SIP/2.0/UDP a.example;branch=z9hG4bKa;received=203.0.113.5',
  ],
  ['rport asked', 'SIP/2.0/UDP a;rport;branch=b', 'SIP/2.0/UDP a;rport=41000;branch=b;received=203.0.113.5'],
  ['rport asked last', 'SIP/2.0/UDP a;branch=b ; RPORT', 'SIP/2.0/UDP a;branch=b ;rport=41000;received=203.0.113.5'],
  [
    'rport from the same host',
    'SIP/2.0/UDP 203.0.113.5;rport;branch=b',
    'SIP/2.0/UDP 203.0.113.5;rport=41000;branch=b;received=203.0.113.5',
  ],
  ['a received of its own', 'SIP/2.0/UDP 203.0.113.5;received=1.2.3.4;branch=b', 'SIP/2.0/UDP 203.0.113.5;branch=b'],
  ['a parameter like it', 'SIP/2.0/UDP 203.0.113.5;rportal=x;branch=b', 'SIP/2.0/UDP 203.0.113.5;rportal=x;branch=b'],
  ['not a Via', 'nonsense', 'nonsense'],
])('the top Via of %s (RFC 3261 18.2.1, RFC 3581 4)', (_what, via, amended) => {
  expect(amendVia(via, source)).toBe(amended);
});

test.each([
  ['tcp', 'SIP/2.0/TCP 10.0.0.9:5070;branch=b', { port: 5070 }],
  ['tcp', 'SIP/2.0/TCP 10.0.0.9;branch=b;rport', { port: 5060 }],
  ['tls', 'SIP/2.0/TLS peer.example;branch=b;rport', { port: 5061, serverName: 'peer.example' }],
] as const)(
  'over %s a response to %s has its connection, and a way for when that is gone (18.2.2)',
  (transport, via, way) => {
    const { port, ...rest } = way;
    const flow: Flow = { transport, listener: 0, local: source, remote: source, connection: 3 };
    const head = [
      'OPTIONS sip:a SIP/2.0',
      `Via: ${via}`,
      'From: <sip:a>;tag=1',
      'To: <sip:a>',
      'Call-ID: 1',
      'CSeq: 1 OPTIONS',
    ];
    const back = replyFlow(parse(sip(head), 'request'), flow);
    expect(back).toEqual({ ...flow, remote: { address: source.address, port }, ...rest });
  },
);

test('a Via of an IPv6 source', () => {
  const from = { address: '2001:db8::5', port: 5060 };
  expect(amendVia('SIP/2.0/UDP [2001:db8::5];branch=b', from)).toBe('SIP/2.0/UDP [2001:db8::5];branch=b');
  expect(amendVia('SIP/2.0/UDP a;branch=b', from)).toBe('SIP/2.0/UDP a;branch=b;received=2001:db8::5');
  const zoned = { address: 'fe80::5%eth0', port: 5060 };
  expect(amendVia('SIP/2.0/UDP a;branch=b', zoned)).toBe('SIP/2.0/UDP a;branch=b;received=fe80::5');
  expect(hostPort('2001:db8::5', 5060)).toBe('[2001:db8::5]:5060');
});

test.each([
  ['SIP;cause=200;text="Call completed elsewhere"', { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' }],
  ['Q.850 ;cause=16', { protocol: 'Q.850', cause: 16, text: undefined }],
  ['SIP', { protocol: 'SIP', cause: undefined, text: undefined }],
  ['SIP;cause=many', { protocol: 'SIP', cause: undefined, text: undefined }],
  [';cause=1', undefined],
])('Reason %s (RFC 3326)', (value, expected) => {
  const more = ['Contact: <sip:peer@10.0.0.9>', `Reason: ${value}`];
  expect(parseReason(parse(peerInvite({ more }), 'request'))).toEqual(expected);
});

test('no Reason is none', () => {
  expect(parseReason(parse(peerInvite(), 'request'))).toBeUndefined();
});

test('a reply to a request that lacks headers repeats those that it has', () => {
  const text = Buffer.from(peerInvite())
    .toString()
    .replace(/To: .*\r\n/, '')
    .replace(/Call-ID: .*\r\n/, '');
  const parsed = parseMessage(Buffer.from(text));
  if (parsed.ok || parsed.message?.kind !== 'request') throw new Error('it was readable');
  const head = replyHead(parsed.message, source, 'tag');
  expect(head.map(([name]) => name)).toEqual(['Via', 'From', 'CSeq']);
});
