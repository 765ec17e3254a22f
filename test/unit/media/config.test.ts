import { describe, expect, it } from 'vitest';
import { MediaConfigConverter } from '../../../src/media/config.js';
import type { CodecName, MediaOptions } from '../../../src/media/types.js';

/** A build without Opus. */
const converter = (options: MediaOptions): MediaConfigConverter =>
  new MediaConfigConverter(options, ['g722', 'l16', 'pcma', 'pcmu']);

const description = (text: string, contentType = 'application/sdp') => ({ contentType, data: Buffer.from(text) });

describe('MediaConfigConverter', () => {
  it('prefers the best codec that the build has, and keeps an order that is asked for', () => {
    expect(converter({}).codecs).toEqual(['g722', 'pcmu', 'pcma']);
    expect(converter({ codecs: ['pcma', 'l16', 'pcmu'] }).codecs).toEqual(['pcma', 'l16', 'pcmu']);
  });

  it.each([
    [{ ptimeMs: 25 }],
    [{ ptimeMs: 70 }],
    [{ opus: { bitrateBps: 5000 } }],
    [{ opus: { maxPlaybackRateHz: 96_000 } }],
  ])('refuses %j', (options) => {
    const key = Object.keys(options)[0] as string;
    expect(() => converter(options)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(key) }),
    );
  });

  it.each([[[]], [['pcmu', 'pcmu']], [['opus']]])('refuses the codecs %j', (codecs) => {
    expect(() => converter({ codecs: codecs as CodecName[] })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining('codecs') }),
    );
  });

  it('says what is wrong with a description, and with which status to answer', () => {
    const { toSdp } = converter({});
    expect(() => toSdp(description('x', 'text/plain'))).toThrow(expect.objectContaining({ status: 415 }));
    expect(() => toSdp(description('v=0\r\no=broken\r\n'))).toThrow(
      expect.objectContaining({ status: 400, message: expect.stringContaining('SDP line 2') }),
    );
  });

  it('holds by sendonly', () => {
    const stream = { rtpPort: 4000, rtcpPort: 4001 } as never;
    const local = (hold: boolean) =>
      converter({}).toLocalMedia({ stream, address: '10.0.0.1', sdpId: '1', wish: { hold }, codecs: ['pcmu'] });
    expect(local(true).direction).toBe('sendonly');
    expect(local(false).direction).toBe('sendrecv');
  });

  it('needs the clock that drives a virtual network', () => {
    const network = { attach() {}, send() {} };
    expect(() => converter({}).toEngineOptions({ network })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
