/**
 * `npm run bench:leg`: what each stage of a leg costs, for each codec, beside werift-rtp's parse and serialise and libopus without us, all
 * in one run. Rounds alternate between the native program and JavaScript; the table gives medians over the rounds, each of which is a
 * median of short batches.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { RtpPacket } from 'werift-rtp';
import { buildTools, toolPath } from './lib/programs.mjs';
import { machine, median, spread, table } from './lib/report.mjs';

const help = `usage: npm run bench:leg -- [options]
  --rounds N   rounds (default 5)
  --json       one JSON object instead of the table`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);

function fail(text) {
  process.stderr.write(`bench:leg: ${text}\n`);
  process.exit(2);
}

/** Microseconds of one call: the median of short batches. */
function measure(work) {
  const batches = [];
  for (let batch = 0; batch < 200; batch += 1) {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < 200; i += 1) work();
    batches.push(Number(process.hrtime.bigint() - begin) / 1000 / 200);
  }
  return median(batches);
}

/** werift-rtp on a PCMU packet of 20 ms, as the native program has it. */
function weriftRound() {
  const bytes = Buffer.alloc(12 + 160, 0xd5);
  bytes.set([0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0x12, 0x34]);
  const packet = RtpPacket.deSerialize(bytes);
  let sum = 0;
  const parse = measure(() => {
    sum += RtpPacket.deSerialize(bytes).payload.length;
  });
  const serialise = measure(() => {
    sum += packet.serialize().length;
  });
  if (sum === 0) fail('werift-rtp did nothing');
  return { 'werift-rtp parse': parse, 'werift-rtp serialise': serialise };
}

function nativeRound() {
  const { status, stdout, stderr } = spawnSync(toolPath('leg_stages'), { encoding: 'utf8' });
  if (status !== 0) fail(`leg_stages failed: ${stderr}`);
  return JSON.parse(stdout);
}

if (options.help) {
  process.stdout.write(`${help}\n`);
  process.exit(0);
}
if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds ${options.rounds}: not a number of rounds`);
const results = [];
try {
  buildTools('leg_stages');
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    results.push({ ...nativeRound(), ...weriftRound() });
  }
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
if (options.json) process.stdout.write(`${JSON.stringify({ machine: machine(), rounds: results })}\n`);
else {
  const names = Object.keys(results[0]);
  const of = (name) => results.map((result) => result[name]);
  process.stdout.write(
    `${[
      `one leg, one thread, no sockets: µs for 20 ms of audio (a PCMU packet where no codec is named); median (range) of ${rounds} rounds`,
      table([['stage', 'µs'], ...names.map((name) => [name, spread(of(name), 3)])]),
      `machine: ${machine()}`,
      `command: npm run bench:leg -- --rounds ${rounds}`,
    ].join('\n')}\n`,
  );
}
