/** Joins of audio, as pure state: two parties, conferences, the floor. */
export { TwoPartyState } from './bridge.js';
export { ConferenceState } from './conference.js';
export { FloorState } from './floor.js';
export { gainBetweenDb, hears } from './hearing.js';
export type { ConferenceMember, ConferenceRules, Edges, Exceptions, MemberFlags, Relation } from './types.js';
