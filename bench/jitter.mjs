/**
 * `npm run bench:jitter`: the delay of our jitter buffer on seeded network traces, beside the least that somebody could do who knew the
 * whole trace (a dynamic program), and beside speexdsp's jitter buffer in the same run. Prints a table; draws the curves of delay
 * against concealment into build/bench/jitter.svg. All in virtual time: the figures repeat with the seeds, on any machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from '../scripts/lib/debian.mjs';
import { buildTools, toolPath } from './lib/programs.mjs';
import { table } from './lib/report.mjs';

const help = `usage: npm run bench:jitter -- [options]
  --seconds N   of each trace (default 300)
  --seeds N     of each kind of trace (default 5)
  --first-seed N  the first of them (default 101; 1 to 100 are for whoever changes the buffer, so that the figures are of traces
                that nobody has looked at)
  --only KIND   one of light, wifi, drx20, drx40, gamma67, spikes, steps, drift+, drift-, gilbert
  --no-pauses   the voice talks without a pause, so that silence never helps
  --json        the native program's lines in place of the table`;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    seeds: { type: 'string', default: '5' },
    'first-seed': { type: 'string', default: '101' },
    only: { type: 'string' },
    'no-pauses': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Excess over the bound that the design allows, in milliseconds. */
const targets = { light: 20, wifi: 20, drx20: 20, drx40: 20, spikes: 40, steps: 40 };
const colours = [
  '#1f77b4',
  '#ff7f0e',
  '#2ca02c',
  '#d62728',
  '#9467bd',
  '#8c564b',
  '#e377c2',
  '#7f7f7f',
  '#bcbd22',
  '#17becf',
];

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function measure() {
  const args = [
    '--curve',
    '--seconds',
    options.seconds,
    '--seeds',
    options.seeds,
    '--first-seed',
    options['first-seed'],
  ];
  if (options.only) args.push('--only', options.only);
  if (options['no-pauses']) args.push('--no-pauses');
  const { status, stdout, stderr } = spawnSync(toolPath('jitter_bench'), args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`jitter_bench ended with ${status}: ${stderr}`);
  return stdout.trim().split('\n');
}

/** One entry for each kind of trace, figures averaged over the seeds. */
function summarise(runs) {
  const kinds = [...new Set(runs.map((run) => run.trace))];
  return kinds.map((kind) => {
    const seeds = runs.filter((run) => run.trace === kind);
    const average = (pick) => mean(seeds.map(pick));
    const curve = (name) =>
      seeds[0][name].map((_, index) => ({
        delayMs: average((run) => run[name][index].delayMs),
        percent: average((run) => run[name][index].concealedPercent ?? run[name][index].latePercent),
      }));
    const figures = (who) => (name) => average((run) => run[who][name]);
    const bound = average((run) => run.bound.find((each) => each.latePercent === 0.5).delayMs);
    return { kind, bound, ours: figures('ours'), speex: figures('speex'), curve };
  });
}

function printTable(kinds) {
  const head = ['trace', 'bound ms', 'ours ms', 'excess', 'target', 'late %', 'concealed %', 'inserted ms/min'];
  head.push('removed ms/min', 'speexdsp ms', 'excess', 'concealed %');
  const rows = kinds.map(({ kind, bound, ours, speex }) => [
    kind,
    bound.toFixed(1),
    ours('delayMs').toFixed(1),
    (ours('delayMs') - bound).toFixed(1),
    kind in targets ? `≤ ${targets[kind]}` : '',
    ours('latePercent').toFixed(2),
    ours('concealedPercent').toFixed(2),
    ours('insertedMsPerMinute').toFixed(0),
    ours('removedMsPerMinute').toFixed(0),
    speex('delayMs').toFixed(1),
    (speex('delayMs') - bound).toFixed(1),
    speex('concealedPercent').toFixed(2),
  ]);
  process.stdout.write(`mean playout delay of PCMU in 20 ms packets, ${options.seeds} seeds from ${options['first-seed']} on, ${options.seconds} s each; the bound is for 0.5 % late
packets and no tick, ours and speexdsp's include waiting for the 20 ms tick; concealment beyond what the network lost\n`);
  process.stdout.write(`${table([head, ...rows])}\n`);
}

/** Delay over concealment, one colour a trace: bound dotted, ours a line, speexdsp dashed. */
function draw(kinds) {
  const [width, height, left, top] = [900, 560, 60, 30];
  const mostDelay = 160;
  const x = (percent) => left + (Math.min(percent, 3) / 3) * (width - left - 160);
  const y = (delayMs) => top + (1 - Math.min(delayMs, mostDelay) / mostDelay) * (height - 2 * top - 20);
  const text = (at, down, words, more = '') => `<text x="${at}" y="${down}" ${more}>${words}</text>`;
  const line = (points, style) =>
    `<polyline fill="none" ${style} points="${points.map((point) => `${x(point.percent).toFixed(1)},${y(point.delayMs).toFixed(1)}`).join(' ')}"/>`;
  const parts = kinds.flatMap(({ kind, curve, ours }, index) => {
    const colour = `stroke="${colours[index % colours.length]}"`;
    const dot = `<circle cx="${x(ours('concealedPercent'))}" cy="${y(ours('delayMs'))}" r="4" fill="${colours[index % colours.length]}"/>`;
    return [
      line(curve('bound'), `${colour} stroke-dasharray="2 3"`),
      line(curve('oursCurve'), `${colour} stroke-width="2"`),
      line(curve('speexCurve'), `${colour} stroke-dasharray="8 4"`),
      dot,
      text(width - 145, top + 20 * (index + 1), kind, `fill="${colours[index % colours.length]}"`),
    ];
  });
  for (let delay = 0; delay <= mostDelay; delay += 20) parts.push(text(10, y(delay), `${delay} ms`));
  for (let percent = 0; percent <= 3; percent += 0.5) parts.push(text(x(percent), height - 25, `${percent} %`));
  parts.push(
    text(
      left,
      height - 6,
      'concealed or late; dotted: bound, line: ours by the price of loss (dot: default), dashed: speexdsp by margin',
    ),
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n${parts.join('\n')}\n</svg>\n`;
  const folder = fileURLToPath(new URL('../build/bench', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'jitter.svg');
  writeFileSync(path, svg);
  return path;
}

if (options.help) {
  process.stdout.write(`${help}\n`);
  process.exit(0);
}
try {
  await ensurePackages(['build', 'bench']);
  buildTools('jitter_bench');
  const lines = measure();
  if (options.json) process.stdout.write(`${lines.join('\n')}\n`);
  else {
    const kinds = summarise(lines.map((each) => JSON.parse(each)));
    printTable(kinds);
    process.stdout.write(`curves: ${draw(kinds)}\n`);
  }
} catch (error) {
  process.stderr.write(`bench:jitter: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
