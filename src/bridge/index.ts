/** Joins of audio, as pure state: two parties, conferences, the floor. */
export { TwoPartyState } from './bridge.js';
export { ConferenceState, hears } from './conference.js';
export { FloorState } from './floor.js';
export type { ConferenceMember, ConferenceRules, Edges, MemberFlags } from './types.js';
