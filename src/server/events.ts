/**
 * What the conference server reports as it happens: one union, ready to be printed as a line of JSON. Types only.
 */
import type { EndReason } from '../api/index.js';

/** A member as events and status name it. */
export interface Caller {
  /** Identity of the call within this process. */
  readonly id: string;
  /** URI of the caller's From header. */
  readonly from: string;
  readonly displayName: string | undefined;
}

export type ServerEvent =
  | { readonly event: 'listening'; readonly listen: readonly string[]; readonly pid: number }
  | { readonly event: 'room'; readonly room: string; readonly state: 'opened' | 'closed' }
  | ({
      readonly event: 'joined';
      readonly room: string;
      readonly codec: string | undefined;
      /** Members of the room, this one included. */
      readonly members: number;
    } & Caller)
  | ({
      readonly event: 'left';
      readonly room: string;
      /** Undefined when the member left and its call goes on. */
      readonly reason: EndReason | undefined;
      readonly durationMs: number;
      /** Members that are left. */
      readonly members: number;
    } & Caller)
  | {
      readonly event: 'refused';
      readonly target: string;
      readonly from: string;
      readonly status: number;
      readonly reason: string;
    }
  /** A caller hung up while it was being answered. */
  | { readonly event: 'gaveUp'; readonly target: string; readonly from: string }
  | { readonly event: 'warning'; readonly code: string; readonly message: string }
  /** The files of certificates were read again; new connections have them. */
  | { readonly event: 'reloaded' }
  | { readonly event: 'closed' };
