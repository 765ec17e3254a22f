/**
 * `npm run check:pack`: the package as a user gets it. Packs a tarball with a fresh prebuild, checks what is in it, installs it with
 * `npm install` and with `npm ci` into empty folders where neither compiler, make nor python is on PATH, imports and requires it
 * there, and starts the installed server, which must answer a SIP OPTIONS over UDP and exit with 0 on SIGINT.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, main, must, onPath, root, say, step } from './lib/run.mjs';
import { freeUdpPort, sipOptions } from './lib/sip-ping.mjs';
import { makePrebuild } from './prebuildify.mjs';
import { buildAll, npmCommand } from './setup.mjs';

const required = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'CMakeLists.txt',
  'cmake/exports.map',
  'native/addon/addon.cc',
  'dist/index.js',
  'dist/index.cjs',
  'dist/index.d.ts',
  'dist/index.d.cts',
  'dist/sip.js',
  'dist/sip.cjs',
  'dist/server/index.js',
  'dist/server/index.cjs',
  'dist/cli/main.js',
];
const allowed = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|CMakeLists\.txt|cmake\/|native\/|dist\/|prebuilds\/)/;
const entries = ['mixminus', 'mixminus/sip', 'mixminus/server'];
const tools = ['g++', 'gcc', 'cc', 'c++', 'clang', 'clang++', 'make', 'ninja', 'cmake', 'python', 'python3'];

await main(async () => {
  const prebuild = await makePrebuild();
  await buildAll();
  const work = mkdtempSync(join(tmpdir(), 'mixminus-pack-'));
  try {
    const tarball = await pack(work, prebuild);
    await step('checking entry points', () => checkEntryPoints(tarball));
    const path = barePath(work);
    const lock = await step('npm install without a compiler', () => install(work, path, tarball, 'install'));
    const folder = await step('npm ci without a compiler', () => install(work, path, tarball, 'ci', lock));
    await step('starting the installed server', () => serve(folder, path));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  say('pack: contents, both installs, import, require and the installed server are right');
});

async function pack(work, prebuild) {
  const [npm, first] = npmCommand();
  const args = [...first, 'pack', '--json', '--loglevel', 'error', '--pack-destination', work];
  const [report] = JSON.parse(stripToJson(await must('npm pack', npm, args)));
  const files = report.files.map((file) => file.path);
  const missing = [...required, prebuild].filter((file) => !files.includes(file));
  const strange = files.filter((file) => !allowed.test(file));
  if (missing.length > 0) throw new Failure(`the tarball lacks ${missing.join(', ')}`);
  if (strange.length > 0) throw new Failure(`the tarball holds ${strange.join(', ')}`);
  checkManifest();
  say(
    `tarball: ${files.length} files, ${(report.size / 1024).toFixed(0)} kB packed, ${(report.unpackedSize / 1024).toFixed(0)} kB unpacked`,
  );
  return join(work, report.filename);
}

/** npm may warn before its JSON. */
function stripToJson(output) {
  return output.slice(output.search(/^\[/m));
}

/** npm compiles at install when it finds binding.gyp or an install script; the tarball has neither and says so. */
function checkManifest() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prebuild'].filter(
    (name) => manifest.scripts[name],
  );
  if (hooks.length > 0) throw new Failure(`package.json has the script ${hooks.join(', ')}`);
  if (manifest.gypfile !== false) throw new Failure('package.json must say "gypfile": false');
}

async function checkEntryPoints(tarball) {
  const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  const publint = join(root, 'node_modules', 'publint', 'src', 'cli.js');
  await must('publint', process.execPath, [publint, 'run', tarball, '--strict']);
  await must('attw', process.execPath, [attw, tarball, '--profile', 'node16', '--format', 'ascii', '--no-color']);
}

/** A PATH with node and a shell, as on a production machine; a tool that is still reachable fails the check itself. */
function barePath(work) {
  const bin = join(work, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  for (const name of ['sh', 'env']) symlinkSync(`/bin/${name}`, join(bin, name));
  const reachable = tools.filter((tool) => onPath(tool, bin));
  if (reachable.length > 0) throw new Failure(`the bare PATH still reaches ${reachable.join(', ')}`);
  return bin;
}

/** Installs into an empty folder and proves the result; resolves with the folder, whose lock the `ci` variant takes over. */
async function install(work, path, tarball, verb, from) {
  const folder = join(work, verb);
  mkdirSync(folder);
  const dependencies = { mixminus: `file:${tarball}` };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'user', version: '1.0.0', private: true, dependencies }),
  );
  if (from) cpSync(join(from, 'package-lock.json'), join(folder, 'package-lock.json'));
  const [npm, first] = npmCommand();
  const args = [
    ...first,
    verb,
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--foreground-scripts',
    '--loglevel',
    'info',
  ];
  const output = await must(`npm ${verb}`, npm, args, { cwd: folder, env: userEnvironment(path) });
  const ran = output.split('\n').filter((line) => /^> |node-gyp|info run /.test(line));
  if (ran.length > 0) throw new Failure(`npm ${verb} ran a script:\n  ${ran.join('\n  ')}`);
  const installed = readdirSync(join(folder, 'node_modules', 'mixminus'));
  if (installed.includes('build') || installed.includes('binding.gyp')) throw new Failure('the package was compiled');
  await load(folder, path);
  return folder;
}

/** Without what `npm run` told us about this checkout: the installs are somebody else's. */
function userEnvironment(path) {
  const kept = ['npm_config_cache', 'npm_config_registry', 'npm_config_userconfig'];
  const told = Object.keys(process.env).filter((name) => name.startsWith('npm_') && !kept.includes(name));
  return { ...Object.fromEntries(told.map((name) => [name, undefined])), PATH: path, NODE_PATH: undefined };
}

async function load(folder, path) {
  const imported = entries.map((entry) => `await import('${entry}')`).join(', ');
  const required = entries.map((entry) => `require('${entry}')`).join(', ');
  const check = (list) =>
    `const all = [${list}]; if (!all.every((m) => Object.keys(m).length > 0)) throw new Error('an entry point exports nothing'); if (typeof all[0].SessionManagerBuilder !== 'function') throw new Error('SessionManagerBuilder is missing');`;
  const options = { cwd: folder, env: userEnvironment(path) };
  await must('import', process.execPath, ['--input-type=module', '-e', check(imported)], options);
  await must('require', process.execPath, ['--input-type=commonjs', '-e', check(required)], options);
}

async function serve(folder, path) {
  const port = await freeUdpPort();
  const program = join(folder, 'node_modules', '.bin', 'mixminus');
  const env = { ...process.env, ...userEnvironment(path), PREBUILDS_ONLY: '1' };
  const child = spawn(program, ['serve', '--listen', `udp://127.0.0.1:${port}`], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(`could not start: ${error.message}`));
    child.on('exit', (code, signal) => resolve(signal ?? code));
  });
  try {
    const status = await Promise.race([
      sipOptions(port, 15_000),
      ended.then((how) => Promise.reject(new Failure(`the server ended early (${how})`))),
    ]);
    if (status !== 200) throw new Failure(`OPTIONS was answered with ${status}`);
    child.kill('SIGINT');
    const how = await Promise.race([
      ended,
      new Promise((resolve) => setTimeout(resolve, 10_000, 'still running after 10 s')),
    ]);
    if (how !== 0) throw new Failure(`after SIGINT the server: ${how}`);
  } catch (error) {
    process.stderr.write(output);
    throw error;
  } finally {
    child.kill('SIGKILL');
  }
}
