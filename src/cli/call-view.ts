/**
 * What `mixminus call` shows: each step of the call, a live line on a terminal, a summary at the end; the same as JSON lines with --json.
 * Decides nothing; call.ts tells it what happens.
 */
import {
  type Call,
  type Clock,
  type EndReason,
  type RecorderResult,
  type SessionError,
  SipError,
} from '../api/index.js';
import { type AudioStatus, audioStatus } from '../server/index.js';
import { durationText, endText, levelText, type Output, partyText, printable } from './output.js';
import { LiveBlock } from './table.js';

/** Why an answered call ended, as far as the phone itself decides. */
export type HangupCause = 'peer' | 'duration' | 'played' | 'signal' | 'play-failed' | 'dtmf-failed';

export interface CallOver {
  readonly cause: HangupCause;
  readonly endReason: EndReason;
  readonly recorded: RecorderResult | Error | undefined;
}

/** JSON statistics come at every second tick: once a second. */
const ticksPerStats = 2;

export class CallView {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #live: LiveBlock | undefined;
  #call: Call | undefined;
  #answeredAtMs = 0;
  #ticks = 0;
  #audio: AudioStatus | undefined;

  constructor(output: Output, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
    this.#live = output.live ? new LiveBlock(output.stream) : undefined;
  }

  calling(target: string): void {
    this.#output.line(`calling ${printable(target)}`);
    this.#output.event({ event: 'calling', target });
  }

  progress(status: number, reason: string): void {
    this.#output.line(status === 180 ? 'ringing' : `${status} ${printable(reason)}`);
    this.#output.event({ event: 'progress', status, reason });
  }

  notAnswered(error: SessionError): void {
    const { status, reason, retryAfterS } = error instanceof SipError ? error : localFailure(error);
    const retry = retryAfterS === undefined ? '' : `; try again in ${retryAfterS} s`;
    // Without a response the status is only the nearest one for a local cause, which people need not know.
    const answer = error instanceof SipError && error.response !== undefined;
    const why = answer ? `${status} ${reason}` : reason;
    this.#output.line(`not answered: ${printable(why)}${retry}`);
    this.#output.event({ event: 'ended', answered: false, status, reason, code: error.code, retryAfterS });
  }

  answered(call: Call): void {
    this.#call = call;
    this.#answeredAtMs = this.#clock.nowMs();
    const remote = remoteMedia(call);
    const where = remote === undefined ? '' : `, audio with ${remote}`;
    this.#output.line(`answered by ${partyText(call.remote)} (${call.codec ?? 'no audio'}${where})`);
    this.#output.event({
      event: 'answered',
      id: call.id,
      callId: call.callId,
      remote: call.remote,
      codec: call.codec,
      media: remote,
    });
    call.events.on('dtmf', (digit, durationMs) => {
      this.#say(`digit ${digit} (${Math.round(durationMs)} ms)`);
      this.#output.event({ event: 'dtmf', digit, durationMs });
    });
    call.events.on('remoteHold', (held) => {
      this.#say(held ? 'the other side put us on hold' : 'the other side took us back');
      this.#output.event({ event: 'remoteHold', held });
    });
  }

  /** Reads the statistics; paints the live line, or prints them for programs. */
  tick(): void {
    const stats = this.#call?.stats();
    if (!stats) return;
    this.#audio = audioStatus(stats);
    this.#live?.show([this.#statusLine(this.#audio)]);
    this.#ticks += 1;
    if (this.#ticks % ticksPerStats === 0) {
      this.#output.event({ event: 'stats', durationMs: this.#elapsedMs(), ...this.#audio });
    }
  }

  playFailed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#say(`cannot play: ${message}`);
    this.#output.event({ event: 'playFailed', message });
  }

  dialled(digits: string): void {
    this.#say(`sent ${digits}`);
    this.#output.event({ event: 'dtmfSent', digits });
  }

  dialFailed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#say(`cannot send digits: ${message}`);
    this.#output.event({ event: 'dtmfFailed', message });
  }

  over({ cause, endReason, recorded }: CallOver): void {
    this.#live?.clear();
    const durationMs = this.#elapsedMs();
    this.#output.line(`call ended after ${durationText(durationMs)}: ${causeText(cause, endReason)}`);
    if (this.#audio) for (const line of summary(this.#audio)) this.#output.line(`  ${line}`);
    if (recorded !== undefined) this.#output.line(`  ${recordedText(recorded)}`);
    this.#output.event({
      event: 'ended',
      answered: true,
      cause,
      reason: endReason,
      durationMs,
      audio: this.#audio,
      recording: recorded instanceof Error ? { error: recorded.message } : recorded,
    });
  }

  /** Gives the terminal back. */
  stop(): void {
    this.#live?.clear();
  }

  #elapsedMs(): number {
    return Math.round(this.#clock.nowMs() - this.#answeredAtMs);
  }

  #say(text: string): void {
    this.#live?.clear();
    this.#output.line(text);
  }

  #statusLine(audio: AudioStatus): string {
    return [
      durationText(this.#elapsedMs()),
      `hears ${levelText(audio.levelInDbov)}`,
      `says ${levelText(audio.levelOutDbov)}`,
      `loss ${audio.lossPercent.toFixed(1)} %`,
      `jitter ${audio.jitterMs.toFixed(1)} ms`,
      `delay ${Math.round(audio.delayMs)} ms`,
    ].join('   ');
  }
}

/** We gave up by ourselves: no response says why. */
function localFailure(error: SessionError): { status: undefined; reason: string; retryAfterS: undefined } {
  const reason = error.code === 'ERR_ABORTED' ? 'you stopped the call' : error.message;
  return { status: undefined, reason, retryAfterS: undefined };
}

function remoteMedia({ remoteMedia: media }: Call): string | undefined {
  if (!media) return undefined;
  return `${media.address.includes(':') ? `[${media.address}]` : media.address}:${media.port}`;
}

function causeText(cause: HangupCause, reason: EndReason): string {
  switch (cause) {
    case 'peer':
      return endText(reason);
    case 'duration':
      return 'the duration is over';
    case 'played':
      return 'the file was played';
    case 'signal':
      return 'you stopped it';
    case 'play-failed':
      return 'the file could not be played';
    case 'dtmf-failed':
      return 'the digits could not be sent';
  }
}

function summary(audio: AudioStatus): string[] {
  const { packetsReceived, packetsSent, lossPercent, jitterMs, delayMs } = audio;
  const figures = `${lossPercent.toFixed(1)} % lost, jitter ${jitterMs.toFixed(1)} ms, delay ${Math.round(delayMs)} ms`;
  return [`received ${packetsReceived} packets, ${figures}`, `sent ${packetsSent} packets`];
}

function recordedText(recorded: RecorderResult | Error): string {
  if (recorded instanceof Error) return `the recording failed: ${recorded.message}`;
  const lost = recorded.droppedSamples > 0 ? `, ${recorded.droppedSamples} samples lost: the disk was too slow` : '';
  return `recorded ${durationText((1000 * recorded.samples) / recorded.rateHz)} to ${recorded.path}${lost}`;
}
