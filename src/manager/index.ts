/** Orchestration of sessions over the two layers. */
export { FloorState } from '../bridge/index.js';
export { WaitingLine } from '../coordination/index.js';
export { bodyParts, digitContent, identityOf, redirectTargets } from '../dialog/index.js';
export { CallState, isEstablished, isTerminal } from '../session/index.js';
export type { ManagerConfig, ManagerOptions } from './config.js';
export type { ManagerCounts } from './counts.js';
export { type SessionEvent, SessionEventProcessor } from './events.js';
export { type RoomMember, type RoomOptions, SessionRooms } from './rooms.js';
export { SessionManager } from './session-manager.js';
export { createSessionManager } from './wiring.js';
