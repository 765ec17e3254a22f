import { describe, expect, it } from 'vitest';
import { SessionError, type Sessions, type SessionsOptions } from '../../../src/api/index.js';
import type { ServerEvent } from '../../../src/server/events.js';
import { ConferenceServer } from '../../../src/server/server.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { FakeIncoming, FakeSessions } from './fakes.js';

function makeServer(options: ConstructorParameters<typeof ConferenceServer>[0] = {}) {
  const made: FakeSessions[] = [];
  const createSessions = async (given: SessionsOptions): Promise<Sessions> => {
    const sessions = new FakeSessions(given);
    made.push(sessions);
    return sessions.asSessions();
  };
  const server = new ConferenceServer(options, { createSessions, clock: new VirtualClock() });
  const events: ServerEvent[] = [];
  server.events.on('event', (event) => events.push(event));
  return { server, events, made };
}

function deliver(sessions: FakeSessions, incoming: FakeIncoming): void {
  sessions.calls.set(incoming.call.id, incoming.call.asCall());
  (sessions.options.onIncomingCall as (call: unknown) => void)(incoming);
}

describe('ConferenceServer', () => {
  it('checks its options before it opens anything', () => {
    expect(() => new ConferenceServer({ maxMembers: 'none' })).toThrow(
      "option maxMembers: 'none' must be a whole number from 1 to 100000",
    );
  });

  it('hands its configuration to the sessions', async () => {
    const { server, made } = makeServer({
      listen: ['udp://127.0.0.1:0'],
      mediaPorts: '20000-20019',
      maxCalls: 5,
      codecs: ['pcma'],
      advertise: '192.0.2.1',
      workers: 1,
    });
    await server.start();
    expect(made[0]?.options).toMatchObject({
      listen: ['udp://127.0.0.1:0'],
      advertise: '192.0.2.1',
      media: { ports: [20000, 20019], workers: 1 },
      limits: { maxCalls: 5 },
      codecs: ['pcma'],
    });
    expect(server.listen).toEqual(['udp://127.0.0.1:40000']);
  });

  it('tells where it listens first, then who comes and goes, then that it is closed', async () => {
    const { server, events, made } = makeServer({ listen: ['udp://127.0.0.1:0'] });
    await server.start();
    expect(events).toEqual([{ event: 'listening', listen: ['udp://127.0.0.1:40000'], pid: process.pid }]);
    const incoming = new FakeIncoming('a', 'lobby');
    deliver(made[0]!, incoming);
    await settle();
    incoming.acked();
    await settle();
    expect(server.status()).toMatchObject({
      listen: ['udp://127.0.0.1:40000'],
      calls: 1,
      rooms: [{ name: 'lobby', members: [{ id: 'a', audio: { lossPercent: 10, levelInDbov: -23 } }] }],
    });
    await server.close();
    expect(events.map(({ event }) => event)).toEqual(['listening', 'room', 'joined', 'left', 'room', 'closed']);
    expect(events[3]).toMatchObject({ reason: { cause: 'closed' } });
  });

  it('answers a call that came in before the start had finished', async () => {
    let early: FakeIncoming | undefined;
    const server = new ConferenceServer(
      {},
      {
        createSessions: async (options) => {
          const sessions = new FakeSessions(options);
          early = new FakeIncoming('a', 'lobby');
          deliver(sessions, early);
          await settle();
          expect(early.accepting).toBe(false);
          return sessions.asSessions();
        },
      },
    );
    await server.start();
    await settle();
    expect(early?.accepting).toBe(true);
  });

  it('closes once, and cannot be started again', async () => {
    const { server, made } = makeServer();
    await server.start();
    await Promise.all([server.close(), server.close()]);
    expect(made[0]?.closes).toBe(1);
    await expect(server.start()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('passes on why it could not start, and closes without having started', async () => {
    const busy = new SessionError('ERR_ADDRESS_IN_USE', 'udp://127.0.0.1:5060 is in use');
    const server = new ConferenceServer({}, { createSessions: () => Promise.reject(busy) });
    await expect(server.start()).rejects.toBe(busy);
    await server.close();
    expect(server.status()).toEqual({ listen: [], calls: 0, rooms: [] });
  });

  it('passes warnings on', async () => {
    const { server, events, made } = makeServer();
    await server.start();
    made[0]?.events.emit('warning', 'SOCKET_BUFFER', 'short');
    expect(events.at(-1)).toEqual({ event: 'warning', code: 'SOCKET_BUFFER', message: 'short' });
  });
});
