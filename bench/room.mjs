/**
 * `npm run bench:room`: the CPU that a member of a room costs, beside a bare C mixer in the same run.
 *
 * The server is the real one (`mixminus serve` from dist/), a process of its own. Its callers are not ours: hand-made SIP, and rtp_load
 * for the audio, which also judges loss and lateness by kernel time stamps. Rounds alternate between server and yardstick, so that a
 * busy moment of the machine touches both; the table gives medians.
 */
import { parseArgs } from 'node:util';
import { buildTools, startBareMixer, startLoad, startServer } from './lib/programs.mjs';
import { machine, spread, table } from './lib/report.mjs';
import { SipCaller } from './lib/sip-caller.mjs';

const help = `usage: npm run bench:room -- [options]
  --members N             members of the room (default 100)
  --talkers N             of them send a tone, the others silence (default 3)
  --seconds N             measured time of a round (default 10)
  --rounds N              rounds of each (default 3)
  --arrangement A         members' packets spread over the 20 ms, or in one burst (default spread)
  --json                  one JSON object instead of the table`;

const { values: options } = parseArgs({
  options: {
    members: { type: 'string', default: '100' },
    talkers: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    arrangement: { type: 'string', default: 'spread' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [members, talkers, seconds, rounds] = ['members', 'talkers', 'seconds', 'rounds'].map((name) => {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < (name === 'talkers' ? 0 : 1))
    fail(`--${name} ${options[name]}: not a number of ${name}`);
  return value;
});

function fail(text) {
  process.stderr.write(`bench:room: ${text}\n`);
  process.exit(2);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const openLoad = () => startLoad(members, ['--talkers', talkers, '--arrangement', options.arrangement, '--realtime']);

/** Lets the room settle, then measures it and the CPU time of `pid`. */
async function measure(load, pid) {
  await sleep(2000);
  load.measure(pid);
  await sleep(seconds * 1000);
  const { totals, sender, windowMs, processCpuMs } = await load.result();
  const expected = Math.round(windowMs / 20) * members;
  return {
    cpuUs: (processCpuMs * 1000) / members / (windowMs / 1000),
    missing: Math.max(0, expected - members - totals.received),
    senderP99Ms: sender.p99LateMs,
    ...totals,
  };
}

/** Calls from all members, twenty at a time. */
async function joinRoom(caller, server, load) {
  const calls = [];
  for (let first = 0; first < members; first += 20) {
    const ports = load.ports.slice(first, first + 20);
    const joined = await Promise.all(ports.map((rtpPort) => caller.invite({ user: 'bench', server, rtpPort })));
    joined.forEach(({ remote }, index) => {
      load.peer(first + index, remote);
    });
    calls.push(...joined);
  }
  return calls;
}

async function serverRound() {
  const limits = ['--max-calls', members, '--max-members', members, '--loudest', 'all'];
  const first = 20_000 + 2 * Math.floor(Math.random() * 5000);
  const server = await startServer([...limits, '--media-ports', `${first}-${first + 4 * members + 199}`]);
  const load = await openLoad();
  const caller = await SipCaller.open();
  try {
    const calls = await joinRoom(caller, server, load);
    const result = await measure(load, server.pid);
    const ended = calls.filter((call) => call.isEnded()).length;
    if (ended > 0) throw new Error(`the server ended ${ended} calls`);
    await Promise.all(calls.map((call) => call.bye()));
    return result;
  } finally {
    caller.close();
    await load.stop();
    await server.stop();
  }
}

async function bareRound() {
  const mixer = await startBareMixer(members);
  const load = await openLoad();
  try {
    mixer.ports.forEach((port, index) => {
      load.peer(index, { address: '127.0.0.1', port });
    });
    return await measure(load, mixer.pid);
  } finally {
    await load.stop();
    await mixer.stop();
  }
}

function print(server, bare) {
  const ratios = server.map((round, index) => round.cpuUs / bare[index].cpuUs);
  const row = (name, results) => [
    name,
    spread(results.map((result) => result.cpuUs)),
    spread(results.map((result) => result.lost + result.missing)),
    spread(
      results.map((result) => result.p50LateMs),
      2,
    ),
    spread(
      results.map((result) => result.p99LateMs),
      2,
    ),
    spread(
      results.map((result) => result.maxLateMs),
      2,
    ),
  ];
  const head = [
    'median (range)',
    'CPU µs per member-second',
    'packets lost',
    'late p50 ms',
    'late p99 ms',
    'late max ms',
  ];
  const command = `npm run bench:room -- --members ${members} --talkers ${talkers} --seconds ${seconds} --rounds ${rounds} --arrangement ${options.arrangement}`;
  const generator = Math.max(...[...server, ...bare].map((result) => result.senderP99Ms));
  process.stdout.write(
    `${[
      `room of ${members}, ${talkers} talkers, PCMU 20 ms over UDP on loopback, loudest = all; ${rounds} rounds of ${seconds} s, alternating`,
      table([head, row('mixminus', server), row('bare C mixer', bare), ['ratio', spread(ratios, 2), '', '', '', '']]),
      `the load generator itself was at most ${generator.toFixed(1)} ms late (p99)`,
      `machine: ${machine()}`,
      `command: ${command}`,
    ].join('\n')}\n`,
  );
}

if (options.help) {
  process.stdout.write(`${help}\n`);
  process.exit(0);
}
const server = [];
const bare = [];
try {
  buildTools();
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`round ${round} of ${rounds}: server …`);
    server.push(await serverRound());
    process.stderr.write(' bare mixer …');
    bare.push(await bareRound());
    process.stderr.write(' done\n');
  }
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
if (options.json)
  process.stdout.write(`${JSON.stringify({ members, talkers, seconds, machine: machine(), server, bare })}\n`);
else print(server, bare);
const mute = server.reduce((sum, round) => sum + round.muteMembers, 0);
if (mute > 0) fail(`${mute} members heard nothing`);
