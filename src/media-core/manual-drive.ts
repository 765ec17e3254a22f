/**
 * Moves a manual engine: while something is open, every 5 ms of the given clock it runs the engine up to now, puts what it sent on the
 * virtual network and has the facts drained. With nothing open no timer is set, so that virtual time can leap. Used by engine.ts; the
 * event loop's thread.
 */
import type { CancelTimer, Clock } from '../base/clock.js';
import type { NativeEngine } from './native.js';
import type { MediaNetwork } from './types.js';

const gridMs = 5;

export class ManualDrive {
  readonly #native: NativeEngine;
  readonly #clock: Clock;
  readonly #network: MediaNetwork;
  readonly #drain: () => void;
  #cancel: CancelTimer | undefined;
  #stopped = false;

  constructor(native: NativeEngine, manual: { clock: Clock; network: MediaNetwork }, drain: () => void) {
    this.#native = native;
    this.#clock = manual.clock;
    this.#network = manual.network;
    this.#drain = drain;
    this.#network.attach((local, remote, data) => {
      if (this.#stopped || !this.#cancel) return;
      // Time first, so that the datagram carries the moment of its arrival.
      this.#native.advance(this.#clock.nowMs());
      this.#native.inject(local.address, local.port, remote.address, remote.port, data);
    });
  }

  /** Something is about to be opened. */
  start(): void {
    if (this.#stopped || this.#cancel) return;
    this.#native.advance(this.#clock.nowMs());
    this.#schedule();
  }

  /** The engine is closed: what it said last goes out, and nothing runs any more. */
  stop(): void {
    if (this.#stopped) return;
    this.#cancel?.();
    this.#flush();
    this.#stopped = true;
  }

  #schedule(): void {
    const nowMs = this.#clock.nowMs();
    const nextMs = (Math.floor(nowMs / gridMs) + 1) * gridMs;
    this.#cancel = this.#clock.after(nextMs - nowMs, () => this.#run());
  }

  #run(): void {
    this.#cancel = undefined;
    this.#native.advance(this.#clock.nowMs());
    this.#flush();
    this.#drain();
    if (this.#stopped || this.#cancel) return;
    const { legs, recorders } = this.#native.counts();
    if (legs + recorders > 0) this.#schedule();
  }

  #flush(): void {
    for (const { localAddress, localPort, remoteAddress, remotePort, data } of this.#native.takeSent()) {
      const local = { address: localAddress, port: localPort };
      this.#network.send(local, { address: remoteAddress, port: remotePort }, data);
    }
  }
}
