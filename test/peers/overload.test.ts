/**
 * Three times as many calls as a server can serve, from sipp: it answers what it cannot serve with 503 and Retry-After, keeps the calls it
 * has, and serves everybody again within two seconds. The server computes 4 ms for each call, so that its rate is known on any machine;
 * the few calls read in one turn of its event loop make no timer late enough, and the wait of datagrams shows the overload.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JsonProgram } from '../../bench/lib/programs.mjs';
import { type BenchCall, SipCaller } from '../../bench/lib/sip-caller.mjs';
import { ensureBuilt } from '../support/built-package.js';
import { Sipp } from '../support/sipp.js';

const burnMs = 4;
const rate = 3 * (1000 / burnMs);
const slowServer = fileURLToPath(new URL('../support/slow-server.mjs', import.meta.url));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('three times the calls that can be served', () => {
  let program: JsonProgram;
  let caller: SipCaller;
  let server: { readonly address: string; readonly port: number };
  let kept: BenchCall[] = [];
  let messages = '';
  let endedAtMs = 0;

  const call = (): Promise<BenchCall> => caller.invite({ user: 'slow', server, rtpPort: 9 });

  beforeAll(async () => {
    ensureBuilt();
    program = new JsonProgram(process.execPath, [slowServer, String(burnMs)]);
    server = { address: '127.0.0.1', port: (await program.event('listening')).port };
    caller = await SipCaller.open();
    kept = await Promise.all(Array.from({ length: 5 }, call));
    const sipp = await Sipp.start({ scenario: 'uac', target: server.port, calls: 100_000, rate, timeoutMs: 60_000 });
    await sleep(5000);
    messages = sipp.messages;
    await sipp.stop();
    endedAtMs = performance.now();
  }, 300_000);

  afterAll(async () => {
    caller?.close();
    await program?.stop('SIGKILL');
  });

  it('serves everybody again within two seconds', async () => {
    const result = await Promise.any(
      Array.from({ length: 20 }, async (_, index) => {
        await sleep(100 * index);
        return call();
      }),
    );
    await result.bye();
    expect(performance.now() - endedAtMs).toBeLessThan(2000);
    for (let count = 0; count < 5; count += 1) await (await call()).bye();
  });

  it('answers what it cannot serve with 503 and Retry-After, and goes on serving', async () => {
    const refusals = messages.split(/^-{20,}.*$/m).filter((message) => /^SIP\/2\.0 503 /m.test(message));
    expect(refusals.length).toBeGreaterThan(rate / 2);
    expect(refusals.filter((message) => !/^Retry-After: \d+\r?$/m.test(message))).toEqual([]);
    process.kill(program.pid as number, 'SIGUSR2');
    const { accepted, refused } = await program.event('status');
    expect(refused).toBeGreaterThan(rate / 2);
    expect(accepted).toBeGreaterThan(50);
  });

  it('keeps the calls it has', async () => {
    expect(kept.filter((each) => each.isEnded())).toEqual([]);
    await Promise.all(kept.map((each) => each.bye()));
  });
});
