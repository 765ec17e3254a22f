import { describe, expect, it, vi } from 'vitest';
import { capabilities, MediaEngine } from '../../../src/media-core/index.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { codeOf, engineAddress, mediaRig } from './rig.js';

const nothing = { attach() {}, send() {} };

describe('MediaEngine', () => {
  it('says which codecs it has', () => {
    expect(capabilities().codecs).toEqual(['pcmu', 'pcma', 'g722', 'l16', 'opus']);
    expect(mediaRig().engine.codecs).toEqual(capabilities().codecs);
  });

  it.each([
    ['workers', { workers: 0 }],
    ['maxStreams', { maxStreams: 1.5 }],
    ['ports', { ports: [5, 4] }],
    ['ports', { ports: [20_001, 20_002] }],
    ['portRestMs', { portRestMs: -1 }],
    ['bindAddresses', { bindAddresses: ['localhost'] }],
    ['cname', { cname: 'x'.repeat(256) }],
    ['rtpTimeoutMs', { rtpTimeoutMs: Number.NaN }],
  ] as const)('refuses a wrong %s and names it', (name, options) => {
    const start = (): unknown =>
      new MediaEngine({ ...options, manual: { clock: new VirtualClock(), network: nothing } });
    expect(codeOf(start)).toBe('ERR_INVALID_ARGUMENT');
    expect(start).toThrow(new RegExp(name));
  });

  it('opens streams up to its limit, with ports of the range', () => {
    const { engine } = mediaRig({ maxStreams: 2, ports: [30_000, 30_003] });
    const streams = [engine.openStream(engineAddress), engine.openStream(engineAddress)];
    expect(streams.map(({ rtpPort, rtcpPort }) => [rtpPort, rtcpPort])).toEqual([
      [30_000, 30_001],
      [30_002, 30_003],
    ]);
    expect(codeOf(() => engine.openStream(engineAddress))).toBe('ERR_LIMIT');
    expect(codeOf(() => engine.openStream('nowhere'))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('has no ports when the range is used up, and has them again after their rest', async () => {
    const { engine, clock } = mediaRig({ ports: [30_000, 30_001], portRestMs: 5000 });
    const first = engine.openStream(engineAddress);
    expect(codeOf(() => engine.openStream(engineAddress))).toBe('ERR_NO_PORTS');
    first.close();
    await clock.advance(20);
    expect(engine.counts()).toMatchObject({ legs: 0, restingPorts: 1, leasedPorts: 0 });
    expect(codeOf(() => engine.openStream(engineAddress))).toBe('ERR_NO_PORTS');
    await clock.advance(5000);
    expect(codeOf(() => engine.openStream(engineAddress))).toBeUndefined();
  });

  it('sets no timer while nothing is open', async () => {
    const { engine, clock } = mediaRig();
    expect(clock.pending).toBe(0);
    const stream = engine.openStream(engineAddress);
    expect(clock.pending).toBe(1);
    await clock.advance(100);
    stream.close();
    await clock.advance(20);
    expect(clock.pending).toBe(0);
  });

  it('reports the health of its worker', async () => {
    const { engine, clock } = mediaRig();
    engine.openStream(engineAddress);
    await clock.advance(1000);
    expect(engine.health()).toHaveLength(1);
    expect(engine.health()[0]).toMatchObject({ skippedTicks: 0, legs: 1, rooms: 0, realtime: false });
    expect(engine.health()[0]?.ticks).toBeGreaterThanOrEqual(200);
  });

  it('closes everything, tells it, and refuses what comes later', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer);
    const mixer = rig.engine.createMixer({ loudest: 'all' });
    mixer.apply([{ op: 'add', stream, muted: false, deaf: false }]);
    await rig.clock.advance(100);
    const closed = vi.fn();
    stream.events.on('closed', closed);
    const player = stream.play({ samples: new Int16Array(8000) }, { loop: true });
    await rig.engine.close();
    await rig.engine.close();
    await player.ended;
    await rig.clock.advance(20);
    expect(closed).toHaveBeenCalledOnce();
    expect(stream.closed).toBe(true);
    expect(mixer.size).toBe(0);
    expect(peer.rtcp).toHaveLength(1);
    expect(rig.engine.counts()).toMatchObject({ legs: 0, rooms: 0, players: 0, recorders: 0, sockets: 0 });
    expect(codeOf(() => rig.engine.openStream(engineAddress))).toBe('ERR_CLOSED');
    expect(codeOf(() => rig.engine.createMixer({ loudest: 'all' }))).toBe('ERR_CLOSED');
    expect(codeOf(() => stream.allowSend())).toBe('ERR_CLOSED');
    expect(codeOf(() => player.stop())).toBeUndefined();
    stream.close();
    mixer.close();
    expect(rig.clock.pending).toBe(0);
  });

  it('a listener that throws does not break the others', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer);
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const heard: string[] = [];
    stream.events.on('latched', () => {
      throw new Error('mine');
    });
    stream.events.on('latched', ({ address }) => heard.push(address));
    await rig.clock.advance(10);
    await peer.say(stream, new Int16Array(1600));
    expect(heard).toEqual([peer.address.address]);
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  });

  it('looks into sound files and refuses what is none', () => {
    const { engine } = mediaRig();
    expect(codeOf(() => engine.checkSound('/nonexistent/a.wav'))).toBe('ERR_FILE');
    expect(() => engine.checkSound(import.meta.filename)).toThrow('is neither a WAVE nor an Ogg Opus file');
  });
});
