/**
 * Offer and answer for one audio stream (RFC 3264). Pure: (own description, theirs) → answer or problem; which of the two sides has an
 * offer outstanding is the session's business. Extra streams are rejected in place, the order of m= lines never changes.
 *
 * Preference: our answer keeps the *offerer's* order of codecs, filtered by what this side has, and both sides send the first of it
 * (RFC 3264 6.1 recommends the same relative order, and one codec each way spares the mixer a transcoding).
 */
import type { StreamParameters } from '../types.js';
import { hasAttribute } from './attributes.js';
import { type Format, offeredFormats, readFormats } from './codecs.js';
import { directionOf, intersect, reverse } from './direction.js';
import { audioSection, describe, rejectedSection } from './local-description.js';
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
  const audio = audioSection(local, {
    protocol: before?.protocol ?? 'RTP/AVP',
    formats: offeredFormats(local.codecs, before ? readFormats(before) : [], theirs ? readFormats(theirs) : []),
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
    formats: withTelephoneEvent(stream.audio, stream.telephoneEventPayloadType),
    direction,
    rtcpMux: stream.rtcpMux,
  });
  const media = offer.media.map((section, position) => (position === index ? audio : rejectedSection(section)));
  // RFC 3264 6: the t= line of the answer equals that of the offer.
  const answer = describe(local, media, offer.timings, previous?.local);
  return { ok: true, answer, negotiated: { ...toParameters(stream), direction } };
}

/**
 * What the peer's answer to our offer settles. The peer sends with the payload types of our offer, we send with those of its answer
 * (RFC 3264 5.1, 6.1), the first of which is the codec we send. Every codec that we offered may arrive, and what the answer maps
 * elsewhere is understood too, since some phones send by their own map.
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
  const events = offered.find(({ meaning }) => meaning === 'telephone-event')?.payloadType;
  return {
    ok: true,
    negotiated: {
      ...toParameters(stream),
      receive: receivable(offered, stream),
      telephoneEventPayloadType: stream.telephoneEventPayloadType === undefined ? undefined : events,
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

function withTelephoneEvent(audio: readonly Format[], payloadType: number | undefined): Format[] {
  return payloadType === undefined ? [...audio] : [...audio, { payloadType, meaning: 'telephone-event' }];
}

function toParameters(stream: RemoteStream): Omit<StreamParameters, 'direction'> {
  const receive = stream.audio.map(({ payloadType, meaning }) => ({ payloadType, codec: meaning }));
  const { telephoneEventPayloadType, remote, remoteRtcpPort, rtcpMux } = stream;
  return {
    receive,
    send: receive[0] as StreamParameters['send'],
    telephoneEventPayloadType,
    remote,
    remoteRtcpPort,
    rtcpMux,
  };
}

function receivable(offered: readonly Format[], stream: RemoteStream): StreamParameters['receive'] {
  const receive: { payloadType: number; codec: 'pcmu' | 'pcma' }[] = [];
  for (const { payloadType, meaning } of offered) {
    if (meaning === 'pcmu' || meaning === 'pcma') receive.push({ payloadType, codec: meaning });
  }
  for (const { payloadType, meaning } of stream.audio) {
    const known = offered.some((format) => format.payloadType === payloadType);
    if (!known && receive.length < 8) receive.push({ payloadType, codec: meaning });
  }
  return receive;
}

function failed(
  code: NegotiationProblem['code'],
  warnCode: NegotiationProblem['warnCode'],
  message: string,
): { readonly ok: false; readonly problem: NegotiationProblem } {
  return { ok: false, problem: { status: code === 'ERR_INVALID_SDP' ? 400 : 488, code, warnCode, message } };
}
