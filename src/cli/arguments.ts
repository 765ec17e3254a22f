/**
 * Arguments that are more than a number: durations, call targets, sound files. Checked before anything is opened, so that a mistake is
 * told in one line and no phone rings for it. Reads files, changes none; used by the commands.
 */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageProblem } from './problems.js';
import { parseWav } from './wav.js';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, '': 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** `500ms`, `10s`, `10`, `1.5m`, `2h` → milliseconds. */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim().toLowerCase());
  const unit = units[match?.[2] ?? ''];
  const ms = Number(match?.[1]) * (unit ?? Number.NaN);
  // Timers of the runtime end at 2^31 ms, about 24 days.
  if (!(ms > 0 && ms <= 24 * 86_400_000)) {
    throw new UsageProblem(`${flag}: '${text}' is not a duration; write 500ms, 10s, 2m or 1h`);
  }
  return ms;
}

/** Digits for the other side's keypad menu, as `call.sendDtmf` takes them. */
export function checkDigits(flag: string, text: string): void {
  if (!/^[0-9*#A-D!,w]{1,255}$/i.test(text))
    throw new UsageProblem(`${flag}: '${text}' has something else than 0-9 * # A-D, ! (flash), comma and w (pauses)`);
}

export interface CallTarget {
  readonly uri: string;
  readonly family: 4 | 6;
  readonly transport: 'udp' | 'tcp' | 'tls';
}

/** A SIP URI, whose scheme may be left out. Address family and transport decide what the phone listens on. */
export function parseTarget(text: string): CallTarget {
  const scheme = /^([a-z][a-z0-9+-]*):(?!\d+(?:[;?]|$))/i.exec(text)?.[1]?.toLowerCase();
  const named = scheme === 'sip' || scheme === 'sips';
  if (scheme !== undefined && !named && !text.includes('@')) {
    throw new UsageProblem(`'${text}' is no SIP address; write sip:room@host, for example sip:lobby@127.0.0.1:5060`);
  }
  const uri = named ? text : `sip:${text}`;
  const host = /^sips?:(?:[^@\s<>"]+@)?(\[[0-9a-f:.]+\]|[^\s:;?@<>"[\]]+)(?::\d{1,5})?(?:[;?]\S*)?$/i.exec(uri)?.[1];
  if (host === undefined) {
    throw new UsageProblem(`'${text}' is no SIP address; write sip:room@host, for example sip:lobby@127.0.0.1:5060`);
  }
  return { uri, family: host.startsWith('[') ? 6 : 4, transport: transportOf(uri) };
}

/** What a URI asks for; whether that can be, the SIP core says. */
function transportOf(uri: string): CallTarget['transport'] {
  const named = /;transport=([a-z]+)/i.exec(uri)?.[1]?.toLowerCase();
  // A WebSocket client need not listen for any.
  if (named === 'ws' || named === 'wss') return 'udp';
  if (/^sips:/i.test(uri) || named === 'tls') return 'tls';
  return named === 'tcp' ? 'tcp' : 'udp';
}

/** --user with its password, which is never an argument: every user of the machine can read those. */
export function parseCredentials(
  username: string | undefined,
  password: string | undefined,
): { readonly username: string; readonly password: string } | undefined {
  if (username === undefined) return undefined;
  if (username === '' || /\p{Cc}/u.test(username)) throw new UsageProblem('--user: a name is wanted, of one line');
  if (password === undefined || password === '') {
    throw new UsageProblem('--user: the password is missing; put it into the environment variable MIXMINUS_PASSWORD');
  }
  return { username, password };
}

/**
 * Checks a WAV file to the end of its header and returns its length in milliseconds; of an Ogg file only that it can be read (undefined):
 * the engine looks into it before anybody is called.
 */
export function checkPlayable(flag: string, path: string): number | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageProblem(`${flag}: ${path} ${fileProblem(error)}`);
  }
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'OggS') return undefined;
  const wav = parseWav(bytes);
  if (!wav.ok) {
    throw new UsageProblem(`${flag}: ${path} ${wav.problem}; make a WAV with: sox input -r 8000 -c 1 -b 16 output.wav`);
  }
  return (1000 * wav.frames) / wav.rateHz;
}

/** Checks that a file can be created or overwritten, without doing it. */
export function checkWritable(flag: string, path: string): void {
  try {
    if (existsSync(path)) {
      if (statSync(path).isDirectory()) throw new UsageProblem(`${flag}: ${path} is a folder; name a file in it`);
      accessSync(path, constants.W_OK);
    } else {
      const folder = dirname(path);
      if (!existsSync(folder)) throw new UsageProblem(`${flag}: the folder ${folder} does not exist; create it first`);
      if (!statSync(folder).isDirectory())
        throw new UsageProblem(`${flag}: ${folder} is not a folder; name another one`);
      accessSync(folder, constants.W_OK);
    }
  } catch (error) {
    if (error instanceof UsageProblem) throw error;
    throw new UsageProblem(`${flag}: ${path} ${fileProblem(error)}`);
  }
}

function fileProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EISDIR') return 'is a folder, not a file';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be opened; check its permissions';
  if (code === 'EROFS') return 'is on a read-only file system';
  return `cannot be opened (${code ?? String(error)})`;
}
