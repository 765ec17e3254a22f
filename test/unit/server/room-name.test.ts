import { describe, expect, it } from 'vitest';
import { maxRoomNameLength, roomName } from '../../../src/server/room-name.js';

describe('roomName', () => {
  it.each([
    ['lobby', 'lobby'],
    ['Lobby', 'lobby'],
    [' lobby ', 'lobby'],
    ['+358-555', '+358-555'],
    ['kaffee küche', 'kaffee küche'],
    // Composed and decomposed forms of one letter are one room.
    ['ku\u0308che', 'k\u00fcche'],
  ])('calls %j the room %j', (user, name) => {
    expect(roomName(user)).toEqual({ ok: true, name });
  });

  it.each(['', '   '])('says how to call when %j names no room', (user) => {
    expect(roomName(user)).toEqual({ ok: false, reason: 'No Room Named, Call sip:room@host' });
  });

  it('bounds the length in characters', () => {
    expect(roomName('😀'.repeat(maxRoomNameLength)).ok).toBe(true);
    expect(roomName('😀'.repeat(maxRoomNameLength + 1))).toEqual({
      ok: false,
      reason: 'Room Name Longer Than 64 Characters',
    });
  });

  it.each(['a\u0000b', 'a\r\nb', 'a\u202eb', 'a\u2028b', '\ud800'])('refuses unprintable %j', (user) => {
    expect(roomName(user)).toEqual({ ok: false, reason: 'Room Name Has Unprintable Characters' });
  });
});
