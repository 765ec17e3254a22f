/**
 * The programs that benches and tests start: the native tools (built on first use), the load generator with its line protocol, the
 * server. Each start returns an object with `stop()`; nothing started here outlives its parent.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'build', 'bench');

/** Where a tool that was built stands. */
export function toolPath(name) {
  return join(folder, name);
}

/**
 * Builds native bench tools into build/bench, those of the rooms unless others are named; quick when nothing changed. Throws with the
 * build's output when it fails.
 */
export function buildTools(...names) {
  const targets = names.length > 0 ? names : ['rtp_load', 'bare_mixer'];
  const build = (...args) => {
    const { status, stdout, stderr, error } = spawnSync('cmake', args, { cwd: root, encoding: 'utf8' });
    if (error?.code === 'ENOENT')
      throw new Error('cmake is needed for the native bench tools: npm run build installs it');
    if (status !== 0) throw new Error(`cmake ${args.join(' ')} failed\n${stdout}${stderr}`);
  };
  if (!existsSync(join(folder, 'CMakeCache.txt'))) {
    build('-S', '.', '-B', folder, '-DCMAKE_BUILD_TYPE=Release', '-DMIXMINUS_BENCH=ON');
  }
  build('--build', folder, '--target', ...targets, '--parallel', '2');
}

/** A child whose standard output is JSON lines; `next()` gives the next line that is an object. */
export class JsonProgram {
  constructor(command, args, { env } = {}) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.errors = '';
    this.lines = [];
    this.waiting = [];
    this.child.stdin.on('error', () => {});
    this.child.stderr.on('data', (data) => {
      this.errors = (this.errors + data).slice(-4000);
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#give(line));
    this.exited = new Promise((resolve) => {
      this.child.on('error', (error) => this.#fail(resolve, error.message));
      this.child.on('close', (code, signal) => this.#fail(resolve, `ended with ${signal ?? code}`));
    });
  }

  get pid() {
    return this.child.pid;
  }

  /** The next JSON object on standard output; rejects when the program ends without one. */
  next() {
    if (this.lines.length > 0) return Promise.resolve(this.lines.shift());
    if (this.end !== undefined) return Promise.reject(this.#error());
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** The next object with this `event`. */
  async event(name) {
    for (;;) {
      const object = await this.next();
      if (object.event === name) return object;
    }
  }

  /** Asks by `signal`, insists after 5 s, resolves when the program is gone. */
  async stop(signal = 'SIGTERM') {
    if (this.end === undefined) this.child.kill(signal);
    const insist = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await this.exited;
    clearTimeout(insist);
  }

  #give(line) {
    let object;
    try {
      object = JSON.parse(line);
    } catch {
      return;
    }
    const first = this.waiting.shift();
    if (first) first.resolve(object);
    else this.lines.push(object);
  }

  #fail(resolve, end) {
    this.end = end;
    for (const { reject } of this.waiting.splice(0)) reject(this.#error());
    resolve();
  }

  #error() {
    return new Error(
      `${this.child.spawnargs.slice(0, 3).join(' ')} ${this.end}${this.errors ? `\n${this.errors}` : ''}`,
    );
  }
}

/** Starts rtp_load and resolves when its sockets are open. `args` are its options. */
export async function startLoad(members, args = []) {
  const program = new JsonProgram(join(folder, 'rtp_load'), ['--members', String(members), ...args.map(String)]);
  const { ports, toneHz } = await program.event('bound');
  const command = (line) => program.child.stdin.write(`${line}\n`);
  return {
    ports,
    toneHz,
    peer: (index, { address, port }) => command(`peer ${index} ${address} ${port}`),
    /** Counts from now on; with a process id, its CPU time as well. */
    measure: (pid = 0) => command(`measure ${pid}`),
    /** Ends the load and resolves to its result. */
    async result() {
      command('stop');
      const result = await program.event('result');
      await program.exited;
      return result;
    },
    stop: () => program.stop(),
  };
}

/** Starts the yardstick; its port i is for member i. */
export async function startBareMixer(members) {
  const program = new JsonProgram(join(folder, 'bare_mixer'), ['--members', String(members)]);
  const { ports } = await program.event('bound');
  return { pid: program.pid, ports, stop: () => program.stop() };
}

/** Starts `mixminus serve` of this checkout's dist/ on a free port of 127.0.0.1 and resolves when it listens. */
export async function startServer(args = [], { nodeArgs = [], env } = {}) {
  const main = join(root, 'dist', 'cli', 'main.js');
  if (!existsSync(main)) throw new Error('dist/ is missing: npm run build');
  const port = await freeUdpPort();
  const listen = ['--listen', `udp://127.0.0.1:${port}`, '--json'];
  const program = new JsonProgram(process.execPath, [...nodeArgs, main, 'serve', ...listen, ...args.map(String)], {
    env,
  });
  await program.event('listening');
  return {
    pid: program.pid,
    address: '127.0.0.1',
    port,
    event: (name) => program.event(name),
    stop: () => program.stop('SIGINT'),
  };
}

/** A UDP port that was free a moment ago. */
export function freeUdpPort() {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
