import { describe, expect, test } from 'vitest';
import {
  Dialog,
  dialogKey,
  dialogOfCallee,
  requestUri,
  withDefaults,
} from '../../../../src/dialog-core/dialog/dialog.js';
import { hopOf } from '../../../../src/dialog-core/dialog/hop.js';
import { type Flow, parseNameAddr, parseUri, type SipUri } from '../../../../src/dialog-core/index.js';
import { calling, inDialog, peerAnswers, peerInvite, ringing } from '../../../support/sip-dialogs.js';
import { flow, parse, StackHarness } from '../../../support/sip-stack.js';
import { field, fields, startLine } from '../../../support/sip-text.js';

function dialog(overrides: Partial<ConstructorParameters<typeof Dialog>[0]> = {}): Dialog {
  return new Dialog({
    callId: 'c',
    localTag: 'l',
    remoteTag: 'r',
    localAddress: '<sip:us@a>;tag=l',
    remoteAddress: '<sip:them@b>;tag=r',
    localSeq: 5,
    remoteSeq: undefined,
    remoteTarget: 'sip:them@10.0.0.9:5070',
    routeSet: [],
    contact: '<sip:us@10.0.0.1:5060>',
    flow,
    direct: false,
    ...overrides,
  });
}

const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  if (!parsed) throw new Error(text);
  return parsed;
};

describe('requests (12.2.1.1)', () => {
  test('without a route set go to the remote target', () => {
    const { uri: requestLine, headers } = dialog().requestHead('BYE', 6);
    expect(requestLine).toBe('sip:them@10.0.0.9:5070');
    expect(headers).toEqual([
      ['Max-Forwards', '70'],
      ['From', '<sip:us@a>;tag=l'],
      ['To', '<sip:them@b>;tag=r'],
      ['Call-ID', 'c'],
      ['CSeq', '6 BYE'],
    ]);
    expect(dialog().hop).toEqual({ transport: 'udp', host: '10.0.0.9', port: 5070 });
  });

  test('with a loose first route go there, the target in the request line', () => {
    const loose = dialog({ routeSet: ['<sip:10.0.0.7;lr>', '<sip:10.0.0.8>'] });
    const { uri: requestLine, headers } = loose.requestHead('BYE', 6);
    expect(requestLine).toBe('sip:them@10.0.0.9:5070');
    const routes = headers.filter(([name]) => name === 'Route').map(([, value]) => value);
    expect(routes).toEqual(['<sip:10.0.0.7;lr>', '<sip:10.0.0.8>']);
    expect(loose.hop).toEqual({ transport: 'udp', host: '10.0.0.7', port: 5060 });
  });

  test('with a strict first route put that into the request line, and the target last', () => {
    const strict = dialog({ routeSet: ['<sip:10.0.0.7:5080?Subject=x>', '<sip:10.0.0.8;lr>'] });
    const { uri: requestLine, headers } = strict.requestHead('BYE', 6);
    expect(requestLine).toBe('sip:10.0.0.7:5080');
    const routes = headers.filter(([name]) => name === 'Route').map(([, value]) => value);
    expect(routes).toEqual(['<sip:10.0.0.8;lr>', '<sip:them@10.0.0.9:5070>']);
    expect(strict.hop).toEqual({ transport: 'udp', host: '10.0.0.7', port: 5080 });
  });

  test('as caller follow Record-Route backwards, as callee forwards (12.1)', () => {
    const records = ['Record-Route: <sip:10.0.0.7;lr>, <sip:10.0.0.8;lr>', 'Contact: <sip:peer@10.0.0.9>'];
    const caller = new StackHarness();
    const made = calling(caller);
    peerAnswers(caller, 'INVITE', '200 OK', 'peer', records);
    caller.do(made, (it) => it.ack(undefined));
    expect(fields(caller.last('ACK'), 'Route')).toEqual(['<sip:10.0.0.8;lr>', '<sip:10.0.0.7;lr>']);
    expect(startLine(caller.last('ACK'))).toBe('ACK sip:peer@10.0.0.9 SIP/2.0');
    expect(caller.sent.at(-1)?.remote.address).toBe('10.0.0.8');

    const callee = new StackHarness();
    const taken = ringing(callee, { more: records });
    callee.do(taken, (it) => it.accept({}));
    callee.receive(inDialog(callee.last('200 INVITE'), 'ACK', 10));
    callee.do(taken, (it) => it.bye(undefined));
    expect(fields(callee.last('BYE'), 'Route')).toEqual(['<sip:10.0.0.7;lr>', '<sip:10.0.0.8;lr>']);
    expect(field(callee.last('BYE'), 'To')).toBe('<sip:peer@10.0.0.9>;tag=peer');
    expect(callee.sent.at(-1)?.remote.address).toBe('10.0.0.7');
  });
});

describe('the way', () => {
  test('is known while the peer stays where it is', () => {
    const same = dialog({ remoteTarget: 'sip:them@10.0.0.9' });
    expect(same.knownFlow()).toBe(flow);
    same.refreshTarget(parseNameAddr('<sip:them@10.0.0.8>'));
    expect(same.knownFlow()).toBeUndefined();
    expect(same.remoteTarget).toBe('sip:them@10.0.0.8');
    const moved = { ...flow, remote: { address: '10.0.0.8', port: 5060 } };
    same.setFlow({ transport: 'udp', host: '10.0.0.8', port: 5060 }, moved);
    expect(same.knownFlow()).toBe(moved);
  });

  test('of a callee in a stream is the connection of the INVITE, and past its end the next hop', () => {
    const remote = { address: '10.0.0.9', port: 51_234 };
    const stream: Flow = { ...flow, transport: 'tcp', remote, connection: 7 };
    const target = 'sip:them@192.168.1.5:5070;transport=tcp';
    const known = dialog({ remoteTarget: target, flow: stream, direct: true }).knownFlow();
    expect(known).toEqual({ ...stream, remote: { address: '192.168.1.5', port: 5070 }, serverName: undefined });
    expect(dialog({ remoteTarget: target, flow: stream }).knownFlow()).toBeUndefined();
    const elsewhere = dialog({ remoteTarget: 'sip:them@10.0.0.9', flow: stream, direct: true });
    expect(elsewhere.knownFlow()).toBeUndefined();
  });

  test.each<[direct: boolean, more: string[]]>([
    [true, []],
    [false, ['Via: SIP/2.0/TCP 10.0.0.3;branch=z9hG4bKx']],
    [true, ['Record-Route: <sip:10.0.0.9;lr;transport=tcp>', 'Via: SIP/2.0/TCP 10.0.0.3;branch=z9hG4bKx']],
    [false, ['Record-Route: <sip:10.0.0.3;lr;transport=tcp>']],
  ])('by the connection of an INVITE: %s with %j', (direct, more) => {
    const contact = 'Contact: <sip:peer@192.168.1.5;transport=tcp>';
    const invite = parse(peerInvite({ more: [contact, ...more] }), 'request');
    const stream: Flow = { ...flow, transport: 'tcp', remote: { address: '10.0.0.9', port: 51_234 }, connection: 7 };
    expect(dialogOfCallee(invite, 't', 1, '<sip:us@10.0.0.1>', stream).knownFlow()?.connection).toBe(
      direct ? 7 : undefined,
    );
    expect(dialogOfCallee(invite, 't', 1, '<sip:us@10.0.0.1>', flow).knownFlow()).toBeUndefined();
  });

  test('by name is asked for once', () => {
    const named = dialog({ remoteTarget: 'sip:them@host.example' });
    expect(named.knownFlow()).toBeUndefined();
    named.setFlow({ transport: 'udp', host: 'host.example', port: 5060 }, flow);
    expect(named.knownFlow()).toBe(flow);
  });

  test('to what cannot be reached is a reason', () => {
    expect(dialog({ remoteTarget: 'sips:them@10.0.0.9;transport=udp' }).hop).toMatch(/udp with sips/);
    expect(dialog({ remoteTarget: 'sip:them@10.0.0.9;transport=sctp' }).hop).toMatch(/sctp/);
    expect(dialog({ remoteTarget: '' }).hop).toMatch(/no usable address/);
    expect(dialog({ remoteTarget: 'tel:+49' }).knownFlow()).toBeUndefined();
  });

  test('a URI means a host, a port and a transport (RFC 3263 4)', () => {
    expect(hopOf(uri('sip:a@[2001:db8::1]'))).toEqual({ transport: 'udp', host: '2001:db8::1', port: 5060 });
    expect(hopOf(uri('sip:a@b:5070;transport=UDP'))).toEqual({ transport: 'udp', host: 'b', port: 5070 });
    expect(hopOf(uri('sip:a@b;maddr=10.0.0.5'))).toEqual({ transport: 'udp', host: '10.0.0.5', port: 5060 });
    const search = { transport: false, secure: false };
    expect(hopOf(uri('sip:a@b;transport=TCP'))).toEqual({ transport: 'tcp', host: 'b', port: 5060, search });
    expect(hopOf(uri('sip:a@b'))).toMatchObject({ transport: 'udp', search: { ...search, transport: true } });
    const tls = { transport: 'tls', host: 'b', port: 5061, serverName: 'b' };
    for (const text of ['sip:a@b;transport=tls', 'sips:a@b', 'sips:a@b;transport=tcp'])
      expect(hopOf(uri(text))).toMatchObject(tls);
    // Whoever answers at maddr is to be who the URI names (RFC 5922 7.1).
    expect(hopOf(uri('sips:a@b:5071;maddr=10.0.0.5'))).toEqual({ ...tls, host: '10.0.0.5', port: 5071 });
    expect(hopOf(uri('tel:+49'))).toMatch(/tel/);
  });
});

test('ACK and BYE wait in order while the route to a new host is being found', () => {
  const harness = new StackHarness();
  const usage = calling(harness);
  harness.autoRoute = false;
  peerAnswers(harness, 'INVITE', '200 OK', 'peer', ['Contact: <sip:peer@farm.example>']);
  harness.do(usage, (it) => it.ack(undefined));
  harness.do(usage, (it) => it.bye(undefined));
  const before = harness.sent.length;
  const asked = harness.routes.filter(({ hop }) => hop.host === 'farm.example');
  expect(asked).toHaveLength(1);
  harness.answerRoute(asked[0]?.key ?? '', { address: '10.0.0.5', port: 5060 });
  expect(harness.sent.slice(before).map(({ what, remote }) => [what, remote.address])).toEqual([
    ['ACK', '10.0.0.5'],
    ['BYE', '10.0.0.5'],
  ]);
});

test('a call whose peer gave an address that cannot be reached ends at once when hung up', () => {
  const harness = new StackHarness();
  const usage = calling(harness);
  peerAnswers(harness, 'INVITE', '200 OK', 'peer', ['Contact: <sip:peer@10.0.0.9;transport=sctp>']);
  harness.do(usage, (it) => it.ack(undefined));
  harness.do(usage, (it) => it.bye(undefined));
  expect(harness.times('ACK')).toEqual([]);
  expect(harness.lastEvent('ended').by).toBe('local-bye');
});

test('a Contact loses what may not stand in a request line', () => {
  const moved = dialog();
  moved.refreshTarget(parseNameAddr('<sip:them@10.0.0.9;method=INVITE;x=y?Subject=z>'));
  expect(moved.remoteTarget).toBe('sip:them@10.0.0.9;x=y');
  moved.refreshTarget(undefined);
  expect(moved.remoteTarget).toBe('sip:them@10.0.0.9;x=y');
  expect(requestUri(uri('sip:A%20b@Host;User=phone'))).toBe('sip:A%20b@host;user=phone');
});

test('identity is Call-ID and both tags', () => {
  const base = { callId: 'c', localTag: 'l', remoteTag: 'r' };
  const keys = [base, { ...base, callId: 'd' }, { ...base, localTag: 'r', remoteTag: 'l' }, { ...base, remoteTag: '' }];
  expect(new Set(keys.map(dialogKey)).size).toBe(4);
});

test('headers of the caller replace defaults of the same name', () => {
  expect(
    withDefaults(
      [
        ['Allow', 'A'],
        ['Supported', ''],
      ],
      [['ALLOW', 'B']],
    ),
  ).toEqual([
    ['Supported', ''],
    ['ALLOW', 'B'],
  ]);
});
