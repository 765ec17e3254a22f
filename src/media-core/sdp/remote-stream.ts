/**
 * One media section of the peer, read as a stream that this engine could exchange audio with, or the reason why it cannot. Pure; both
 * createAnswer and applyAnswer judge a peer's stream by these rules.
 */
import type { MediaAddress, MediaDirection } from '../types.js';
import { familyOf, isGroupAddress } from './address.js';
import { hasAttribute, maxPtimeMs, ptimeMs, rtcpPort } from './attributes.js';
import { type AudioFormatLine, type Format, isAudio, readFormats, telephoneEventFor } from './codecs.js';
import { directionOf } from './direction.js';
import type { LocalMedia, MediaDescription, NegotiationProblem, SessionDescription } from './types.js';

export interface RemoteStream {
  readonly remote: MediaAddress;
  readonly remoteRtcpPort: number;
  readonly rtcpMux: boolean;
  /** From the peer's side, 0.0.0.0 taken into account. */
  readonly direction: MediaDirection;
  /** Those of the peer's formats that are audio codecs of ours, in the peer's order; at least one. */
  readonly audio: readonly AudioFormatLine[];
  /** telephone-event at the clock of the first of them, or at another. */
  readonly telephoneEvent: Format | undefined;
  /** Comfort noise at the clocks of those, as far as we take it. */
  readonly comfortNoise: readonly Format[];
  /** Audio in a packet that we send: what the peer asks for, 10 to 60 ms in steps of 10. */
  readonly ptimeMs: number;
}

/** Why a stream is not taken: the Warning of RFC 3261 20.43 that describes it, and a sentence. */
export interface Unusable {
  readonly warnCode: NegotiationProblem['warnCode'];
  readonly reason: string;
}

export type RemoteStreamResult = { readonly stream: RemoteStream } | { readonly unusable: Unusable };

/** The engine's table of what may arrive has this many rows. */
const maxAudioFormats = 8;

/** Packets that the engine makes. */
const shortestPtimeMs = 10;
const longestPtimeMs = 60;

function sendPtimeMs(wanted: number, most = longestPtimeMs): number {
  const used = Math.min(wanted, most, longestPtimeMs);
  return Math.max(shortestPtimeMs, used - (used % shortestPtimeMs));
}

/** `muxAllowed` is false for an answer to an offer without a=rtcp-mux: the attribute means nothing there (RFC 8035 3). */
export function readRemoteStream(
  local: LocalMedia,
  description: SessionDescription,
  media: MediaDescription,
  muxAllowed: boolean,
): RemoteStreamResult {
  const wrongKind = checkKind(media);
  if (wrongKind) return { unusable: wrongKind };
  const address = (media.connection ?? description.connection)?.address;
  const wrongAddress = checkAddress(local, address);
  if (wrongAddress || address === undefined) return unusable(...(wrongAddress ?? ([300, 'no c= line'] as const)));

  const formats = readFormats(media);
  const audio = formats.filter(isAudio).filter(({ meaning }) => local.codecs.includes(meaning));
  const [first] = audio;
  if (!first) return unusable(305, `no common codec (theirs: ${quotable(media.formats.join(' '))})`);
  const maxPtime = maxPtimeMs(media.attributes);
  if (maxPtime !== undefined && maxPtime < shortestPtimeMs)
    return unusable(399, `a=maxptime:${maxPtime} is below ${shortestPtimeMs} ms`);

  const rtcpMux = muxAllowed && hasAttribute(media.attributes, 'rtcp-mux');
  const remoteRtcpPort = rtcpMux ? media.port : (rtcpPort(media.attributes) ?? media.port + 1);
  if (remoteRtcpPort > 65_535) return unusable(399, 'port 65535 leaves no port for RTCP');
  return {
    stream: {
      remote: { address, port: media.port },
      remoteRtcpPort,
      rtcpMux,
      direction: directionOf(description, media),
      audio: audio.slice(0, maxAudioFormats),
      telephoneEvent: telephoneEventFor(first, formats),
      comfortNoise: local.comfortNoise === false ? [] : noiseOf(audio, formats),
      ptimeMs: sendPtimeMs(ptimeMs(media.attributes) ?? local.ptimeMs, maxPtime),
    },
  };
}

/** RFC 3389 5.1 ties it to a codec by the clock. */
function noiseOf(audio: readonly Format[], formats: readonly Format[]): Format[] {
  const clocks = new Set(audio.filter(({ meaning }) => meaning !== 'opus').map(({ clockHz }) => clockHz));
  const noise = formats.filter(({ meaning, clockHz }) => meaning === 'CN' && clocks.has(clockHz));
  return noise.map((format) => ({ ...format, fmtp: '' }));
}

function unusable(warnCode: Unusable['warnCode'], reason: string): { readonly unusable: Unusable } {
  return { unusable: { warnCode, reason } };
}

/**
 * RTP/AVP, or RTP/AVPF answered in kind: AVPF is AVP with the option of earlier RTCP, members of both may share a session (RFC 4585
 * 5), and an answer without a=rtcp-fb promises no feedback message. SAVP and SAVPF are declined: there is no SRTP here, and to answer
 * them in the clear would break what the offerer asked for.
 */
function checkKind(media: MediaDescription): Unusable | undefined {
  if (media.kind !== 'audio') return { warnCode: 304, reason: 'not audio' };
  if (media.port === 0) return { warnCode: 304, reason: 'port 0' };
  const protocol = media.protocol.toUpperCase();
  if (protocol === 'RTP/AVP' || protocol === 'RTP/AVPF') return undefined;
  return { warnCode: 302, reason: `${quotable(media.protocol)} is not supported` };
}

/** Audio is sent to a numeric unicast address of our own family; the peer's 0.0.0.0 passes, it is a hold. */
function checkAddress(local: LocalMedia, address: string | undefined): [Unusable['warnCode'], string] | undefined {
  if (address === undefined) return [300, 'no c= line'];
  const family = familyOf(address);
  if (!family || isGroupAddress(address)) return [300, `${quotable(address)} is no numeric unicast address`];
  if (family !== familyOf(local.address)) return [301, `an ${family} address, this side has ${local.address}`];
  return undefined;
}

/** The peer's words in a message of ours, which may end in a header: short, printable, without quotes. */
function quotable(text: string): string {
  return text.slice(0, 60).replace(/[^ !#-[\]-~]/g, '?');
}
