/** The non-INVITE client transaction (RFC 3261 17.1.2). A table and nothing else; layer.ts carries it out. */
import type { Machine } from './transitions.js';

/**
 * ```
 *        start / send
 *            │
 *            ▼      E: repeat, doubling to T2
 *         trying ──────────────┐
 *            │ 1xx             │ F: tell timeout;  transport error: tell ──► terminated
 *            ▼                 │
 *        proceeding ───────────┤ E every T2: repeat;  F and transport error as above
 *            │ 2xx–6xx         │ 2xx–6xx
 *            └──► completed ◄──┘
 *                    │ K
 *                    ▼
 *                terminated
 * ```
 * RFC 4320 binds servers and proxies here; for a client it only means that a late 408 is worth no more than the timeout it already had.
 */
export const clientNonInvite: Machine = {
  name: 'client-non-invite',
  table: {
    initial: { start: { to: 'trying', actions: ['send'], retransmit: 'E', expiry: 'F' } },
    trying: {
      retransmitDue: { to: 'trying', actions: ['repeat'] },
      expired: { to: 'terminated', actions: ['tellTimeout'] },
      transportError: { to: 'terminated', actions: ['tellTransportError'] },
      provisional: { to: 'proceeding', actions: ['pass'] },
      success: { to: 'completed', actions: ['forget', 'pass', 'release'], retransmit: 'off', expiry: 'K' },
      failure: { to: 'completed', actions: ['forget', 'pass', 'release'], retransmit: 'off', expiry: 'K' },
    },
    proceeding: {
      // The running timer E is not restarted by the 1xx; from its next firing on it is T2 (17.1.2.2).
      retransmitDue: { to: 'proceeding', actions: ['repeat'], retransmit: 'E2' },
      expired: { to: 'terminated', actions: ['tellTimeout'] },
      transportError: { to: 'terminated', actions: ['tellTransportError'] },
      provisional: { to: 'proceeding', actions: ['pass'] },
      success: { to: 'completed', actions: ['forget', 'pass', 'release'], retransmit: 'off', expiry: 'K' },
      failure: { to: 'completed', actions: ['forget', 'pass', 'release'], retransmit: 'off', expiry: 'K' },
    },
    completed: { expired: { to: 'terminated', actions: [] } },
  },
};
