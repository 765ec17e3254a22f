/** What the accepted messages of RFC 4475 must be understood to say; each expectation is a sentence of the RFC's text. */
import { describe, expect, it } from 'vitest';
import {
  parseMessage,
  parseUri,
  parseVia,
  type SipRequest,
  type SipResponse,
  splitList,
  unescapeUser,
  uriEquals,
} from '../../src/dialog-core/message/index.js';
import { torture } from '../support/torture.js';

function request(name: string): SipRequest {
  const result = parseMessage(torture(name));
  if (!result.ok || result.message.kind !== 'request') throw new Error(`${name} is no accepted request`);
  return result.message;
}

function response(name: string): SipResponse {
  const result = parseMessage(torture(name));
  if (!result.ok || result.message.kind !== 'response') throw new Error(`${name} is no accepted response`);
  return result.message;
}

function uri(text: string) {
  return parseUri(text)!;
}

describe('3.1.1 valid messages', () => {
  it('wsinv: white space and folds wherever they may be', () => {
    const message = request('wsinv');
    expect(message.uri.params.get('unknownparam')).toBe('');
    expect(message.toTag).toBe('1918181833n');
    expect(message.from.displayName).toBe('J Rosenberg \\"');
    expect(message.fromTag).toBe('98asjd8');
    expect(message.maxForwards).toBe(68);
    expect(message.cseq).toEqual({ number: 9, method: 'INVITE' });
    expect(message.topVia).toMatchObject({ transport: 'UDP', host: '192.0.2.2', branch: '390skdjuw' });
    expect(message.headerValues('Via').map(parseVia)).toMatchObject([
      { host: '192.0.2.2' },
      { transport: 'TCP', host: 'spindle.example.com', branch: 'z9hG4bK9ikj8' },
      { transport: 'UDP', host: '192.168.255.111', branch: 'z9hG4bK30239' },
    ]);
    expect(message.header('Subject')).toBe('');
    expect(message.header('NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(message.header('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    expect(message.contact?.displayName).toBe('Quoted string ""');
    expect(Object.fromEntries(message.contact!.params)).toEqual({ newparam: 'newvalue', secondparam: '', q: '0.33' });
    expect(message.headerValues('Route')).toEqual(['<sip:services.example.com;lr;unknownwith=value;unknown-no-value>']);
    expect(message.body).toHaveLength(150);
  });

  it('intmeth: every character that a grammar allows', () => {
    const message = request('intmeth');
    expect(message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(message.cseq.method).toBe(message.method);
    expect(message.uri).toMatchObject({
      user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
      password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
      host: 'example.com',
    });
    expect(message.topVia.branch).toBe("z9hG4bK-.!%66*_+`'~");
    expect(message.to.displayName).toBe('BEL:\x07 NUL:\0 DEL:\x7f');
    expect(message.from.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(message.from.params.get("fromparam''~+*_!.-%")).toBe(
      '\u0440\u0430\u0431\u043e\u0442\u0430\u044e\u0449\u0438\u0439',
    );
    expect(message.fromTag).toBe("_token~1'+`*%!-.");
    expect(message.callId).toBe('intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
    expect(message.maxForwards).toBe(255);
    expect(message.header("extensionHeader-!.%*+_`'~")).toBe('\ufeff\u5927\u505c\u96fb');
  });

  it('esc01: escapes in URIs', () => {
    const message = request('esc01');
    expect(unescapeUser(message.uri.user!)).toBe('sips:user@example.com');
    expect(message.uri.scheme).toBe('sip');
    expect(uriEquals(message.to.uri, uri('sip:user@example.com'))).toBe(true);
    expect(unescapeUser(message.from.uri.user!)).toBe('I have spaces');
    const contact = message.contact!.uri;
    expect(uriEquals(contact, uri('sip:caller@host5.example.net;lr;name=value%25%34%31'))).toBe(true);
    expect(contact.params.has('lr')).toBe(true);
    // The value is `value%41`: an escape is resolved once.
    expect(contact.params.get('name')).toBe('value%41');
  });

  it('escnull: an escaped NUL ends nothing', () => {
    const message = request('escnull');
    expect(unescapeUser(message.to.uri.user!)).toBe('null-\0-null');
    expect(message.headerValues('Contact')).toHaveLength(2);
    const [one, two] = [uri('sip:%00@host5.example.com'), uri('sip:%00%00@host5.example.com')];
    expect(uriEquals(one, two)).toBe(false);
  });

  it('esc02: escapes mean nothing outside URIs', () => {
    const message = request('esc02');
    expect(message.method).toBe('RE%47IST%45R');
    expect(message.to.displayName).toBe('%Z%45');
    expect(message.topVia.branch).toBe('z9hG4bK209%fzsnel234');
    expect(message.headerValues('Contact')).toEqual([
      '<sip:alias1@host1.example.com>',
      '<sip:alias3@host3.example.com>',
    ]);
    expect(message.header('C%6Fntact')).toBe('<sip:alias2@host2.example.com>');
  });

  it('lwsdisp: a display name need not be parted from its bracket', () => {
    expect(request('lwsdisp').from).toMatchObject({ displayName: 'caller', uriText: 'sip:caller@example.com' });
  });

  it('longreq: long values and many Via lines', () => {
    const message = request('longreq');
    expect(message.headerValues('Via')).toHaveLength(34);
    expect(message.topVia.host).toBe('sip33.example.com');
    expect(message.to.displayName).toMatch(/^I have a user name of (?:extreme){10} proportion$/);
    expect(message.to.uri.port).toBe(6000);
    expect(message.fromTag).toMatch(/^12982(?:982)+424$/);
    expect(message.callId).toMatch(/^longreq\.one(?:really)+longcallid$/);
    expect(message.headerValues('Via').map(parseVia).every(Boolean)).toBe(true);
  });

  it('dblreq: what follows the body is not part of the message', () => {
    const message = request('dblreq');
    expect(message.method).toBe('REGISTER');
    expect(message.body).toHaveLength(0);
    expect(Buffer.from(message.toBytes()).toString().endsWith('Content-Length: 0\r\n\r\n')).toBe(true);
  });

  it('semiuri: a semicolon in the user part begins no parameter', () => {
    const message = request('semiuri');
    expect(message.uri.user).toBe('user;par=u%40example.net');
    expect(message.uri.params.size).toBe(0);
    expect(message.headerValues('Accept')).toHaveLength(6);
  });

  it('transports: known and unknown ones', () => {
    const vias = request('transports').headerValues('Via').map(parseVia);
    expect(vias.map((via) => via?.transport)).toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']);
  });

  it('mpart01: a body of octets', () => {
    const message = request('mpart01');
    expect(message.contentType).toBe('multipart/mixed');
    expect(message.body).toHaveLength(553);
    const parts = Buffer.from(message.body).toString('latin1').split('--7a9cbec02ceef655');
    expect(parts[1]).toContain('\r\n\r\nHello\r\n');
    expect(Buffer.from(parts[2]!, 'latin1').includes(Buffer.from('3082015206092a864886f70d010702', 'hex'))).toBe(true);
  });

  it('unreason: a reason phrase in UTF-8', () => {
    const message = response('unreason');
    expect(message.status).toBe(200);
    expect(message.reason).toMatch(/^= 2\*\*3 \* 5\*\*2 \u043d\u043e .* - \u043f\u0440\u043e\u0441\u0442\u043e\u0435$/);
  });

  it('noreason: no reason phrase at all', () => {
    expect(response('noreason')).toMatchObject({ status: 100, reason: '' });
  });
});

describe('3.3 and 3.4: what the layers above find', () => {
  it('unksm2: schemes of other worlds in To, From and Contact', () => {
    const message = request('unksm2');
    expect(message.to.uri).toMatchObject({ scheme: 'isbn', opaque: '2983792873' });
    expect(message.from.uri).toMatchObject({ scheme: 'http', opaque: '//www.example.com' });
    expect(message.contact?.uri).toMatchObject({ scheme: 'name', opaque: 'John_Smith' });
  });

  it('bext01: extensions to refuse by name', () => {
    const message = request('bext01');
    expect(message.headerValues('Require')).toEqual(['nothingSupportsThis', 'nothingSupportsThisEither']);
    expect(message.headerValues('Proxy-Require')).toEqual(['noProxiesSupportThis', 'norDoAnyProxiesSupportThis']);
  });

  it('invut: a content type that nobody knows', () => {
    expect(request('invut')).toMatchObject({ contentType: 'application/unknownformat' });
  });

  it('regaut01: credentials of an unknown scheme', () => {
    expect(request('regaut01').header('Authorization')).toBe('NoOneKnowsThisScheme opaque-data=here');
  });

  it('bcast: a response that went by somebody else, whom a broadcast address would name', () => {
    const vias = response('bcast').headerValues('Via').map(parseVia);
    expect(vias.map((via) => via?.host)).toEqual(['192.0.2.198', '255.255.255.255']);
  });

  it('zeromf: no hop left', () => {
    expect(request('zeromf').maxForwards).toBe(0);
  });

  it('cparam01 and cparam02: the same parameter of the header, then of the URI', () => {
    const ofHeader = request('cparam01').contact!;
    expect(ofHeader.params.has('unknownparam')).toBe(true);
    expect(ofHeader.uri.params.size).toBe(0);
    const ofUri = request('cparam02').contact!;
    expect(ofUri.params.size).toBe(0);
    expect(ofUri.uri.params.has('unknownparam')).toBe(true);
  });

  it('regescrt: a header within a Contact URI', () => {
    expect(request('regescrt').contact?.uri.headers).toBe('Route=%3Csip:sip.example.com%3E');
  });

  it('sdp01: nothing acceptable but what nobody knows', () => {
    expect(splitList(request('sdp01').header('Accept')!)).toEqual(['text/nobodyKnowsThis']);
  });

  it('inv2543: what RFC 2543 left out', () => {
    const message = request('inv2543');
    expect(message).toMatchObject({ maxForwards: undefined, fromTag: undefined, toTag: undefined, contact: undefined });
    expect(message.topVia).toMatchObject({ host: 'iftgw.example.com', branch: undefined });
    expect(message.to.params.get('user')).toBe('phone');
    expect(message.from.uri.params.get('user')).toBe('phone');
    expect(message.header('Content-Length')).toBeUndefined();
    // Without Content-Length the body is all octets behind the empty line.
    expect(message.bodyText()).toMatch(/^v=0\r\n[\s\S]*m=audio 49217 RTP\/AVP 0\r\n$/);
  });
});
