/**
 * `npm run bench:parse`: typical INVITEs parsed per second of one thread, headers of a transaction read, beside the parsers of npm's `sip`,
 * `jssip` and `sip.js` in the same run. Rounds alternate between the parsers, each in a process of its own; figures are parses per
 * second of CPU time.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { invite } from './lib/invite.mjs';
import { machine, median, spread, table } from './lib/report.mjs';

const help = `usage: npm run bench:parse -- [options]
  --seconds N   CPU time of a round (default 2)
  --rounds N    rounds of each parser (default 5)
  --json        one JSON object instead of the table`;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  process.stdout.write(`${help}\n`);
  process.exit(0);
}

/** What the design asks of us, parses per second. */
const target = 500_000;
const names = ['mixminus', 'sip', 'jssip', 'sip.js'];
const worker = fileURLToPath(new URL('lib/parse-worker.mjs', import.meta.url));
const rates = Object.fromEntries(names.map((name) => [name, []]));

for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const name of names) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [worker, name, options.seconds], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the parser ${name} failed\n${stderr}`);
    const { parses, us } = JSON.parse(stdout);
    rates[name].push((parses / us) * 1e6);
  }
}

if (options.json) {
  process.stdout.write(`${JSON.stringify({ machine: machine(), bytes: invite.length, target, rates })}\n`);
} else {
  const ours = median(rates.mixminus);
  const rows = names.map((name) => [
    name,
    spread(rates[name]),
    (1e6 / median(rates[name])).toFixed(2),
    (ours / median(rates[name])).toFixed(1),
  ]);
  process.stdout.write(`An INVITE of ${invite.length} bytes, parsed and seven headers read; ${machine()}\n\n`);
  process.stdout.write(`${table([['parser', 'messages/s', 'µs', 'ours is × faster'], ...rows])}\n\n`);
  process.stdout.write(
    `target ${target}/s: ${ours >= target ? 'met' : `missed by ${((1 - ours / target) * 100).toFixed(0)} %`}\n`,
  );
}
