/**
 * `npm run bench:sip`: whole calls (INVITE, 180, 200, ACK, BYE, 200) from sipp, answered by our dialog layer, by our whole library with a
 * media stream a call, by npm's `sip` and by sipp's own UAS, in turns. For each: calls a second of the server's CPU time, what was sent
 * again, what failed, and memory before and after.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { JsonProgram } from './lib/programs.mjs';
import { machine, median, spread, table } from './lib/report.mjs';

const help = `usage: npm run bench:sip -- [options]
  --rate N      calls a second offered (default 1000)
  --seconds N   of a round (default 10); 300 shows whether memory stays flat
  --rounds N    of each server (default 3)
  --only NAMES  of dialog-layer,api,sip,sipp (default all)
  --json        one JSON object instead of the table`;

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'dialog-layer,api,sip,sipp' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  process.stdout.write(`${help}\n`);
  process.exit(0);
}
const [rate, seconds, rounds] = ['rate', 'seconds', 'rounds'].map((name) => Number(options[name]));
/** What the design asks of the dialog layer, calls a second of one core. */
const target = 5000;
const ticksPerSecond = 100;

/** CPU seconds that a process has used (proc(5), fields 14 and 15). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** sipp's UAC with the audio left out. Resolves to its own counters. */
async function load(folder, port, calls) {
  const statistics = join(folder, 'stat.csv');
  const more = ['-r', rate, '-m', calls, '-l', 100_000, '-d', 0, '-i', '127.0.0.1', '-nostdin'];
  const traces = ['-trace_stat', '-stf', statistics, '-fd', 1, '-buff_size', 4_000_000];
  const args = ['-sn', 'uac', `127.0.0.1:${port}`, ...more, ...traces, '-timeout', Math.ceil(calls / rate) + 60].map(
    String,
  );
  const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore' });
  await new Promise((resolve, reject) => {
    child.on('error', () => reject(new Error('sipp is needed: apt-get install sip-tester')));
    child.on('close', resolve);
  });
  const [head, ...lines] = readFileSync(statistics, 'utf8').trim().split('\n');
  const names = head.split(';');
  const last = lines.at(-1).split(';');
  const value = (column) => Number(last[names.indexOf(column)]);
  return {
    successful: value('SuccessfulCall(C)'),
    failed: calls - value('SuccessfulCall(C)'),
    retransmissions: value('Retransmissions(C)'),
  };
}

async function startServer(name, port, folder) {
  if (name === 'sipp') {
    const args = ['-sn', 'uas', '-i', '127.0.0.1', '-p', port, '-nostdin', '-buff_size', 4_000_000].map(String);
    const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore' });
    await sleep(500);
    return { pid: child.pid, memory: async () => ({ heapUsed: Number.NaN }), stop: () => child.kill('SIGKILL') };
  }
  const worker = fileURLToPath(new URL('lib/sip-uas.mjs', import.meta.url));
  const program = new JsonProgram(process.execPath, ['--expose-gc', worker, name, String(port)]);
  await program.event('listening');
  return {
    pid: program.pid,
    memory() {
      process.kill(program.pid, 'SIGUSR2');
      return program.event('memory');
    },
    stop: () => program.stop('SIGKILL'),
  };
}

async function round(name) {
  const folder = mkdtempSync(join(tmpdir(), 'mixminus-bench-'));
  const port = 32_000 + Math.floor(Math.random() * 700);
  const server = await startServer(name, port, folder);
  try {
    // The first calls are compiled, not answered.
    await load(folder, port, Math.min(4000, 4 * rate));
    const before = await server.memory();
    const started = cpuSeconds(server.pid);
    const result = await load(folder, port, rate * seconds);
    const cpu = cpuSeconds(server.pid) - started;
    // Transactions linger for 32 s (RFC 3261 17.1.1.2); what is there now still holds the last of them.
    const after = await server.memory();
    return { ...result, perCpuSecond: result.successful / cpu, grewMb: (after.heapUsed - before.heapUsed) / 2 ** 20 };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const names = options.only.split(',');
const results = Object.fromEntries(names.map((name) => [name, []]));
for (let i = 0; i < rounds; i += 1) for (const name of names) results[name].push(await round(name));

if (options.json) {
  process.stdout.write(`${JSON.stringify({ machine: machine(), rate, seconds, target, results })}\n`);
} else {
  const sum = (list, key) => String(list.reduce((total, one) => total + one[key], 0));
  const rows = names.map((name) => {
    const list = results[name];
    const grew = median(list.map(({ grewMb }) => grewMb));
    const perSecond = spread(list.map(({ perCpuSecond }) => perCpuSecond));
    return [
      name,
      perSecond,
      sum(list, 'failed'),
      sum(list, 'retransmissions'),
      Number.isNaN(grew) ? '–' : grew.toFixed(1),
    ];
  });
  process.stdout.write(`${rounds} rounds of ${seconds} s at ${rate} calls/s; ${machine()}\n\n`);
  process.stdout.write(
    `${table([['server', 'calls per CPU second', 'failed', 'sent again', 'heap grew, MB'], ...rows])}\n`,
  );
  const ours = results['dialog-layer'];
  if (ours) {
    const reached = median(ours.map(({ perCpuSecond }) => perCpuSecond));
    process.stdout.write(
      `\ntarget of the dialog layer: ${target} calls per CPU second: ${reached >= target ? 'met' : 'missed'}\n`,
    );
  }
}
