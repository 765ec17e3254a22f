/**
 * From the user part of a request-URI to the name of a room. Pure; rooms.ts asks for every incoming call.
 */

/** Longest name, in characters as people count them (code points). */
export const maxRoomNameLength = 64;

export type RoomName =
  | { readonly ok: true; readonly name: string }
  /** `reason` goes into the reason phrase of the 404. */
  | { readonly ok: false; readonly reason: string };

/**
 * Names a room. RFC 3261 19.1.1 leaves the meaning of the user part to the host that owns it: here letters are equal whatever their
 * case and composition, and white space at the ends does not count, so that two people who type the same name meet.
 * @param user The user part without its escapes, '' if there is none.
 */
export function roomName(user: string): RoomName {
  const name = user.normalize('NFC').trim().toLowerCase();
  if (name === '') return { ok: false, reason: 'No Room Named, Call sip:room@host' };
  if ([...name].length > maxRoomNameLength) {
    return { ok: false, reason: `Room Name Longer Than ${maxRoomNameLength} Characters` };
  }
  // Control and format characters, unpaired surrogates and line separators could not be told apart, or would garble a log.
  if (/[\p{C}\u2028\u2029]/u.test(name)) return { ok: false, reason: 'Room Name Has Unprintable Characters' };
  return { ok: true, name };
}
