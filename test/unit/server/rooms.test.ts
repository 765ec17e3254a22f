import { beforeEach, describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../../src/server/events.js';
import { Rooms } from '../../../src/server/rooms.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { FakeIncoming, FakeSessions, hungUp } from './fakes.js';

let sessions: FakeSessions;
let clock: VirtualClock;
let events: ServerEvent[];

beforeEach(() => {
  sessions = new FakeSessions();
  clock = new VirtualClock();
  events = [];
});

function makeRooms(maxMembers = 10): Rooms {
  const report = (event: ServerEvent): number => events.push(event);
  return new Rooms({ sessions: sessions.asSessions(), maxMembers, loudest: 'all', clock, report });
}

function ring(rooms: Rooms, id: string, room = 'lobby'): FakeIncoming {
  const incoming = new FakeIncoming(id, room);
  sessions.calls.set(id, incoming.call.asCall());
  void rooms.handle(incoming.asIncoming());
  return incoming;
}

async function join(rooms: Rooms, id: string, room = 'lobby'): Promise<FakeIncoming> {
  const incoming = ring(rooms, id, room);
  incoming.acked();
  await settle();
  return incoming;
}

const names = (): string[] => events.map((event) => ('state' in event ? `${event.event} ${event.state}` : event.event));

describe('Rooms', () => {
  it('seats everyone who calls the same name in one room, whatever the case', async () => {
    const rooms = makeRooms();
    await join(rooms, 'a', 'Lobby');
    await join(rooms, 'b', 'lobby');
    await join(rooms, 'c', 'other');
    expect([...sessions.conferences.keys()]).toEqual(['lobby', 'other']);
    expect([...(sessions.conferences.get('lobby')?.members.keys() ?? [])]).toEqual(['a', 'b']);
    expect(rooms.conferences.map(({ name, size }) => [name, size])).toEqual([
      ['lobby', 2],
      ['other', 1],
    ]);
  });

  it('joins a caller only when its ACK is here', async () => {
    const rooms = makeRooms();
    const incoming = ring(rooms, 'a');
    await settle();
    expect(incoming.accepting).toBe(true);
    expect(sessions.conferences.size).toBe(0);
    incoming.acked();
    await settle();
    expect(sessions.conferences.get('lobby')?.size).toBe(1);
  });

  it('opens a room with its first caller and closes it with its last, and tells it in order', async () => {
    const rooms = makeRooms();
    const a = await join(rooms, 'a');
    const conference = sessions.conferences.get('lobby');
    const b = await join(rooms, 'b');
    await clock.advance(1500);
    a.call.end();
    expect(conference?.closed).toBe(false);
    b.call.end();
    expect(conference?.closed).toBe(true);
    expect(sessions.conferences.size).toBe(0);
    expect(names()).toEqual(['room opened', 'joined', 'joined', 'left', 'left', 'room closed']);
    expect(events[1]).toEqual({
      event: 'joined',
      room: 'lobby',
      id: 'a',
      from: 'sip:a@127.0.0.1',
      displayName: undefined,
      codec: 'pcmu',
      members: 1,
    });
    expect(events[3]).toMatchObject({ id: 'a', reason: hungUp, durationMs: 1500, members: 1 });
    await join(rooms, 'c');
    expect(sessions.conferences.get('lobby')).not.toBe(conference);
  });

  it.each([
    ['', 'No Room Named, Call sip:room@host'],
    ['x'.repeat(65), 'Room Name Longer Than 64 Characters'],
  ])('answers 404 for a call to %j', async (room, reason) => {
    const incoming = ring(makeRooms(), 'a', room);
    expect(incoming.rejected).toEqual({ status: 404, reason });
    expect(events).toEqual([
      { event: 'refused', target: incoming.target, from: 'sip:a@127.0.0.1', status: 404, reason },
    ]);
  });

  it('answers 486 with Retry-After past the limit, counting callers that are still being answered', async () => {
    const rooms = makeRooms(2);
    const a = await join(rooms, 'a');
    const b = ring(rooms, 'b');
    const c = ring(rooms, 'c');
    expect(c.rejected).toEqual({ status: 486, reason: 'Room Is Full', retryAfterS: 30 });
    expect(ring(rooms, 'd', 'other').rejected).toBeUndefined();
    b.cancelled();
    await settle();
    expect(ring(rooms, 'e').rejected).toBeUndefined();
    expect(ring(rooms, 'f').rejected?.status).toBe(486);
    a.call.end();
    expect(ring(rooms, 'g').rejected).toBeUndefined();
  });

  it('keeps no seat and no room for a caller who gave up', async () => {
    const rooms = makeRooms(1);
    const a = ring(rooms, 'a');
    a.cancelled();
    await settle();
    expect(events).toMatchObject([{ event: 'gaveUp' }]);
    expect(rooms.conferences).toEqual([]);
    await join(rooms, 'b');
    expect(sessions.conferences.get('lobby')?.size).toBe(1);
  });

  it('does not open a room for a call that ended with its ACK', async () => {
    const rooms = makeRooms();
    const a = ring(rooms, 'a');
    a.call.end();
    a.acked();
    await settle();
    expect(sessions.conferences.size).toBe(0);
    expect(events).toEqual([]);
  });

  it('hangs up on a caller whom the room does not take, and closes the room if it is empty', async () => {
    const rooms = makeRooms();
    const conference = sessions.conference('lobby', {}) as unknown as { joinError: Error; closed: boolean };
    conference.joinError = new Error('no slot');
    const a = await join(rooms, 'a');
    expect(a.call.hangups).toEqual([{ reason: { protocol: 'SIP', cause: 500, text: 'could not join the room' } }]);
    expect(conference.closed).toBe(true);
    expect(events).toContainEqual({
      event: 'warning',
      code: 'join-failed',
      message: 'sip:a@127.0.0.1 could not join lobby: no slot',
    });
  });

  it('gives the room its limits', async () => {
    await join(makeRooms(7), 'a');
    expect(sessions.conferences.get('lobby')?.options).toEqual({ maxMembers: 7, loudest: 'all' });
  });
});
