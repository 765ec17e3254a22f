/** The parts of a message's body, for whoever looks at a message by hand. One-sided; only lets the core's reader through. */
export { bodyParts } from '../dialog-core/index.js';
