/**
 * `npm start -- [options]`: set-up, then `mixminus serve [options]`. The server runs in this process, not in a child, so that a signal
 * to npm, which npm forwards, and a signal to the whole group both reach it.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, root } from './lib/run.mjs';
import { buildAll, program, setUp } from './setup.mjs';

await main(async () => {
  await setUp(['build']);
  await buildAll();
  const file = join(root, program);
  process.argv = [process.execPath, file, 'serve', ...process.argv.slice(2)];
  await import(pathToFileURL(file).href);
});
