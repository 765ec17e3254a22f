/**
 * The media layer's verbs by session, and the only owner of the map between sessions and streams. Synchronous: each verb negotiates or
 * hands a command to the engine, which applies it at its next tick. Called by manager/ alone.
 */
import type { IdSource } from '../base/ids.js';
import {
  applyAnswer,
  type CodecName,
  createAnswer,
  createOffer,
  type LocalMedia,
  type MediaEngine,
  type PreviousExchange,
  type SessionDescription,
  type Stream,
  type StreamParameters,
  type StreamStats,
} from '../media-core/index.js';
import type {
  Description,
  MediaChange,
  MediaPort,
  MediaRoute,
  MediaWish,
  NegotiatedMedia,
  SessionId,
} from '../session/index.js';
import type { MediaConfigConverter } from './config.js';
import { toMediaError } from './errors.js';
import { MediaError } from './types.js';

/** What one session holds of media. */
interface Entry {
  readonly stream: Stream;
  readonly route: MediaRoute;
  /** o= session identifier: digits, unique for this host (RFC 8866 5.2). */
  readonly sdpId: string;
  readonly codecs: readonly CodecName[];
  /** The descriptions in force. */
  current: PreviousExchange | undefined;
  /** Our offer that waits for its answer, and what it changes for good when that comes. */
  offer:
    | { readonly sdp: SessionDescription; readonly local: LocalMedia; readonly change?: MediaChange | undefined }
    | undefined;
  /** What `updateMedia` changed. */
  change: MediaChange;
}

export class MediaManager implements MediaPort {
  readonly #engine: MediaEngine;
  readonly #config: MediaConfigConverter;
  readonly #ids: IdSource;
  readonly #entries = new Map<SessionId, Entry>();
  #onStream: ((sessionId: SessionId, stream: Stream) => void) | undefined;

  constructor(engine: MediaEngine, config: MediaConfigConverter, ids: IdSource) {
    this.#engine = engine;
    this.#config = config;
    this.#ids = ids;
  }

  /** The coordinator subscribes to each new stream through this, before the stream can say anything. */
  onStream(handler: ((sessionId: SessionId, stream: Stream) => void) | undefined): void {
    this.#onStream = handler;
  }

  createMedia(sessionId: SessionId, route: MediaRoute, codecs?: readonly string[]): void {
    if (this.#entries.has(sessionId)) throw new MediaError('ERR_DUPLICATE', `session ${sessionId} has media`, 500);
    try {
      const used = codecs ? this.#config.toCodecs(codecs) : this.#config.codecs;
      const stream = this.#engine.openStream(route.bindAddress);
      const sdpId = String(this.#ids.uint32() * 0x10_0000 + (this.#ids.uint32() & 0xf_ffff));
      this.#entries.set(sessionId, {
        stream,
        route,
        sdpId,
        codecs: used,
        current: undefined,
        offer: undefined,
        change: {},
      });
      this.#onStream?.(sessionId, stream);
    } catch (error) {
      throw toMediaError(error);
    }
  }

  offerMedia(sessionId: SessionId, wish: MediaWish): Description {
    const entry = this.#entry(sessionId);
    const local = this.#local(entry, wish);
    const sdp = createOffer(local, entry.current);
    entry.offer = { sdp, local };
    return this.#config.toDescription(sdp);
  }

  answerMedia(
    sessionId: SessionId,
    offer: Description,
    wish: MediaWish,
  ): { readonly answer: Description; readonly media: NegotiatedMedia } {
    const entry = this.#entry(sessionId);
    const remote = this.#config.toSdp(offer);
    const result = createAnswer(this.#local(entry, wish), remote, entry.current);
    if (!result.ok) throw this.#config.toError(result.problem);
    this.#configure(entry, result.negotiated);
    entry.current = { local: result.answer, remote };
    return { answer: this.#config.toDescription(result.answer), media: this.#config.toNegotiated(result.negotiated) };
  }

  applyAnswer(sessionId: SessionId, answer: Description, early: boolean): NegotiatedMedia {
    const entry = this.#entry(sessionId);
    const { offer } = entry;
    if (!offer) throw new MediaError('ERR_INVALID_STATE', 'there is no offer for this answer', 500);
    const remote = this.#config.toSdp(answer);
    const result = applyAnswer(offer.local, offer.sdp, remote);
    if (!result.ok) throw this.#config.toError(result.problem);
    this.#configure(entry, result.negotiated);
    entry.current = { local: offer.sdp, remote };
    // Another branch may still answer the same offer.
    if (!early) this.#conclude(entry, offer.change);
    return this.#config.toNegotiated(result.negotiated);
  }

  holdMedia(sessionId: SessionId): Description {
    return this.offerMedia(sessionId, { hold: true });
  }

  resumeMedia(sessionId: SessionId): Description {
    return this.offerMedia(sessionId, { hold: false });
  }

  updateMedia(sessionId: SessionId, wish: MediaWish, change: MediaChange): Description {
    const entry = this.#entry(sessionId);
    const merged = { ...entry.change, ...this.#config.toChange(change) };
    const local = this.#local({ ...entry, change: merged }, wish);
    const sdp = createOffer(local, entry.current);
    entry.offer = { sdp, local, change: merged };
    return this.#config.toDescription(sdp);
  }

  /** Throws MediaError ERR_INVALID_ARGUMENT naming what cannot be. */
  checkChange(change: MediaChange): void {
    this.#config.toChange(change);
  }

  rollbackOffer(sessionId: SessionId): void {
    this.#entry(sessionId).offer = undefined;
  }

  allowSend(sessionId: SessionId): void {
    this.#entry(sessionId).stream.allowSend();
  }

  stopMedia(sessionId: SessionId): void {
    const entry = this.#entries.get(sessionId);
    if (!entry) return;
    this.#entries.delete(sessionId);
    entry.stream.close();
  }

  has(sessionId: SessionId): boolean {
    return this.#entries.has(sessionId);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The stream of a session for the parts of this layer that work on audio; undefined when it has none. */
  streamOf(sessionId: SessionId): Stream | undefined {
    return this.#entries.get(sessionId)?.stream;
  }

  /** As {@link streamOf}; throws ERR_INVALID_STATE when it has none. */
  withStream(sessionId: SessionId): Stream {
    const stream = this.streamOf(sessionId);
    if (!stream) throw new MediaError('ERR_INVALID_STATE', 'the call has no media (not answered yet, or over)', 500);
    return stream;
  }

  stats(sessionId: SessionId): StreamStats | undefined {
    return this.#entries.get(sessionId)?.stream.stats();
  }

  #conclude(entry: Entry, change: MediaChange | undefined): void {
    entry.offer = undefined;
    if (change) entry.change = change;
  }

  #local(entry: Entry, wish: MediaWish): LocalMedia {
    const { stream, route, sdpId, codecs, change } = entry;
    return this.#config.toLocalMedia({ stream, address: route.advertisedAddress, sdpId, wish, codecs, change });
  }

  #configure(entry: Entry, parameters: StreamParameters): void {
    try {
      entry.stream.configure(parameters);
    } catch (error) {
      throw toMediaError(error);
    }
  }

  #entry(sessionId: SessionId): Entry {
    const entry = this.#entries.get(sessionId);
    if (!entry) throw new MediaError('ERR_NOT_FOUND', `session ${sessionId} has no media`, 500);
    return entry;
  }
}
