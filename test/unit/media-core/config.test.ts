import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { SessionError } from '../../../src/base/errors.js';
import { callNative, toLegConfig, toNativeOptions } from '../../../src/media-core/config.js';
import type { MediaDirection, StreamParameters } from '../../../src/media-core/index.js';

const parameters: StreamParameters = {
  receive: [{ payloadType: 0, codec: 'pcmu' }],
  send: { payloadType: 0, codec: 'pcmu' },
  telephoneEventPayloadType: undefined,
  remote: { address: '192.0.2.1', port: 4000 },
  remoteRtcpPort: 4001,
  rtcpMux: false,
  direction: 'sendrecv',
};

describe('media-core/config', () => {
  it('fills in defaults', () => {
    const options = toNativeOptions({});
    expect(options).toMatchObject({ manual: false, maxLegs: 1000, portMin: 16_384, portMax: 32_767, portRestMs: 5000 });
    expect(options.workers).toBe(Math.min(8, Math.max(1, Math.floor(availableParallelism() / 2))));
    expect(options.rtpTimeoutMs).toBe(0);
  });

  it('makes a new random CNAME each time (RFC 7022)', () => {
    const names = new Set(Array.from({ length: 100 }, () => toNativeOptions({}).cname));
    expect(names.size).toBe(100);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{24}$/);
  });

  it.each([
    ['sendrecv', true, true],
    ['sendonly', true, false],
    ['recvonly', false, true],
    ['inactive', false, false],
  ] as [MediaDirection, boolean, boolean][])('translates %s', (direction, send, receiveMedia) => {
    expect(toLegConfig({ ...parameters, direction })).toMatchObject({ send, receiveMedia, allowSend: false });
  });

  it('says −1 for no telephone events', () => {
    expect(toLegConfig(parameters).telephoneEventPayloadType).toBe(-1);
    expect(toLegConfig({ ...parameters, telephoneEventPayloadType: 101 }).telephoneEventPayloadType).toBe(101);
  });

  it("bounds the jitter buffer: the engine's options, or the stream's own", () => {
    expect(toLegConfig(parameters).jitter).toEqual({ minMs: 0, maxMs: 400, fixedMs: -1 });
    expect(toLegConfig(parameters, { minMs: 20, maxMs: 80 }).jitter).toEqual({ minMs: 20, maxMs: 80, fixedMs: -1 });
    expect(toLegConfig({ ...parameters, jitter: { fixedMs: 60 } }, { minMs: 20 }).jitter).toEqual({
      minMs: 0,
      maxMs: 400,
      fixedMs: 60,
    });
    for (const [jitter, name] of [
      [{ maxMs: 59 }, 'jitter.maxMs'],
      [{ minMs: -1 }, 'jitter.minMs'],
      [{ minMs: 401 }, 'jitter.minMs'],
      [{ fixedMs: 401 }, 'jitter.fixedMs'],
      [{ fixedMs: 1.5 }, 'jitter.fixedMs'],
    ] as const)
      expect(() => toLegConfig(parameters, jitter)).toThrow(name);
  });

  it('wraps what the addon throws, with code and cause', () => {
    const coded = Object.assign(new Error('no port left'), { code: 'ERR_NO_PORTS' });
    const wrapped = (() => {
      try {
        return callNative(() => {
          throw coded;
        });
      } catch (error) {
        return error;
      }
    })();
    expect(wrapped).toBeInstanceOf(SessionError);
    expect(wrapped).toMatchObject({ code: 'ERR_NO_PORTS', message: 'no port left', cause: coded });
    expect(() =>
      callNative(() => {
        throw new TypeError('odd');
      }),
    ).toThrow(expect.objectContaining({ code: 'ERR_INTERNAL' }));
  });
});
