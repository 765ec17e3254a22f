/**
 * Text to session description (RFC 8866). Pure; fed with network input, so it never throws, is linear in the size of the text and
 * bounded by {@link SdpLimits}. It is strict where a mistake would change the meaning (version, origin, c=, m=) and lenient where
 * phones are known to be sloppy: line ends, blank lines, order within a section, a missing s= or t=, odd attributes.
 */
import {
  defaultSdpLimits,
  type MediaDescription,
  type SdpAddressFamily,
  type SdpAttribute,
  type SdpBandwidth,
  type SdpConnection,
  type SdpLimits,
  type SdpOrigin,
  type SdpParseResult,
  type SdpProblem,
  type SdpProblemCode,
} from './types.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What session and media sections have in common while they are read. */
interface Section {
  connection?: SdpConnection | undefined;
  bandwidths: SdpBandwidth[];
  attributes: SdpAttribute[];
}

type MediaSection = Section & Pick<Writable<MediaDescription>, 'kind' | 'port' | 'portCount' | 'protocol' | 'formats'>;

interface Draft extends Section {
  origin?: SdpOrigin;
  sessionName: string;
  timings: string[];
  media: MediaSection[];
}

type Fault = readonly [code: SdpProblemCode, message: string];

/** Parses a session description. Bytes are read as UTF-8 (RFC 8866 4.5), ill-formed sequences become U+FFFD. */
export function parseSdp(text: string | Uint8Array, limits: Partial<SdpLimits> = {}): SdpParseResult {
  const bounds: SdpLimits = { ...defaultSdpLimits, ...limits };
  if (text.length > bounds.maxBytes) return failure('too-large', 0, `longer than ${bounds.maxBytes} bytes`);
  const lines = (typeof text === 'string' ? text : new TextDecoder().decode(text)).split('\n');
  if (lines.length > bounds.maxLines) return failure('too-many-lines', 0, `more than ${bounds.maxLines} lines`);

  const draft: Draft = { sessionName: '-', bandwidths: [], timings: [], attributes: [], media: [] };
  let versionSeen = false;
  for (const [index, raw] of lines.entries()) {
    // RFC 8866 5: CRLF ends a line, and a single newline should be accepted.
    const line = raw.trimEnd();
    if (line === '') continue;
    const fault = versionSeen ? readLine(draft, line, bounds) : readVersion(line);
    if (fault) return failure(fault[0], index + 1, fault[1]);
    versionSeen = true;
  }
  if (!draft.origin) return failure('missing-origin', 0, versionSeen ? 'no o= line' : 'empty');
  if (draft.timings.length === 0) draft.timings.push('0 0');
  return { ok: true, description: { ...draft, origin: draft.origin } };
}

function failure(code: SdpProblemCode, line: number, message: string): { ok: false; problem: SdpProblem } {
  return { ok: false, problem: { code, line, message } };
}

function readVersion(line: string): Fault | undefined {
  return line === 'v=0' ? undefined : ['bad-version', 'the first line must be v=0'];
}

function readLine(draft: Draft, line: string, bounds: SdpLimits): Fault | undefined {
  if (line[1] !== '=') return ['bad-line', 'a line must look like <letter>=<value>'];
  // RFC 8866 9: NUL and CR are in no value; what we echo (formats, protocol) must not smuggle line ends.
  if (line.includes('\0') || line.includes('\r')) return ['bad-character', 'NUL or CR inside a line'];
  const value = line.slice(2).trim();
  const media = draft.media.at(-1);
  switch (line[0]) {
    case 'm':
      return readMedia(draft, value, bounds);
    case 'c':
      return readConnection(media ?? draft, value);
    case 'a':
      readAttribute(media ?? draft, value);
      return undefined;
    case 'b':
      readBandwidth(media ?? draft, value);
      return undefined;
    case 'v':
      return ['bad-version', 'a second v= line'];
    case 'i':
    case 'k':
      return undefined;
    default:
      return media
        ? ['bad-line', `${line[0]}= does not belong into a media section`]
        : readSessionLine(draft, line, value);
  }
}

function readSessionLine(draft: Draft, line: string, value: string): Fault | undefined {
  switch (line[0]) {
    case 'o':
      return readOrigin(draft, value);
    case 's':
      // RFC 8866 5.3: a session without a name carries "-"; phones send a blank or nothing.
      draft.sessionName = value === '' ? '-' : value;
      return undefined;
    case 't':
      draft.timings.push(value);
      return undefined;
    case 'u':
    case 'e':
    case 'p':
    case 'r':
    case 'z':
      return undefined;
    default:
      // RFC 8866 5: a description with a type letter that is not understood must be ignored as a whole.
      return ['unknown-type', 'unknown type letter'];
  }
}

/** Reads from the right: some phones put their user's name, blanks and all, into the user name. */
function readOrigin(draft: Draft, value: string): Fault | undefined {
  if (draft.origin) return ['bad-origin', 'a second o= line'];
  const tokens = value.split(/ +/);
  if (tokens.length < 5) return ['bad-origin', 'o= needs six fields'];
  const [sessionId, sessionVersion, network, type, address] = tokens.slice(-5) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const family = readFamily(network, type);
  if (!family) return ['bad-origin', 'o= needs IN IP4 or IN IP6'];
  const username = tokens.slice(0, -5).join(' ') || '-';
  draft.origin = { username, sessionId, sessionVersion, family, address };
  return undefined;
}

function readFamily(network: string, type: string): SdpAddressFamily | undefined {
  if (network.toUpperCase() !== 'IN') return undefined;
  const family = type.toUpperCase();
  return family === 'IP4' || family === 'IP6' ? family : undefined;
}

/** A multicast session may list several addresses (RFC 8866 5.7); the first stands for all. */
function readConnection(section: Section, value: string): Fault | undefined {
  const [network, type, address, more] = value.split(/ +/);
  const family = readFamily(network ?? '', type ?? '');
  if (!family || !address || more !== undefined) return ['bad-connection', 'c= must be IN IP4|IP6 <address>'];
  section.connection ??= { family, address };
  return undefined;
}

function readBandwidth(section: Section, value: string): void {
  const match = /^([^: ]+):(\d{1,15})$/.exec(value);
  if (match) section.bandwidths.push({ type: match[1] as string, value: Number(match[2]) });
}

function readAttribute(section: Section, value: string): void {
  const colon = value.indexOf(':');
  const name = colon < 0 ? value : value.slice(0, colon);
  if (name !== '') section.attributes.push([name, colon < 0 ? undefined : value.slice(colon + 1)]);
}

function readMedia(draft: Draft, value: string, bounds: SdpLimits): Fault | undefined {
  if (draft.media.length >= bounds.maxMedia) return ['too-many-media', `more than ${bounds.maxMedia} m= lines`];
  const [kind, ports, protocol, ...formats] = value.split(/ +/);
  if (!kind || !ports || !protocol || formats.length === 0)
    return ['bad-media', 'm= needs kind, port, protocol, formats'];
  if (formats.length > bounds.maxFormats) return ['too-many-formats', `more than ${bounds.maxFormats} formats`];
  const match = /^(\d{1,5})(?:\/(\d{1,5}))?$/.exec(ports);
  const port = Number(match?.[1] ?? Number.NaN);
  const portCount = Number(match?.[2] ?? 1);
  if (!(port <= 65_535) || portCount < 1) return ['bad-media', 'm= has no valid port'];
  draft.media.push({ kind: kind.toLowerCase(), port, portCount, protocol, formats, bandwidths: [], attributes: [] });
  return undefined;
}
