/**
 * The three callers of the demo: each has sessions of its own, so sockets and media threads of its own, and reaches the server by SIP and
 * RTP over loopback like any phone. demo.ts makes them; nothing is shared with the server.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Call, Logger, Recording, Sessions } from '../api/index.js';
import type { CommandContext } from './context.js';
import { rateHz } from './demo-audio.js';

export interface CallerParts {
  readonly name: string;
  readonly sound: Int16Array;
  readonly folder: string;
  readonly logger: Logger;
}

const wavHeaderBytes = 44;

/** What the demo holds audio back for, on all sides; its machine may be busy with other things. */
export const demoJitterMs = 60;

export class DemoCaller {
  readonly name: string;
  /** Where what it hears is written. */
  readonly path: string;
  readonly #sound: Int16Array;
  readonly #sessions: Sessions;
  readonly #call: Call;
  #recording: Recording | undefined;

  private constructor(parts: CallerParts, sessions: Sessions, call: Call) {
    this.name = parts.name;
    this.path = join(parts.folder, `${parts.name}-heard.wav`);
    this.#sound = parts.sound;
    this.#sessions = sessions;
    this.#call = call;
  }

  /** Opens sockets and calls; resolves when the server has answered. */
  static async connect(target: string, parts: CallerParts, context: CommandContext): Promise<DemoCaller> {
    const sessions = await context.createSessions({
      listen: ['udp://127.0.0.1:0'],
      // G.711 does the same to every sound, so that the judge can be strict; codecs that model hearing do not.
      codecs: ['pcmu'],
      media: { workers: 1, jitter: { fixedMs: demoJitterMs } },
      limits: { maxCalls: 1 },
      logger: parts.logger,
    });
    try {
      const displayName = `${parts.name[0]?.toUpperCase()}${parts.name.slice(1)}`;
      const from = `sip:${parts.name}@127.0.0.1`;
      const call = await sessions.call(target, { from, displayName, timeoutMs: 10_000 });
      return new DemoCaller(parts, sessions, call);
    } catch (error) {
      await sessions.close();
      throw error;
    }
  }

  get call(): Call {
    return this.#call;
  }

  /** Starts to write what it hears. */
  record(): void {
    this.#recording = this.#call.record(this.path, { rateHz });
  }

  /** Says its sound again and again until the call ends. Rejects when the engine cannot play it. */
  talk(): Promise<void> {
    return this.#call.play(this.#sound, { loop: true, signal: this.#call.ended });
  }

  /** Closes the recording; resolves when the file is whole. */
  async stopRecording(): Promise<void> {
    await this.#recording?.stop();
  }

  /** The last `seconds` of the recording so far; fewer samples when it is younger, none when it cannot be read yet. */
  async lately(seconds: number): Promise<Int16Array> {
    const file = await open(this.path, 'r').catch(() => undefined);
    if (!file) return new Int16Array(0);
    try {
      const { size } = await file.stat();
      const bytes = Math.max(0, Math.min(seconds * rateHz * 2, size - wavHeaderBytes) & ~1);
      const buffer = Buffer.alloc(bytes);
      const { bytesRead } = await file.read(buffer, 0, bytes, Math.max(wavHeaderBytes, size - (size % 2) - bytes));
      return Int16Array.from({ length: bytesRead >> 1 }, (_, index) => buffer.readInt16LE(index * 2));
    } finally {
      await file.close();
    }
  }

  /** Hangs up and frees the sockets. */
  async close(): Promise<void> {
    await this.#sessions.close();
  }
}
