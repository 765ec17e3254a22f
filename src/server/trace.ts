/**
 * Writes every SIP message of this process into a capture file (`mixminus serve --trace FILE.pcap`), without secrets. Sits on the channel
 * `mixminus:sip:message`; the file is written in the background, and what a slow disk cannot take is dropped and counted.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createWriteStream, type WriteStream } from 'node:fs';
import { SessionError } from '../api/index.js';
import { PcapPackets, pcapHeader, type TracedMessage } from './pcap.js';

const channel = 'mixminus:sip:message';
/** What may wait for the disk. */
const maxWaitingBytes = 8 * 1024 * 1024;

export interface TraceOptions {
  readonly path: string;
  /** The file grows no larger; later messages are dropped. */
  readonly maxBytes: number;
  /** Told once for each kind of loss. */
  readonly warn: (message: string) => void;
}

export class SipTrace {
  readonly #options: TraceOptions;
  readonly #file: WriteStream;
  readonly #packets = new PcapPackets();
  readonly #listener = (message: unknown): void => this.#take(message as TracedMessage);
  readonly #warned = new Set<string>();
  #bytes = 0;
  #written = 0;
  #dropped = 0;
  #over = false;

  private constructor(options: TraceOptions, file: WriteStream) {
    this.#options = options;
    this.#file = file;
    file.on('error', (error) => this.#fail(`the trace ${options.path} cannot be written: ${error.message}`));
    this.#write(pcapHeader());
    subscribe(channel, this.#listener);
  }

  /** Opens the file, which is emptied; readable by its owner alone, since it says who calls whom. Rejects with ERR_FILE. */
  static async open(options: TraceOptions): Promise<SipTrace> {
    const file = createWriteStream(options.path, { mode: 0o600 });
    await new Promise<void>((resolve, reject) => {
      file.once('open', () => resolve());
      file.once('error', (cause) => {
        reject(new SessionError('ERR_FILE', `the trace ${options.path} cannot be opened: ${cause.message}`, { cause }));
      });
    });
    return new SipTrace(options, file);
  }

  /** Messages written and dropped so far. */
  get counts(): { readonly written: number; readonly dropped: number } {
    return { written: this.#written, dropped: this.#dropped };
  }

  /** Resolves when everything taken is in the file. */
  async close(): Promise<void> {
    unsubscribe(channel, this.#listener);
    if (this.#file.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#file.once('close', resolve);
      this.#file.end();
    });
  }

  #take(message: TracedMessage): void {
    if (this.#over) {
      this.#dropped += 1;
      return;
    }
    const records = this.#packets.recordsOf(message);
    if (this.#bytes + records.length > this.#options.maxBytes) {
      this.#fail(`the trace ${this.#options.path} is full (${this.#options.maxBytes} bytes): it ends here`);
      this.#dropped += 1;
    } else if (this.#file.writableLength + records.length > maxWaitingBytes) {
      this.#dropped += 1;
      this.#warn(`the disk is too slow for the trace ${this.#options.path}: messages are left out`);
    } else {
      this.#written += 1;
      this.#write(records);
    }
  }

  #write(data: Buffer): void {
    this.#bytes += data.length;
    this.#file.write(data);
  }

  #fail(message: string): void {
    this.#over = true;
    this.#warn(message);
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#options.warn(message);
  }
}
