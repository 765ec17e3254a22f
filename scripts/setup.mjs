/**
 * Brings a checkout to where it can run: Node's version, npm packages, Debian packages, the addon and the compiled TypeScript,
 * each only where something is missing or older than its sources. A library of the other scripts; `node scripts/setup.mjs
 * PURPOSE…` (build, test, lint, tidy, pack) installs from a shell. Runs without node_modules; when nothing is to be done it
 * only looks and hashes the sources.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { cpus } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensurePackages } from './lib/debian.mjs';
import { contentHash, Failure, isFresh, isMain, locked, main, must, onPath, root, stamp, step } from './lib/run.mjs';

const purposes = ['build', 'test', 'lint', 'tidy', 'pack'];
export const addon = 'build/Release/mixminus.node';
export const program = 'dist/cli/main.js';
export const nativeSources = [
  'native/core',
  'native/engine',
  'native/addon',
  'cmake',
  'CMakeLists.txt',
  'package.json',
];
const scriptSources = ['src', 'tsconfig.json', 'tsdown.config.ts', 'package.json'];

/**
 * Installs what the given purposes need: npm packages and Debian packages.
 * @param {readonly ('build' | 'test' | 'lint' | 'tidy' | 'pack')[]} wanted
 */
export async function setUp(wanted) {
  checkNode();
  const unknown = wanted.filter((purpose) => !purposes.includes(purpose));
  if (unknown.length > 0) throw new Failure(`unknown purpose: ${unknown.join(' ')} (there are: ${purposes.join(' ')})`);
  if (!modulesFresh()) await locked(ensureModules);
  await ensurePackages(wanted);
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new Failure(`Node.js 20 or later is needed; this is ${process.version}.`);
}

/**
 * npm keeps a copy of the lock of what it installed. Comparing the two finds a changed lock as well as an interrupted install, and
 * leaves alone what a developer installed by hand. Optional packages are those of other platforms.
 */
function modulesFresh() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version,
  );
}

async function ensureModules() {
  if (modulesFresh()) return;
  const [command, first] = npmCommand();
  await step('installing npm packages', () => must('npm ci', command, [...first, 'ci', '--no-audit', '--no-fund']));
}

/** The npm that runs this script, or the one on PATH: a command and its first arguments. */
export function npmCommand() {
  const launcher = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm'));
  const onPath = launcher.filter((file) => existsSync(file)).map((file) => realpathSync(file));
  const script = [process.env.npm_execpath, ...onPath].find((file) => file?.endsWith('.js'));
  return script ? [process.execPath, [script]] : ['npm', []];
}

/** Makes the addon and dist/ where they are older than their sources; `setUp(['build'])` comes before. */
export async function buildAll() {
  const tasks = [
    { name: 'native', what: 'building the addon', sources: nativeSources, product: addon, make: buildAddon },
    { name: 'dist', what: 'compiling TypeScript', sources: scriptSources, product: program, make: buildScripts },
  ];
  for (const { name, what, sources, product, make } of tasks) {
    if (isFresh(name, contentHash(...sources), product)) continue;
    await locked(async () => {
      const hash = contentHash(...sources);
      if (isFresh(name, hash, product)) return;
      await step(what, make);
      stamp(name, hash);
    });
  }
}

/** ccache where it is installed, told that trees of the same shape under `base` are the same: the prebuild is compiled from a copy. */
export function nativeEnvironment(base = root) {
  if (!onPath('ccache')) return {};
  return { CMAKE_CXX_COMPILER_LAUNCHER: 'ccache', CCACHE_BASEDIR: base, CCACHE_NOHASHDIR: '1' };
}

export const jobs = String(cpus().length);

async function buildAddon() {
  const cmakeJs = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
  const build = (verb) => [cmakeJs, verb, '--out', 'build/Release', '--parallel', jobs, '--log-level', 'error'];
  const env = nativeEnvironment();
  // `compile` falls back to a rebuild of build/Release alone, which helps after a move of the checkout or a change of compiler.
  await must('the native build', process.execPath, build('compile'), { env });
}

async function buildScripts() {
  const tsdown = join(root, 'node_modules', 'tsdown', 'dist', 'run.mjs');
  await must('the TypeScript build', process.execPath, [tsdown, '--log-level', 'warn']);
}

if (isMain(import.meta.url)) await main(() => setUp(/** @type {any} */ (process.argv.slice(2))));
