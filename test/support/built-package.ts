/**
 * dist/ and the addon of this checkout, made when they are older than their sources, for tests that run them in processes of their own.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const build = "import('./scripts/setup.mjs').then(({ buildAll }) => buildAll())";

/** Takes a fraction of a second when there is nothing to make; throws with what the build said when it fails. */
export function ensureBuilt(): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', build], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed\n${stdout}${stderr}`);
}
