import { describe, expect, it } from 'vitest';
import { applyAnswer, createAnswer, createOffer } from '../../../../src/media-core/sdp/index.js';
import type { LocalMedia } from '../../../../src/media-core/sdp/types.js';
import { linphone, local, offer, parsed } from './samples.js';

const all: LocalMedia = { ...local, codecs: ['opus', 'g722', 'pcmu', 'pcma', 'l16'] };

const formatLines = (media: { attributes: readonly (readonly [string, string | undefined])[] } | undefined): string[] =>
  (media?.attributes ?? [])
    .filter(([name]) => name === 'rtpmap' || name === 'fmtp')
    .map(([name, value]) => `${name}:${value}`);

function answered(
  remote: ReturnType<typeof offer>,
  ours: LocalMedia = all,
  previous?: Parameters<typeof createAnswer>[2],
) {
  const result = createAnswer(ours, remote, previous);
  if (!result.ok) throw new Error(result.problem.message);
  return result;
}

describe('an offer with every codec', () => {
  it('gives each its payload type, clock and parameters, and telephone-event each clock', () => {
    const { media } = createOffer(all);
    expect(media[0]?.formats).toEqual(['111', '9', '0', '8', '96', '97', '98', '101', '99', '100']);
    expect(formatLines(media[0])).toEqual([
      'rtpmap:111 opus/48000/2',
      'rtpmap:9 G722/8000',
      'rtpmap:0 PCMU/8000',
      'rtpmap:8 PCMA/8000',
      'rtpmap:96 L16/16000',
      'rtpmap:97 L16/48000',
      'rtpmap:98 L16/8000',
      'rtpmap:101 telephone-event/8000',
      'rtpmap:99 telephone-event/16000',
      'rtpmap:100 telephone-event/48000',
      'fmtp:111 useinbandfec=1',
      'fmtp:101 0-16',
      'fmtp:99 0-16',
      'fmtp:100 0-16',
    ]);
  });

  it('settles on the codec of the answer, with the telephone-event of its clock', () => {
    const ours = createOffer(all);
    const answer = offer(
      'm=audio 5004 RTP/AVP 111 100',
      'a=rtpmap:111 opus/48000/2',
      'a=fmtp:111 maxplaybackrate=16000;sprop-maxcapturerate=24000;usedtx=1',
      'a=rtpmap:100 telephone-event/48000',
      'a=ptime:40',
    );
    const result = applyAnswer(all, ours, answer);
    expect(result.ok && result.negotiated).toMatchObject({
      receive: [
        { payloadType: 111, codec: 'opus', clockHz: 48_000, rateHz: 24_000 },
        { payloadType: 0, codec: 'pcmu' },
        { payloadType: 8, codec: 'pcma' },
      ],
      send: {
        payloadType: 111,
        codec: 'opus',
        clockHz: 48_000,
        rateHz: 16_000,
        ptimeMs: 40,
        opus: { bitrateBps: 32_000, fec: false, dtx: true, cbr: false, maxPlaybackRateHz: 16_000 },
      },
      telephoneEventPayloadType: 100,
      telephoneEventClockHz: 48_000,
    });
  });

  it('keeps every payload type in a re-offer, the peer’s ones where it offered first', () => {
    const first = createOffer(all);
    const remote = offer('m=audio 5004 RTP/AVP 9', 'a=rtpmap:9 G722/8000');
    const again = createOffer(all, { local: first, remote });
    expect(again.media[0]?.formats).toEqual(first.media[0]?.formats);
    const theirs = parsed(linphone);
    const { answer } = answered(theirs);
    const reoffer = createOffer(all, { local: answer, remote: theirs });
    expect(formatLines(reoffer.media[0])).toContain('rtpmap:96 opus/48000/2');
    expect(formatLines(reoffer.media[0])).toContain('rtpmap:101 telephone-event/48000');
    expect(formatLines(reoffer.media[0])).toContain('rtpmap:100 telephone-event/8000');
    const numbers = reoffer.media[0]?.formats ?? [];
    expect(new Set(numbers).size).toBe(numbers.length);
    // What linphone calls 97 and 98 (speex) names nothing of ours now.
    expect(formatLines(reoffer.media[0]).filter((line) => /^rtpmap:9[78] /.test(line))).toEqual([]);
  });
});

describe('an answer', () => {
  it('takes the offerer’s order and payload types, with our own parameters', () => {
    const { answer, negotiated } = answered(parsed(linphone), { ...all, opus: { bitrateBps: 24_000 } });
    expect(answer.media[0]?.formats).toEqual(['96', '0', '8', '101']);
    expect(formatLines(answer.media[0])).toContain('fmtp:96 maxaveragebitrate=24000; useinbandfec=1');
    expect(negotiated.send).toMatchObject({ codec: 'opus', opus: { bitrateBps: 24_000, fec: true } });
    expect(negotiated).toMatchObject({ telephoneEventPayloadType: 101, telephoneEventClockHz: 48_000 });
  });

  it('gives a call only the codecs that it asked for', () => {
    const { answer, negotiated } = answered(parsed(linphone), { ...all, codecs: ['pcma'] });
    expect(answer.media[0]?.formats).toEqual(['8', '100']);
    expect(negotiated.send).toEqual({ payloadType: 8, codec: 'pcma' });
  });

  it('pairs Opus with the only telephone-event there is', () => {
    const remote = offer(
      'm=audio 5004 RTP/AVP 96 101',
      'a=rtpmap:96 opus/48000/2',
      'a=rtpmap:101 telephone-event/8000',
    );
    expect(answered(remote).negotiated.telephoneEventPayloadType).toBe(101);
    expect(answered(remote).negotiated.telephoneEventClockHz).toBeUndefined();
  });

  it.each([
    ['a=ptime:30', undefined, 30],
    ['a=ptime:35', undefined, 30],
    ['a=ptime:120', undefined, 60],
    ['a=ptime:2.5', undefined, 10],
    ['a=ptime:40', 'a=maxptime:30', 30],
    ['a=maxptime:10', undefined, 10],
    ['a=ptime:20', 'a=maxptime:150', undefined],
    ['a=ptime:x', undefined, undefined],
  ])('sends packets of the length that %s %s asks for', (one, other, expected) => {
    const remote = offer('m=audio 5004 RTP/AVP 0', one, ...(other === undefined ? [] : [other]));
    expect(answered(remote).negotiated.send.ptimeMs).toBe(expected);
  });

  it.each(['opus/48000', 'opus/16000/2', 'L16/44100', 'L16/16000/2', 'G722/16000', 'PCMU/16000'])(
    'does not take %s for a codec of ours',
    (name) => {
      const remote = offer('m=audio 5004 RTP/AVP 96 0', `a=rtpmap:96 ${name}`);
      expect(answered(remote).negotiated.receive).toEqual([{ payloadType: 0, codec: 'pcmu' }]);
    },
  );
});
