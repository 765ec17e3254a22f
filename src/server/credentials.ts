/** Reads the files of certificates that the configuration names. Called by the server as it starts, and by `mixminus call`. */
import { readFileSync } from 'node:fs';
import { SessionError, type SessionsOptions } from '../api/index.js';
import { flagName, type ServerConfig } from './config.js';

type TlsFiles = Partial<Pick<ServerConfig, 'tlsCert' | 'tlsKey' | 'tlsCa'>>;

/** Undefined when no file is named. Throws ERR_CONFIG for one that cannot be read. */
export function readCredentials({ tlsCert, tlsKey, tlsCa }: TlsFiles): SessionsOptions['tls'] {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  return { cert: read('tlsCert', tlsCert), key: read('tlsKey', tlsKey), ca: read('tlsCa', tlsCa) };
}

function read(key: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new SessionError('ERR_CONFIG', `${flagName(key)}: the file ${path} ${why}`, { cause: error });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new SessionError('ERR_CONFIG', `${flagName(key)}: ${path} holds nothing in PEM form (-----BEGIN …)`);
}
