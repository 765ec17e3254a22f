/**
 * `mixminus/server`: the conference server for those who embed it. Loads zod, which neither `mixminus` nor `mixminus/sip` does.
 */
export {
  type ConfigKey,
  type ConfigSources,
  checkFlags,
  configKeys,
  defaultConfig,
  flagName,
  loadConfig,
  type ServerConfig,
  type ServerOptions,
  variableName,
} from './config.js';
export { type ListenUrl, parseListen } from './config-values.js';
export { readCredentials } from './credentials.js';
export type { Caller, ServerEvent } from './events.js';
export { maxRoomNameLength, type RoomName, roomName } from './room-name.js';
export { ConferenceServer, type ServerParts } from './server.js';
export { type AudioStatus, audioStatus, type MemberStatus, type RoomStatus, type ServerStatus } from './status.js';
