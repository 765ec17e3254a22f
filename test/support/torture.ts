/**
 * The torture messages of RFC 4475, read from the development dependency that carries them as files. Tests only; the messages are not in
 * this repository.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = join(dirname(createRequire(import.meta.url).resolve('sip/package.json')), 'test', 'messages');

/** The 49 names, in the order of the RFC's sections 3.1.1, 3.1.2, 3.2, 3.3 and 3.4. */
export const tortureNames: readonly string[] = [
  ...'wsinv intmeth esc01 escnull esc02 lwsdisp longreq dblreq semiuri transports mpart01 unreason noreason'.split(' '),
  ...'badinv01 clerr ncl scalar02 scalarlg quotbal ltgtruri lwsruri lwsstart trws escruri baddate regbadct'.split(' '),
  ...'badaspec baddn badvers mismatch01 mismatch02 bigcode'.split(' '),
  'badbranch',
  ...'insuf unkscm novelsc unksm2 bext01 invut regaut01 multi01 mcl01 bcast zeromf cparam01 cparam02'.split(' '),
  ...'regescrt sdp01'.split(' '),
  'inv2543',
];

/** One message as its octets. The package keeps the empty line that ends `baddn` in a file of its own. */
export function torture(name: string): Buffer {
  const bytes = readFileSync(join(folder, `${name}.dat`));
  return name === 'baddn' ? Buffer.concat([bytes, readFileSync(join(folder, 'baddn_sep.dat'))]) : bytes;
}
