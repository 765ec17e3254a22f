/** Media over the machine's own sockets on loopback: two engines, each with threads, hear each other; nothing blocks the event loop. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MediaEngine, type Stream, type StreamParameters } from '../../src/media-core/index.js';
import { sine, toneLevelDbfs } from '../support/tone.js';

const engines: MediaEngine[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mixminus-sockets-'));
});

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
  await rm(folder, { recursive: true });
});

function start(first: number): MediaEngine {
  const engine = new MediaEngine({ ports: [first, first + 199], workers: 2, maxStreams: 20 });
  engines.push(engine);
  return engine;
}

function connect(one: Stream, other: Stream): void {
  for (const [stream, remote] of [
    [one, other],
    [other, one],
  ] as const) {
    const parameters: StreamParameters = {
      receive: [{ payloadType: 0, codec: 'pcmu' }],
      send: { payloadType: 0, codec: 'pcmu' },
      telephoneEventPayloadType: 101,
      remote: { address: remote.bindAddress, port: remote.rtpPort },
      remoteRtcpPort: remote.rtcpPort,
      rtcpMux: false,
      direction: 'sendrecv',
    };
    stream.configure(parameters);
    stream.allowSend();
  }
}

function latched(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    stream.events.once('latched', () => resolve());
  });
}

function closed(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    stream.events.once('closed', () => resolve());
  });
}

describe.each(['127.0.0.1', '::1'])('over sockets on %s', (address) => {
  it('a room of three hears each other, and a file says so', async () => {
    const server = start(address === '::1' ? 29_000 : 29_400);
    const phones = start(address === '::1' ? 29_200 : 29_600);
    const mixer = server.createMixer({ loudest: 'all' });
    const tonesHz = [500, 900, 1400];
    const members = tonesHz.map((hz) => {
      const seat = server.openStream(address);
      const phone = phones.openStream(address);
      connect(seat, phone);
      phone.play({ samples: sine(hz, 1000, -20) }, { loop: true });
      return { seat, phone };
    });
    await Promise.all(members.flatMap(({ seat, phone }) => [latched(seat), latched(phone)]));
    mixer.apply(members.map(({ seat }) => ({ op: 'add', stream: seat, muted: false, deaf: false })));
    const player = members[0]?.phone.play({ samples: new Int16Array(8000) });
    await player?.ended;
    const recorders = members.map(({ phone }, index) =>
      phone.record(join(folder, `${index}.wav`), { source: 'received' }),
    );
    const marker = members[1]?.phone.play({ samples: new Int16Array(8000) });
    await marker?.ended;
    const results = await Promise.all(recorders.map((recorder) => recorder.stop()));
    for (const [listener, { path, samples }] of results.entries()) {
      expect(samples).toBeGreaterThan(6000);
      const bytes = await readFile(path);
      const pcm = new Int16Array(Uint8Array.from(bytes.subarray(44)).buffer).slice(0, 6000);
      tonesHz.forEach((hz, talker) => {
        const level = toneLevelDbfs(pcm, hz);
        if (talker === listener) expect(level).toBeLessThan(-50);
        else expect(Math.abs(level + 20)).toBeLessThan(2);
      });
    }
    expect(server.health().reduce((sum, { legs }) => sum + legs, 0)).toBe(3);
    expect(server.health().some(({ packetsIn }) => packetsIn > 200)).toBe(true);
    const ends = members.map(({ seat }) => closed(seat));
    for (const { seat } of members) seat.close();
    await Promise.all(ends);
    expect(server.counts()).toMatchObject({ legs: 0, leasedPorts: 0, restingPorts: 3 });
  });
});

describe('an engine on sockets', () => {
  it('is refused an address that is not the machine’s', () => {
    const engine = start(29_800);
    expect(() => engine.openStream('192.0.2.7')).toThrow(
      expect.objectContaining({ code: 'ERR_ADDRESS_NOT_AVAILABLE' }),
    );
    expect(() => new MediaEngine({ bindAddresses: ['192.0.2.7'] })).toThrow(
      expect.objectContaining({ code: 'ERR_ADDRESS_NOT_AVAILABLE' }),
    );
  });

  it('releases its sockets on closing, so that another can have the ports at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const engine = new MediaEngine({ ports: [30_200, 30_207], maxStreams: 4, workers: 1 });
      const streams = Array.from({ length: 4 }, () => engine.openStream('127.0.0.1'));
      expect(new Set(streams.map(({ rtpPort }) => rtpPort)).size).toBe(4);
      expect(() => engine.openStream('127.0.0.1')).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
      await engine.close();
      expect(engine.counts().sockets).toBe(0);
    }
  });
});
