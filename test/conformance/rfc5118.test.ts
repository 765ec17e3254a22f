/**
 * The cases of RFC 5118: where IPv6 addresses stand in SIP messages, with brackets and without. The messages are written here; the
 * addresses and what is expected of them are the RFC's, section by section.
 */
import { describe, expect, it } from 'vitest';
import { parseMessage, parseUri, parseVia, printUri, type SipRequest } from '../../src/dialog-core/message/index.js';

interface Parts {
  readonly method?: string;
  readonly uri: string;
  readonly vias?: readonly string[];
  readonly contact?: string;
  readonly body?: string;
}

const defaultVia = 'SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bK-v6-1';

function text({ method = 'OPTIONS', uri, vias = [defaultVia], contact, body = '' }: Parts): string {
  const lines = [
    `${method} ${uri} SIP/2.0`,
    ...vias.map((via) => `Via: ${via}`),
    'Max-Forwards: 70',
    'From: <sip:carol@example.com>;tag=v6',
    'To: <sip:dave@example.com>',
    'Call-ID: v6-reference@caller',
    `CSeq: 98176 ${method}`,
    ...(contact === undefined ? [] : [`Contact: ${contact}`]),
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function request(parts: Parts): SipRequest {
  const result = parseMessage(Buffer.from(text(parts)));
  if (!result.ok) throw new Error(result.error.code);
  return result.message as SipRequest;
}

function refusal(parts: Parts): string {
  const result = parseMessage(Buffer.from(text(parts)));
  return result.ok ? 'ok' : `${result.error.status} ${result.error.code}`;
}

describe('RFC 5118', () => {
  it('4.1: references with brackets in Request-URI, Via and Contact', () => {
    const message = request({
      method: 'REGISTER',
      uri: 'sip:[2001:db8::10]',
      contact: '"Caller" <sip:caller@[2001:db8::1]>',
    });
    expect(message.uri).toMatchObject({ host: '2001:db8::10', port: undefined });
    expect(message.topVia).toMatchObject({ host: '2001:db8::9:1', port: undefined });
    expect(message.contact).toMatchObject({ displayName: 'Caller', uri: { user: 'caller', host: '2001:db8::1' } });
  });

  it('4.2: an address without brackets in a Request-URI is answered 400', () => {
    expect(refusal({ method: 'REGISTER', uri: 'sip:2001:db8::10' })).toBe('400 bad-request-uri');
    // The same in the places that a response is routed by.
    expect(refusal({ uri: 'sip:a.com', vias: ['SIP/2.0/UDP 2001:db8::9:1;branch=z9hG4bK1'] })).toBe('400 bad-via');
    expect(refusal({ uri: 'sip:a.com', contact: '<sip:caller@2001:db8::1>' })).toBe('400 bad-contact');
  });

  it('4.3: what looks like a port within the brackets is the end of the address', () => {
    expect(request({ uri: 'sip:[2001:db8::10:5070]' }).uri).toMatchObject({
      host: '2001:db8::10:5070',
      port: undefined,
    });
  });

  it('4.4: a port is what follows the brackets', () => {
    expect(request({ uri: 'sip:[2001:db8::10]:5070' }).uri).toMatchObject({ host: '2001:db8::10', port: 5070 });
  });

  it.each(['[2001:db8::9:255]', '2001:db8::9:255'])('4.5: received=%s must be tolerated', (received) => {
    const message = request({
      method: 'BYE',
      uri: 'sip:[2001:db8::10]',
      vias: [`SIP/2.0/UDP [2001:db8::9:1];received=${received};branch=z9hG4bK-v6-2`],
    });
    expect(message.topVia).toMatchObject({ host: '2001:db8::9:1', branch: 'z9hG4bK-v6-2' });
    expect(message.topVia.params.get('received')).toBe(received);
  });

  it('4.6 and 4.8: addresses in a body are left alone', () => {
    const body =
      'v=0\r\no=- 1 1 IN IP6 2001:db8::20\r\ns=-\r\nc=IN IP6 2001:db8::20\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n';
    const message = request({ method: 'INVITE', uri: 'sip:user@[2001:db8::10]', body });
    expect(message.uri).toMatchObject({ user: 'user', host: '2001:db8::10' });
    expect(message.bodyText()).toBe(body);
  });

  it('4.7: both families in one list of Vias', () => {
    const message = request({
      method: 'BYE',
      uri: 'sip:user@host.example.net',
      vias: [
        'SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bK-v6-3',
        'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-v4',
        'SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK-v6-4;received=192.0.2.200',
      ],
    });
    expect(message.headerValues('Via').map(parseVia)).toMatchObject([
      { transport: 'UDP', host: '2001:db8::9:1', port: 6050 },
      { transport: 'UDP', host: '192.0.2.1', port: undefined },
      { transport: 'TCP', host: '2001:db8::9:255', port: undefined },
    ]);
  });

  it('4.9: IPv4-mapped addresses', () => {
    const message = request({
      method: 'INVITE',
      uri: 'sip:user@example.com',
      vias: [
        'SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19',
        'SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bK7',
      ],
      contact: '"T. desk phone" <sip:ted@[::ffff:192.0.2.2]>',
    });
    expect(message.topVia).toMatchObject({ host: '::ffff:192.0.2.10', port: 19823 });
    expect(message.contact?.uri.host).toBe('::ffff:192.0.2.2');
  });

  it('4.10: the three colons of the old grammar are tolerated, and written as two', () => {
    const wrong = request({ uri: 'sip:user@[2001:db8:::192.0.2.1]' });
    const right = request({ uri: 'sip:user@[2001:db8::192.0.2.1]' });
    expect(wrong.uri).toEqual(right.uri);
    expect(wrong.uriText).toBe('sip:user@[2001:db8:::192.0.2.1]');
    expect(printUri(parseUri(wrong.uriText)!)).toBe('sip:user@[2001:db8::192.0.2.1]');
    expect(refusal({ uri: 'sip:user@[2001:db8:::1]' })).toBe('400 bad-request-uri');
  });
});
