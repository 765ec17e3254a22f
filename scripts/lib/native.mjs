/**
 * The native test programs: how each flavour is configured, built and run, and how what it prints is counted. Plain and
 * sanitized builds have folders of their own under build/, so that none disturbs the addon. Used by test.mjs.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { jobs, nativeEnvironment } from '../setup.mjs';
import { Failure, must, onPath, root, run } from './run.mjs';

/**
 * @typedef {{ passed: number, failed: number, note?: string }} Result
 * @typedef {{ name: string, folder: string, defines: string[], env?: Record<string, string>, prefix?: string[] }} Flavour
 */

// Optimised enough to be quick, with assertions, and quick to compile.
const checked = '-DCMAKE_CXX_FLAGS_RELEASE=-O1';
const asan = { ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1', UBSAN_OPTIONS: 'print_stacktrace=1' };

/** @type {Flavour[]} */
export const flavours = [
  { name: 'native', folder: 'build/test', defines: ['-DMIXMINUS_TESTS=ON'] },
  {
    name: 'native, address+undefined',
    folder: 'build/asan',
    defines: ['-DMIXMINUS_TESTS=ON', '-DMIXMINUS_SANITIZE=address,undefined', checked],
    env: asan,
  },
  {
    name: 'native, thread',
    folder: 'build/tsan',
    defines: ['-DMIXMINUS_TESTS=ON', '-DMIXMINUS_SANITIZE=thread', checked],
    env: { TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1' },
    // The shadow memory of GCC 12's thread sanitizer collides with address randomisation of 32 bits (vm.mmap_rnd_bits).
    prefix: ['setarch', process.arch === 'arm64' ? 'aarch64' : 'x86_64', '-R'],
  },
];

/** @type {Flavour} */
const fuzz = {
  name: 'fuzz',
  folder: 'build/fuzz',
  defines: ['-DMIXMINUS_FUZZ=ON', '-DMIXMINUS_SANITIZE=address,undefined', '-DCMAKE_CXX_COMPILER=clang++', checked],
  env: asan,
};

/** Configures and builds. Warnings are errors here: every line is compiled by g++ and, for fuzzing, by clang. */
async function build({ name, folder, defines }) {
  const env = nativeEnvironment();
  // A folder keeps the generator that it was first configured with.
  const generator = !existsSync(join(root, folder, 'CMakeCache.txt')) && onPath('ninja') ? ['-G', 'Ninja'] : [];
  const configure = ['-S', '.', '-B', folder, ...generator, '-DCMAKE_BUILD_TYPE=Release', '-DMIXMINUS_WERROR=ON'];
  await must(`configuring ${name}`, 'cmake', [...configure, ...defines], { env });
  await must(`building ${name}`, 'cmake', ['--build', folder, '--parallel', jobs], { env });
}

/**
 * Builds and runs the doctest program of one flavour.
 * @param {Flavour} flavour
 * @returns {Promise<Result>}
 */
export async function runNativeTests(flavour) {
  await build(flavour);
  const program = join(root, flavour.folder, 'mixminus_tests');
  const [command, ...args] = [...(flavour.prefix ?? []), program, '--no-colors=true'];
  const { code, signal, output } = await run(command, args, { env: flavour.env, timeoutMs: 600_000 });
  const counted = countDoctest(output);
  if (code === 0 && counted && counted.passed > 0 && counted.skipped === 0) return counted;
  process.stderr.write(output);
  const note = signal ? `ended by ${signal}` : code === 0 ? 'ran no test, or skipped some' : `exited with ${code}`;
  return { passed: counted?.passed ?? 0, failed: Math.max(counted?.failed ?? 0, 1), note };
}

/** Reads doctest's summary line; undefined when there is none, because the program died before it. */
export function countDoctest(output) {
  const line = /test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped/.exec(output);
  return line ? { passed: Number(line[1]), failed: Number(line[2]), skipped: Number(line[3]) } : undefined;
}

/**
 * Builds every fuzz target and runs each for a while, starting from its committed corpus; what it finds on the way is kept under
 * build/ only. A target counts as one test.
 * @param {number} seconds
 * @returns {Promise<Result>}
 */
export async function runFuzzTargets(seconds) {
  const sources = join(root, 'test', 'fuzz', 'native');
  const names = existsSync(sources) ? readdirSync(sources).filter((file) => file.endsWith('_fuzz.cc')) : [];
  const result = { passed: 0, failed: 0 };
  if (names.length === 0) throw new Failure('there is no fuzz target in test/fuzz/native');
  await build(fuzz);
  for (const target of names.map((file) => file.slice(0, -'.cc'.length))) {
    const corpus = join(root, 'test', 'fuzz', 'corpus', target.slice(0, -'_fuzz'.length));
    const found = join(root, fuzz.folder, 'found', target);
    mkdirSync(found, { recursive: true });
    const limits = [`-max_total_time=${seconds}`, '-timeout=5', '-rss_limit_mb=2048', `-artifact_prefix=${found}-`];
    const args = [...limits, '-print_final_stats=0', '-verbosity=0', found, ...(existsSync(corpus) ? [corpus] : [])];
    const program = join(root, fuzz.folder, target);
    const { code, output } = await run(program, args, { env: fuzz.env, timeoutMs: (seconds + 120) * 1000 });
    if (code === 0) result.passed += 1;
    else {
      process.stderr.write(`${target}:\n${output}`);
      result.failed += 1;
    }
  }
  return result;
}
