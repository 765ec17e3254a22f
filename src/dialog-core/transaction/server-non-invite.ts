/** The non-INVITE server transaction (RFC 3261 17.2.2). A table and nothing else; layer.ts carries it out. */
import type { Machine } from './transitions.js';

/**
 * ```
 *    start
 *      │
 *      ▼     request again: absorb
 *    trying ──2xx–6xx: send──► completed   request again: repeat
 *                                  │ J;  transport error
 *                                  ▼
 *                              terminated
 * ```
 * The Proceeding state is absent on purpose: RFC 4320 4.1 forbids every provisional response but 100 to a non-INVITE and wants 100 only
 * from servers that cannot answer before the client's timer E reaches T2. Every request of this kind is answered here at once.
 */
export const serverNonInvite: Machine = {
  name: 'server-non-invite',
  table: {
    initial: { start: { to: 'trying', actions: [] } },
    trying: {
      success: { to: 'completed', actions: ['send', 'release'], expiry: 'J' },
      failure: { to: 'completed', actions: ['send', 'release'], expiry: 'J' },
    },
    completed: {
      request: { to: 'completed', actions: ['repeat'] },
      expired: { to: 'terminated', actions: [] },
      transportError: { to: 'terminated', actions: [] },
    },
  },
};
