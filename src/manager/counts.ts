/** What the session manager counts, over all layers. Types only; session-manager.ts fills it in. */
import type { ResourceUsage } from '../coordination/index.js';
import type { CoreCounts } from '../dialog/index.js';
import type { ManagerParts } from './wiring.js';

/** Live objects and totals of every layer, for leak tests and operators. */
export interface ManagerCounts {
  readonly sessions: number;
  readonly rooms: number;
  readonly groups: number;
  /** Incoming calls that wait for a place. */
  readonly waiting: number;
  readonly deadlines: number;
  /** Facts that the transition table refused. */
  readonly refusedFacts: number;
  readonly resources: readonly ResourceUsage[];
  readonly dialogs: number;
  readonly streams: number;
  readonly signalling: CoreCounts;
  readonly media: ReturnType<ManagerParts['media']['counts']>;
}
