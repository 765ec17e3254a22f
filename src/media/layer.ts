/**
 * Puts the media layer together: engine, manager, rooms, players, recorders, PCM, and the coordinator that feeds facts up. One function; there is
 * nothing to configure step by step as dialog/builder.ts does. Called once by manager/wiring.ts.
 */
import { randomIds } from '../base/ids.js';
import { capabilities, MediaEngine } from '../media-core/index.js';
import type { FactSink, MediaFact } from '../session/index.js';
import { MediaBridge } from './bridge.js';
import { MediaConfigConverter } from './config.js';
import { SessionMediaCoordinator } from './coordinator.js';
import { MediaDtmf } from './dtmf.js';
import { MediaManager } from './manager.js';
import { MediaPcm } from './pcm.js';
import { MediaPlayers } from './players.js';
import { MediaRecorders } from './recorders.js';
import { MediaRooms } from './rooms.js';
import type { MediaOptions, WorkerHealth } from './types.js';

export interface MediaLayer {
  readonly manager: MediaManager;
  readonly rooms: MediaRooms;
  readonly players: MediaPlayers;
  readonly dtmf: MediaDtmf;
  /** Throws ERR_CONFIG for a list of codecs that a call cannot have. */
  checkCodecs(codecs: readonly string[]): void;
  readonly recorders: MediaRecorders;
  readonly pcm: MediaPcm;
  health(): readonly WorkerHealth[];
  /** Live objects of the engine, for leak tests and operators. */
  counts(): ReturnType<MediaEngine['counts']>;
  /** Stops the engine: recorders written, sockets released. */
  close(): Promise<void>;
}

/** Starts the engine. Throws ERR_NO_BINARY, ERR_CONFIG, ERR_FILE_DESCRIPTORS, ERR_ADDRESS_NOT_AVAILABLE or ERR_NO_PORTS. */
export function openMediaLayer(options: MediaOptions, sink: FactSink<MediaFact>): MediaLayer {
  const converter = new MediaConfigConverter(options, capabilities().codecs);
  const engine = new MediaEngine(converter.toEngineOptions(options));
  const manager = new MediaManager(engine, converter, options.ids ?? randomIds);
  const coordinator = new SessionMediaCoordinator(engine, manager, new MediaBridge(), sink);
  coordinator.start();
  return {
    manager,
    rooms: new MediaRooms(engine, manager),
    players: new MediaPlayers(engine, manager),
    dtmf: new MediaDtmf(manager),
    checkCodecs: (codecs) => void converter.toCodecs(codecs),
    recorders: new MediaRecorders(manager),
    pcm: new MediaPcm(manager),
    health: () => engine.health(),
    counts: () => engine.counts(),
    async close() {
      await engine.close();
      coordinator.stop();
    },
  };
}
