/**
 * Types of audio joins: members and edges. Audio is meant here; the translation of events lives in dialog/bridge.ts and media/bridge.ts.
 */
import type { RoomChange, SessionId } from '../session/index.js';

/** What a member brings to a room, from the room's side. */
export interface MemberFlags {
  /** Nobody hears this member. */
  readonly muted: boolean;
  /** This member hears nobody. */
  readonly deaf: boolean;
}

export interface ConferenceMember extends MemberFlags {
  /** May come in while the room is locked; while one is in, nobody waits. Default false. */
  readonly moderator?: boolean | undefined;
}

export interface ConferenceRules {
  /** Members at once; Infinity for no limit. */
  readonly maxMembers: number;
  /** Nobody hears anybody while no moderator is in; default false. */
  readonly waitForModerator?: boolean | undefined;
}

/** Who hears whom in a room of members without exceptions: a speaks-and-hears pair of flags for each, never N×N edges. */
export type Edges = ReadonlyMap<SessionId, MemberFlags>;

export type { RoomChange };
