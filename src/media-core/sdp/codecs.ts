/**
 * Payload types and the codecs they stand for: static ones (RFC 3551 6), those of a=rtpmap, telephone-event (RFC 4733), comfort noise (RFC 3389). Pure; the
 * negotiation reads the peer's formats and writes ours through here.
 */
import type { CodecName } from '../types.js';
import { findAttribute } from './attributes.js';
import type { MediaDescription, SdpAttribute } from './types.js';

interface CodecFormat {
  /** Encoding name of RFC 3551 4.5 or the codec's own RFC, as we print it. */
  readonly encoding: string;
  /** RTP clocks, one format each, in order of preference. */
  readonly clocksHz: readonly number[];
  /** As written in a=rtpmap; 1 is left out. */
  readonly channels: number;
  /** By RFC 3551 6, or the dynamic one that is usual. */
  readonly payloadType: number | undefined;
}

const formats: Readonly<Record<CodecName, CodecFormat>> = {
  // RFC 7587 7: always 48000 and two channels, whatever is sent.
  opus: { encoding: 'opus', clocksHz: [48_000], channels: 2, payloadType: 111 },
  // RFC 3551 4.5.2: sampled at 16000 Hz, and by an old mistake with a clock of 8000.
  g722: { encoding: 'G722', clocksHz: [8000], channels: 1, payloadType: 9 },
  pcmu: { encoding: 'PCMU', clocksHz: [8000], channels: 1, payloadType: 0 },
  pcma: { encoding: 'PCMA', clocksHz: [8000], channels: 1, payloadType: 8 },
  l16: { encoding: 'L16', clocksHz: [16_000, 48_000, 8000], channels: 1, payloadType: undefined },
};

const codecNames = Object.keys(formats) as readonly CodecName[];
const usualClockHz = 8000;
const firstDynamic = 96;

/** What a format of an m= line means to us. */
export interface Format {
  readonly payloadType: number;
  readonly meaning: CodecName | 'telephone-event' | 'CN' | 'other';
  /** Of RTP timestamps. */
  readonly clockHz: number;
  /** Value of its a=fmtp, '' when there is none. */
  readonly fmtp: string;
}

/** A format that is an audio codec of ours. */
export type AudioFormatLine = Format & { readonly meaning: CodecName };

/** Payload type 101 by convention; any dynamic one (96–127) does. */
export const usualTelephoneEventPayloadType = 101;

/** Comfort noise at 8000 Hz (RFC 3389 5.1); other clocks have dynamic types. */
export const staticNoisePayloadType = 13;

export function isAudio(format: Format): format is AudioFormatLine {
  return format.meaning in formats;
}

/** The formats of an RTP media section in its order, each payload type once; what is no payload type is left out. */
export function readFormats(media: MediaDescription): Format[] {
  const maps = readByPayloadType(media.attributes, 'rtpmap');
  const parameters = readByPayloadType(media.attributes, 'fmtp');
  const seen = new Set<number>();
  const result: Format[] = [];
  for (const text of media.formats) {
    const payloadType = toPayloadType(text);
    if (payloadType === undefined || seen.has(payloadType)) continue;
    seen.add(payloadType);
    const map = maps.get(payloadType);
    const meaning = map === undefined ? staticMeaning(payloadType) : mappedMeaning(map);
    result.push({ payloadType, ...meaning, fmtp: parameters.get(payloadType) ?? '' });
  }
  return result;
}

/** Attributes that say what our formats mean. Static types get an a=rtpmap too: RFC 3264 5.1 recommends it. */
export function formatAttributes(used: readonly Format[]): SdpAttribute[] {
  const maps = used.map((format): SdpAttribute => {
    const { encoding, channels } = isAudio(format)
      ? formats[format.meaning]
      : { encoding: format.meaning, channels: 1 };
    const suffix = channels === 1 ? '' : `/${channels}`;
    return ['rtpmap', `${format.payloadType} ${encoding}/${format.clockHz}${suffix}`];
  });
  const parameters = used.filter(({ fmtp }) => fmtp !== '');
  return [...maps, ...parameters.map(({ payloadType, fmtp }): SdpAttribute => ['fmtp', `${payloadType} ${fmtp}`])];
}

/** RFC 4733 2.4.1: the list tells the peer which events we understand: the sixteen of a telephone's keys and flash. */
export const telephoneEventFmtp = '0-16';

/**
 * The formats of an offer of ours: all codecs, comfort noise where it is wanted, at each clock of those that cannot be silent by
 * themselves, and telephone-event at each clock (RFC 4733 2.1: the clock of the audio).
 * Payload types that the session gave to a codec before stay with it and stay out of other hands (RFC 3264 8.3.2), which is why earlier
 * formats of both sides are passed in. What finds no free payload type is left out, the last first.
 */
export function offeredFormats(
  codecs: readonly CodecName[],
  ours: readonly Format[],
  theirs: readonly Format[],
  fmtpOf: (codec: CodecName) => string,
  comfortNoise: boolean,
): Format[] {
  const taken = new Set([...ours, ...theirs].map(({ payloadType }) => payloadType));
  for (const codec of codecs) {
    const { payloadType } = formats[codec];
    if (payloadType !== undefined && payloadType < firstDynamic) taken.add(payloadType);
  }
  const result: Format[] = [];
  const add = (meaning: Format['meaning'], clockHz: number, usual: number | undefined, fmtp: string): void => {
    const same = (format: Format): boolean => format.meaning === meaning && format.clockHz === clockHz;
    const kept =
      ours.find(same) ?? (meaning === 'telephone-event' || usual === undefined ? theirs.find(same) : undefined);
    const isStatic = usual !== undefined && usual < firstDynamic;
    const payloadType = kept?.payloadType ?? (isStatic ? usual : freePayloadType(taken, usual));
    if (payloadType === undefined) return;
    taken.add(payloadType);
    result.push({ payloadType, meaning, clockHz, fmtp });
  };
  for (const codec of codecs) {
    const { clocksHz, payloadType } = formats[codec];
    for (const clockHz of clocksHz) add(codec, clockHz, payloadType, fmtpOf(codec));
  }
  const silent = comfortNoise
    ? new Set(result.filter(({ meaning }) => meaning !== 'opus').map((format) => format.clockHz))
    : [];
  for (const clockHz of silent) add('CN', clockHz, clockHz === usualClockHz ? staticNoisePayloadType : undefined, '');
  const clocks = [...new Set(result.map(({ clockHz }) => clockHz))].sort((a, b) => a - b);
  for (const clockHz of clocks) add('telephone-event', clockHz, usualTelephoneEventPayloadType, telephoneEventFmtp);
  return result;
}

/**
 * The comfort noise that goes with an audio format: the one of its clock (RFC 3389 5.1). Opus has its own way with silence (RFC 7587 3.1.3).
 */
export function comfortNoiseFor(audio: Format, used: readonly Format[]): Format | undefined {
  if (audio.meaning === 'opus') return undefined;
  return used.find(({ meaning, clockHz }) => meaning === 'CN' && clockHz === audio.clockHz);
}

/** The telephone-event that goes with an audio format: the one of its clock, or whichever there is. */
export function telephoneEventFor(audio: Format, used: readonly Format[]): Format | undefined {
  const events = used.filter(({ meaning }) => meaning === 'telephone-event');
  return events.find(({ clockHz }) => clockHz === audio.clockHz) ?? events[0];
}

function freePayloadType(taken: ReadonlySet<number>, usual: number | undefined): number | undefined {
  if (usual !== undefined && !taken.has(usual)) return usual;
  for (let payloadType = firstDynamic; payloadType <= 127; payloadType += 1)
    if (!taken.has(payloadType) && payloadType !== usualTelephoneEventPayloadType) return payloadType;
  return undefined;
}

function toPayloadType(text: string): number | undefined {
  return /^\d{1,3}$/.test(text) && Number(text) <= 127 ? Number(text) : undefined;
}

/** Value of the first attribute of that name of each payload type. */
function readByPayloadType(attributes: readonly SdpAttribute[], name: string): Map<number, string> {
  const values = new Map<number, string>();
  for (const value of findAttribute(attributes, name)) {
    const match = /^(\d{1,3}) +(\S.*)$/.exec(value);
    if (!match) continue;
    const payloadType = Number(match[1]);
    if (!values.has(payloadType)) values.set(payloadType, (match[2] as string).trim());
  }
  return values;
}

type Meaning = Pick<Format, 'meaning' | 'clockHz'>;

function staticMeaning(payloadType: number): Meaning {
  if (payloadType === staticNoisePayloadType) return { meaning: 'CN', clockHz: usualClockHz };
  const meaning = codecNames.find((codec) => formats[codec].payloadType === payloadType && payloadType < firstDynamic);
  return { meaning: meaning ?? 'other', clockHz: usualClockHz };
}

/** Encoding names are case-insensitive (RFC 4855 3), a channel count of one may be left out (RFC 8866 6.6). */
function mappedMeaning(map: string): Meaning {
  const [encoding = '', rate = '', channels = '1'] = map.toLowerCase().split('/');
  const clockHz = /^\d{1,6}$/.test(rate) ? Number(rate) : 0;
  if (encoding === 'telephone-event' && clockHz >= 8000 && clockHz <= 48_000 && channels === '1')
    return { meaning: 'telephone-event', clockHz };
  if (encoding === 'cn' && clockHz >= 8000 && clockHz <= 48_000 && channels === '1') return { meaning: 'CN', clockHz };
  const meaning = codecNames.find((codec) => {
    const format = formats[codec];
    return (
      format.encoding.toLowerCase() === encoding &&
      format.clocksHz.includes(clockHz) &&
      String(format.channels) === channels
    );
  });
  return { meaning: meaning ?? 'other', clockHz };
}
