import type { SipServerAddress } from './sip-caller.mjs';

export interface LoadCounts {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly duplicates: number;
  /** 20 ms of arrival time without a packet. */
  readonly emptySlots: number;
  readonly strangers: number;
  readonly restarts: number;
  readonly maxGapMs: number;
  readonly p50LateMs: number;
  readonly p99LateMs: number;
  readonly maxLateMs: number;
}

export interface LoadResult {
  readonly windowMs: number;
  readonly processCpuMs: number;
  readonly members: readonly (LoadCounts & { readonly index: number; readonly sendErrors: number })[];
  readonly totals: LoadCounts & { readonly muteMembers: number };
  readonly sender: Pick<LoadCounts, 'p50LateMs' | 'p99LateMs' | 'maxLateMs'>;
}

export interface Load {
  readonly ports: readonly number[];
  readonly toneHz: readonly number[];
  peer(index: number, remote: SipServerAddress): void;
  measure(pid?: number): void;
  result(): Promise<LoadResult>;
  stop(): Promise<void>;
}

export interface RunningServer extends SipServerAddress {
  readonly pid: number;
  /** The next JSON line on its standard output that is this event. */
  event(name: 'blocked'): Promise<{ readonly ms: number }>;
  stop(): Promise<void>;
}

/** Builds native bench tools: those of the rooms, unless others are named. */
export function buildTools(...names: string[]): void;
/** Where a tool that was built stands. */
export function toolPath(name: string): string;
export function startLoad(members: number, args?: readonly (string | number)[]): Promise<Load>;
export function startBareMixer(members: number): Promise<{ pid: number; ports: number[]; stop(): Promise<void> }>;
export function startServer(
  args?: readonly (string | number)[],
  options?: { nodeArgs?: readonly string[]; env?: Record<string, string> },
): Promise<RunningServer>;
export function freeUdpPort(): Promise<number>;

/** A program that prints one JSON object a line. */
export class JsonProgram {
  constructor(command: string, args: readonly string[], options?: { readonly env?: Record<string, string> });
  readonly pid: number | undefined;
  /** The next object with this `event`; rejects when the program ends without one. */
  // biome-ignore lint/suspicious/noExplicitAny: what programs print is theirs to say.
  event(name: string): Promise<any>;
  stop(signal?: string): Promise<void>;
}
