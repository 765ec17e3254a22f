/** Primitives over sessions: what is scarce. */
export { type Refusal, type ResourceKind, type ResourceLimits, Resources, type ResourceUsage } from './resources.js';
