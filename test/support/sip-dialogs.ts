/** Calls set up by hand between a {@link StackHarness} and its peer, as far as a test needs them. */

import { makeUri } from '../../src/dialog-core/index.js';
import type { UsageId } from '../../src/dialog-core/types.js';
import type { StackHarness } from './sip-stack.js';
import { contactOf, field, type RequestParts, request, response, tagOf } from './sip-text.js';

const peerContact = ['Contact: <sip:peer@10.0.0.9>'];

/** An INVITE of the peer, outside a dialog unless `to` has a tag. */
export function peerInvite(overrides: Partial<RequestParts> = {}): Uint8Array {
  return request({
    method: 'INVITE',
    uri: 'sip:room@10.0.0.1',
    sentBy: '10.0.0.9:5060',
    branch: 'z9hG4bKpeer1',
    callId: 'call-of-peer',
    cseq: 10,
    from: '<sip:peer@10.0.0.9>;tag=peer',
    to: '<sip:room@10.0.0.1>',
    more: peerContact,
    ...overrides,
  });
}

/** A request of the peer in the dialog that its INVITE made: `ours` is any response of ours with our tag. */
export function inDialog(
  ours: string,
  method: string,
  cseq: number,
  overrides: Partial<RequestParts> = {},
): Uint8Array {
  return request({
    method,
    uri: contactOf(ours) ?? 'sip:room@10.0.0.1:5060',
    sentBy: '10.0.0.9:5060',
    branch: `z9hG4bK${method}${cseq}`,
    callId: field(ours, 'Call-ID') ?? '',
    cseq,
    from: field(ours, 'From') ?? '',
    to: field(ours, 'To') ?? '',
    more: method === 'INVITE' ? peerContact : [],
    ...overrides,
  });
}

/** A request of the peer in the dialog that our INVITE made: the tags stand the other way round. */
export function fromCallee(
  invite: string,
  method: string,
  cseq: number,
  overrides: Partial<RequestParts> = {},
): Uint8Array {
  return request({
    method,
    uri: contactOf(invite) ?? '',
    sentBy: '10.0.0.9:5060',
    branch: `z9hG4bK${method}${cseq}`,
    callId: field(invite, 'Call-ID') ?? '',
    cseq,
    from: `${field(invite, 'To') ?? ''};tag=peer`,
    to: field(invite, 'From') ?? '',
    more: method === 'INVITE' ? peerContact : [],
    ...overrides,
  });
}

/** The peer calls: its INVITE has come, 100 has gone. */
export function ringing(harness: StackHarness, overrides: Partial<RequestParts> = {}): UsageId {
  const before = harness.eventTypes.filter((type) => type === 'invite').length;
  harness.receive(peerInvite(overrides));
  const invites = harness.eventTypes.filter((type) => type === 'invite').length;
  if (invites !== before + 1) throw new Error(`it does not ring: ${harness.lines.at(-1)}`);
  return harness.lastEvent('invite').usage;
}

/** The peer's call is accepted; its ACK is awaited. */
export function accepted(harness: StackHarness): UsageId {
  const usage = ringing(harness);
  harness.do(usage, (it) => it.accept({}));
  return usage;
}

/** The peer's call is established. */
export function takenCall(harness: StackHarness): UsageId {
  const usage = accepted(harness);
  harness.receive(inDialog(harness.last('200 INVITE'), 'ACK', 10));
  return usage;
}

/** Our INVITE is on its way to the peer. */
export function calling(harness: StackHarness): UsageId {
  const usage = harness.invite({
    target: makeUri({ user: 'peer', host: '10.0.0.9' }),
    from: { uri: makeUri({ user: 'us', host: '10.0.0.1' }) },
    contactUser: 'us',
  });
  harness.do(usage, (it) => it.sendInvite(undefined));
  return usage;
}

/** A response of the peer to our last request of that method. */
export function peerAnswers(
  harness: StackHarness,
  method: string,
  status: string,
  toTag = 'peer',
  more = peerContact,
): void {
  const sent = harness.last(method);
  harness.receive(response(sent, status, { toTag: tagOf(sent, 'To') ?? toTag, more }));
}

/** Our call is established. */
export function madeCall(harness: StackHarness): UsageId {
  const usage = calling(harness);
  peerAnswers(harness, 'INVITE', '200 OK');
  harness.do(usage, (it) => it.ack(undefined));
  return usage;
}
