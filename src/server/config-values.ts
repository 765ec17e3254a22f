/**
 * The values that configuration is made of, each as a zod schema that takes the text of a flag or a variable as well as the JSON of a
 * file. Pure. A message is the end of a sentence that begins with the value: "… must be a whole number from 1 to 65535". Used by
 * config.ts, and by the command's own options.
 */
import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';

export const codecNames = ['opus', 'g722', 'pcmu', 'pcma', 'l16'] as const;
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** RFC 3261 19.1.2, RFC 7118 5.3. */
const defaultSipPorts = { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 } as const;
const maxListeners = 16;

/** A whole number in a range, from a number or from decimal digits. */
export function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  const digits = z
    .string()
    .trim()
    .regex(/^\d{1,15}$/)
    .transform(Number);
  return z
    .union([z.number(), digits], { error })
    .pipe(z.number({ error }).int({ error }).min(min, { error }).max(max, { error }));
}

/** A list from an array, or from text with commas between. */
function list(error: string) {
  const split = (text: string) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return z.union([z.string(), z.array(z.string())], { error }).transform((value) => [value].flat().flatMap(split));
}

export interface ListenUrl {
  readonly url: string;
  readonly transport: keyof typeof defaultSipPorts;
  readonly address: string;
  readonly port: number;
}

function isTransport(scheme: string): scheme is keyof typeof defaultSipPorts {
  return Object.hasOwn(defaultSipPorts, scheme);
}

/** Splits `udp://IP:PORT` (or tcp, tls, ws, wss), with the port optional and IPv6 in brackets; says what is wrong otherwise. */
export function parseListen(text: string): ListenUrl | { problem: string } {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { problem: 'must look like udp://0.0.0.0:5060' };
  if (!isTransport(scheme)) {
    return {
      problem: `uses ${scheme}, which this version does not speak; use udp://, tcp://, tls://, ws:// or wss://`,
    };
  }
  const match = /^[a-z]+:\/\/(?:\[([^\]]*)\]|([^:/?#[\]]*))(?::(\d{1,5}))?\/?$/i.exec(text);
  const address = match?.[1] ?? match?.[2];
  if (!match || address === undefined || address === '') {
    return { problem: 'must look like udp://0.0.0.0:5060, or udp://[::]:5060 for IPv6' };
  }
  if (match[1] === undefined ? isIP(address) !== 4 : !isIPv6(address)) {
    return {
      problem: `must give a numeric address of this machine instead of '${address}', for example udp://127.0.0.1:5060`,
    };
  }
  const port = match[3] === undefined ? defaultSipPorts[scheme] : Number(match[3]);
  if (port > 65535) return { problem: `has port ${port}; ports go from 0 (any free one) to 65535` };
  const url = `${scheme}://${match[1] === undefined ? address : `[${address}]`}:${port}`;
  return { url, transport: scheme, address, port };
}

/** Listen addresses in their full form; port 0 takes a free port. */
export const listenList = list('must be a listen address such as udp://0.0.0.0:5060, or a list of them').transform(
  (urls, context) => {
    const fail = (message: string): never[] => {
      context.addIssue({ code: 'custom', message });
      return [];
    };
    if (urls.length === 0) return fail('must name at least one address, for example udp://0.0.0.0:5060');
    if (urls.length > maxListeners) return fail(`names more than ${maxListeners} addresses`);
    const full: string[] = [];
    for (const text of urls) {
      const parsed = parseListen(text);
      if ('problem' in parsed) return fail(urls.length > 1 ? `has '${text}', which ${parsed.problem}` : parsed.problem);
      if (parsed.port !== 0 && full.includes(parsed.url)) return fail(`names ${parsed.url} twice`);
      full.push(parsed.url);
    }
    return full;
  },
);

/** Origins of pages (RFC 6454): scheme and host, maybe a port. */
export const originList = list('must be an origin such as https://phone.example.com, or a list of them').refine(
  (origins) => origins.length > 0 && origins.every((origin) => /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+$/i.test(origin)),
  { error: 'must be an origin such as https://phone.example.com, or a list of them' },
);

/** Path of a file; read when it is needed. */
export const filePath = z
  .string({ error: 'must be the path of a file' })
  .min(1, { error: 'must be the path of a file' });

/** A numeric address that others can reach, so no wildcard. */
export const advertisedAddress = z
  .string({ error: 'must be a numeric IP address' })
  .trim()
  .refine((text) => isIP(text) !== 0, { error: 'must be a numeric IP address, for example 203.0.113.7' })
  .refine((text) => !/^(0\.0\.0\.0|[0:]+)$/.test(text), {
    error: 'is a wildcard, which nobody can call; give the address under which callers reach this machine',
  });

/** How many RTP/RTCP pairs a range holds: RTP on an even port, RTCP on the odd one above it (RFC 3550 11). */
export function portPairs([min, max]: readonly [number, number]): number {
  return Math.max(0, Math.floor((max - (min + (min % 2)) + 1) / 2));
}

const rangeText = z
  .string()
  .trim()
  .regex(/^\d{1,5}\s*-\s*\d{1,5}$/)
  .transform((text): [number, number] => {
    const [min = 0, max = 0] = text.split('-').map(Number);
    return [min, max];
  });

/** An inclusive range of UDP ports from `A-B` or `[A, B]`. */
export const portRange = z
  .union([rangeText, z.tuple([z.number().int(), z.number().int()])], {
    error: 'must be a range of ports A-B, for example 16384-32767',
  })
  .refine(([min, max]) => min >= 1024 && max <= 65535, { error: 'goes outside 1024 to 65535' })
  .refine(([min, max]) => min <= max, { error: 'must give the lower port first' })
  .refine((range) => portPairs(range) >= 1, {
    error: 'holds no pair of an even port and the odd one above it; a call needs one',
  });

/** How many of the loudest members are heard, or everybody. */
export const loudestCount = z.union([z.literal('all'), wholeNumber(1, 64)], {
  error: "must be 'all' or a whole number from 1 to 64",
});

export const logLevel = z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` });

/** Codecs in order of preference. */
export const codecList = list('must be a list of codecs such as pcmu,pcma').transform((names, context) => {
  const known: (typeof codecNames)[number][] = [];
  for (const text of names) {
    const name = codecNames.find((codec) => codec === text.toLowerCase());
    if (!name) {
      context.addIssue({ code: 'custom', message: `has '${text}'; this version knows ${codecNames.join(', ')}` });
      return [];
    }
    if (!known.includes(name)) known.push(name);
  }
  if (known.length === 0) context.addIssue({ code: 'custom', message: `must name a codec: ${codecNames.join(', ')}` });
  return known;
});
