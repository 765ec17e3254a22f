/**
 * The engine's options and parameters as users give them → the addon's, checked and with defaults; and the addon's errors → ours. Pure,
 * except that the default CNAME is random. Used by engine.ts, stream.ts and mixer.ts.
 */
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { check } from '../base/assert.js';
import { type ErrorCode, SessionError } from '../base/errors.js';
import { randomIds } from '../base/ids.js';
import type { NativeEngineOptions, NativeLegConfig } from './native.js';
import type { JitterOptions, MediaEngineOptions, StreamParameters } from './types.js';

const defaultPorts = [16_384, 32_767] as const;
const defaultMaxStreams = 1000;
const defaultMaxMixers = 1000;
const defaultPortRestMs = 5000;
const defaultJitterMaxMs = 400;
const mostWorkers = 64;

function wholeNumber(name: string, value: number, min: number, max: number): number {
  const fits = Number.isInteger(value) && value >= min && value <= max;
  check(fits, `${name} must be a whole number from ${min} to ${max}, not ${value}`);
  return value;
}

function defaultWorkers(): number {
  return Math.min(8, Math.max(1, Math.floor(availableParallelism() / 2)));
}

/** Throws ERR_INVALID_ARGUMENT naming the option. */
export function toNativeOptions(options: MediaEngineOptions): NativeEngineOptions {
  const [portMin, portMax] = options.ports ?? defaultPorts;
  wholeNumber('ports[0]', portMin, 1, 65_535);
  wholeNumber('ports[1]', portMax, portMin, 65_535);
  check(portMax > portMin + (portMin % 2), `ports ${portMin}-${portMax} hold no even port with an odd one above it`);
  const bindAddresses = [...(options.bindAddresses ?? [])];
  for (const address of bindAddresses) check(isIP(address) !== 0, `bindAddresses: '${address}' is not an IP address`);
  // RFC 7022 4.2: a CNAME that says nothing about the host, of at least 96 random bits.
  const cname = options.cname ?? randomIds.token(96);
  const cnameBytes = Buffer.byteLength(cname);
  check(cnameBytes >= 1 && cnameBytes <= 255, 'cname must have 1 to 255 bytes');
  return {
    workers: wholeNumber('workers', options.workers ?? defaultWorkers(), 1, mostWorkers),
    manual: options.manual !== undefined,
    maxLegs: wholeNumber('maxStreams', options.maxStreams ?? defaultMaxStreams, 1, 100_000),
    maxRooms: wholeNumber('maxMixers', options.maxMixers ?? defaultMaxMixers, 1, 100_000),
    portMin,
    portMax,
    portRestMs: wholeNumber('portRestMs', options.portRestMs ?? defaultPortRestMs, 0, 86_400_000),
    bindAddresses,
    cname,
    seed: (options.manual?.seed ?? 1) >>> 0,
    rtpTimeoutMs: wholeNumber('rtpTimeoutMs', options.rtpTimeoutMs ?? 0, 0, 86_400_000),
  };
}

/** Throws ERR_INVALID_ARGUMENT naming the option. */
export function toNativeJitter(options: JitterOptions): NonNullable<NativeLegConfig['jitter']> {
  const maxMs = wholeNumber('jitter.maxMs', options.maxMs ?? defaultJitterMaxMs, 60, 10_000);
  const minMs = wholeNumber('jitter.minMs', options.minMs ?? 0, 0, maxMs);
  const fixedMs = options.fixedMs === undefined ? -1 : wholeNumber('jitter.fixedMs', options.fixedMs, 0, maxMs);
  return { minMs, maxMs, fixedMs };
}

/** The send gate is left as it is: the addon keeps it open for an address that was allowed before. */
export function toLegConfig(parameters: StreamParameters, jitter: JitterOptions = {}): NativeLegConfig {
  const { receive, send, telephoneEventPayloadType, remote, remoteRtcpPort, rtcpMux, direction } = parameters;
  return {
    receive,
    receiveNoise: parameters.comfortNoisePayloadTypes,
    sendPayloadType: send.payloadType,
    sendNoisePayloadType: send.comfortNoisePayloadType,
    sendCodec: send.codec,
    sendClockHz: send.clockHz,
    sendRateHz: send.rateHz,
    sendPtimeMs: send.ptimeMs,
    sendOpus: send.opus,
    telephoneEventPayloadType: telephoneEventPayloadType ?? -1,
    telephoneEventClockHz: parameters.telephoneEventClockHz,
    sendEvent: parameters.sendTelephoneEvent,
    jitter: toNativeJitter(parameters.jitter ?? jitter),
    remoteAddress: remote.address,
    remoteRtpPort: remote.port,
    remoteRtcpPort,
    rtcpMux,
    send: direction === 'sendrecv' || direction === 'sendonly',
    receiveMedia: direction === 'sendrecv' || direction === 'recvonly',
    allowSend: false,
  };
}

/** Calls into the addon; what it throws becomes a SessionError with the same code and the original as cause. */
export function callNative<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const known = typeof code === 'string' && code.startsWith('ERR_') ? (code as ErrorCode) : 'ERR_INTERNAL';
    throw new SessionError(known, String(message), { cause: error });
  }
}
