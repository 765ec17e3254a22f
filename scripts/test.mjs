/**
 * `npm test`: set-up, then every test in stages: native plain, native with address+undefined, native with thread sanitizer,
 * a short run of each fuzz target, vitest. A stage that fails, crashes, skips or runs no test fails the whole; all stages run
 * even so. Ends with one line, `mixminus: N passed, M failed`.
 *
 * Options: `--only native|sanitizers|fuzz|unit` (repeatable) chooses stages; `--fuzz-seconds N` (default 10) for each target.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { flavours, runFuzzTargets, runNativeTests } from './lib/native.mjs';
import { Failure, main, root, run, say } from './lib/run.mjs';
import { buildAll, setUp } from './setup.mjs';

const [plain, ...sanitized] = flavours;
const resultFile = join(root, 'build', 'vitest.json');

/** @returns {Promise<import('./lib/native.mjs').Result>} */
async function runVitest() {
  mkdirSync(join(root, 'build'), { recursive: true });
  rmSync(resultFile, { force: true });
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
  const { code } = await run(process.execPath, [vitest, 'run', ...reporters], { show: true });
  return countVitest(code);
}

/** A file that does not even load has no test to fail, so the exit code counts as well. */
function countVitest(code) {
  try {
    const report = JSON.parse(readFileSync(resultFile, 'utf8'));
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests, numTodoTests } = report;
    const skipped = numPendingTests + numTodoTests;
    if (code === 0 && skipped === 0 && passed > 0) return { passed, failed };
    const note = skipped > 0 ? `${skipped} skipped` : `exited with ${code}`;
    return { passed, failed: Math.max(failed, 1), note };
  } catch (error) {
    return { passed: 0, failed: 1, note: `left no report: ${error.message}` };
  }
}

/** The stages of the given names, or all, each with the name that its result line begins with. */
function stages(only, fuzzSeconds) {
  const native = (flavour) => ({ name: flavour.name, work: () => runNativeTests(flavour) });
  const all = {
    native: [native(plain)],
    sanitizers: sanitized.map(native),
    fuzz: [{ name: 'fuzz', work: () => runFuzzTargets(fuzzSeconds) }],
    unit: [{ name: 'vitest', work: runVitest }],
  };
  const unknown = only.filter((name) => !(name in all));
  if (unknown.length > 0) throw new Failure(`--only ${unknown[0]}: there are ${Object.keys(all).join(', ')}`);
  return Object.entries(all).flatMap(([name, list]) => (only.length === 0 || only.includes(name) ? list : []));
}

/** A stage that cannot even be built is one failure. */
async function runStage({ name, work }) {
  const begin = performance.now();
  const result = await work().catch((error) => ({ passed: 0, failed: 1, note: error.message }));
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const note = result.note ? ` (${result.note})` : '';
  say(`${name}: ${result.passed} passed, ${result.failed} failed in ${seconds} s${note}`);
  return result;
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      'fuzz-seconds': { type: 'string', default: '10' },
    },
  });
  const chosen = stages(values.only, Number(values['fuzz-seconds']));
  await setUp(['build', 'test']);
  // The native programs build themselves; only vitest's tests use the addon and dist/.
  if (values.only.length === 0 || values.only.includes('unit')) await buildAll();
  let passed = 0;
  let failed = 0;
  for (const stage of chosen) {
    const result = await runStage(stage);
    passed += result.passed;
    failed += result.failed;
  }
  if (failed > 0 || passed === 0) process.exitCode = 1;
  process.stdout.write(`mixminus: ${passed} passed, ${failed} failed\n`);
});
