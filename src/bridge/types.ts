/**
 * Types of audio joins: members and edges. Audio is meant here; the translation of events lives in dialog/bridge.ts and media/bridge.ts.
 */
import type { RoomChange, RoomMemberSettings, SessionId } from '../session/index.js';

/** What a member brings to a room, from the room's side. */
export type MemberFlags = RoomMemberSettings;

/**
 * How one listener hears one speaker: never, or louder or quieter than all do (`gainDb`, −60…20, default 0), or with `hears: true` always,
 * also when the speaker is not among the loudest or whispers to others.
 */
export type Relation =
  | { readonly hears: false }
  | { readonly hears?: true | undefined; readonly gainDb?: number | undefined };

/** By listener, then by speaker: only who is heard otherwise than by all. */
export type Exceptions = ReadonlyMap<SessionId, ReadonlyMap<SessionId, Relation>>;

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

/** Who hears whom but for {@link Exceptions}: a speaks-and-hears pair of flags for each member, never N×N edges. */
export type Edges = ReadonlyMap<SessionId, MemberFlags>;

export type { RoomChange };
