/**
 * The system programs that the scripts need, by purpose, and how they come onto a Debian-like machine. A need is looked for by
 * what it provides, so a compiler that came from elsewhere counts. Missing ones are installed as root; everybody else is
 * told the command.
 */
import { existsSync, readdirSync } from 'node:fs';
import { Failure, must, onPath, run, step } from './run.mjs';

const command =
  (...names) =>
  () =>
    names.some((name) => onPath(name));
const file = (path) => () => existsSync(path);

/** A shared library in the folder of whichever architecture this is. */
const library = (name) => () =>
  existsSync('/usr/lib') && readdirSync('/usr/lib').some((folder) => existsSync(`/usr/lib/${folder}/${name}`));

/** libFuzzer and the sanitizers' run time for whichever clang is installed. */
function fuzzerRuntime() {
  const base = '/usr/lib';
  const versions = existsSync(base) ? readdirSync(base).filter((name) => name.startsWith('llvm-')) : [];
  return versions.some((version) => {
    const clang = `${base}/${version}/lib/clang`;
    return (
      existsSync(clang) &&
      readdirSync(clang).some(
        (release) =>
          existsSync(`${clang}/${release}/lib/linux`) &&
          readdirSync(`${clang}/${release}/lib/linux`).some((name) => name.startsWith('libclang_rt.fuzzer')),
      )
    );
  });
}

/** Purposes: `build` the addon, `test` everything, `lint`, `tidy` (lint's deeper look), `pack` and check a release. */
const needs = [
  { package: 'g++', purposes: ['build'], present: command('g++', 'clang++') },
  { package: 'make', purposes: ['build', 'pack'], present: command('make') },
  { package: 'cmake', purposes: ['build'], present: command('cmake') },
  { package: 'libopus-dev', purposes: ['build'], present: file('/usr/include/opus/opus.h') },
  { package: 'clang', purposes: ['test'], present: command('clang++') },
  { package: 'libclang-rt-14-dev', purposes: ['test'], present: fuzzerRuntime },
  { package: 'doctest-dev', purposes: ['test'], present: file('/usr/include/doctest/doctest.h') },
  // Compiles each file once for the addon and the prebuild, and not again in the next fresh clone.
  { package: 'ccache', purposes: ['test'], present: command('ccache') },
  { package: 'util-linux', purposes: ['test'], present: command('setarch') },
  { package: 'sip-tester', purposes: ['test'], present: command('sipp') },
  { package: 'kamailio', purposes: ['test'], present: command('kamailio') },
  { package: 'kamailio-tls-modules', purposes: ['test'], present: library('kamailio/modules/tls.so') },
  { package: 'linphone-cli', purposes: ['test'], present: command('linphone-daemon') },
  { package: 'baresip-core', purposes: ['test'], present: command('baresip') },
  // Independent codecs: G.711 and G.722, which the native tests load, and Opus.
  { package: 'libspandsp2', purposes: ['test'], present: library('libspandsp.so.2') },
  { package: 'opus-tools', purposes: ['test'], present: command('opusdec') },
  { package: 'sox', purposes: ['test'], present: command('sox') },
  { package: 'espeak-ng', purposes: ['test'], present: command('espeak-ng') },
  { package: 'openssl', purposes: ['test'], present: command('openssl') },
  { package: 'tshark', purposes: ['test'], present: command('tshark') },
  { package: 'python3', purposes: ['test', 'pack'], present: command('python3') },
  // The yardstick of bench:jitter.
  { package: 'libspeexdsp-dev', purposes: ['bench'], present: file('/usr/include/speex/speex_jitter.h') },
  { package: 'binutils', purposes: ['pack'], present: command('readelf') },
  { package: 'clang-format', purposes: ['lint'], present: command('clang-format') },
  { package: 'clang-tidy', purposes: ['tidy'], present: command('clang-tidy') },
];

/** Packages of the given purposes that this machine lacks. */
export function missingPackages(purposes) {
  return needs
    .filter((need) => need.purposes.some((purpose) => purposes.includes(purpose)) && !need.present())
    .map((need) => need.package);
}

/** Makes sure that what the purposes need is there; installs it where that is possible, otherwise says what to do and throws. */
export async function ensurePackages(purposes) {
  const missing = missingPackages(purposes);
  if (missing.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  if (!onPath('apt-get')) {
    throw new Failure(
      `these programs are missing; their Debian names: ${missing.join(' ')}. Install them with this system's package manager and run the command again.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new Failure(
      `Debian packages are missing. Run this and then the same command again:\n  sudo apt-get update && sudo apt-get ${install.join(' ')}`,
    );
  }
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
  const wait = ['-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3'];
  await step(`installing Debian packages: ${missing.join(' ')}`, async () => {
    // An old list may still do, so a failed update alone is no reason to stop.
    await run('apt-get', [...wait, 'update'], options);
    await must('installing Debian packages', 'apt-get', [...wait, ...install], options);
  });
  const still = missingPackages(purposes);
  if (still.length > 0) throw new Failure(`installed, but still not found on this machine: ${still.join(' ')}`);
}
