/** The addon in worker threads: it loads in several environments at once, and each may end in the middle of a call. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/media-core/binding.js';

const addon = join(packageRoot(import.meta.dirname), 'build', 'Release', 'mixminus.node');

/** What a thread runs: an engine with threads of its own and a leg in a call; then it ends as `how` says. */
function program(how: 'close' | 'exit' | 'terminate', port: number): string {
  return `
    const { parentPort } = require('node:worker_threads');
    const binding = require(${JSON.stringify(addon)});
    const engine = new binding.Engine({ workers: 2, manual: false, maxLegs: 4, maxRooms: 2, portMin: ${port}, portMax: ${port + 19},
      portRestMs: 100, bindAddresses: ['127.0.0.1'], cname: 'thread', seed: 1, rtpTimeoutMs: 50 }, () => {
        const events = engine.drainEvents();
        if (!events.some((event) => event.type === 'rtpTimeout')) return;
        parentPort.postMessage('running');
        if (${JSON.stringify(how)} === 'close') engine.close();
        if (${JSON.stringify(how)} === 'exit') process.exit(0);
      });
    const { leg, rtpPort } = engine.openLeg('127.0.0.1');
    engine.configureLeg(leg, { receive: [{ payloadType: 0, codec: 'pcmu' }], sendPayloadType: 0, sendCodec: 'pcmu',
      telephoneEventPayloadType: -1, remoteAddress: '127.0.0.1', remoteRtpPort: 9, remoteRtcpPort: 9, rtcpMux: false,
      send: true, receiveMedia: true, allowSend: true });
    engine.play(leg, { kind: 'samples', samples: new Int16Array(160), rateHz: 8000, loop: true, startMs: 0, gainDb: 0 });
    engine.openReader(leg, 'sent', 16000, 500);
    engine.writePcm(engine.openWriter(leg, { rateHz: 24000, bufferMs: 200, prebufferMs: 0, gainDb: 0 }), new Int16Array(960));
  `;
}

async function run(how: 'close' | 'exit' | 'terminate', port: number): Promise<number> {
  const worker = new Worker(program(how, port), { eval: true });
  const failed = new Promise<never>((_, reject) => worker.once('error', reject));
  const ended = new Promise<number>((resolve) => worker.once('exit', resolve));
  const running = new Promise<unknown>((resolve) => worker.once('message', resolve));
  expect(await Promise.race([running, failed])).toBe('running');
  if (how === 'terminate') await worker.terminate();
  return Promise.race([ended, failed]);
}

it('runs in several threads at once and survives each way of ending', async () => {
  const codes = await Promise.all([
    run('close', 30_400),
    run('exit', 30_420),
    run('terminate', 30_440),
    run('close', 30_460),
  ]);
  expect(codes.map((code) => code <= 1)).toEqual([true, true, true, true]);
  expect(codes[0]).toBe(0);
});

it('loads again after the thread that loaded it is gone', async () => {
  for (let round = 0; round < 3; round += 1) expect(await run('close', 30_480)).toBe(0);
});
