/**
 * Small helpers of the scripts: progress lines, child processes, content hashes with stamps, and one lock for builds.
 * Runs on Node alone, so that set-up can use it before anything is installed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A failure that is told in its message alone, without a stack. */
export class Failure extends Error {}

/** Prints one progress line to standard error, which leaves standard output to the program that is started. */
export function say(text) {
  process.stderr.write(`mixminus: ${text}\n`);
}

/** Runs a script's main function: a Failure prints its message, anything else its stack; both exit with 1. */
export async function main(run) {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`${error instanceof Failure ? `mixminus: ${error.message}` : error?.stack}\n`);
    process.exitCode = 1;
  }
}

/** True for the module that node was started with. */
export function isMain(url) {
  return process.argv[1] === fileURLToPath(url);
}

/** True when `command` is an executable on PATH (or of the given folders). */
export function onPath(command, path = process.env.PATH ?? '') {
  return path.split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, command)));
}

/**
 * Runs a command and resolves with { code, signal, output }. Output is collected; with `show` it is also passed through.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, show?: boolean, timeoutMs?: number }} [options]
 * @returns {Promise<{ code: number, signal: string | null, output: string }>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
      if (options.show) process.stderr.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => reject(new Failure(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => resolve({ code: code ?? 1, signal, output }));
  });
}

/** As {@link run}; a failure prints what the command said and throws. Resolves with the output. */
export async function must(what, command, args, options = {}) {
  const { code, signal, output } = await run(command, args, options);
  if (code === 0) return output;
  if (!options.show) process.stderr.write(output);
  throw new Failure(`${what} failed (${command} ${signal ? `was ended by ${signal}` : `exited with ${code}`})`);
}

/** Says what begins, does it, says how long it took. */
export async function step(what, work) {
  const begin = performance.now();
  say(`${what} …`);
  const result = await work();
  say(`${what}: done in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}

/** All files at or under the given paths (relative to the root), sorted; missing paths are empty. */
export function filesUnder(...paths) {
  const found = [];
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (!statSync(path).isDirectory()) found.push(relative(root, path));
    else for (const name of readdirSync(path)) if (name !== 'node_modules') visit(join(path, name));
  };
  for (const path of paths) visit(join(root, path));
  return found.sort();
}

/** A hash of the names and contents of all files at or under the given paths. */
export function contentHash(...paths) {
  const hash = createHash('sha256');
  for (const file of filesUnder(...paths))
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

const stamps = join(root, 'build', 'stamps');

/** True when `name` was last made from what `hash` names, and its product is still there. */
export function isFresh(name, hash, product) {
  const file = join(stamps, name);
  return existsSync(join(root, product)) && existsSync(file) && readFileSync(file, 'utf8') === hash;
}

export function stamp(name, hash) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), hash);
}

const heartbeatMs = 1000;
const deadAfterMs = 10_000;

/**
 * Holds a lock of the checkout during `work`, so that two commands started together do not build into one folder at once. The
 * holder touches the lock while it lives: one that is still was left by a process that was killed, and is taken over.
 */
export async function locked(work) {
  const lock = join(root, 'build', 'lock');
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; !takeLock(lock); told = true) {
    if (!told) say(`waiting for another build in this folder to end (${relative(root, lock)})`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const heartbeat = setInterval(() => existsSync(lock) && utimesSync(lock, new Date(), new Date()), heartbeatMs);
  const abandon = (signal) => {
    rmSync(lock, { force: true });
    process.exit(128 + constants.signals[signal]);
  };
  process.once('SIGINT', abandon).once('SIGTERM', abandon);
  try {
    return await work();
  } finally {
    process.off('SIGINT', abandon).off('SIGTERM', abandon);
    clearInterval(heartbeat);
    rmSync(lock, { force: true });
  }
}

function takeLock(lock) {
  try {
    writeFileSync(lock, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > deadAfterMs) rmSync(lock, { force: true });
    return false;
  }
}
