/**
 * A conference server of this checkout inside the test's process, on free ports of loopback, with its events kept for assertions.
 */
import { ConferenceServer, type ServerEvent, type ServerOptions } from '../../src/server/index.js';
import { mediaPorts } from './ports.js';
import { until } from './until.js';

type EventOf<K extends ServerEvent['event']> = Extract<ServerEvent, { event: K }>;

export interface RoomServer {
  readonly server: ConferenceServer;
  readonly port: number;
  /** Everything it reported, in order. */
  readonly events: readonly ServerEvent[];
  of<K extends ServerEvent['event']>(kind: K): EventOf<K>[];
  /** Resolves when so many events of a kind have come. */
  saw(kind: ServerEvent['event'], count: number, timeoutMs?: number): Promise<void>;
  uri(room: string): string;
  close(): Promise<void>;
}

/** @param pairs how many calls its media ports serve, those at rest included. */
export async function startRoomServer(options: ServerOptions = {}, pairs = 100): Promise<RoomServer> {
  const server = new ConferenceServer({
    listen: ['udp://127.0.0.1:0'],
    mediaPorts: mediaPorts(pairs).join('-'),
    workers: 1,
    // A test machine may be late without a caller being too many.
    maxLoopDelayMs: 60_000,
    ...options,
  });
  const events: ServerEvent[] = [];
  server.events.on('event', (event) => events.push(event));
  await server.start();
  const port = Number(/:(\d+)$/.exec(server.listen[0] ?? '')?.[1]);
  const of = <K extends ServerEvent['event']>(kind: K): EventOf<K>[] =>
    events.filter((event): event is EventOf<K> => event.event === kind);
  const saw = (kind: ServerEvent['event'], count: number, timeoutMs = 10_000): Promise<void> =>
    until(
      () => of(kind).length >= count,
      () => `${count} × '${kind}'; there was ${JSON.stringify(events)}`,
      timeoutMs,
    );
  const uri = (room: string): string => `sip:${room}@127.0.0.1:${port}`;
  return { server, port, events, of, saw, uri, close: () => server.close() };
}
