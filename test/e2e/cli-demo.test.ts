/** `mixminus demo` as a process of its own, on real sockets and in real time. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureBuilt } from '../support/built-package.js';
import { ChildProgram, temporaryFolder } from '../support/processes.js';
import { readWav } from '../support/wav.js';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = temporaryFolder();

beforeAll(ensureBuilt, 240_000);
afterAll(() => folder.remove());

it.each([
  // Without espeak-ng on PATH the callers play tones.
  ['tones', { PATH: '/nowhere' }],
  ['speech', {}],
])('mixminus demo finds that each caller heard exactly the other two, with %s', async (kind, env) => {
  const out = join(folder.path, kind);
  const demo = new ChildProgram(process.execPath, [program, 'demo', '--seconds', '4', '--out', out, '--json'], { env });
  expect(await demo.finished(), demo.describe()).toEqual({ code: 0, signal: null });
  const result = JSON.parse(demo.output.trimEnd().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  expect(result).toMatchObject({ event: 'result', ok: true, folder: out, failures: [] });
  for (const name of ['alice', 'bob', 'carol']) {
    expect(readWav(join(out, `${name}-heard.wav`)).length).toBeGreaterThan(4 * 8000);
  }
});
