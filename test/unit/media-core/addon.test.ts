/** The addon's own surface, as engine.ts never misuses it: every argument is checked, and no misuse ends the process. */
import { afterEach, describe, expect, it } from 'vitest';
import { loadBinding } from '../../../src/media-core/binding.js';
import type { NativeEngine, NativeEngineOptions } from '../../../src/media-core/native.js';
import { codeOf } from './rig.js';

const options: NativeEngineOptions = {
  workers: 1,
  manual: true,
  maxLegs: 4,
  maxRooms: 2,
  portMin: 20_000,
  portMax: 20_099,
  portRestMs: 5000,
  bindAddresses: [],
  cname: 'test',
  seed: 1,
  rtpTimeoutMs: 0,
};
const binding = loadBinding();
const engines: NativeEngine[] = [];

function engine(overrides: Partial<NativeEngineOptions> = {}): NativeEngine {
  const made = new binding.Engine({ ...options, ...overrides }, () => undefined);
  engines.push(made);
  return made;
}

afterEach(() => {
  for (const each of engines.splice(0)) each.close();
});

const wrong: readonly unknown[] = [
  undefined,
  null,
  -1,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 53,
  'x',
  {},
  [],
  Symbol('s'),
  10n,
];

describe('the addon', () => {
  it('refuses wrong options one by one', () => {
    for (const name of Object.keys(options)) {
      for (const value of [undefined, null, -1, Symbol('s')]) {
        const make = (): unknown => engine({ [name]: value } as never);
        expect([name, codeOf(make)]).toEqual([name, 'ERR_INVALID_ARGUMENT']);
      }
    }
    for (const value of wrong)
      expect(codeOf(() => new binding.Engine(value as never, () => undefined))).toBe('ERR_INVALID_ARGUMENT');
    expect(codeOf(() => new binding.Engine(options, undefined as never))).toBe('ERR_INVALID_ARGUMENT');
    expect(() => (binding.Engine as unknown as () => void)()).toThrow();
  });

  it('refuses wrong handles and arguments of every method', () => {
    const one = engine();
    const { leg } = one.openLeg('10.0.0.1');
    const room = one.openRoom({ loudest: 0 });
    const play = {
      kind: 'samples',
      samples: new Int16Array(1),
      rateHz: 8000,
      loop: false,
      startMs: 0,
      gainDb: 0,
    } as const;
    const write = { rateHz: 8000, bufferMs: 100, prebufferMs: 0, gainDb: 0 };
    const record = {
      path: '/tmp/never.wav',
      source: 'sent',
      format: 'wav',
      rateHz: 0,
      bitrateBps: 32_000,
      maxBytes: 0,
    } as const;
    const calls: ((value: never) => unknown)[] = [
      (value) => one.openLeg(value),
      (value) => one.configureLeg(value, {} as never),
      (value) => one.configureLeg(leg, value),
      (value) => one.allowSend(value),
      (value) => one.closeLeg(value),
      (value) => one.openRoom(value),
      (value) => one.applyRoom(value, []),
      (value) => one.applyRoom(room, [value]),
      (value) => one.closeRoom(value),
      (value) => one.play(value, play),
      (value) => one.play(leg, value),
      (value) => one.feedPlayer(value, new Uint8Array(1)),
      (value) => one.endFeed(value),
      (value) => one.seekPlayer(value, 0),
      (value) => one.stopPlayer(value),
      (value) => one.openWriter(value, write),
      (value) => one.openWriter(leg, value),
      (value) => one.writePcm(value, new Int16Array(1)),
      (value) => one.clearWriter(value),
      (value) => one.notifyWriter(value, 0),
      (value) => one.endWriter(value),
      (value) => one.record(value, record),
      (value) => one.record(leg, value),
      (value) => one.openReader(value, 'sent', 8000, 100),
      (value) => one.openReader(leg, value, 8000, 100),
      (value) => one.openReader(leg, 'sent', value, 100),
      (value) => one.closeReader(value),
      (value) => one.drainReaders(value),
      (value) => one.stopRecorder(value),
      (value) => one.inject('10.0.0.1', 20_000, '10.0.0.2', 4000, value),
      (value) => one.inject(value, 20_000, '10.0.0.2', 4000, new Uint8Array(1)),
    ];
    for (const call of calls) {
      for (const value of wrong) {
        expect(['ERR_INVALID_ARGUMENT', 'ERR_STALE_HANDLE']).toContain(codeOf(() => call(value as never)));
      }
    }
    expect(one.counts()).toMatchObject({ legs: 1, rooms: 1, players: 0, recorders: 0, readers: 0 });
  });

  it('refuses to be moved by hand when it has threads', () => {
    const threaded = engine({ manual: false, portMin: 28_000, portMax: 28_099 });
    expect(codeOf(() => threaded.advance(1))).toBe('ERR_INVALID_STATE');
    expect(codeOf(() => threaded.takeSent())).toBe('ERR_INVALID_STATE');
    expect(codeOf(() => threaded.inject('10.0.0.1', 1, '10.0.0.2', 2, new Uint8Array(1)))).toBe('ERR_INVALID_STATE');
  });

  it('answers every method after close, and closes twice', () => {
    const one = engine();
    const { leg } = one.openLeg('10.0.0.1');
    const room = one.openRoom({ loudest: 0 });
    one.advance(10);
    one.close();
    one.close();
    expect(one.drainEvents()).toEqual([{ type: 'legClosed', leg }]);
    expect(one.drainEvents()).toEqual([]);
    expect(codeOf(() => one.openLeg('10.0.0.1'))).toBe('ERR_CLOSED');
    expect(codeOf(() => one.allowSend(leg))).toBe('ERR_CLOSED');
    expect(codeOf(() => one.applyRoom(room, []))).toBe('ERR_CLOSED');
    one.advance(20);
    expect(one.takeSent()).toEqual([]);
    expect(one.counts().sockets).toBe(0);
    expect(one.statsTable.byteLength).toBe(5 * 40 * 8);
  });

  it('survives a hundred engines that nobody closes', () => {
    for (let i = 0; i < 100; i += 1) new binding.Engine(options, () => undefined).openLeg('10.0.0.1');
    expect(engine().counts().legs).toBe(0);
  });
});
