/**
 * Offer and answer for one audio stream (RFC 3264). Pure: (own description, theirs) → answer or problem; which of the two sides has an
 * offer outstanding is the session's business. Extra streams are rejected in place, the order of m= lines never changes.
 *
 * Preference: our answer keeps the *offerer's* order of codecs, filtered by what this side has, and both sides send the first of it
 * (RFC 3264 6.1 recommends the same relative order, and one codec each way spares the mixer a transcoding).
 */
import type { CodecName, StreamFormat, StreamParameters } from '../types.js';
import { hasAttribute } from './attributes.js';
import {
  type AudioFormatLine,
  comfortNoiseFor,
  type Format,
  isAudio,
  offeredFormats,
  readFormats,
  telephoneEventFmtp,
  telephoneEventFor,
} from './codecs.js';
import { directionOf, intersect, reverse } from './direction.js';
import { audioSection, describe, rejectedSection } from './local-description.js';
import { opusReceiveRate, readOpusFormat, toEngineRate, toOpusEncoding, writeOpusFormat } from './opus.js';
import { type RemoteStream, readRemoteStream, type Unusable } from './remote-stream.js';
import type {
  AnswerResult,
  ApplyResult,
  LocalMedia,
  MediaDescription,
  NegotiationProblem,
  PreviousExchange,
  SessionDescription,
} from './types.js';

/**
 * An offer of one audio stream: all our codecs and telephone-event. With `previous` it is a re-offer: as many m= lines as before in the
 * same order, payload types keep their meaning, rtcp-mux stays if it was in force (RFC 5761 5.1.1).
 */
export function createOffer(local: LocalMedia, previous?: PreviousExchange): SessionDescription {
  const sections = previous?.local.media ?? [];
  const index = ownAudioIndex(previous?.local);
  const before = sections[index];
  const theirs = previous?.remote?.media[index];
  const earlier = before ? readFormats(before) : [];
  const audio = audioSection(local, {
    protocol: before?.protocol ?? 'RTP/AVP',
    formats: offeredFormats(
      local.codecs,
      earlier,
      theirs ? readFormats(theirs) : [],
      fmtpOf(local),
      local.silenceSuppression === true || earlier.some(({ meaning }) => meaning === 'CN'),
    ),
    direction: local.direction,
    rtcpMux: before !== undefined && hasAttribute(before.attributes, 'rtcp-mux'),
  });
  const media = sections.map((section, position) => (position === index ? audio : rejectedSection(section)));
  return describe(local, before ? media : [...media, audio], ['0 0'], previous?.local);
}

/**
 * Our answer to an offer: the first audio stream that works (the one in use, in a re-offer) is taken, every other is rejected. 488
 * when none works. A re-offer with fewer m= lines than before breaks RFC 3264 8 but harms nobody, so it is answered as it is.
 */
export function createAnswer(local: LocalMedia, offer: SessionDescription, previous?: PreviousExchange): AnswerResult {
  const found = chooseStream(local, offer, ownAudioIndex(previous?.local));
  if ('problem' in found) return { ok: false, problem: found.problem };
  const { index, stream } = found;
  const direction = intersect(local.direction, reverse(stream.direction));
  const audio = audioSection(local, {
    protocol: (offer.media[index] as MediaDescription).protocol,
    formats: answeredFormats(local, stream),
    direction,
    rtcpMux: stream.rtcpMux,
  });
  const media = offer.media.map((section, position) => (position === index ? audio : rejectedSection(section)));
  // RFC 3264 6: the t= line of the answer equals that of the offer.
  const answer = describe(local, media, offer.timings, previous?.local);
  return { ok: true, answer, negotiated: { ...toParameters(local, stream), direction } };
}

/**
 * What the peer's answer to our offer settles. The peer sends with the payload types of our offer, we send with those of its answer
 * (RFC 3264 5.1, 6.1), the first of which is the codec we send. Every codec of the answer may arrive (RFC 3264 6.1), under our payload
 * type or, since some phones send by their own map, under the answer's.
 */
export function applyAnswer(local: LocalMedia, offer: SessionDescription, answer: SessionDescription): ApplyResult {
  const index = ownAudioIndex(offer);
  const ours = offer.media[index];
  const theirs = answer.media[index];
  if (!ours || !theirs) return failed('ERR_INVALID_SDP', 399, 'the answer has no section for the audio stream offered');
  if (theirs.kind !== 'audio') return failed('ERR_INVALID_SDP', 304, 'the answer changes the kind of the stream');
  if (theirs.port === 0) return failed('ERR_NO_COMMON_CODEC', 304, 'the answer rejects the audio stream');
  if (theirs.protocol.toUpperCase() !== ours.protocol.toUpperCase()) {
    return failed('ERR_INVALID_SDP', 302, 'the answer changes the transport protocol');
  }
  const read = readRemoteStream(local, answer, theirs, hasAttribute(ours.attributes, 'rtcp-mux'));
  if ('unusable' in read)
    return failed('ERR_NO_COMMON_CODEC', read.unusable.warnCode, `answer: ${read.unusable.reason}`);

  const { stream } = read;
  const offered = readFormats(ours);
  const direction = intersect(directionOf(offer, ours), reverse(stream.direction));
  const events = telephoneEventFor(stream.audio[0] as AudioFormatLine, offered);
  return {
    ok: true,
    negotiated: {
      ...toParameters(local, stream),
      receive: receivable(local, offered, stream),
      ...noiseTypes([...stream.comfortNoise, ...offered.filter(({ meaning }) => meaning === 'CN')]),
      ...telephoneEvent(stream.telephoneEvent === undefined ? undefined : events),
      direction,
    },
  };
}

/** Index of the audio stream that a description of ours carries; -1 when there is none. */
function ownAudioIndex(description: SessionDescription | undefined): number {
  return description?.media.findIndex(({ kind, port }) => kind === 'audio' && port !== 0) ?? -1;
}

type Choice = { readonly index: number; readonly stream: RemoteStream } | { readonly problem: NegotiationProblem };

function chooseStream(local: LocalMedia, offer: SessionDescription, preferred: number): Choice {
  const reasons: { position: number; unusable: Unusable }[] = [];
  const order = [...offer.media.keys()].sort((a, b) => Number(b === preferred) - Number(a === preferred) || a - b);
  for (const index of order) {
    const read = readRemoteStream(local, offer, offer.media[index] as MediaDescription, true);
    if ('stream' in read) return { index, stream: read.stream };
    reasons.push({ position: index + 1, unusable: read.unusable });
  }
  return { problem: noStream(reasons) };
}

/** Tells of the audio streams why they were declined; other kinds are named only where there is no audio at all. */
function noStream(reasons: readonly { position: number; unusable: Unusable }[]): NegotiationProblem {
  const audio = reasons.filter(({ unusable }) => unusable.reason !== 'not audio');
  const told = audio.slice(0, 4).map(({ position, unusable }) => `stream ${position}: ${unusable.reason}`);
  return {
    status: 488,
    code: 'ERR_NO_COMMON_CODEC',
    warnCode: audio[0]?.unusable.warnCode ?? 304,
    message: told.length > 0 ? told.join('; ') : 'the offer has no audio stream',
  };
}

/** Our wishes for a codec, as a=fmtp. */
function fmtpOf(local: LocalMedia): (codec: CodecName) => string {
  return (codec) => (codec === 'opus' ? writeOpusFormat(local.opus ?? {}) : '');
}

/** The peer's payload types with our own parameters. */
function answeredFormats(local: LocalMedia, stream: RemoteStream): Format[] {
  const audio: Format[] = stream.audio.map((format) => ({ ...format, fmtp: fmtpOf(local)(format.meaning) }));
  audio.push(...stream.comfortNoise);
  return stream.telephoneEvent ? [...audio, { ...stream.telephoneEvent, fmtp: telephoneEventFmtp }] : audio;
}

function toParameters(local: LocalMedia, stream: RemoteStream): Omit<StreamParameters, 'direction'> {
  const { remote, remoteRtcpPort, rtcpMux, ptimeMs } = stream;
  const [first] = stream.audio as readonly [AudioFormatLine, ...AudioFormatLine[]];
  const opus = first.meaning === 'opus' ? toOpusEncoding(local.opus ?? {}, readOpusFormat(first.fmtp)) : undefined;
  const noise = local.silenceSuppression === true ? comfortNoiseFor(first, stream.comfortNoise) : undefined;
  return {
    receive: stream.audio.map((format) => toReceived(local, format.payloadType, format)),
    send: {
      ...toStreamFormat(first.payloadType, first),
      ...(opus && { opus, rateHz: toEngineRate(opus.maxPlaybackRateHz) }),
      ...(ptimeMs === usualPtimeMs ? {} : { ptimeMs }),
      ...(noise && { comfortNoisePayloadType: noise.payloadType }),
    },
    ...noiseTypes(stream.comfortNoise),
    ...telephoneEvent(stream.telephoneEvent),
    ...(stream.telephoneEvent && { sendTelephoneEvent: toEventFormat(stream.telephoneEvent) }),
    remote,
    remoteRtcpPort,
    rtcpMux,
  };
}

const usualPtimeMs = 20;
const usualClockHz = 8000;
/** The engine's table of what may arrive has this many rows. */
const maxReceived = 8;
/** Likewise of comfort noise. */
const maxNoise = 4;

function toStreamFormat(payloadType: number, { meaning, clockHz }: AudioFormatLine): StreamFormat {
  return { payloadType, codec: meaning, ...(clockHz === usualClockHz ? {} : { clockHz }) };
}

/** @param peers the peer's own line of this format: it says what it sends. */
function toReceived(local: LocalMedia, payloadType: number, peers: AudioFormatLine): StreamFormat {
  const format = toStreamFormat(payloadType, peers);
  if (peers.meaning !== 'opus') return format;
  return { ...format, rateHz: opusReceiveRate(local.opus ?? {}, readOpusFormat(peers.fmtp)) };
}

function toEventFormat({ payloadType, clockHz }: Format): NonNullable<StreamParameters['sendTelephoneEvent']> {
  return clockHz === usualClockHz ? { payloadType } : { payloadType, clockHz };
}

function noiseTypes(used: readonly Format[]): Pick<StreamParameters, 'comfortNoisePayloadTypes'> {
  const types = [...new Set(used.map(({ payloadType }) => payloadType))];
  return types.length === 0 ? {} : { comfortNoisePayloadTypes: types.slice(0, maxNoise) };
}

function telephoneEvent(
  format: Format | undefined,
): Pick<StreamParameters, 'telephoneEventPayloadType' | 'telephoneEventClockHz'> {
  const { payloadType, clockHz } = format ?? {};
  const clock = clockHz === undefined || clockHz === usualClockHz ? {} : { telephoneEventClockHz: clockHz };
  return { telephoneEventPayloadType: payloadType, ...clock };
}

function receivable(local: LocalMedia, offered: readonly Format[], stream: RemoteStream): StreamFormat[] {
  const receive: StreamFormat[] = [];
  for (const theirs of stream.audio) {
    const ours = offered.find(({ meaning, clockHz }) => meaning === theirs.meaning && clockHz === theirs.clockHz);
    if (ours) receive.push(toReceived(local, ours.payloadType, theirs));
  }
  // Phones that answer with one law of G.711 and send the other are understood: both cost nothing.
  for (const ours of offered.filter(isAudio)) {
    const known = receive.some((format) => format.payloadType === ours.payloadType);
    if (!known && (ours.meaning === 'pcmu' || ours.meaning === 'pcma'))
      receive.push(toStreamFormat(ours.payloadType, ours));
  }
  for (const theirs of stream.audio) {
    const known = offered.some((format) => format.payloadType === theirs.payloadType);
    if (!known) receive.push(toReceived(local, theirs.payloadType, theirs));
  }
  return receive.slice(0, maxReceived);
}

function failed(
  code: NegotiationProblem['code'],
  warnCode: NegotiationProblem['warnCode'],
  message: string,
): { readonly ok: false; readonly problem: NegotiationProblem } {
  return { ok: false, problem: { status: code === 'ERR_INVALID_SDP' ? 400 : 488, code, warnCode, message } };
}
