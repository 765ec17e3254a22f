/**
 * Session terms → the core's terms and back: engine options, our side of a description, descriptions as bytes, what was negotiated.
 * Pure; used by MediaManager and by manager/wiring.ts.
 */
import { SessionError } from '../base/errors.js';
import {
  type CodecName,
  type LocalMedia,
  type MediaEngineOptions,
  type NegotiationProblem,
  parseSdp,
  printSdp,
  type SessionDescription,
  type Stream,
  type StreamParameters,
} from '../media-core/index.js';
import type { Description, Direction, MediaWish, NegotiatedMedia } from '../session/index.js';
import { MediaError, type MediaOptions } from './types.js';

const defaultCodecs: readonly CodecName[] = ['pcmu', 'pcma'];

export class MediaConfigConverter {
  readonly codecs: readonly CodecName[];

  /** Throws ERR_CONFIG for a codec list that is empty or names a codec twice. */
  constructor(options: MediaOptions) {
    this.codecs = options.codecs ?? defaultCodecs;
    if (this.codecs.length === 0 || new Set(this.codecs).size !== this.codecs.length)
      throw new SessionError('ERR_CONFIG', 'codecs: name at least one codec, and each once');
    for (const codec of this.codecs) {
      if (!defaultCodecs.includes(codec))
        throw new SessionError(
          'ERR_CONFIG',
          `codecs: '${codec}' is not available; there are ${defaultCodecs.join(', ')}`,
        );
    }
  }

  toEngineOptions(options: MediaOptions): MediaEngineOptions {
    const { network, clock, codecs: _codecs, ids, ...rest } = options;
    if (!network) return rest;
    if (!clock) throw new SessionError('ERR_INVALID_ARGUMENT', 'a virtual network needs the clock that drives it');
    return { ...rest, manual: { clock, network, seed: ids?.uint32() ?? 1 } };
  }

  /** Our side of a description for a stream. */
  toLocalMedia(parts: { stream: Stream; address: string; sdpId: string; wish: MediaWish }): LocalMedia {
    const { stream, address, sdpId, wish } = parts;
    return {
      address,
      rtpPort: stream.rtpPort,
      rtcpPort: stream.rtcpPort,
      sessionId: sdpId,
      sessionVersion: 1,
      codecs: this.codecs,
      direction: wish.hold ? 'sendonly' : 'sendrecv',
      ptimeMs: 20,
    };
  }

  toDescription(sdp: SessionDescription): Description {
    return { contentType: 'application/sdp', data: Buffer.from(printSdp(sdp), 'utf8') };
  }

  /** Throws MediaError 415 for another type than SDP, 400 for a broken one. */
  toSdp(description: Description): SessionDescription {
    if (description.contentType !== 'application/sdp')
      throw new MediaError(
        'ERR_INVALID_SDP',
        `a body of type ${description.contentType} is no session description`,
        415,
      );
    const parsed = parseSdp(description.data);
    if (parsed.ok) return parsed.description;
    const { line, message } = parsed.problem;
    throw new MediaError('ERR_INVALID_SDP', line > 0 ? `SDP line ${line}: ${message}` : `SDP: ${message}`, 400);
  }

  toError(problem: NegotiationProblem): MediaError {
    return new MediaError(problem.code, problem.message, problem.status);
  }

  toNegotiated(parameters: StreamParameters): NegotiatedMedia {
    return {
      codec: parameters.send.codec,
      direction: parameters.direction satisfies Direction,
      remoteAddress: parameters.remote.address,
      remotePort: parameters.remote.port,
      telephoneEvents: parameters.telephoneEventPayloadType !== undefined,
    };
  }
}
