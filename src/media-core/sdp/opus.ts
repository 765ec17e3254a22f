/**
 * The fmtp parameters of Opus (RFC 7587 6.1): what a peer wishes to receive and says that it sends, what we wish, and what both make
 * of our encoder and decoder. Pure; used by the negotiation.
 */
import type { OpusEncoding, OpusOptions } from '../types.js';

/** A peer's fmtp with the defaults of RFC 7587 6.1. A value out of its range is treated as absent. */
export interface OpusFormat {
  /** The highest rate that it plays: 48000 unless it says less. */
  readonly maxPlaybackRateHz: number;
  /** The highest rate that it captures. */
  readonly maxCaptureRateHz: number;
  readonly maxAverageBitrateBps: number | undefined;
  readonly stereo: boolean;
  readonly cbr: boolean;
  readonly inbandFec: boolean;
  readonly dtx: boolean;
}

const engineRates = [8000, 16_000, 24_000, 48_000] as const;

export const defaultOpusBitrateBps = 32_000;

/** @param fmtp the value behind the payload type of an a=fmtp, '' when there is none. */
export function readOpusFormat(fmtp: string): OpusFormat {
  const values = new Map<string, string>();
  for (const part of fmtp.split(';')) {
    const [name = '', value = ''] = part.split('=');
    const key = name.trim().toLowerCase();
    if (key !== '' && !values.has(key)) values.set(key, value.trim());
  }
  const number = (name: string, min: number, max: number): number | undefined => {
    const text = values.get(name) ?? '';
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    return value >= min && value <= max ? value : undefined;
  };
  const flag = (name: string): boolean => values.get(name) === '1';
  return {
    maxPlaybackRateHz: number('maxplaybackrate', 8000, 48_000) ?? 48_000,
    maxCaptureRateHz: number('sprop-maxcapturerate', 8000, 48_000) ?? 48_000,
    maxAverageBitrateBps: number('maxaveragebitrate', 6000, 510_000),
    stereo: flag('stereo'),
    cbr: flag('cbr'),
    inbandFec: flag('useinbandfec'),
    dtx: flag('usedtx'),
  };
}

/** Our own fmtp: what we wish to receive. Both channels of a stereo stream are heard, mixed, so `stereo` is not asked for. */
export function writeOpusFormat(options: OpusOptions): string {
  const parts = [];
  if ((options.maxPlaybackRateHz ?? 48_000) < 48_000) parts.push(`maxplaybackrate=${options.maxPlaybackRateHz}`);
  if (options.bitrateBps !== undefined) parts.push(`maxaveragebitrate=${options.bitrateBps}`);
  if (options.cbr === true) parts.push('cbr=1');
  if (options.fec !== false) parts.push('useinbandfec=1');
  if (options.dtx === true) parts.push('usedtx=1');
  return parts.join('; ');
}

/** How we encode for a peer: its wishes, within our own. */
export function toOpusEncoding(options: OpusOptions, peer: OpusFormat): OpusEncoding {
  return {
    bitrateBps: Math.min(
      options.bitrateBps ?? defaultOpusBitrateBps,
      peer.maxAverageBitrateBps ?? Number.POSITIVE_INFINITY,
    ),
    fec: peer.inbandFec && options.fec !== false,
    dtx: peer.dtx,
    cbr: peer.cbr || options.cbr === true,
    maxPlaybackRateHz: peer.maxPlaybackRateHz,
  };
}

/** The lowest rate of the engine that holds audio of `rateHz`. */
export function toEngineRate(rateHz: number): number {
  return engineRates.find((rate) => rate >= rateHz) ?? 48_000;
}

/** Rate at which a peer's Opus is decoded: no more than it captures or than we want to play. */
export function opusReceiveRate(options: OpusOptions, peer: OpusFormat): number {
  return toEngineRate(Math.min(peer.maxCaptureRateHz, options.maxPlaybackRateHz ?? 48_000));
}
