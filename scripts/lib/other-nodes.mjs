/**
 * Other releases of Node.js to try the shipped binary with: the npm packages `node-linux-<arch>`, which hold nothing but the program. They
 * are kept in build/nodes and fetched once. Used by check-abi.mjs.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand } from '../setup.mjs';
import { Failure, must, root, step } from './run.mjs';

/**
 * The program of a major release, fetched where it is not there yet.
 * @param {number} major
 * @returns {Promise<string>}
 */
export async function nodeOfMajor(major) {
  if (String(major) === process.versions.node.split('.')[0]) return process.execPath;
  if (process.platform !== 'linux') throw new Failure(`Node ${major} is fetched on Linux only`);
  const name = `node-linux-${process.arch}`;
  const folder = join(root, 'build', 'nodes', String(major));
  const program = join(folder, 'node_modules', name, 'bin', 'node');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  // A manifest of its own, or npm would install into the checkout.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  const [npm, first] = npmCommand();
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'];
  await step(`fetching Node ${major}`, () =>
    must('npm install', npm, [...first, 'install', ...quiet, '--prefix', folder, `${name}@${major}`], { cwd: folder }),
  );
  return program;
}
