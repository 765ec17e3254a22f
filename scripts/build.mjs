/** `npm run build`: set-up, the addon and dist/. Parts that are newer than their sources are left as they are. */
import { main, say } from './lib/run.mjs';
import { addon, buildAll, program, setUp } from './setup.mjs';

await main(async () => {
  await setUp(['build']);
  await buildAll();
  say(`built: ${addon}, ${program}`);
});
