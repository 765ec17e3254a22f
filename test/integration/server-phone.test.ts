/** `mixminus call` and `mixminus demo` as whole commands, SIP and audio included, in virtual time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sessions, SessionsOptions } from '../../src/api/index.js';
import type { CommandContext, StopSignal } from '../../src/cli/context.js';
import { run } from '../../src/cli/program.js';
import { ConferenceServer } from '../../src/server/index.js';
import { sine, toneLevelDbfs } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';
import { readWav, writeWav } from '../support/wav.js';

let world: VirtualWorld;
let folder: string;

beforeEach(() => {
  world = virtualWorld();
  folder = mkdtempSync(join(tmpdir(), 'mixminus-phone-'));
});

afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

let hosts = 10;

/** Each sessions object that a command makes is a host of its own. */
function command(...args: string[]) {
  let out = '';
  const listeners = new Set<(signal: StopSignal) => void>();
  const made: Sessions[] = [];
  const context: CommandContext = {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (out += text) },
    env: {},
    clock: world.clock,
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exit: () => {},
    async createSessions(options: SessionsOptions) {
      hosts += 1;
      const listen = [`udp://10.0.1.${hosts}:5060`];
      const sessions = await world.endpoint(`10.0.1.${hosts}`, { ...options, listen });
      made.push(sessions);
      onMade(sessions);
      return sessions;
    },
  };
  let onMade: (sessions: Sessions) => void = () => {};
  const start = (): Promise<number> => run(args, context);
  return {
    start,
    output: () => out,
    signal: (signal: StopSignal) => {
      for (const listener of listeners) listener(signal);
    },
    eachMade: (listener: (sessions: Sessions) => void) => {
      onMade = listener;
    },
  };
}

async function serve(): Promise<ConferenceServer> {
  const server = new ConferenceServer(
    { listen: ['udp://10.0.0.100:5060'] },
    { clock: world.clock, createSessions: (given) => world.endpoint('10.0.0.100', given) },
  );
  await server.start();
  return server;
}

const target = 'sip:lobby@10.0.0.100';
// No common divisor: the noise that G.711 adds to one tone must not fall on the other.
const lowHz = 517.3;
const highHz = 1301.9;

describe('mixminus call', () => {
  it('plays and records: each phone hears the other and not itself', async () => {
    await serve();
    const [low, high] = [join(folder, 'low.wav'), join(folder, 'high.wav')];
    writeWav(low, sine(lowHz, 3000, -20));
    writeWav(high, sine(highHz, 3000, -20));
    const one = command('call', target, '--play', low, '--record', join(folder, 'one.wav'), '--duration', '3s');
    const two = command('call', target, '--play', high, '--record', join(folder, 'two.wav'));
    const done = [one.start()];
    await world.clock.until(() => one.output().includes('answered'));
    done.push(two.start());
    expect(await world.settled(Promise.all(done))).toEqual([0, 0]);
    expect(one.output()).toContain('the duration is over');
    expect(two.output()).toContain('the file was played');
    const heard = ['one', 'two'].map((name) => {
      const pcm = readWav(join(folder, `${name}.wav`));
      expect(pcm.length).toBeGreaterThan(2.5 * 8000);
      const steady = pcm.subarray(8000, 20_000);
      return [toneLevelDbfs(steady, lowHz), toneLevelDbfs(steady, highHz)];
    });
    expect(heard[0]?.[1]).toBeCloseTo(-20, 0);
    expect(heard[0]?.[0]).toBeLessThan(-80);
    expect(heard[1]?.[0]).toBeCloseTo(-20, 0);
    expect(heard[1]?.[1]).toBeLessThan(-80);
  });

  it('says what the server says when it is refused', async () => {
    await serve();
    const phone = command('call', 'sip:10.0.0.100');
    expect(await world.settled(phone.start())).toBe(1);
    expect(phone.output()).toContain('not answered: 404 No Room Named, Call sip:room@host\n');
  });

  it('ends with the server', async () => {
    const server = await serve();
    const phone = command('call', target);
    const done = phone.start();
    await world.clock.until(() => server.status().rooms[0]?.members.length === 1);
    await world.settled(server.close());
    expect(await world.settled(done)).toBe(0);
    expect(phone.output()).toContain('the other side hung up');
  });

  it('gives up in time on a host that does not exist', async () => {
    const phone = command('call', 'sip:lobby@10.9.9.9', '--timeout', '2s');
    const startedMs = world.clock.nowMs();
    expect(await world.settled(phone.start())).toBe(1);
    expect(phone.output()).toContain('not answered: no answer within 2.0 s');
    expect(world.clock.nowMs() - startedMs).toBeLessThan(5000);
  });
});

describe('mixminus demo', () => {
  it('finds that each caller heard exactly the other two', async () => {
    const demo = command('demo', '--seconds', '3', '--out', folder);
    expect(await world.settled(demo.start()), demo.output()).toBe(0);
    expect(demo.output()).toContain(`Each caller heard exactly the other two. The recordings are in ${folder}`);
    expect(readWav(join(folder, 'alice-heard.wav')).length).toBeGreaterThan(3 * 8000);
  });

  it('fails and names the pairs when somebody is not heard', async () => {
    const demo = command('demo', '--seconds', '3', '--out', folder, '--json');
    demo.eachMade((sessions) => {
      sessions.events.on('event', (event) => {
        if (event.type !== 'joinedRoom') return;
        const call = sessions.calls.get(event.sessionId);
        const conference = sessions.conferences.get('demo');
        if (call?.remote.uri.startsWith('sip:bob@')) conference?.mute(call);
      });
    });
    expect(await world.settled(demo.start())).toBe(1);
    const result = JSON.parse(demo.output().trimEnd().split('\n').at(-1) ?? '{}') as {
      failures: string[];
      ok: boolean;
    };
    expect(result.ok).toBe(false);
    expect(result.failures).toMatchObject([
      expect.stringContaining('alice did not hear bob well enough'),
      expect.stringContaining('carol did not hear bob well enough'),
    ]);
  });

  it('ends with 1 when it is stopped', async () => {
    const demo = command('demo', '--out', folder);
    const done = demo.start();
    await world.clock.until(() => demo.output().includes('1 s'));
    demo.signal('SIGINT');
    expect(await world.settled(done)).toBe(1);
    expect(demo.output()).toContain('stopped before the end, so nothing was checked');
  });
});
