/**
 * Subscribes to the engine and to each stream that the manager opens, has the bridge translate what they say and hands the facts up.
 * It owns no map. Runs on the event loop, called once a tick at most for all streams.
 */
import type { MediaEngine, Stream, StreamEvents } from '../media-core/index.js';
import type { FactSink, MediaFact, SessionId } from '../session/index.js';
import type { MediaBridge } from './bridge.js';
import type { MediaManager } from './manager.js';

export class SessionMediaCoordinator {
  readonly #core: MediaEngine;
  readonly #manager: MediaManager;
  readonly #bridge: MediaBridge;
  readonly #sink: FactSink<MediaFact>;
  #running = false;

  constructor(core: MediaEngine, manager: MediaManager, bridge: MediaBridge, sink: FactSink<MediaFact>) {
    this.#core = core;
    this.#manager = manager;
    this.#bridge = bridge;
    this.#sink = sink;
  }

  start(): void {
    this.#running = true;
    this.#core.events.on('warning', (code, message) => {
      if (this.#running) this.#sink.warning(code, message);
    });
    this.#manager.onStream((sessionId, stream) => this.#subscribe(sessionId, stream));
  }

  stop(): void {
    this.#running = false;
    this.#manager.onStream(undefined);
  }

  #subscribe(sessionId: SessionId, stream: Stream): void {
    for (const name of Object.keys(this.#bridge.toFact) as (keyof StreamEvents)[])
      this.#forward(sessionId, stream, name);
  }

  #forward<K extends keyof StreamEvents>(sessionId: SessionId, stream: Stream, name: K): void {
    const translate = this.#bridge.toFact[name];
    stream.events.on(name, (...args: StreamEvents[K]) => {
      if (this.#running) this.#sink.fact(sessionId, translate(...args));
    });
  }
}
