/** The command as processes of their own: `serve` and `call` on real sockets, and the signals that end them. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../support/built-package.js';
import { mediaPorts } from '../support/ports.js';
import { ChildProgram, stopAllPrograms, temporaryFolder } from '../support/processes.js';
import { steadyLeakDbfs, steadyToneDbfs } from '../support/steady.js';
import { sine } from '../support/tone.js';
import { readWav, writeWav } from '../support/wav.js';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = temporaryFolder();

beforeAll(ensureBuilt, 240_000);
afterEach(stopAllPrograms);
afterAll(() => folder.remove());

function mixminus(...args: string[]): ChildProgram {
  return new ChildProgram(process.execPath, [program, ...args]);
}

async function serve(...args: string[]): Promise<{ server: ChildProgram; room: string; url: string }> {
  const ports = mediaPorts(20).join('-');
  const server = mixminus('serve', '--listen', 'udp://127.0.0.1:0', '--media-ports', ports, '--json', ...args);
  const [, url = '', address = ''] = await server.printed(/"listen":\["(udp:\/\/([\d.:]+))"\]/);
  return { server, room: `sip:lobby@${address}`, url };
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('mixminus serve and call', () => {
  it('let two phones hear each other, and end with 0', async () => {
    const { server, room } = await serve();
    const file = (name: string): string => join(folder.path, name);
    writeWav(file('low.wav'), sine(517.3, 3000, -20));
    writeWav(file('high.wav'), sine(1301.9, 3000, -20));
    // The recording has the codec's rate, and the levels below are those of G.711.
    const common = ['--codec', 'pcmu', '--loop', '--duration', '3s'];
    const phones = [
      mixminus('call', room, ...common, '--play', file('low.wav'), '--record', file('one.wav')),
      mixminus('call', room, ...common, '--play', file('high.wav'), '--record', file('two.wav')),
    ];
    for (const phone of phones) expect(await phone.finished(), phone.describe()).toEqual({ code: 0, signal: null });
    const levels = ['one.wav', 'two.wav'].map((name) => {
      const pcm = readWav(file(name));
      const steady = pcm.subarray(pcm.length - 16_000, pcm.length - 6000);
      return { low: steadyToneDbfs(steady, 517.3), high: steadyToneDbfs(steady, 1301.9), steady };
    });
    const [one, two] = levels;
    expect(Math.abs((one?.high ?? 0) + 20)).toBeLessThan(1);
    expect(Math.abs((two?.low ?? 0) + 20)).toBeLessThan(1);
    expect(steadyLeakDbfs(one?.steady ?? new Int16Array(), 517.3, [1301.9])).toBeLessThan(-60);
    expect(steadyLeakDbfs(two?.steady ?? new Int16Array(), 1301.9, [517.3])).toBeLessThan(-60);
    server.kill('SIGTERM');
    expect(await server.finished()).toEqual({ code: 0, signal: null });
    expect(server.output.match(/"event":"(\w+)"/g)?.at(-1)).toBe('"event":"closed"');
  });

  it('end with BYE at a SIGINT that comes twice, as npm sends it', async () => {
    const { server, room } = await serve();
    const phone = mixminus('call', room);
    await server.printed(/"event":"joined"/);
    server.kill('SIGINT');
    server.kill('SIGINT');
    expect(await server.finished()).toEqual({ code: 0, signal: null });
    expect(await phone.finished()).toEqual({ code: 0, signal: null });
    expect(phone.output).toContain('the other side hung up');
  });

  it('let an impatient operator end a server that waits for a dead phone', async () => {
    const { server, room } = await serve();
    const phone = mixminus('call', room);
    await server.printed(/"event":"joined"/);
    phone.kill('SIGSTOP');
    server.kill('SIGINT');
    await delay(1100);
    expect(server.exit).toBeUndefined();
    server.kill('SIGINT');
    expect(await server.finished()).toEqual({ code: 130, signal: null });
    phone.kill('SIGKILL');
  });

  it('do not wait for a dead phone for ever', async () => {
    const { server, room } = await serve();
    const phone = mixminus('call', room);
    await server.printed(/"event":"joined"/);
    phone.kill('SIGSTOP');
    server.kill('SIGINT');
    expect(await server.finished(5000)).toEqual({ code: 0, signal: null });
    phone.kill('SIGKILL');
  });

  it('hang up at Ctrl-C on the phone', async () => {
    const { server, room } = await serve();
    const phone = mixminus('call', room);
    await server.printed(/"event":"joined"/);
    phone.kill('SIGINT');
    expect(await phone.finished()).toEqual({ code: 0, signal: null });
    expect(phone.output).toContain('you stopped it');
    await server.printed(/"event":"left".*"remote-hangup"/);
  });

  it('stop in good order when the reader of the output has gone away', async () => {
    const ports = mediaPorts(20).join('-');
    const script = `"$0" "$1" serve --listen udp://127.0.0.1:0 --media-ports ${ports} --json | head -n 1`;
    const pipe = new ChildProgram('bash', ['-o', 'pipefail', '-c', script, process.execPath, program]);
    const [, address = ''] = await pipe.printed(/"listen":\["udp:\/\/([\d.:]+)"\]/);
    const phone = mixminus('call', `sip:lobby@${address}`);
    expect(await pipe.finished()).toEqual({ code: 0, signal: null });
    expect(await phone.finished()).toEqual({ code: 0, signal: null });
    expect(phone.output).toContain('the other side hung up');
  });

  it('say in one line why they cannot start', async () => {
    const { url } = await serve();
    const started = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
    const busy = started('serve', '--listen', url);
    expect([busy.status, busy.stdout]).toEqual([1, '']);
    expect(busy.stderr).toMatch(/^mixminus: .*is in use.*--listen\n$/);
    const foreign = started('serve', '--listen', 'udp://192.0.2.1:5060');
    expect(foreign.status).toBe(1);
    expect(foreign.stderr).toMatch(/^mixminus: .*192\.0\.2\.1.*use an address of this machine.*\n$/);
    const wrong = started('serve', '--loudest', 'some');
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      "mixminus: --loudest: 'some' must be 'all' or a whole number from 1 to 64\n",
    ]);
  });
});
