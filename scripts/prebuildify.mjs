/**
 * `npm run prebuildify`: the binary that is shipped, prebuilds/<platform>-<arch>/mixminus.<libc>.node. Made in a copy of the native
 * sources under build/prebuild, because node-gyp empties the build folder that it works in, and the checkout's holds
 * the developer's own builds. Nothing is done when the binary is as new as its sources. `makePrebuild` is used by the checks too.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  contentHash,
  Failure,
  filesUnder,
  isFresh,
  isMain,
  locked,
  main,
  must,
  root,
  say,
  stamp,
  step,
} from './lib/run.mjs';
import { nativeEnvironment, nativeSources, setUp } from './setup.mjs';

const sources = [...nativeSources, 'binding.gyp', 'scripts/prebuildify.mjs', 'scripts/lib/strip-debug.sh'];
const folder = `prebuilds/${process.platform}-${process.arch}`;

/** Makes the prebuild if it is older than its sources; resolves with its path relative to the root. */
export async function makePrebuild() {
  await setUp(['build', 'pack']);
  const hash = contentHash(...sources);
  await locked(async () => {
    if (isFresh('prebuild', hash, folder)) return;
    await step('building the prebuild', build);
    stamp('prebuild', hash);
  });
  const binary = readdirSync(join(root, folder)).find((name) => name.endsWith('.node'));
  if (!binary) throw new Failure(`prebuildify left no binary in ${folder}`);
  return join(folder, binary);
}

async function build() {
  const stage = join(root, 'build', 'prebuild');
  rmSync(stage, { recursive: true, force: true });
  rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const file of filesUnder(...nativeSources, 'binding.gyp')) {
    mkdirSync(dirname(join(stage, file)), { recursive: true });
    cpSync(join(root, file), join(stage, file));
  }
  symlinkSync(join(root, 'node_modules'), join(stage, 'node_modules'));
  const prebuildify = join(root, 'node_modules', 'prebuildify', 'bin.js');
  const args = ['--cwd', stage, '--out', root, '--napi', '--tag-libc', '--strip', '--name', 'mixminus'];
  const env = {
    ...nativeEnvironment(stage),
    npm_config_nodedir: nodeFolder(),
    PREBUILD_STRIP_BIN: join(root, 'scripts', 'lib', 'strip-debug.sh'),
  };
  await must('prebuildify', process.execPath, [prebuildify, ...args], { env });
}

/**
 * Where node-gyp finds include/node/common.gypi; without it node-gyp would download a release of Node, whose version
 * prebuildify chooses, only to run our one action.
 */
function nodeFolder() {
  const candidates = [process.env.npm_config_nodedir, dirname(dirname(process.execPath)), '/usr', '/usr/local'];
  const found = candidates.find((place) => place && existsSync(join(place, 'include', 'node', 'common.gypi')));
  if (found) return found;
  throw new Failure(
    "Node's headers (include/node) are nowhere: install libnode-dev, or a Node that brings them (its release archives, NodeSource), or set npm_config_nodedir to the folder that holds include/node.",
  );
}

if (isMain(import.meta.url)) await main(async () => say(`prebuilt: ${await makePrebuild()}`));
