/** The media core: engine, streams, mixers, players, recorders, and session descriptions. The only door of this folder. */
import { loadBinding } from './binding.js';
import type { BuiltCodecName } from './native.js';

export { MediaEngine, type MediaEngineEvents } from './engine.js';
export { Mixer, type MixerChange } from './mixer.js';
export type { BuiltCodecName } from './native.js';
export { PcmReader, type PcmReaderEvents, PcmWriter, type PcmWriterEvents } from './pcm.js';
export { Player } from './player.js';
export { Recorder } from './recorder.js';
export * from './sdp/index.js';
export { Stream } from './stream.js';
export type {
  AudioFormat,
  CodecName,
  DtmfOptions,
  JitterOptions,
  MediaAddress,
  MediaDirection,
  MediaEngineOptions,
  MediaNetwork,
  OpusEncoding,
  OpusOptions,
  PcmReaderOptions,
  PcmWriterOptions,
  PlayerOptions,
  PlaySource,
  RecorderOptions,
  RecorderResult,
  StreamEvents,
  StreamFormat,
  StreamParameters,
  StreamStats,
  ToneStep,
  WorkerHealth,
} from './types.js';

/** What the addon of this machine can do; loads it. Throws ERR_NO_BINARY. */
export function capabilities(): { readonly codecs: readonly BuiltCodecName[] } {
  return loadBinding().capabilities();
}
