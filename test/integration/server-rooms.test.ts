/** The conference server over whole endpoints in virtual time: its rooms, its limits, its end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, Sessions } from '../../src/api/index.js';
import { ConferenceServer, type ServerEvent, type ServerOptions } from '../../src/server/index.js';
import { sine, toneLevelDbfs } from '../support/tone.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';
import { readWav } from '../support/wav.js';

let world: VirtualWorld;
let folder: string;
let server: ConferenceServer;
let events: ServerEvent[];
let phones = 0;

beforeEach(async () => {
  world = virtualWorld();
  folder = await mkdtemp(join(tmpdir(), 'mixminus-rooms-'));
  events = [];
  phones = 0;
});

afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

async function serve(options: ServerOptions = {}): Promise<void> {
  server = new ConferenceServer(
    { listen: ['udp://10.0.0.100:5060'], ...options },
    { clock: world.clock, createSessions: (given) => world.endpoint('10.0.0.100', given) },
  );
  server.events.on('event', (event) => events.push(event));
  await server.start();
}

async function makePhone(): Promise<Sessions> {
  phones += 1;
  return world.endpoint(`10.0.0.${phones}`);
}

async function dial(target: string): Promise<Call> {
  const phone = await makePhone();
  return phone.call(target, { from: `sip:m${phones}@10.0.0.${phones}` });
}

/** Resolves with a call that is in its room. */
async function joined(target: string): Promise<Call> {
  const members = (): number => events.filter(({ event }) => event === 'joined').length;
  const before = members();
  const call = await world.settled(dial(target));
  await world.clock.until(() => members() > before);
  return call;
}

async function refusal(target: string): Promise<unknown> {
  return world.settled(dial(target).catch((error) => error));
}

describe('rooms of the server', () => {
  it('say that they are conferences, and who is in them to those who subscribe', async () => {
    await serve();
    const call = await joined('sip:Sales@10.0.0.100');
    const phone = await makePhone();
    const answer = (await world.settled(phone.options('sip:10.0.0.100'))).response;
    expect(answer?.header('Allow-Events')).toBe('conference');
    const news: string[] = [];
    const roster = phone.subscribe('sip:SALES@10.0.0.100', { event: 'conference', resubscribe: false });
    roster.events.on('notified', ({ content }) => news.push(content?.text ?? ''));
    await world.clock.advance(300);
    expect(news.at(-1)).toContain('<display-text>sales</display-text>');
    expect(news.at(-1)).toContain('<user entity="sip:m1@10.0.0.1" state="full">');
    void call.hangup();
    expect(await world.settled(roster.finished)).toMatchObject({ by: 'notifier', reason: 'noresource' });
    expect(news.at(-1)).toContain('state="deleted"');
  });

  it('are apart, hear their own members, and vanish with the last', async () => {
    await serve();
    const tones = [500, 800, 1300];
    const calls = [
      await joined('sip:Sales@10.0.0.100'),
      await joined('sip:sales@10.0.0.100'),
      await joined('sip:board%20room@10.0.0.100'),
    ];
    calls.forEach((call, index) => void call.play(sine(tones[index]!, 1000, -20), { loop: true }));
    await world.clock.advance(500);
    const recordings = calls.map((call, index) => call.record(join(folder, `${index}.wav`), { rateHz: 8000 }));
    await world.clock.advance(2000);
    const statuses = server.status().rooms;
    await world.settled(Promise.all(recordings.map((one) => one.stop())));
    const heard = recordings.map(({ path }) => {
      const pcm = readWav(path);
      return tones.map((hz) => Math.max(-100, Math.round(toneLevelDbfs(pcm.subarray(800), hz))));
    });
    expect(heard[0]?.[1]).toBe(-20);
    expect(heard[1]?.[0]).toBe(-20);
    for (const [listener, speaker] of [
      [0, 0],
      [0, 2],
      [1, 1],
      [1, 2],
      [2, 0],
      [2, 1],
      [2, 2],
    ] as const) {
      expect([listener, speaker, (heard[listener]?.[speaker] ?? 0) < -75]).toEqual([listener, speaker, true]);
    }
    expect(statuses.map(({ name, members }) => [name, members.length])).toEqual([
      ['sales', 2],
      ['board room', 1],
    ]);
    expect(statuses[0]?.members[0]).toMatchObject({
      from: 'sip:m1@10.0.0.1',
      codec: 'pcmu',
      audio: { lossPercent: 0 },
    });
    expect(Math.abs((statuses[0]?.members[0]?.audio?.levelInDbov ?? 0) + 23)).toBeLessThan(2);
    for (const call of calls) await world.settled(call.hangup());
    expect(server.status().rooms).toEqual([]);
    expect(events.slice(-3)).toMatchObject([
      { event: 'room', room: 'sales', state: 'closed' },
      { event: 'left', room: 'board room', members: 0, reason: { cause: 'remote-hangup' } },
      { event: 'room', room: 'board room', state: 'closed' },
    ]);
  });

  it('refuse with 404 who names none, and 486 with Retry-After who comes too late', async () => {
    await serve({ maxMembers: 1 });
    expect(await refusal('sip:10.0.0.100')).toMatchObject({ status: 404, reason: 'No Room Named, Call sip:room@host' });
    await joined('sip:lobby@10.0.0.100');
    expect(await refusal('sip:lobby@10.0.0.100')).toMatchObject({
      status: 486,
      reason: 'Room Is Full',
      retryAfterS: 30,
    });
    await joined('sip:other@10.0.0.100');
  });

  it('give the last seat to one of two who call at the same time', async () => {
    await serve({ maxMembers: 1 });
    const both = [await makePhone(), await makePhone()];
    const outcomes = await world.settled(Promise.allSettled(both.map((phone) => phone.call('sip:lobby@10.0.0.100'))));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { status: 486 } });
  });

  it('free the seat of a caller who gives up before its ACK', async () => {
    await serve({ maxMembers: 1 });
    // No ACK reaches the server, so it still waits for one when the caller gives up.
    const restore = world.network.drop(
      ({ data, sip }) => sip && Buffer.from(data).toString('latin1').startsWith('ACK '),
    );
    const gone = await world.settled(dial('sip:lobby@10.0.0.100'));
    expect(await refusal('sip:lobby@10.0.0.100')).toMatchObject({ status: 486 });
    restore();
    await world.settled(gone.hangup());
    expect(events.at(-1)).toMatchObject({ event: 'gaveUp', from: 'sip:m1@10.0.0.1' });
    await joined('sip:lobby@10.0.0.100');
  });

  it('turn calls past the limit of all away with 503 and Retry-After', async () => {
    await serve({ maxCalls: 2 });
    await joined('sip:a@10.0.0.100');
    await joined('sip:b@10.0.0.100');
    expect(await refusal('sip:c@10.0.0.100')).toMatchObject({ status: 503, retryAfterS: 5 });
  });

  it('say BYE to everyone at the end', async () => {
    await serve();
    const calls = [await joined('sip:a@10.0.0.100'), await joined('sip:b@10.0.0.100')];
    await world.settled(server.close());
    const reasons = await world.settled(Promise.all(calls.map((call) => call.finished)));
    expect(reasons.map(({ cause }) => cause)).toEqual(['remote-hangup', 'remote-hangup']);
    expect(events.map(({ event }) => event)).toEqual([
      ...['listening', 'room', 'joined', 'room', 'joined'],
      ...['left', 'room', 'left', 'room', 'closed'],
    ]);
  });
});
