/**
 * `npm run lint`: Biome over everything it knows, clang-format over the C++ sources. `--fix` writes what can be written. `--tidy` adds
 * clang-tidy over native/core and native/engine, which takes minutes, so it is asked for.
 */
import { join } from 'node:path';
import { Failure, filesUnder, main, must, root, run, say } from './lib/run.mjs';
import { jobs, setUp } from './setup.mjs';

await main(async () => {
  const fix = process.argv.includes('--fix');
  const tidy = process.argv.includes('--tidy');
  await setUp(tidy ? ['lint', 'tidy'] : ['lint']);
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  await must('biome', process.execPath, [biome, 'check', '--error-on-warnings', ...(fix ? ['--write'] : []), '.']);
  const sources = filesUnder('native', 'test/native', 'test/fuzz/native', 'bench/native').filter((file) =>
    /\.(cc|h)$/.test(file),
  );
  await must('clang-format', 'clang-format', [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...sources]);
  if (tidy) await runTidy(filesUnder('native/core', 'native/engine').filter((file) => file.endsWith('.cc')));
  say('lint: clean');
});

/** One process a file, as many at a time as there are cores; all findings are printed before the first failure counts. */
async function runTidy(files) {
  const queue = [...files];
  let failed = 0;
  const worker = async () => {
    for (let file = queue.shift(); file; file = queue.shift()) {
      const flags = ['-std=c++17', '-Inative', ...(file.startsWith('native/core/') ? ['-fno-exceptions'] : [])];
      const { code, output } = await run('clang-tidy', ['--quiet', file, '--', ...flags]);
      if (code === 0) continue;
      failed += 1;
      process.stderr.write(output);
    }
  };
  await Promise.all(Array.from({ length: Number(jobs) }, worker));
  if (failed > 0) throw new Failure(`clang-tidy objects to ${failed} of ${files.length} files`);
}
