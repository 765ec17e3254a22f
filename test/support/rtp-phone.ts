/**
 * A phone for tests: this library as anyone uses it, with a socket and a media thread of its own on loopback, that calls, sends a tone
 * and records what it hears.
 */
import { join } from 'node:path';
import { type Call, createSessions, type Recording, type Sessions, type SessionsOptions } from '../../src/api/index.js';
import { mediaPorts } from './ports.js';
import { temporaryFolder } from './processes.js';
import { sine } from './tone.js';
import { readWav } from './wav.js';

/** Sessions of their own on free ports; `options` win. */
export function openSessions(options: SessionsOptions = {}, pairs = 60): Promise<Sessions> {
  return createSessions({
    listen: ['udp://127.0.0.1:0'],
    ...options,
    // A test machine may be late without a caller being too many.
    signalling: { maxLoopDelayMs: 60_000, ...options.signalling },
    media: { ports: mediaPorts(pairs), workers: 1, ...options.media },
  });
}

export class RtpPhone {
  readonly #folder = temporaryFolder();
  readonly #sessions: Sessions;
  #recording: Recording | undefined;

  readonly call: Call;

  private constructor(sessions: Sessions, call: Call) {
    this.#sessions = sessions;
    this.call = call;
  }

  /** Calls, with G.711 by default (it does the same to every sound), and resolves when the call is answered. */
  static async dial(target: string, options: SessionsOptions = {}): Promise<RtpPhone> {
    const sessions = await openSessions({ codecs: ['pcmu', 'pcma'], ...options });
    try {
      return new RtpPhone(sessions, await sessions.call(target));
    } catch (error) {
      await sessions.close();
      throw error;
    }
  }

  /** Sends a sine for half a minute, or until the call ends. */
  sendTone(frequencyHz: number, levelDbfs: number): void {
    this.call.play(sine(frequencyHz, 30_000, levelDbfs)).catch(() => {});
  }

  /** Starts to record what it hears. */
  listen(): void {
    this.#recording = this.call.record(join(this.#folder.path, 'heard.wav'), { rateHz: 8000 });
  }

  /** Ends the recording: what was heard since {@link listen}. */
  async heard(): Promise<Int16Array> {
    if (!this.#recording) throw new Error('this phone does not listen');
    await this.#recording.stop();
    return readWav(this.#recording.path);
  }

  async close(): Promise<void> {
    await this.#sessions.close();
    this.#folder.remove();
  }
}
