/**
 * Session terms → the core's terms and back: engine options, our side of a description, descriptions as bytes, what was negotiated.
 * Pure; used by MediaManager and by manager/wiring.ts.
 */
import { isIP } from 'node:net';
import { SessionError } from '../base/errors.js';
import {
  type CodecName,
  type LocalMedia,
  type MediaEngineOptions,
  type NegotiationProblem,
  type OpusOptions,
  parseSdp,
  printSdp,
  type SessionDescription,
  type Stream,
  type StreamParameters,
} from '../media-core/index.js';
import type { Description, Direction, MediaChange, MediaWish, NegotiatedMedia } from '../session/index.js';
import { MediaError, type MediaOptions } from './types.js';

/** In order of preference; those that the build lacks are left out. L16 is offered only where it is asked for: it fills packets. */
const defaultCodecs: readonly CodecName[] = ['opus', 'g722', 'pcmu', 'pcma'];
const shortestPtimeMs = 10;
const longestPtimeMs = 60;

export class MediaConfigConverter {
  readonly codecs: readonly CodecName[];
  readonly #available: readonly CodecName[];
  readonly #opus: OpusOptions;
  readonly #ptimeMs: number;
  readonly #comfortNoise: boolean;
  readonly #silenceSuppression: boolean;

  /**
   * @param available codecs of this build
   * Throws ERR_CONFIG for a codec list that is empty, names a codec twice or one that is not there, and for values out of range.
   */
  constructor(options: MediaOptions, available: readonly CodecName[]) {
    this.#available = available;
    this.codecs = this.toCodecs(options.codecs ?? defaultCodecs.filter((codec) => available.includes(codec)));
    this.#opus = checkOpus(options.opus ?? {});
    this.#ptimeMs = wholeNumber('ptimeMs', options.ptimeMs ?? 20, shortestPtimeMs, longestPtimeMs);
    this.#comfortNoise = options.comfortNoise ?? true;
    this.#silenceSuppression = options.silenceSuppression ?? false;
    if (this.#silenceSuppression && !this.#comfortNoise)
      throw new SessionError('ERR_CONFIG', 'silenceSuppression: it needs comfortNoise, which is false');
    if (this.#ptimeMs % 10 !== 0)
      throw new SessionError('ERR_CONFIG', `ptimeMs: ${this.#ptimeMs} is no multiple of 10`);
  }

  /** A list of codecs as the core knows them. Throws ERR_CONFIG. */
  toCodecs(names: readonly string[]): readonly CodecName[] {
    if (names.length === 0 || new Set(names).size !== names.length)
      throw new SessionError('ERR_CONFIG', 'codecs: name at least one codec, and each once');
    return names.map((name) => {
      const codec = this.#available.find((known) => known === name);
      if (codec) return codec;
      throw new SessionError(
        'ERR_CONFIG',
        `codecs: '${name}' is not available; there are ${this.#available.join(', ')}`,
      );
    });
  }

  toEngineOptions(options: MediaOptions): MediaEngineOptions {
    const { network, clock, codecs: _codecs, opus: _opus, ptimeMs: _ptimeMs, ids, ...others } = options;
    const { comfortNoise: _comfortNoise, silenceSuppression: _silenceSuppression, ...rest } = others;
    if (!network) return rest;
    if (!clock) throw new SessionError('ERR_INVALID_ARGUMENT', 'a virtual network needs the clock that drives it');
    return { ...rest, manual: { clock, network, seed: ids?.uint32() ?? 1 } };
  }

  /** Our side of a description for a stream. */
  toLocalMedia(parts: {
    stream: Stream;
    address: string;
    sdpId: string;
    wish: MediaWish;
    codecs: readonly CodecName[];
    change?: MediaChange;
  }): LocalMedia {
    const { stream, sdpId, wish, codecs, change = {} } = parts;
    return {
      address: change.address ?? parts.address,
      rtpPort: stream.rtpPort,
      rtcpPort: stream.rtcpPort,
      sessionId: sdpId,
      sessionVersion: 1,
      codecs: change.codecs ? this.toCodecs(change.codecs) : codecs,
      opus: this.#opus,
      direction: wish.hold ? 'sendonly' : 'sendrecv',
      ptimeMs: this.#ptimeMs,
      comfortNoise: this.#comfortNoise,
      silenceSuppression: this.#silenceSuppression,
    };
  }

  /** A change that can be made; throws ERR_CONFIG for codecs and MediaError ERR_INVALID_ARGUMENT for an address that cannot be. */
  toChange(change: MediaChange): MediaChange {
    const { address } = change;
    const codecs = change.codecs && this.toCodecs(change.codecs);
    if (address !== undefined && (isIP(address) === 0 || /^(0\.0\.0\.0|[0:]+)$/.test(address)))
      throw new MediaError('ERR_INVALID_ARGUMENT', `address: '${address}' is no address that a peer could reach`, 488);
    return { ...(codecs && { codecs }), ...(address !== undefined && { address }) };
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

function checkOpus(opus: OpusOptions): OpusOptions {
  if (opus.bitrateBps !== undefined) wholeNumber('opus.bitrateBps', opus.bitrateBps, 6000, 510_000);
  if (opus.maxPlaybackRateHz !== undefined) wholeNumber('opus.maxPlaybackRateHz', opus.maxPlaybackRateHz, 8000, 48_000);
  return opus;
}

function wholeNumber(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new SessionError('ERR_CONFIG', `${name}: ${value} is not a whole number from ${min} to ${max}`);
  return value;
}
