/**
 * Whole endpoints (SIP, SDP, engine, API) on one virtual clock and one seeded network: a minute of call takes milliseconds and repeats
 * byte for byte.
 */

import { createSessions, type Sessions, type SessionsOptions } from '../../src/api/index.js';
import { seededIds } from '../../src/base/ids.js';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network.js';
import { VirtualClock } from './virtual-clock.js';

export interface VirtualWorld {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  /** An endpoint at `sip:…@address`, closed by {@link VirtualWorld.close}. */
  endpoint(address: string, options?: SessionsOptions): Promise<Sessions>;
  /** Runs time until `promise` settles; throws when it has not after `limitMs`. */
  settled<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Request and status lines that crossed the network since the last call, `a>b INVITE`, retransmissions included. */
  ladder(): string[];
  close(): Promise<void>;
}

export function virtualWorld(options: Partial<MemoryNetworkOptions> = {}): VirtualWorld {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, seed: 1, ...options });
  const endpoints: Sessions[] = [];
  let seeds = 0;
  let lines: string[] = [];
  network.tap(({ sip, from, to, data, dropped }) => {
    if (!sip) return;
    const first = Buffer.from(data).toString('latin1').split('\r\n', 1)[0] ?? '';
    const what = first.startsWith('SIP/2.0') ? first.split(' ')[1] : first.split(' ')[0];
    lines.push(`${last(from.address)}>${last(to.address)} ${what}${dropped ? ' lost' : ''}`);
  });
  const world: VirtualWorld = {
    clock,
    network,
    async endpoint(address, more = {}) {
      const host = network.host(address);
      seeds += 1;
      const ids = seededIds(seeds);
      const sessions = await createSessions({
        listen: [`udp://${address}:5060`],
        // Cheap to run, and the same to every sound; `codecs: undefined` in `more` gives the library's own choice.
        codecs: ['pcmu', 'pcma'],
        virtual: { clock, datagram: host.datagram, media: host.media, ids },
        ...more,
      });
      endpoints.push(sessions);
      return sessions;
    },
    async settled(promise, limitMs = 60_000) {
      let done = false;
      const mark = (): void => {
        done = true;
      };
      promise.then(mark, mark);
      await clock.until(() => done, limitMs);
      return promise;
    },
    ladder() {
      const seen = lines;
      lines = [];
      return seen;
    },
    async close() {
      await world.settled(Promise.all(endpoints.map((endpoint) => endpoint.close())));
    },
  };
  return world;
}

/** Last part of an IPv4 address: 10.0.0.1 → 1. */
function last(address: string): string {
  return address.split('.').at(-1) ?? address;
}
