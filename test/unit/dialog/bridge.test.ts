import { describe, expect, it } from 'vitest';
import { DialogBridge } from '../../../src/dialog/bridge.js';
import {
  type DialogCoreEvent,
  parseMessage,
  type SipRequest,
  type SipResponse,
} from '../../../src/dialog-core/index.js';

const headers = [
  'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1',
  'Max-Forwards: 70',
  'From: "Alice" <sip:alice@10.0.0.1>;tag=a',
  'To: <sip:bob@10.0.0.2>;tag=b',
  'Call-ID: c1',
];

function message(start: string, cseq: string, body = '', type = 'application/sdp'): SipRequest & SipResponse {
  const lines = [
    start,
    ...headers,
    `CSeq: ${cseq}`,
    ...(body ? [`Content-Type: ${type}`] : []),
    `Content-Length: ${body.length}`,
  ];
  const parsed = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`));
  if (!parsed.ok) throw new Error(parsed.error.reason);
  return parsed.message as SipRequest & SipResponse;
}

const invite = message('INVITE sip:bob@10.0.0.2 SIP/2.0', '1 INVITE', 'v=0', 'Application/SDP;charset=utf-8');
const ok = message('SIP/2.0 200 OK', '1 INVITE', 'v=0');
const flow = {
  transport: 'udp' as const,
  listener: 1,
  local: { address: '10.0.0.2', port: 5060 },
  remote: { address: '10.0.0.1', port: 5060 },
};
const bridge = new DialogBridge((listener) => (listener === 1 ? '0.0.0.0' : 'wrong'));

describe('DialogBridge', () => {
  it('tells an INVITE with its parties, its route and its offer', () => {
    const fact = bridge.toFact({
      type: 'invite',
      usage: 1,
      request: invite,
      flow,
      advertised: '203.0.113.7',
      reliable: 'no',
    });
    expect(fact).toMatchObject({
      type: 'incoming',
      from: { uri: 'sip:alice@10.0.0.1', displayName: 'Alice' },
      to: { uri: 'sip:bob@10.0.0.2', displayName: undefined },
      target: 'sip:bob@10.0.0.2',
      callId: 'c1',
      route: { bindAddress: '0.0.0.0', advertisedAddress: '203.0.113.7' },
      offer: { contentType: 'application/sdp' },
    });
  });

  const reason = { protocol: 'Q.850', cause: 16, text: 'Normal' };
  const all: [DialogCoreEvent, object][] = [
    [
      { type: 'routed', usage: 1, callId: 'c1', flow, advertised: '10.0.0.2' },
      { type: 'routed', callId: 'c1', route: { bindAddress: '0.0.0.0', advertisedAddress: '10.0.0.2' } },
    ],
    [
      { type: 'provisional', reliable: false, prackOwed: false, usage: 1, response: ok, dialogTag: 'b' },
      { type: 'progress', status: 200 },
    ],
    [{ type: 'answered', usage: 1, response: ok, flow }, { type: 'answered' }],
    [
      { type: 'acked', usage: 1, request: message('ACK sip:b@10.0.0.2 SIP/2.0', '1 ACK') },
      { type: 'acked', description: undefined },
    ],
    [
      { type: 'failed', usage: 1, cause: 'response', status: 486, reason: 'Busy Here', response: ok },
      { type: 'failed', cause: 'response', status: 486, reason: 'Busy Here' },
    ],
    [
      { type: 'cancelled', usage: 1, reason },
      { type: 'cancelledByPeer', reason },
    ],
    [{ type: 'reinvite', usage: 1, request: invite }, { type: 'reoffered' }],
    [{ type: 'reinviteAcked', usage: 1, request: invite }, { type: 'reofferAcked' }],
    [{ type: 'reinviteCancelled', usage: 1 }, { type: 'reofferCancelled' }],
    [{ type: 'reinviteAnswered', usage: 1, response: ok }, { type: 'reofferAnswered' }],
    [
      { type: 'reinviteFailed', usage: 1, status: 491, reason: 'Request Pending', response: ok, willRetry: true },
      { type: 'reofferFailed', status: 491, willRetry: true },
    ],
    [{ type: 'retryNow', usage: 1 }, { type: 'reofferRetry' }],
    [
      { type: 'ended', usage: 1, by: 'remote-bye', reason, request: undefined },
      { type: 'ended', by: 'remote-bye', reason },
    ],
  ];
  it.each(all)('translates %o', (event, fact) => {
    expect(bridge.toFact(event)).toMatchObject(fact);
  });

  it('has no fact for what belongs to no session', () => {
    expect(bridge.toFact({ type: 'transportError', listener: 0, message: 'gone' })).toBeUndefined();
  });
});
