import { describe, expect, it } from 'vitest';
import type { Stream, StreamEvents } from '../../../src/media-core/index.js';
import { levelDbfs, sine, toneLevelDbfs } from '../../support/tone.js';
import { codeOf, engineAddress, mediaRig } from './rig.js';

const eventNames = ['dtmf', 'talking', 'latched', 'rtpTimeout', 'rtcpBye', 'eventsLost', 'closed'] as const;

function collect(stream: Stream): [keyof StreamEvents, ...unknown[]][] {
  const events: [keyof StreamEvents, ...unknown[]][] = [];
  for (const name of eventNames) stream.events.on(name, (...args: unknown[]) => events.push([name, ...args]));
  return events;
}

describe('Stream', () => {
  it('sends nothing before it may, then a packet every 20 ms', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.engine.openStream(engineAddress);
    stream.configure(peer.parameters());
    await rig.clock.advance(500);
    expect(peer.received).toHaveLength(0);
    expect(stream.stats().sending).toBe(false);
    stream.allowSend();
    await rig.clock.advance(1000);
    expect(peer.received.length).toBeGreaterThanOrEqual(49);
    expect(peer.received.length).toBeLessThanOrEqual(50);
    expect(stream.stats()).toMatchObject({ sending: true, levelOutDbov: -127 });
    await rig.clock.advance(5);
    expect(stream.stats().packetsSent).toBe(peer.received.length);
  });

  it('hears the peer, tells talking and the latched address once, and measures', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer);
    const events = collect(stream);
    await peer.say(stream, sine(440, 2000, -20));
    await rig.clock.advance(20);
    expect(events).toEqual([
      ['latched', peer.address],
      ['talking', true],
    ]);
    const stats = stream.stats();
    expect(stats).toMatchObject({ packetsReceived: 100, packetsLost: 0, talking: true, latched: true, duplicates: 0 });
    expect(stats.levelInDbov).toBeGreaterThanOrEqual(-24);
    expect(stats.levelInDbov).toBeLessThanOrEqual(-22);
    await rig.clock.advance(1500);
    expect(events.at(-1)).toEqual(['talking', false]);
  });

  it('counts loss, duplicates and reordering of a bad network', async () => {
    const rig = mediaRig({}, { loss: 0.05, duplicate: 0.05, reorder: 0.05, jitterMs: 4 });
    const peer = rig.peer();
    const stream = rig.call(peer);
    await peer.say(stream, sine(440, 20_000, -20));
    await rig.clock.advance(100);
    const stats = stream.stats();
    expect(stats.packetsLost).toBeGreaterThan(25);
    expect(stats.packetsLost).toBeLessThan(80);
    expect(stats.duplicates).toBeGreaterThan(20);
    expect(stats.reordered).toBeGreaterThan(10);
    expect(stats.concealedSamples).toBeGreaterThan(25 * 160);
    expect(stats.jitterMs).toBeGreaterThan(0.5);
  });

  it('tells each digit once', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer);
    const events = collect(stream);
    await peer.say(stream, new Int16Array(1600));
    for (const code of [1, 2, 10, 11]) {
      await peer.press(stream, code);
      await peer.say(stream, new Int16Array(800));
    }
    expect(events.filter(([name]) => name === 'dtmf')).toEqual([
      ['dtmf', '1', 100],
      ['dtmf', '2', 100],
      ['dtmf', '*', 100],
      ['dtmf', '#', 100],
    ]);
    expect(stream.stats().telephoneEvents).toBe(4);
  });

  it.each([
    ['sendonly', true, false],
    ['recvonly', false, true],
    ['inactive', false, false],
    ['sendrecv', true, true],
  ] as const)('obeys the direction %s', async (direction, sends, hears) => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer, { direction });
    await peer.say(stream, sine(440, 500, -10));
    expect(peer.received.length > 0).toBe(sends);
    expect(stream.stats().levelInDbov > -60).toBe(hears);
  });

  it('tells the silence of a peer', async () => {
    const rig = mediaRig({ rtpTimeoutMs: 2000 });
    const peer = rig.peer();
    const stream = rig.call(peer);
    const events = collect(stream);
    await peer.say(stream, new Int16Array(1600));
    await rig.clock.advance(1900);
    expect(events.some(([name]) => name === 'rtpTimeout')).toBe(false);
    await rig.clock.advance(5000);
    expect(events.filter(([name]) => name === 'rtpTimeout')).toHaveLength(1);
  });

  it('says RTCP BYE on closing, tells `closed` and then nothing, and keeps its last figures', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer);
    const events = collect(stream);
    await peer.say(stream, sine(440, 400, -20));
    const figures = stream.stats();
    stream.close();
    stream.close();
    expect(stream.closed).toBe(true);
    await peer.press(stream, 5);
    await rig.clock.advance(100);
    expect(events.at(-1)).toEqual(['closed']);
    expect(events.filter(([name]) => name === 'closed')).toHaveLength(1);
    expect(events.some(([name]) => name === 'dtmf')).toBe(false);
    const bye = peer.rtcp.at(-1) as Uint8Array;
    expect(Buffer.from(bye).includes(Buffer.from([0x81, 203]))).toBe(true);
    expect(stream.stats().packetsReceived).toBe(figures.packetsReceived);
    expect(codeOf(() => stream.configure(peer.parameters()))).toBe('ERR_CLOSED');
    expect(codeOf(() => stream.play({ samples: new Int16Array(1) }))).toBe('ERR_CLOSED');
    expect(codeOf(() => stream.record('/tmp/never.wav', { source: 'sent' }))).toBe('ERR_CLOSED');
  });

  it('has empty figures before its worker saw it, and silence in them', () => {
    const rig = mediaRig();
    const stream = rig.engine.openStream(engineAddress);
    expect(stream.stats()).toMatchObject({ packetsReceived: 0, levelInDbov: -127, levelOutDbov: -127, talking: false });
  });

  it('never reads the figures of the stream that took its row', async () => {
    const rig = mediaRig({ maxStreams: 1 });
    const peer = rig.peer();
    const first = rig.call(peer);
    await peer.say(first, sine(440, 400, -20));
    first.close();
    await rig.clock.advance(20);
    const second = rig.call(rig.peer());
    await rig.clock.advance(100);
    expect(second.stats().packetsReceived).toBe(0);
    expect(first.stats().packetsReceived).toBe(20);
  });

  it.each([
    ['payload type', { send: { payloadType: 200, codec: 'pcmu' } }],
    ['remote address', { remote: { address: 'example.org', port: 4000 } }],
    ['port', { remote: { address: '10.0.0.9', port: 70_000 } }],
    ['codec', { send: { payloadType: 0, codec: 'opus' } }],
  ])('refuses a wrong %s', (_name, overrides) => {
    const rig = mediaRig();
    const stream = rig.engine.openStream(engineAddress);
    const parameters = rig.peer().parameters(overrides as never);
    expect(codeOf(() => stream.configure(parameters))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('carries a tone from one engine to another over IPv6', async () => {
    const near = mediaRig();
    const on = (address: string): Stream => {
      const { media } = near.network.host(address);
      return mediaRig({ manual: { clock: near.clock, network: media, seed: 9 } }).engine.openStream(address);
    };
    const player = on('2001:db8::2');
    const listener = on('2001:db8::3');
    for (const [stream, other] of [
      [player, listener],
      [listener, player],
    ] as const) {
      const remote = { address: other.bindAddress, port: other.rtpPort };
      stream.configure(near.peer().parameters({ remote, remoteRtcpPort: other.rtcpPort }));
      stream.allowSend();
    }
    player.play({ samples: sine(700, 1000, -10) }, { loop: true });
    await near.clock.advance(2000);
    expect(listener.stats().packetsReceived).toBeGreaterThan(90);
    expect(listener.stats().levelInDbov).toBeGreaterThan(-15);
    expect(player.stats().levelInDbov).toBeLessThan(-100);
  });

  it('plays what it is given into the peer’s ear, at its level', async () => {
    const rig = mediaRig();
    const peer = rig.peer();
    const stream = rig.call(peer);
    const player = stream.play({ samples: sine(1000, 1000, -12) }, { loop: true });
    await rig.clock.advance(1500);
    player.stop();
    const steady = peer.heard().subarray(1600, 9600);
    expect(toneLevelDbfs(steady, 1000)).toBeCloseTo(-12, 0);
    expect(levelDbfs(steady)).toBeCloseTo(-12, 0);
  });
});
