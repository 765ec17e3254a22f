import { describe, expect, it } from 'vitest';
import {
  opusReceiveRate,
  readOpusFormat,
  toEngineRate,
  toOpusEncoding,
  writeOpusFormat,
} from '../../../../src/media-core/sdp/opus.js';

describe('Opus in SDP (RFC 7587 6.1)', () => {
  it('reads every parameter, whatever the spaces and the case', () => {
    const text =
      'MaxPlaybackRate=16000;sprop-maxcapturerate=8000; maxaveragebitrate=20000; stereo=1;cbr=1 ;useinbandfec=1; usedtx=1';
    expect(readOpusFormat(text)).toEqual({
      maxPlaybackRateHz: 16_000,
      maxCaptureRateHz: 8000,
      maxAverageBitrateBps: 20_000,
      stereo: true,
      cbr: true,
      inbandFec: true,
      dtx: true,
    });
  });

  it.each(['', ';;', 'maxplaybackrate=3', 'maxplaybackrate=-1;maxaveragebitrate=1e6;useinbandfec=2', 'x=1;=;cbr'])(
    'falls back on the defaults of the RFC for %j',
    (text) => {
      expect(readOpusFormat(text)).toEqual({
        maxPlaybackRateHz: 48_000,
        maxCaptureRateHz: 48_000,
        maxAverageBitrateBps: undefined,
        stereo: false,
        cbr: false,
        inbandFec: false,
        dtx: false,
      });
    },
  );

  it('writes what it reads', () => {
    const options = { bitrateBps: 24_000, dtx: true, cbr: true, maxPlaybackRateHz: 16_000 };
    expect(writeOpusFormat(options)).toBe(
      'maxplaybackrate=16000; maxaveragebitrate=24000; cbr=1; useinbandfec=1; usedtx=1',
    );
    expect(readOpusFormat(writeOpusFormat(options))).toMatchObject({ maxPlaybackRateHz: 16_000, dtx: true, cbr: true });
    expect(writeOpusFormat({})).toBe('useinbandfec=1');
    expect(writeOpusFormat({ fec: false })).toBe('');
  });

  it('encodes as the peer wishes, within our own wishes', () => {
    const peer = readOpusFormat('maxaveragebitrate=20000;useinbandfec=1;usedtx=1;maxplaybackrate=8000');
    expect(toOpusEncoding({}, peer)).toEqual({
      bitrateBps: 20_000,
      fec: true,
      dtx: true,
      cbr: false,
      maxPlaybackRateHz: 8000,
    });
    expect(toOpusEncoding({ bitrateBps: 12_000, fec: false, cbr: true }, peer)).toMatchObject({
      bitrateBps: 12_000,
      fec: false,
      cbr: true,
    });
    expect(toOpusEncoding({}, readOpusFormat('')).bitrateBps).toBe(32_000);
  });

  it('runs at the lowest rate of the engine that loses nothing', () => {
    expect([8000, 12_000, 16_000, 20_000, 44_100, 48_000].map(toEngineRate)).toEqual([
      8000, 16_000, 16_000, 24_000, 48_000, 48_000,
    ]);
    expect(opusReceiveRate({}, readOpusFormat('sprop-maxcapturerate=12000'))).toBe(16_000);
    expect(opusReceiveRate({ maxPlaybackRateHz: 8000 }, readOpusFormat(''))).toBe(8000);
  });
});
