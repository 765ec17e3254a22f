/** Offers of ours, answers to them, and second exchanges in a session. */
import { describe, expect, it } from 'vitest';
import { applyAnswer, createAnswer, createOffer, directionOf, printSdp } from '../../../../src/media-core/sdp/index.js';
import type { SessionDescription } from '../../../../src/media-core/sdp/types.js';
import { baresip, lines, linphone, local, local6, offer, parsed } from './samples.js';

const versionOf = (description: SessionDescription): string => description.origin.sessionVersion;
const formatsOf = (description: SessionDescription): string => (description.media[0]?.formats ?? []).join(' ');

function answerTo(offered: SessionDescription, previous?: Parameters<typeof createAnswer>[2], mine = local) {
  const result = createAnswer(mine, offered, previous);
  if (!result.ok) throw new Error(result.problem.message);
  return result;
}

function apply(offered: SessionDescription, answer: SessionDescription, mine = local) {
  const result = applyAnswer(mine, offered, answer);
  if (!result.ok) throw new Error(result.problem.message);
  return result.negotiated;
}

describe('createOffer', () => {
  it('offers all codecs in our order, telephone-event and no mux', () => {
    expect(printSdp(createOffer({ ...local, codecs: ['pcma', 'pcmu'] }))).toBe(
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

  it('names an RTCP port that is not the next one, and an IPv6 address', () => {
    const text = printSdp(createOffer({ ...local6, rtcpPort: 30_001 }));
    expect(text).toContain('a=rtcp:30001\r\n');
    expect(text).toContain('o=- 7001 1 IN IP6 2001:db8::1\r\n');
  });

  it('refuses a local address that is no number', () => {
    expect(() => createOffer({ ...local, address: 'server.example.com' })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });

  it('keeps the version while nothing changes and counts on by one when something does (RFC 3264 8)', () => {
    const first = createOffer(local);
    const same = createOffer(local, { local: first });
    const held = createOffer({ ...local, direction: 'sendonly' }, { local: same });
    const resumed = createOffer(local, { local: held });
    expect([first, same, held, resumed].map(versionOf)).toEqual(['1', '1', '2', '3']);
  });

  it('keeps the o= line apart from its version when the address moves', () => {
    const first = createOffer(local);
    const moved = createOffer({ ...local, address: '192.0.2.2' }, { local: first });
    expect(moved.origin).toEqual({ ...first.origin, sessionVersion: '2' });
    expect(moved.connection?.address).toBe('192.0.2.2');
  });

  it('counts versions past what a double holds', () => {
    const first = createOffer(local);
    const origin = { ...first.origin, sessionVersion: '18446744073709551614' };
    expect(versionOf(createOffer({ ...local, direction: 'inactive' }, { local: { ...first, origin } }))).toBe(
      '18446744073709551615',
    );
  });
});

describe('a re-offer of ours', () => {
  it('keeps order, rejected streams, payload types and mux of a session that the peer began', () => {
    const theirs = parsed(
      baresip
        .replace('m=audio 10030 RTP/AVP 0 8 101', 'm=video 9000 RTP/AVP 99\r\nm=audio 10030 RTP/AVPF 97 110')
        .replace('rtpmap:0 ', 'rtpmap:97 ')
        .replace('rtpmap:101 ', 'rtpmap:110 '),
    );
    const { answer } = answerTo(theirs);
    const reoffer = createOffer({ ...local, direction: 'sendonly' }, { local: answer, remote: theirs });
    expect(printSdp(reoffer).split('\r\n').slice(1)).toEqual([
      'o=- 7001 2 IN IP4 192.0.2.1',
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=video 0 RTP/AVP 99',
      'm=audio 16384 RTP/AVPF 97 8 110',
      'a=rtpmap:97 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:110 telephone-event/8000',
      'a=fmtp:110 0-16',
      'a=ptime:20',
      'a=maxptime:60',
      'a=sendonly',
      'a=rtcp-mux',
      '',
    ]);
  });

  it('gives telephone-event a payload type that the peer never used for something else', () => {
    const theirs = offer('m=audio 5004 RTP/AVP 0 101 96', 'a=rtpmap:101 speex/8000', 'a=rtpmap:96 iLBC/8000');
    const { answer } = answerTo(theirs);
    expect(formatsOf(createOffer(local, { local: answer, remote: theirs }))).toBe('0 8 97');
  });

  it('uses the peer’s payload type for telephone-event where ours was not yet set', () => {
    const first = { ...createOffer(local) };
    const bare = { ...first, media: [{ ...first.media[0]!, formats: ['0'], attributes: [] }] };
    const theirs = offer('m=audio 5004 RTP/AVP 0 98', 'a=rtpmap:98 telephone-event/8000');
    expect(formatsOf(createOffer(local, { local: bare, remote: theirs }))).toBe('0 8 98');
  });
});

describe('a re-offer of the peer', () => {
  const first = parsed(linphone);

  it('is answered with the same version while nothing changes, a higher one on hold and on resume', () => {
    const { answer } = answerTo(first);
    const again = answerTo(first, { local: answer, remote: first }).answer;
    const hold = parsed(linphone.replace('m=audio', 'a=sendonly\r\nm=audio'));
    const held = answerTo(hold, { local: again, remote: first });
    const resumed = answerTo(first, { local: held.answer, remote: hold });
    expect(held.negotiated.direction).toBe('recvonly');
    expect(resumed.negotiated.direction).toBe('sendrecv');
    expect([answer, again, held.answer, resumed.answer].map(versionOf)).toEqual(['1', '1', '2', '3']);
  });

  it('keeps the stream in use, though another would now come first', () => {
    const before = offer('m=audio 0 RTP/AVP 0', 'm=audio 5004 RTP/AVP 0');
    const { answer } = answerTo(before);
    const after = offer('m=audio 5000 RTP/AVP 0', 'm=audio 5004 RTP/AVP 0');
    const second = answerTo(after, { local: answer, remote: before });
    expect(second.negotiated.remote.port).toBe(5004);
    expect(second.answer.media.map(({ port }) => port)).toEqual([0, 16_384]);
  });

  it('moves to another stream when the peer ends the one in use', () => {
    const before = offer('m=audio 5004 RTP/AVP 0');
    const { answer } = answerTo(before);
    const second = answerTo(offer('m=audio 0 RTP/AVP 0', 'm=audio 5008 RTP/AVP 0'), { local: answer, remote: before });
    expect(second.answer.media.map(({ port }) => port)).toEqual([0, 16_384]);
  });

  it('may add, and even drop, streams', () => {
    const { answer } = answerTo(first);
    const more = offer('m=audio 7078 RTP/AVP 0', 'm=video 0 RTP/AVP 96', 'm=text 7 RTP/AVP 98');
    expect(answerTo(more, { local: answer, remote: first }).answer.media.map(({ port }) => port)).toEqual([
      16_384, 0, 0,
    ]);
    expect(answerTo(offer('m=audio 7078 RTP/AVP 0'), { local: answer, remote: first }).answer.media).toHaveLength(1);
  });

  it('that fits no more is 488 and changes nothing', () => {
    const { answer } = answerTo(first);
    const result = createAnswer(local, offer('m=audio 7078 RTP/AVP 9'), { local: answer, remote: first });
    expect(result).toMatchObject({ ok: false, problem: { status: 488 } });
    expect(versionOf(answer)).toBe('1');
  });
});

describe('applyAnswer', () => {
  const ours = createOffer(local);

  it('settles a late offer: ours in the 200, theirs in the ACK', () => {
    const answer = offer('m=audio 5004 RTP/AVP 8 101', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000');
    expect(apply(ours, answer)).toEqual({
      receive: [
        { payloadType: 8, codec: 'pcma' },
        { payloadType: 0, codec: 'pcmu' },
      ],
      send: { payloadType: 8, codec: 'pcma' },
      telephoneEventPayloadType: 101,
      sendTelephoneEvent: { payloadType: 101 },
      remote: { address: '198.51.100.7', port: 5004 },
      remoteRtcpPort: 5005,
      rtcpMux: false,
      direction: 'sendrecv',
    });
  });

  it('both ends of this code agree', () => {
    const { answer, negotiated } = answerTo(ours, undefined, { ...local, address: '192.0.2.9', codecs: ['pcma'] });
    const mine = apply(ours, answer);
    expect(mine.send).toEqual(negotiated.send);
    expect(mine.remote).toEqual({ address: '192.0.2.9', port: 16_384 });
    expect(negotiated.remote).toEqual({ address: '192.0.2.1', port: 16_384 });
  });

  it.each([
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendrecv', 'sendonly', 'recvonly'],
    ['sendrecv', 'recvonly', 'sendonly'],
    ['sendrecv', 'inactive', 'inactive'],
    ['sendonly', 'recvonly', 'sendonly'],
    ['sendonly', 'sendrecv', 'sendonly'],
    ['inactive', 'inactive', 'inactive'],
  ] as const)('our %s answered with %s is %s', (direction, answered, expected) => {
    const held = createOffer({ ...local, direction });
    expect(apply(held, offer('m=audio 5004 RTP/AVP 0', `a=${answered}`)).direction).toBe(expected);
  });

  it('sends nothing to 0.0.0.0', () => {
    expect(apply(ours, offer('m=audio 5004 RTP/AVP 0', 'c=IN IP4 0.0.0.0')).direction).toBe('recvonly');
  });

  it('understands payload types that the answer maps elsewhere, and sends by the answer’s map', () => {
    const answer = offer('m=audio 5004 RTP/AVP 97 98', 'a=rtpmap:97 PCMU/8000', 'a=rtpmap:98 telephone-event/8000');
    const { receive, send, telephoneEventPayloadType } = apply(ours, answer);
    expect(send).toEqual({ payloadType: 97, codec: 'pcmu' });
    expect(receive).toEqual([
      { payloadType: 0, codec: 'pcmu' },
      { payloadType: 8, codec: 'pcma' },
      { payloadType: 97, codec: 'pcmu' },
    ]);
    expect(telephoneEventPayloadType).toBe(101);
  });

  it('does not mux when only the answer says so, and does when both do', () => {
    const answer = offer('m=audio 5004 RTP/AVP 0', 'a=rtcp:6001', 'a=rtcp-mux');
    expect(apply(ours, answer)).toMatchObject({ rtcpMux: false, remoteRtcpPort: 6001 });
    const before = parsed(baresip);
    const muxed = createOffer(local, { local: answerTo(before).answer, remote: before });
    expect(apply(muxed, answer)).toMatchObject({ rtcpMux: true, remoteRtcpPort: 5004 });
  });

  it('finds our stream behind rejected ones', () => {
    const before = parsed(linphone.replace('m=audio', 'm=video 1 RTP/AVP 99\r\nm=audio'));
    const reoffer = createOffer(local, { local: answerTo(before).answer, remote: before });
    const answer = offer('m=video 0 RTP/AVP 99', 'm=audio 7078 RTP/AVP 0', 'm=video 0 RTP/AVP 96');
    expect(apply(reoffer, answer).remote.port).toBe(7078);
  });

  it.each([
    ['no stream', [], 400, 'ERR_INVALID_SDP'],
    ['another kind', ['m=video 5004 RTP/AVP 0'], 400, 'ERR_INVALID_SDP'],
    ['another protocol', ['m=audio 5004 RTP/SAVP 0'], 400, 'ERR_INVALID_SDP'],
    ['a rejected stream', ['m=audio 0 RTP/AVP 0'], 488, 'ERR_NO_COMMON_CODEC'],
    ['a codec that we did not offer', ['m=audio 5004 RTP/AVP 9'], 488, 'ERR_NO_COMMON_CODEC'],
    ['a host name', ['m=audio 5004 RTP/AVP 0', 'c=IN IP4 phone.example.com'], 488, 'ERR_NO_COMMON_CODEC'],
  ])('refuses an answer with %s', (_name, media, status, code) => {
    expect(applyAnswer(local, ours, offer(...media))).toMatchObject({ ok: false, problem: { status, code } });
  });
});

describe('directionOf', () => {
  it('tells the peer’s own direction, so that its hold is seen beside ours', () => {
    const held = offer('m=audio 5004 RTP/AVP 0', 'a=sendonly');
    expect(directionOf(held, held.media[0]!)).toBe('sendonly');
  });
});
