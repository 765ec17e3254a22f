/**
 * The file of `--users`: who may call, one a line, `user:password` or, as htdigest writes it, `user:realm:hash` with MD5 or SHA-256 of
 * `user:realm:password`. Read once, by the server's constructor; an error names file and line and never shows what stands there.
 */
import { readFileSync } from 'node:fs';
import { type Authentication, SessionError } from '../api/index.js';

type OfferedAlgorithm = NonNullable<Authentication['algorithms']>[number];

interface User {
  readonly password?: string;
  readonly ha1?: string;
  readonly realm?: string;
  /** By which a hash was made; a password serves all. */
  readonly algorithm?: OfferedAlgorithm;
}

/** Shown to callers where the file names no realm. */
const defaultRealm = 'mixminus';

/** Throws ERR_CONFIG. */
export function readUsers(path: string): Authentication {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const problem = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new SessionError('ERR_CONFIG', `the users file ${path} ${problem}`, { cause: error });
  }
  return parseUsers(text, path);
}

export function parseUsers(text: string, path: string): Authentication {
  const users = new Map<string, User>();
  const wrong = (line: number, problem: string): SessionError =>
    new SessionError('ERR_CONFIG', `line ${line} of the users file ${path} ${problem}`);
  let realm: string | undefined;
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .forEach((line, index) => {
      if (line.trim() === '' || line.startsWith('#')) return;
      const parsed = parseLine(line);
      if (typeof parsed === 'string') throw wrong(index + 1, parsed);
      const { name, user } = parsed;
      if (users.has(name)) throw wrong(index + 1, 'names a user a second time');
      if (user.realm !== undefined && user.realm !== (realm ?? user.realm)) {
        throw wrong(index + 1, 'has another realm than a line before it; a server has one');
      }
      realm ??= user.realm;
      users.set(name, user);
    });
  if (users.size === 0)
    throw new SessionError('ERR_CONFIG', `the users file ${path} names nobody; write user:password`);
  return {
    realm: realm ?? defaultRealm,
    algorithms: commonAlgorithms([...users.values()], path),
    authenticate: (username) => users.get(username),
  };
}

function parseLine(line: string): { readonly name: string; readonly user: User } | string {
  const [name = '', second, third, ...more] = line.split(':');
  if (/\p{Cc}/u.test(line)) return 'holds a control character';
  if (name === '' || second === undefined || second === '' || more.length > 0) {
    return 'must be user:password or user:realm:hash; a password with a colon has to be given as a hash';
  }
  if (third === undefined) return { name, user: { password: second } };
  if (!/^([0-9a-f]{32}|[0-9a-f]{64})$/i.test(third)) {
    return 'must end with a hash of 32 (MD5) or 64 (SHA-256) hexadecimal digits, or be user:password';
  }
  return { name, user: { ha1: third, realm: second, algorithm: third.length === 32 ? 'MD5' : 'SHA-256' } };
}

/** A challenge goes out before the user is known, so only what works for all of them can be offered. */
function commonAlgorithms(users: readonly User[], path: string): OfferedAlgorithm[] {
  const offered = (['SHA-256', 'MD5'] as const).filter((algorithm) =>
    users.every((user) => user.algorithm === undefined || user.algorithm === algorithm),
  );
  if (offered.length > 0) return offered;
  throw new SessionError('ERR_CONFIG', `the users file ${path} mixes hashes of MD5 and SHA-256; use one of them`);
}
