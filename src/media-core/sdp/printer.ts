/**
 * Session description to text (RFC 8866 5), CRLF after each line. Pure. `parseSdp(printSdp(d))` gives back `d`.
 */
import { check } from '../../base/assert.js';
import type { MediaDescription, SdpAttribute, SdpBandwidth, SdpConnection, SessionDescription } from './types.js';

/**
 * Prints a description in the order of lines that RFC 8866 5 fixes. Throws ERR_INVALID_ARGUMENT when a field holds a line end or
 * NUL: such a field would smuggle lines into the text.
 */
export function printSdp(description: SessionDescription): string {
  const { origin } = description;
  const lines = [
    'v=0',
    `o=${origin.username} ${origin.sessionId} ${origin.sessionVersion} IN ${origin.family} ${origin.address}`,
    `s=${description.sessionName}`,
    ...printConnection(description.connection),
    ...description.bandwidths.map(printBandwidth),
    ...description.timings.map((timing) => `t=${timing}`),
    ...description.attributes.map(printAttribute),
    ...description.media.flatMap(printMedia),
  ];
  for (const line of lines) check(!/[\0\r\n]/.test(line), 'a field of a session description holds a line end or NUL');
  return `${lines.join('\r\n')}\r\n`;
}

function printConnection(connection: SdpConnection | undefined): string[] {
  return connection ? [`c=IN ${connection.family} ${connection.address}`] : [];
}

function printBandwidth({ type, value }: SdpBandwidth): string {
  return `b=${type}:${value}`;
}

function printAttribute([name, value]: SdpAttribute): string {
  return value === undefined ? `a=${name}` : `a=${name}:${value}`;
}

function printMedia(media: MediaDescription): string[] {
  const ports = media.portCount === 1 ? `${media.port}` : `${media.port}/${media.portCount}`;
  return [
    `m=${media.kind} ${ports} ${media.protocol} ${media.formats.join(' ')}`,
    ...printConnection(media.connection),
    ...media.bandwidths.map(printBandwidth),
    ...media.attributes.map(printAttribute),
  ];
}
