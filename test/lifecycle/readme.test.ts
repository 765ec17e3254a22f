/** The README's program, as it stands there, run on the built package. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('the program of the README does what it says', async () => {
  const program = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] as string;
  expect(program.split('\n').length).toBeLessThan(30);
  // Inside the package's own folder, so that the name `mixminus` resolves to it.
  const folder = mkdtempSync(join(root, 'build', 'readme-'));
  try {
    writeFileSync(join(folder, 'example.mjs'), program);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['example.mjs'], {
      cwd: folder,
      timeout: 20_000,
    });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(['opus, sent audio', 'sip:alice@127.0.0.1 left: remote-hangup']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
