/**
 * Ctrl-C under `npm start`: the terminal signals the whole process group, and npm forwards what it got itself. Whichever of the two
 * happens, the server ends in good order.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { ensureBuilt } from '../support/built-package.js';
import { until, within } from '../support/until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(ensureBuilt, 240_000);

it.each(['to the group', 'to npm alone'])(
  'a SIGINT %s ends the server with BYE and 0',
  async (whom) => {
    const args = ['start', '--silent', '--', '--listen', 'udp://127.0.0.1:0', '--json'];
    const npm = spawn('npm', args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const pid = npm.pid ?? 0;
    let output = '';
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    const exited = new Promise<[number | null, string | null]>((resolve) => {
      npm.once('close', (code, signal) => resolve([code, signal]));
    });
    try {
      await until(
        () => output.includes('"event":"listening"'),
        () => `the start, in:\n${output}`,
        120_000,
      );
      process.kill(whom === 'to the group' ? -pid : pid, 'SIGINT');
      expect(await within(exited, () => `the end, in:\n${output}`, 10_000)).toEqual([0, null]);
      expect(output).toContain('"event":"closed"');
    } finally {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // The group is gone, as it should be.
      }
    }
  },
  150_000,
);
