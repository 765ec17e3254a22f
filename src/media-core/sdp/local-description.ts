/**
 * Writing our own descriptions: the audio section, rejected sections, the o= line and its version. Pure; used by negotiate.ts.
 */
import { check } from '../../base/assert.js';
import type { MediaDirection } from '../types.js';
import { familyOf } from './address.js';
import { type Format, formatAttributes } from './codecs.js';
import { printSdp } from './printer.js';
import type {
  LocalMedia,
  MediaDescription,
  SdpAddressFamily,
  SdpAttribute,
  SdpOrigin,
  SessionDescription,
} from './types.js';

export interface AudioSection {
  readonly protocol: string;
  readonly formats: readonly Format[];
  readonly direction: MediaDirection;
  readonly rtcpMux: boolean;
}

/** The longest packet that the jitter buffer takes, in milliseconds of audio. */
const maxPtimeMs = 60;

export function audioSection(local: LocalMedia, section: AudioSection): MediaDescription {
  const attributes: SdpAttribute[] = [
    ...formatAttributes(section.formats),
    ['ptime', String(local.ptimeMs)],
    ['maxptime', String(maxPtimeMs)],
    [section.direction, undefined],
  ];
  // RFC 3605 2.1: only where RTCP is not on the next port. RFC 5761 5.1.1: muxed RTCP has no port of its own.
  if (section.rtcpMux) attributes.push(['rtcp-mux', undefined]);
  else if (local.rtcpPort !== local.rtpPort + 1) attributes.push(['rtcp', String(local.rtcpPort)]);
  return {
    kind: 'audio',
    port: local.rtpPort,
    portCount: 1,
    protocol: section.protocol,
    formats: section.formats.map(({ payloadType }) => String(payloadType)),
    bandwidths: [],
    attributes,
  };
}

/** A stream that is not wanted keeps its place, kind, protocol and formats, with port 0 (RFC 3264 6). */
export function rejectedSection({ kind, protocol, formats }: MediaDescription): MediaDescription {
  return { kind, port: 0, portCount: 1, protocol, formats, bandwidths: [], attributes: [] };
}

/**
 * A whole description. After the first exchange the o= line is the previous one, its version one higher if and only if anything in the
 * description changed (RFC 3264 8).
 */
export function describe(
  local: LocalMedia,
  media: readonly MediaDescription[],
  timings: readonly string[],
  previous: SessionDescription | undefined,
): SessionDescription {
  const family = localFamily(local);
  const body = {
    sessionName: '-',
    connection: { family, address: local.address },
    bandwidths: [],
    timings,
    attributes: [],
    media,
  };
  if (!previous) return { origin: firstOrigin(local, family), ...body };
  const same: SessionDescription = { origin: previous.origin, ...body };
  if (printSdp(same) === printSdp(previous)) return same;
  return { origin: { ...previous.origin, sessionVersion: nextVersion(previous.origin.sessionVersion) }, ...body };
}

function firstOrigin(local: LocalMedia, family: SdpAddressFamily): SdpOrigin {
  const { sessionId, sessionVersion, address } = local;
  return { username: '-', sessionId, sessionVersion: String(sessionVersion), family, address };
}

function nextVersion(version: string): string {
  check(/^\d+$/.test(version), 'the version of the previous local description must be a number');
  return String(BigInt(version) + 1n);
}

function localFamily(local: LocalMedia): SdpAddressFamily {
  const family = familyOf(local.address);
  check(family !== undefined, `the local media address must be numeric, not ${local.address}`);
  return family;
}
