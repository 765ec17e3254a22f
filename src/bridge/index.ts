/** Joins of audio, as pure state: two parties, conferences. */
export { TwoPartyState } from './bridge.js';
export { type ConferenceLimits, ConferenceState, hears } from './conference.js';
export type { Edges, MemberFlags } from './types.js';
