/**
 * The loader of the addon, and the only file that may load it. Nothing happens at import: `loadBinding` finds the package's root,
 * tries the binary built here and then the one shipped with the package, and says why when none fits. Called by `engine.ts`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SessionError } from '../base/errors.js';
import type { NativeBinding } from './native.js';

/** What decides which binary fits: the process's platform, and whether its C library is musl. */
export interface BinaryHost {
  readonly platform: string;
  readonly arch: string;
  readonly musl: boolean;
  /** Skips build/Release, so that the shipped file is what gets loaded (PREBUILDS_ONLY=1). */
  readonly prebuildsOnly: boolean;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly binary: { readonly glibc: string };
}

type Load = (file: string) => unknown;

let loaded: NativeBinding | undefined;

/**
 * Loads the addon at the first call and returns the same object afterwards.
 * @throws SessionError ERR_NO_BINARY when no binary fits this machine; the message lists each file tried and why it was refused.
 */
export function loadBinding(): NativeBinding {
  loaded ??= loadBindingFrom(packageRoot(dirname(fileURLToPath(import.meta.url))), currentHost());
  return loaded;
}

/** The files that may hold the addon, best first; names as prebuildify --napi --tag-libc writes them. */
export function binaryCandidates(root: string, host: BinaryHost): string[] {
  const libc = host.platform === 'linux' ? (host.musl ? '.musl' : '.glibc') : '';
  const shipped = join(root, 'prebuilds', `${host.platform}-${host.arch}`, `mixminus${libc}.node`);
  return host.prebuildsOnly ? [shipped] : [join(root, 'build', 'Release', 'mixminus.node'), shipped];
}

/** As {@link loadBinding}, for a given package root and host; `load` is Node's require unless a test replaces it. */
export function loadBindingFrom(
  root: string,
  host: BinaryHost,
  load: Load = createRequire(import.meta.url),
): NativeBinding {
  const manifest = readManifest(root);
  const refused: string[] = [];
  for (const file of binaryCandidates(root, host)) {
    if (!existsSync(file)) {
      refused.push(`${file}: no such file`);
      continue;
    }
    try {
      const binding = load(file) as NativeBinding;
      if (binding.version === manifest?.version) return binding;
      refused.push(`${file}: is version ${binding.version}, the package is ${manifest?.version}; build it anew`);
    } catch (error) {
      refused.push(`${file}: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`);
    }
  }
  throw new SessionError('ERR_NO_BINARY', explain(host, manifest?.binary.glibc ?? 'unknown', refused));
}

/** Walks up from `start` to the folder of this package's own package.json: the same from src/, from dist/ and from a chunk. */
export function packageRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (readManifest(folder)?.name === 'mixminus') return folder;
    if (folder === dirname(folder)) {
      throw new SessionError(
        'ERR_NO_BINARY',
        `No package.json of mixminus at or above ${start}: the addon cannot be found.`,
      );
    }
  }
}

function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
}

function currentHost(): BinaryHost {
  return {
    platform: process.platform,
    arch: process.arch,
    musl: existsSync('/etc/alpine-release'),
    prebuildsOnly: process.env.PREBUILDS_ONLY === '1',
  };
}

function explain(host: BinaryHost, glibcFloor: string, refused: readonly string[]): string {
  const libc = host.platform === 'linux' ? (host.musl ? ', musl' : `, glibc ${glibcVersion()}`) : '';
  return [
    `No binary of mixminus fits ${host.platform}-${host.arch}${libc}.`,
    ...refused.map((reason) => `  ${reason}`),
    `Shipped binaries for Linux need glibc ${glibcFloor} or later. To build one from the package's sources (C++17 compiler, CMake):`,
    '  npx cmake-js rebuild -d node_modules/mixminus',
  ].join('\n');
}

/** Of the running process; a report is slow to make, so it is asked only when loading failed. */
function glibcVersion(): string {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime ?? 'unknown';
}
