/**
 * What a command says on standard output: sentences for people or, with --json, one JSON object a line for programs; never both. Also
 * the ways to write down durations, times and what strangers sent. Used by all commands.
 */
import type { Clock, EndReason } from '../api/index.js';
import type { TextStream } from './context.js';

export interface OutputOptions {
  readonly json: boolean;
  readonly clock: Clock;
}

export class Output {
  readonly json: boolean;
  readonly stream: TextStream;
  readonly #clock: Clock;

  constructor(stream: TextStream, options: OutputOptions) {
    this.stream = stream;
    this.json = options.json;
    this.#clock = options.clock;
  }

  /** True where lines may be painted over. */
  get live(): boolean {
    return !this.json && this.stream.isTTY === true;
  }

  /** A line for people. */
  line(text = ''): void {
    if (!this.json) this.stream.write(`${text}\n`);
  }

  /** A line for people with the time of day. */
  timed(text: string): void {
    this.line(`${timeOfDay(this.#clock.wallMs())} ${text}`);
  }

  /** A line for programs: the object with `time` added, in ISO 8601. */
  event(event: { readonly event: string } & Readonly<Record<string, unknown>>): void {
    if (!this.json) return;
    this.stream.write(`${JSON.stringify({ ...event, time: new Date(this.#clock.wallMs()).toISOString() })}\n`);
  }
}

/** What a stranger sent, safe for a terminal: control, format and line-breaking characters become `?`. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]/gu, '?');
}

/** `"Alice" <sip:alice@example.com>`, or the bare URI. */
export function partyText(party: { readonly uri: string; readonly displayName: string | undefined }): string {
  const uri = printable(party.uri);
  return party.displayName ? `"${printable(party.displayName)}" <${uri}>` : uri;
}

/** Local time as HH:MM:SS. */
export function timeOfDay(wallMs: number): string {
  return new Date(wallMs).toTimeString().slice(0, 8);
}

/** `0.4 s`, `12.0 s`, `3 min 05 s`, `2 h 10 min`. */
export function durationText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** A level for people: `-23 dB`, or `silent` at the bottom of the scale. */
export function levelText(dbov: number): string {
  return dbov <= -90 ? 'silent' : `${Math.round(dbov)} dB`;
}

/** Why a call ended, in words. */
export function endText(reason: EndReason | undefined): string {
  if (!reason) return 'left the room';
  const status = reason.status === undefined ? '' : ` (${reason.status} ${printable(reason.text)})`;
  switch (reason.cause) {
    case 'local-hangup':
      return 'we hung up';
    case 'remote-hangup':
      return 'the other side hung up';
    case 'cancelled':
      return 'cancelled';
    case 'rejected':
      return `rejected${status}`;
    case 'timeout':
      return `no answer from the other side${status}`;
    case 'session-expired':
      return 'the other side no longer answered';
    case 'transport':
      return `the network failed: ${printable(reason.text)}`;
    case 'media':
      return `no audio possible: ${printable(reason.text)}`;
    case 'transferred':
      return 'transferred';
    case 'closed':
      return 'stopped';
  }
}
