/** Primitives over sessions: what is limited, who goes first, who belongs together. */
export { bandwidthOf } from './bandwidth.js';
export {
  type Election,
  type GroupEnd,
  type GroupEvent,
  type GroupMember,
  type GroupOptions,
  GroupState,
  type GroupType,
} from './groups.js';
export {
  chooseVictim,
  comparePriority,
  fromResourcePriority,
  type Occupant,
  type Priority,
  priorities,
  toPriority,
  WaitingLine,
} from './priority.js';
export {
  type Refusal,
  type ResourceHolder,
  type ResourceKind,
  type ResourceLimits,
  Resources,
  type ResourceUsage,
} from './resources.js';
