/** `npm run lint`: Biome over everything it knows, clang-format over the C++ sources. `--fix` writes what can be written. */
import { join } from 'node:path';
import { filesUnder, main, must, root, say } from './lib/run.mjs';
import { setUp } from './setup.mjs';

await main(async () => {
  await setUp(['lint']);
  const fix = process.argv.includes('--fix');
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  await must('biome', process.execPath, [biome, 'check', '--error-on-warnings', ...(fix ? ['--write'] : []), '.']);
  const sources = filesUnder('native', 'test/native', 'test/fuzz/native', 'bench/native').filter((file) =>
    /\.(cc|h)$/.test(file),
  );
  await must('clang-format', 'clang-format', [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...sources]);
  say('lint: clean');
});
