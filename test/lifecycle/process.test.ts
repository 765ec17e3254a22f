/**
 * How a process with the library in it lives and dies: built files, real addon, own processes. The library must neither keep a process
 * alive that has closed it, nor crash one that leaves in the middle of a call.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a script as a module inside the package, so that `mixminus` resolves to the built files. */
function runModule(script: string, timeoutMs = 20_000): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--expose-gc', '-e', script], { cwd: root });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    const killer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(killer);
      resolve({ code, signal, out, err });
    });
  });
}

/** Two endpoints on loopback with a call between them, as the start of a script. */
const inACall = `
  import { createSessions } from 'mixminus';
  const media = { ports: [41000, 41999] };
  const bob = await createSessions({ listen: ['udp://127.0.0.1:0'], media, onIncomingCall: (i) => void i.accept().catch(() => {}) });
  const alice = await createSessions({ listen: ['udp://127.0.0.1:0'], media: { ports: [42000, 42999] } });
  const call = await alice.call('sip:bob@127.0.0.1:' + bob.listeners[0].port);
  await new Promise((resolve) => setTimeout(resolve, 100));
`;

describe('a process', () => {
  it('that only imports the package loads no addon and ends by itself', async () => {
    const { code, out, err } = await runModule(`
      import * as mixminus from 'mixminus';
      import * as sip from 'mixminus/sip';
      const loaded = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
      console.log(JSON.stringify({ loaded, names: Object.keys(mixminus).length > 10, sip: Object.keys(sip).length > 3 }));
    `);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual({ loaded: [], names: true, sip: true });
  });

  it('ends by itself after close, with a call that was open', async () => {
    const { code, out, err } = await runModule(`${inACall}
      const stats = call.stats();
      await Promise.all([alice.close(), bob.close()]);
      // Node itself lists a closed dgram socket for one more turn of its loop.
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
      console.log(call.state.kind, stats.packetsReceived > 0, process.getActiveResourcesInfo().filter((one) => one !== 'PipeWrap' && one !== 'Timeout').join());
    `);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.trim()).toBe('Terminated true');
  });

  it.each([
    'process.exit(7)',
    'process.exitCode = 7; setTimeout(() => process.exit(), 5); await new Promise(() => {})',
  ])('may leave in the middle of a call: %s', async (leave) => {
    const { code, signal, err } = await runModule(`${inACall} ${leave}`);
    expect({ code, signal, err }).toEqual({ code: 7, signal: null, err: '' });
  });

  it('may die of an exception in the middle of a call, with that exception and nothing else', async () => {
    const { code, signal, err } = await runModule(`${inACall} throw new Error('the user broke it');`);
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(err).toContain('the user broke it');
  });

  it('may load the library in worker threads, end them in the middle of a call, and go on', async () => {
    const { code, signal, out, err } = await runModule(`
      import { Worker } from 'node:worker_threads';
      const script = ${JSON.stringify(inACall.replace(/import .*\n/, ''))};
      async function round(end) {
        const source = "import { parentPort } from 'node:worker_threads'; import { createSessions } from '" + import.meta.resolve('mixminus') + "';" + script + "parentPort.postMessage(call.state.kind);" + end;
        const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)));
        const [state] = await new Promise((resolve, reject) => { worker.once('message', (m) => resolve([m])); worker.once('error', reject); });
        if (end === '') await worker.terminate();
        else await new Promise((resolve) => worker.once('exit', resolve));
        return state;
      }
      console.log(await round(''), await round('await alice.close(); await bob.close();'), await round('process.exit(3);'));
    `);
    expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
    expect(out.trim()).toBe('Active Active Active');
  }, 60_000);

  it('may open and close the library many times', async () => {
    const { code, out, err } = await runModule(`
      import { createSessions } from 'mixminus';
      let port = 0;
      for (let i = 0; i < 20; i += 1) {
        const sessions = await createSessions({ listen: ['udp://127.0.0.1:' + port], media: { ports: [43000, 43999] } });
        port = sessions.listeners[0].port;
        await sessions.close();
      }
      console.log('done');
    `);
    expect({ code, err, out: out.trim() }).toEqual({ code: 0, err: '', out: 'done' });
  });

  it('is told by a coded error, before anything runs, what it asked wrongly', async () => {
    const { code, out } = await runModule(`
      import { createSessions } from 'mixminus';
      const tries = [
        { listen: ['udp://127.0.0.1'] , codecs: ['mp3'] },
        { listen: ['sctp://127.0.0.1:5060'] },
        { listen: ['udp://example.com:5060'] },
        { listen: ['udp://192.0.2.77:0'] },
        { listen: [] },
        { advertise: 'example.com' },
        { limits: { maxCalls: 0 } },
        { listen: ['udp://127.0.0.1:0'], media: { ports: [5, 4] } },
      ];
      const first = await createSessions({ listen: ['udp://127.0.0.1:0'] });
      tries.push({ listen: [first.listeners[0].url] });
      for (const options of tries) {
        await createSessions(options).then(() => console.log('no error'), (error) => console.log(error.code, '|', error.message));
      }
      await first.close();
    `);
    const lines = out.trim().split('\n');
    expect(code).toBe(0);
    expect(lines.map((line) => line.split(' | ')[0])).toEqual([
      'ERR_CONFIG',
      'ERR_CONFIG',
      'ERR_CONFIG',
      'ERR_ADDRESS_NOT_AVAILABLE',
      'ERR_CONFIG',
      'ERR_CONFIG',
      'ERR_CONFIG',
      'ERR_CONFIG',
      'ERR_ADDRESS_IN_USE',
    ]);
    for (const line of lines)
      expect(line).toMatch(/opus|tcp|example\.com|192\.0\.2\.77|listen|maxCalls|\[5, 4\]|127\.0\.0\.1/);
  });
});
