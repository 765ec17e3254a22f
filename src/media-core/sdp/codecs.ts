/**
 * Payload types and the codecs they stand for: static ones (RFC 3551 6), those of a=rtpmap, telephone-event (RFC 4733). Pure; the
 * negotiation reads the peer's formats and writes ours through here.
 */
import type { CodecName } from '../types.js';
import { findAttribute } from './attributes.js';
import type { MediaDescription, SdpAttribute } from './types.js';

interface CodecFormat {
  /** Encoding name of RFC 3551 4.5, as we print it. */
  readonly encoding: string;
  readonly staticPayloadType: number;
}

/** Both have a clock of 8000 Hz and one channel. */
const formats: Readonly<Record<CodecName, CodecFormat>> = {
  pcmu: { encoding: 'PCMU', staticPayloadType: 0 },
  pcma: { encoding: 'PCMA', staticPayloadType: 8 },
};

const clockHz = 8000;

/** What a format of an m= line means to us. */
export interface Format {
  readonly payloadType: number;
  readonly meaning: CodecName | 'telephone-event' | 'other';
}

/** Payload type 101 by convention; any dynamic one (96–127) does. */
export const usualTelephoneEventPayloadType = 101;

/** The formats of an RTP media section in its order, each payload type once; what is no payload type is left out. */
export function readFormats(media: MediaDescription): Format[] {
  const maps = readRtpMaps(media.attributes);
  const seen = new Set<number>();
  const result: Format[] = [];
  for (const text of media.formats) {
    const payloadType = toPayloadType(text);
    if (payloadType === undefined || seen.has(payloadType)) continue;
    seen.add(payloadType);
    const map = maps.get(payloadType);
    result.push({ payloadType, meaning: map === undefined ? staticMeaning(payloadType) : mappedMeaning(map) });
  }
  return result;
}

/** Attributes that say what our formats mean. Static types get an a=rtpmap too: RFC 3264 5.1 recommends it. */
export function formatAttributes(used: readonly Format[]): SdpAttribute[] {
  const maps = used.map(({ payloadType, meaning }): SdpAttribute => {
    const encoding = meaning === 'pcmu' || meaning === 'pcma' ? formats[meaning].encoding : meaning;
    return ['rtpmap', `${payloadType} ${encoding}/${clockHz}`];
  });
  // RFC 4733 2.4.1: the list tells the peer which events we understand: the sixteen of a telephone's keys and flash.
  const events = used.filter(({ meaning }) => meaning === 'telephone-event');
  return [...maps, ...events.map(({ payloadType }): SdpAttribute => ['fmtp', `${payloadType} 0-16`])];
}

/**
 * The formats of an offer of ours. Payload types that the session gave to a codec before stay with it and stay out of other hands
 * (RFC 3264 8.3.2), which is why earlier formats of both sides are passed in.
 */
export function offeredFormats(
  codecs: readonly CodecName[],
  ours: readonly Format[],
  theirs: readonly Format[],
): Format[] {
  const payloadTypeOf = (meaning: Format['meaning']): number | undefined =>
    ours.find((format) => format.meaning === meaning)?.payloadType;
  const audio = codecs.map((codec): Format => {
    return { payloadType: payloadTypeOf(codec) ?? formats[codec].staticPayloadType, meaning: codec };
  });
  const taken = new Set([...audio, ...ours, ...theirs].map(({ payloadType }) => payloadType));
  const events = payloadTypeOf('telephone-event') ?? telephoneEventOf(theirs) ?? freePayloadType(taken);
  return events === undefined ? audio : [...audio, { payloadType: events, meaning: 'telephone-event' }];
}

function telephoneEventOf(used: readonly Format[]): number | undefined {
  return used.find(({ meaning }) => meaning === 'telephone-event')?.payloadType;
}

function freePayloadType(taken: ReadonlySet<number>): number | undefined {
  if (!taken.has(usualTelephoneEventPayloadType)) return usualTelephoneEventPayloadType;
  for (let payloadType = 96; payloadType <= 127; payloadType += 1) if (!taken.has(payloadType)) return payloadType;
  return undefined;
}

function toPayloadType(text: string): number | undefined {
  return /^\d{1,3}$/.test(text) && Number(text) <= 127 ? Number(text) : undefined;
}

/** Value of the first a=rtpmap of each payload type. */
function readRtpMaps(attributes: readonly SdpAttribute[]): Map<number, string> {
  const maps = new Map<number, string>();
  for (const value of findAttribute(attributes, 'rtpmap')) {
    const match = /^(\d{1,3}) +(\S+)$/.exec(value);
    if (!match) continue;
    const payloadType = Number(match[1]);
    if (!maps.has(payloadType)) maps.set(payloadType, match[2] as string);
  }
  return maps;
}

function staticMeaning(payloadType: number): Format['meaning'] {
  for (const codec of Object.keys(formats) as CodecName[]) {
    if (formats[codec].staticPayloadType === payloadType) return codec;
  }
  return 'other';
}

/** Encoding names are case-insensitive (RFC 4855 3), a channel count of one may be left out (RFC 8866 6.6). */
function mappedMeaning(map: string): Format['meaning'] {
  const [encoding, rate, channels] = map.toLowerCase().split('/');
  if (rate !== String(clockHz) || (channels !== undefined && channels !== '1')) return 'other';
  return encoding === 'pcmu' || encoding === 'pcma' || encoding === 'telephone-event' ? encoding : 'other';
}
