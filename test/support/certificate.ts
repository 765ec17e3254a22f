/** A certificate for localhost and 127.0.0.1, made by openssl for one run of the tests; nothing else trusts it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { requireProgram } from './processes.js';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Writes both into `folder`. */
export function makeCertificate(folder: string): CertificateFiles {
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=mixminus test', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = ['req', '-x509', ...curve, ...names, '-keyout', files.key, '-out', files.cert];
  execFileSync(requireProgram('openssl', 'openssl'), args, { stdio: 'pipe' });
  return files;
}
