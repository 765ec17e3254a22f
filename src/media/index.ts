/** The media layer: sessions on one side, media-core on the other. */
export { MediaBridge } from './bridge.js';
export { MediaConfigConverter } from './config.js';
export { SessionMediaCoordinator } from './coordinator.js';
export { MediaDtmf } from './dtmf.js';
export { type MediaLayer, openMediaLayer } from './layer.js';
export { MediaManager } from './manager.js';
export {
  AudioReadable,
  type AudioReadableOptions,
  AudioWritable,
  type AudioWritableOptions,
  MediaPcm,
} from './pcm.js';
export { MediaPlayers, type Player, type PlayOptions, type Sound } from './players.js';
export { MediaRecorders, type Recorder, type RecorderOptions, type RecorderResult } from './recorders.js';
export { MediaRooms } from './rooms.js';
export {
  type AudioFormat,
  type CodecName,
  type DtmfOptions,
  type JitterOptions,
  MediaError,
  type MediaNetwork,
  type MediaOptions,
  type OpusOptions,
  type StreamStats,
  type ToneStep,
  type WorkerHealth,
} from './types.js';
