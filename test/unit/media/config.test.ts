import { describe, expect, it } from 'vitest';
import { MediaConfigConverter } from '../../../src/media/config.js';
import type { CodecName } from '../../../src/media/types.js';

const description = (text: string, contentType = 'application/sdp') => ({ contentType, data: Buffer.from(text) });

describe('MediaConfigConverter', () => {
  it('prefers PCMU by default and keeps an order that is asked for', () => {
    expect(new MediaConfigConverter({}).codecs).toEqual(['pcmu', 'pcma']);
    expect(new MediaConfigConverter({ codecs: ['pcma', 'pcmu'] }).codecs).toEqual(['pcma', 'pcmu']);
  });

  it.each([[[]], [['pcmu', 'pcmu']], [['opus']]])('refuses the codecs %j', (codecs) => {
    expect(() => new MediaConfigConverter({ codecs: codecs as CodecName[] })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining('codecs') }),
    );
  });

  it('says what is wrong with a description, and with which status to answer', () => {
    const converter = new MediaConfigConverter({});
    expect(() => converter.toSdp(description('x', 'text/plain'))).toThrow(expect.objectContaining({ status: 415 }));
    expect(() => converter.toSdp(description('v=0\r\no=broken\r\n'))).toThrow(
      expect.objectContaining({ status: 400, message: expect.stringContaining('SDP line 2') }),
    );
  });

  it('holds by sendonly', () => {
    const stream = { rtpPort: 4000, rtcpPort: 4001 } as never;
    const local = (hold: boolean) =>
      new MediaConfigConverter({}).toLocalMedia({ stream, address: '10.0.0.1', sdpId: '1', wish: { hold } });
    expect(local(true).direction).toBe('sendonly');
    expect(local(false).direction).toBe('sendrecv');
  });

  it('needs the clock that drives a virtual network', () => {
    const network = { attach() {}, send() {} };
    expect(() => new MediaConfigConverter({}).toEngineOptions({ network })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
