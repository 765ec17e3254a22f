import { describe, expect, it } from 'vitest';
import { createAnswer, printSdp, type SessionDescription } from '../../../../src/media-core/sdp/index.js';
import type { LocalMedia } from '../../../../src/media-core/sdp/types.js';
import {
  asterisk,
  baresip,
  browser,
  deskPhone,
  lines,
  linphone,
  local,
  local6,
  offer,
  parsed,
  sipp,
} from './samples.js';

function answerTo(offered: SessionDescription, mine: LocalMedia = local) {
  const result = createAnswer(mine, offered);
  if (!result.ok) throw new Error(result.problem.message);
  return result;
}

function refusal(offered: SessionDescription, mine: LocalMedia = local) {
  const result = createAnswer(mine, offered);
  if (result.ok) throw new Error(`answered:\n${printSdp(result.answer)}`);
  return result.problem;
}

const mediaLines = (answer: SessionDescription): string[] =>
  printSdp(answer)
    .split('\r\n')
    .filter((line) => line.startsWith('m='));

describe('createAnswer', () => {
  it('writes a whole answer', () => {
    expect(printSdp(answerTo(parsed(asterisk)).answer)).toBe(
      lines(
        'v=0',
        'o=- 7001 1 IN IP4 192.0.2.1',
        's=-',
        'c=IN IP4 192.0.2.1',
        't=0 0',
        'm=audio 16384 RTP/AVP 8 0 101',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-16',
        'a=ptime:20',
        'a=maxptime:60',
        'a=sendrecv',
      ),
    );
  });

  it('settles the stream: the order and payload types of the offer, the first codec is sent', () => {
    expect(answerTo(parsed(asterisk)).negotiated).toEqual({
      receive: [
        { payloadType: 8, codec: 'pcma' },
        { payloadType: 0, codec: 'pcmu' },
      ],
      send: { payloadType: 8, codec: 'pcma' },
      telephoneEventPayloadType: 101,
      sendTelephoneEvent: { payloadType: 101 },
      remote: { address: '198.51.100.20', port: 18_214 },
      remoteRtcpPort: 18_215,
      rtcpMux: false,
      direction: 'sendrecv',
    });
  });

  it('takes audio and rejects video, and the telephone-event of 8000 Hz only, from a soft phone', () => {
    const { answer, negotiated } = answerTo(parsed(linphone));
    expect(mediaLines(answer)).toEqual(['m=audio 16384 RTP/AVP 0 8 100', 'm=video 0 RTP/AVP 96']);
    expect(negotiated.telephoneEventPayloadType).toBe(100);
  });

  it('muxes RTCP where it is offered, and says so', () => {
    const { answer, negotiated } = answerTo(parsed(baresip));
    expect(negotiated).toMatchObject({ rtcpMux: true, remoteRtcpPort: 10_030 });
    expect(answer.media[0]?.attributes).toContainEqual(['rtcp-mux', undefined]);
  });

  it('offers no telephone-event where none is offered, and no mux', () => {
    const { answer, negotiated } = answerTo(parsed(sipp));
    expect(mediaLines(answer)).toEqual(['m=audio 16384 RTP/AVP 0']);
    expect(negotiated.telephoneEventPayloadType).toBeUndefined();
    expect(printSdp(answer)).not.toMatch(/telephone-event|rtcp-mux/);
  });

  it('takes static payload types without rtpmap from a desk phone', () => {
    expect(mediaLines(answerTo(parsed(deskPhone)).answer)).toEqual(['m=audio 16384 RTP/AVP 0 8 96']);
  });

  it('turns a browser away politely, with the reason', () => {
    expect(refusal(parsed(browser))).toEqual({
      status: 488,
      code: 'ERR_NO_COMMON_CODEC',
      warnCode: 302,
      message: 'stream 1: UDP/TLS/RTP/SAVPF is not supported',
    });
  });

  it('answers the t= line of the offer (RFC 3264 6)', () => {
    const timed = parsed(sipp.replace('t=0 0', 't=3034423619 3042462419'));
    expect(answerTo(timed).answer.timings).toEqual(['3034423619 3042462419']);
  });
});

describe('codecs', () => {
  it.each([
    ['dynamic PCMU', ['m=audio 5004 RTP/AVP 97', 'a=rtpmap:97 PCMU/8000'], 'm=audio 16384 RTP/AVP 97'],
    ['any case', ['m=audio 5004 RTP/AVP 97', 'a=rtpmap:97 pcMa/8000'], 'm=audio 16384 RTP/AVP 97'],
    ['one channel', ['m=audio 5004 RTP/AVP 97', 'a=rtpmap:97 PCMU/8000/1'], 'm=audio 16384 RTP/AVP 97'],
    ['not stereo', ['m=audio 5004 RTP/AVP 97 8', 'a=rtpmap:97 PCMU/8000/2'], 'm=audio 16384 RTP/AVP 8'],
    ['not 16 kHz', ['m=audio 5004 RTP/AVP 97 8', 'a=rtpmap:97 PCMU/16000'], 'm=audio 16384 RTP/AVP 8'],
    [
      'the first of two rtpmaps',
      ['m=audio 5004 RTP/AVP 97 8', 'a=rtpmap:97 PCMU/8000', 'a=rtpmap:97 speex/8000'],
      'm=audio 16384 RTP/AVP 97 8',
    ],
    ['dynamic without rtpmap', ['m=audio 5004 RTP/AVP 97 8'], 'm=audio 16384 RTP/AVP 8'],
    [
      'a static type mapped to something else',
      ['m=audio 5004 RTP/AVP 0 8', 'a=rtpmap:0 L16/8000'],
      'm=audio 16384 RTP/AVP 8',
    ],
    ['a repeated format', ['m=audio 5004 RTP/AVP 0 0 8 0'], 'm=audio 16384 RTP/AVP 0 8'],
    ['what is no payload type', ['m=audio 5004 RTP/AVP 128 x 0 00'], 'm=audio 16384 RTP/AVP 0'],
    [
      'events under 110',
      ['m=audio 5004 RTP/AVP 110 0', 'a=rtpmap:110 telephone-event/8000'],
      'm=audio 16384 RTP/AVP 0 110',
    ],
    [
      'rtpmap of a type that is not in the m= line',
      ['m=audio 5004 RTP/AVP 0', 'a=rtpmap:101 telephone-event/8000'],
      'm=audio 16384 RTP/AVP 0',
    ],
  ])('%s', (_name, media, expected) => {
    expect(mediaLines(answerTo(offer(...media)).answer)).toEqual([expected]);
  });

  it('follows the offer’s order, not ours', () => {
    const mine: LocalMedia = { ...local, codecs: ['pcmu', 'pcma'] };
    expect(answerTo(offer('m=audio 5004 RTP/AVP 8 0'), mine).negotiated.send.codec).toBe('pcma');
  });

  it('answers only codecs that this side was given', () => {
    const mine: LocalMedia = { ...local, codecs: ['pcma'] };
    expect(mediaLines(answerTo(offer('m=audio 5004 RTP/AVP 0 8'), mine).answer)).toEqual(['m=audio 16384 RTP/AVP 8']);
  });

  it('takes no more payload types than the engine has rows for', () => {
    const types = Array.from({ length: 20 }, (_, index) => 96 + index);
    const maps = types.map((type) => `a=rtpmap:${type} PCMU/8000`);
    const { answer, negotiated } = answerTo(offer(`m=audio 5004 RTP/AVP ${types.join(' ')}`, ...maps));
    expect(negotiated.receive).toHaveLength(8);
    expect(answer.media[0]?.formats).toHaveLength(8);
  });

  it.each([
    ['no codec of ours', ['m=audio 5004 RTP/AVP 9 18'], 305, /no common codec \(theirs: 9 18\)/],
    [
      'telephone-event alone',
      ['m=audio 5004 RTP/AVP 101', 'a=rtpmap:101 telephone-event/8000'],
      305,
      /no common codec/,
    ],
    ['packets shorter than the shortest', ['m=audio 5004 RTP/AVP 0', 'a=maxptime:5'], 399, /maxptime:5 is below 10/],
    ['port 0', ['m=audio 0 RTP/AVP 0'], 304, /port 0/],
    ['SRTP', ['m=audio 5004 RTP/SAVP 0'], 302, /RTP\/SAVP is not supported/],
    ['no RTP at all', ['m=audio 5004 udp 0'], 302, /udp is not supported/],
    ['video only', ['m=video 5004 RTP/AVP 96'], 304, /no audio stream/],
    ['nothing', [], 304, /no audio stream/],
    ['the last port', ['m=audio 65535 RTP/AVP 0'], 399, /no port for RTCP/],
    ['a host name', ['m=audio 5004 RTP/AVP 0', 'c=IN IP4 phone.example.com'], 300, /phone\.example\.com is no numeric/],
    ['multicast', ['m=audio 5004 RTP/AVP 0', 'c=IN IP4 233.252.0.1/127'], 300, /no numeric unicast/],
    ['a bare multicast address', ['m=audio 5004 RTP/AVP 0', 'c=IN IP4 233.252.0.1'], 300, /no numeric unicast/],
    ['broadcast', ['m=audio 5004 RTP/AVP 0', 'c=IN IP4 255.255.255.255'], 300, /no numeric unicast/],
    ['the other family', ['m=audio 5004 RTP/AVP 0', 'c=IN IP6 2001:db8::9'], 301, /IP6/],
    ['unprintable words', ['m=audio 5004 "\u00e4\u0007 0'], 302, /stream 1: \?\?\? is not supported/],
  ])('488 for %s', (_name, media, warnCode, message) => {
    const problem = refusal(offer(...media));
    expect(problem).toMatchObject({ status: 488, code: 'ERR_NO_COMMON_CODEC', warnCode });
    expect(problem.message).toMatch(message);
  });

  it('488 without any c= line', () => {
    const bare = parsed(lines('v=0', 'o=- 1 1 IN IP4 198.51.100.7', 's=-', 't=0 0', 'm=audio 5004 RTP/AVP 0'));
    expect(refusal(bare)).toMatchObject({ status: 488, warnCode: 300 });
  });
});

describe('streams and transport', () => {
  it('takes the first stream that works and keeps the others in place', () => {
    const many = offer(
      'm=video 5000 RTP/AVP 96 97',
      'm=audio 5002 RTP/SAVP 0',
      'm=audio 0 RTP/AVP 0',
      'm=audio 5004 RTP/AVP 8',
      'm=audio 5006 RTP/AVP 0',
      'm=application 5008 TCP/BFCP *',
    );
    expect(mediaLines(answerTo(many).answer)).toEqual([
      'm=video 0 RTP/AVP 96 97',
      'm=audio 0 RTP/SAVP 0',
      'm=audio 0 RTP/AVP 0',
      'm=audio 16384 RTP/AVP 8',
      'm=audio 0 RTP/AVP 0',
      'm=application 0 TCP/BFCP *',
    ]);
  });

  it('answers AVPF in kind, without promising feedback', () => {
    const { answer } = answerTo(offer('m=audio 5004 RTP/AVPF 0', 'a=rtcp-fb:* trr-int 5000'));
    expect(mediaLines(answer)).toEqual(['m=audio 16384 RTP/AVPF 0']);
    expect(printSdp(answer)).not.toContain('rtcp-fb');
  });

  it.each([
    ['the next port', [], { remoteRtcpPort: 5005, rtcpMux: false }],
    ['a=rtcp', ['a=rtcp:6001'], { remoteRtcpPort: 6001, rtcpMux: false }],
    ['a=rtcp with an address', ['a=rtcp:6001 IN IP4 198.51.100.8'], { remoteRtcpPort: 6001, rtcpMux: false }],
    ['a malformed a=rtcp', ['a=rtcp:none'], { remoteRtcpPort: 5005, rtcpMux: false }],
    ['mux over a=rtcp', ['a=rtcp:6001', 'a=rtcp-mux'], { remoteRtcpPort: 5004, rtcpMux: true }],
  ])('finds RTCP at %s', (_name, attributes, expected) => {
    expect(answerTo(offer('m=audio 5004 RTP/AVP 0', ...attributes)).negotiated).toMatchObject(expected);
  });

  it('names its own RTCP port where it is not the next one (RFC 3605)', () => {
    const mine: LocalMedia = { ...local, rtcpPort: 20_001 };
    expect(answerTo(offer('m=audio 5004 RTP/AVP 0'), mine).answer.media[0]?.attributes).toContainEqual([
      'rtcp',
      '20001',
    ]);
    const muxed = answerTo(offer('m=audio 5004 RTP/AVP 0', 'a=rtcp-mux'), mine);
    expect(printSdp(muxed.answer)).not.toContain('a=rtcp:');
  });

  it('prefers the connection of the media section', () => {
    const { negotiated } = answerTo(offer('m=audio 5004 RTP/AVP 0', 'c=IN IP4 198.51.100.99'));
    expect(negotiated.remote).toEqual({ address: '198.51.100.99', port: 5004 });
  });

  it('speaks IPv6', () => {
    const six = parsed(
      lines('v=0', 'o=- 1 1 IN IP6 2001:db8::7', 's=-', 'c=IN IP6 2001:db8::7', 't=0 0', 'm=audio 5004 RTP/AVP 0'),
    );
    const { answer, negotiated } = answerTo(six, local6);
    expect(negotiated.remote).toEqual({ address: '2001:db8::7', port: 5004 });
    expect(printSdp(answer)).toContain('c=IN IP6 2001:db8::1\r\n');
    expect(refusal(six)).toMatchObject({ warnCode: 301 });
  });

  it.each(['10', '20', '30', '60'])('answers 20 ms to a=ptime:%s', (ptime) => {
    const { answer } = answerTo(offer('m=audio 5004 RTP/AVP 0', `a=ptime:${ptime}`, 'a=maxptime:80'));
    expect(answer.media[0]?.attributes).toContainEqual(['ptime', '20']);
  });

  it('takes a=maxptime:20, which is our packet exactly', () => {
    expect(answerTo(offer('m=audio 5004 RTP/AVP 0', 'a=maxptime:20')).negotiated.direction).toBe('sendrecv');
  });

  it('ignores an a=maxptime that is no number', () => {
    expect(answerTo(offer('m=audio 5004 RTP/AVP 0', 'a=maxptime:x')).negotiated.direction).toBe('sendrecv');
  });
});

describe('hold and resume from the peer', () => {
  it.each([
    ['nothing said', [], 'sendrecv', 'sendrecv'],
    ['sendrecv', ['a=sendrecv'], 'sendrecv', 'sendrecv'],
    ['sendonly', ['a=sendonly'], 'sendrecv', 'recvonly'],
    ['recvonly', ['a=recvonly'], 'sendrecv', 'sendonly'],
    ['inactive', ['a=inactive'], 'sendrecv', 'inactive'],
    ['0.0.0.0', ['c=IN IP4 0.0.0.0'], 'sendrecv', 'recvonly'],
    ['0.0.0.0 and sendrecv', ['c=IN IP4 0.0.0.0', 'a=sendrecv'], 'sendrecv', 'recvonly'],
    ['0.0.0.0 and recvonly', ['c=IN IP4 0.0.0.0', 'a=recvonly'], 'sendrecv', 'inactive'],
    ['0.0.0.0 and inactive', ['c=IN IP4 0.0.0.0', 'a=inactive'], 'sendrecv', 'inactive'],
    ['sendrecv while we hold', ['a=sendrecv'], 'sendonly', 'sendonly'],
    ['sendonly while we hold', ['a=sendonly'], 'sendonly', 'inactive'],
    ['recvonly while we hold', ['a=recvonly'], 'sendonly', 'sendonly'],
    ['sendrecv while we are inactive', ['a=sendrecv'], 'inactive', 'inactive'],
    ['a direction with a value is none', ['a=sendonly:x'], 'sendrecv', 'sendrecv'],
  ] as const)('%s', (_name, attributes, mine, expected) => {
    const { answer, negotiated } = answerTo(offer('m=audio 5004 RTP/AVP 0', ...attributes), {
      ...local,
      direction: mine,
    });
    expect(negotiated.direction).toBe(expected);
    expect(answer.media[0]?.attributes).toContainEqual([expected, undefined]);
  });

  it('reads a direction of the session, which the media section overrides', () => {
    expect(answerTo(offer('a=sendonly', 'm=audio 5004 RTP/AVP 0')).negotiated.direction).toBe('recvonly');
    expect(answerTo(offer('a=sendonly', 'm=audio 5004 RTP/AVP 0', 'a=sendrecv')).negotiated.direction).toBe('sendrecv');
  });

  it('takes the IPv6 form of 0.0.0.0 as hold too', () => {
    const held = offer('m=audio 5004 RTP/AVP 0', 'c=IN IP6 ::');
    expect(answerTo(held, local6).negotiated.direction).toBe('recvonly');
  });
});
