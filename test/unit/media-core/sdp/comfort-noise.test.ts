import { describe, expect, it } from 'vitest';
import { applyAnswer, createAnswer, createOffer } from '../../../../src/media-core/sdp/index.js';
import type { LocalMedia } from '../../../../src/media-core/sdp/types.js';
import { local, offer } from './samples.js';

const quiet: LocalMedia = { ...local, codecs: ['opus', 'g722', 'pcmu', 'l16'], silenceSuppression: true };
const rtpmaps = (media: { attributes: readonly (readonly [string, string | undefined])[] } | undefined): string[] =>
  (media?.attributes ?? []).filter(([name]) => name === 'rtpmap').map(([, value]) => value ?? '');
const cn = (lines: string[]): string[] => lines.filter((line) => line.includes(' CN/'));

describe('comfort noise in an offer', () => {
  it('is there with silence suppression only, once for each clock of a codec that is not silent by itself', () => {
    expect(cn(rtpmaps(createOffer({ ...quiet, silenceSuppression: false }).media[0]))).toEqual([]);
    const maps = cn(rtpmaps(createOffer(quiet).media[0]));
    expect(maps).toEqual(['13 CN/8000', '99 CN/16000', '100 CN/48000']);
    expect(cn(rtpmaps(createOffer({ ...quiet, codecs: ['opus'] }).media[0]))).toEqual([]);
  });

  it('is sent when the answer has it at the clock of the codec, and not otherwise', () => {
    const ours = createOffer(quiet);
    const settle = (...answer: [string, ...string[]]) => {
      const result = applyAnswer(quiet, ours, offer(...answer));
      return result.ok ? result.negotiated : undefined;
    };
    const both = settle('m=audio 5004 RTP/AVP 0 13');
    expect(both?.send.comfortNoisePayloadType).toBe(13);
    expect(both?.comfortNoisePayloadTypes).toContain(13);
    expect(settle('m=audio 5004 RTP/AVP 0')?.send.comfortNoisePayloadType).toBeUndefined();
    const wide = settle('m=audio 5004 RTP/AVP 96 99', 'a=rtpmap:96 L16/16000', 'a=rtpmap:99 cn/16000');
    expect(wide?.send).toMatchObject({ codec: 'l16', comfortNoisePayloadType: 99 });
    const other = settle('m=audio 5004 RTP/AVP 96 13', 'a=rtpmap:96 L16/16000');
    expect(other?.send.comfortNoisePayloadType).toBeUndefined();
    const opus = settle('m=audio 5004 RTP/AVP 111 0 13', 'a=rtpmap:111 opus/48000/2');
    expect(opus?.send.comfortNoisePayloadType).toBeUndefined();
  });

  it('keeps its payload types in a re-offer', () => {
    const first = createOffer(quiet);
    const remote = offer('m=audio 5004 RTP/AVP 0 13');
    expect(createOffer(quiet, { local: first, remote }).media[0]?.formats).toEqual(first.media[0]?.formats);
  });
});

describe('comfort noise in an answer', () => {
  const asked = offer('m=audio 5004 RTP/AVP 9 0 13 98 99', 'a=rtpmap:98 CN/16000', 'a=rtpmap:99 CN/8000/2');
  const answered = (ours: LocalMedia) => {
    const result = createAnswer(ours, asked);
    if (!result.ok) throw new Error(result.problem.message);
    return result;
  };

  it('is taken where it was offered for a codec of both, and received without being sent', () => {
    const { answer, negotiated } = answered({ ...quiet, silenceSuppression: false });
    expect(answer.media[0]?.formats).toEqual(['9', '0', '13']);
    expect(negotiated.comfortNoisePayloadTypes).toEqual([13]);
    expect(negotiated.send.comfortNoisePayloadType).toBeUndefined();
  });

  it('is sent for G.722 too, whose RTP clock is 8000', () => {
    expect(answered(quiet).negotiated.send).toMatchObject({ codec: 'g722', comfortNoisePayloadType: 13 });
  });

  it('is left out where it is not wanted', () => {
    const { answer, negotiated } = answered({ ...quiet, silenceSuppression: false, comfortNoise: false });
    expect(answer.media[0]?.formats).toEqual(['9', '0']);
    expect(negotiated.comfortNoisePayloadTypes).toBeUndefined();
  });

  it('stays in the re-offer of a side that took it', () => {
    const ours = { ...quiet, silenceSuppression: false };
    const { answer } = answered(ours);
    expect(createOffer(ours, { local: answer, remote: asked }).media[0]?.formats).toContain('13');
  });
});
