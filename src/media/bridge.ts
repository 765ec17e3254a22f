/**
 * Translates *events*: what a stream of media-core says → what a session understands. Pure and exhaustive; it joins no audio (that is
 * src/bridge/). Called by the coordinator only.
 */
import type { StreamEvents } from '../media-core/index.js';
import type { MediaFact } from '../session/index.js';

type Translations = { readonly [K in keyof StreamEvents]: (...args: StreamEvents[K]) => MediaFact };

export class MediaBridge {
  /** One translation for each event a stream can raise; a new event without one does not compile. */
  readonly toFact: Translations = {
    dtmf: (digit, durationMs) => ({ type: 'dtmf', digit, durationMs }),
    talking: (talking) => ({ type: 'talking', talking }),
    latched: (remote) => ({ type: 'mediaLatched', address: remote.address, port: remote.port }),
    rtpTimeout: () => ({ type: 'rtpTimeout' }),
    rtcpBye: () => ({ type: 'rtcpBye' }),
    eventsLost: (count) => ({ type: 'mediaEventsLost', count }),
    closed: () => ({ type: 'mediaClosed' }),
  };
}
