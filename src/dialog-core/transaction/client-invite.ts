/** The INVITE client transaction (RFC 3261 17.1.1, changed by RFC 6026). A table and nothing else; layer.ts carries it out. */
import type { Machine } from './transitions.js';

/**
 * ```
 *             start / send
 *                 │
 *                 ▼         A: repeat, doubling
 *   ┌────────  calling  ────────┐  B: tell timeout;  transport error: tell ──► terminated
 *   │ 2xx         │ 1xx         │ 3xx–6xx
 *   │             ▼             │
 *   │◄──2xx── proceeding ─3xx–6xx─►
 *   ▼          1xx: pass        ▼
 * accepted                  completed    3xx–6xx again: repeat ACK
 *   2xx again: pass             │
 *   │ M                         │ D
 *   └────────► terminated ◄─────┘
 * ```
 * In `accepted` every 2xx goes up, since forks answer one by one and each 2xx wants its ACK from the user (13.2.2.4, RFC 6026 7.2). In
 * `completed` a failing ACK tells nobody: the user has had the response.
 */
export const clientInvite: Machine = {
  name: 'client-invite',
  table: {
    initial: { start: { to: 'calling', actions: ['send'], retransmit: 'A', expiry: 'B' } },
    calling: {
      retransmitDue: { to: 'calling', actions: ['repeat'] },
      expired: { to: 'terminated', actions: ['tellTimeout'] },
      transportError: { to: 'terminated', actions: ['tellTransportError'] },
      provisional: { to: 'proceeding', actions: ['pass'], retransmit: 'off', expiry: 'off' },
      success: { to: 'accepted', actions: ['forget', 'pass'], retransmit: 'off', expiry: 'M' },
      failure: { to: 'completed', actions: ['acknowledge', 'pass', 'release'], retransmit: 'off', expiry: 'D' },
    },
    proceeding: {
      provisional: { to: 'proceeding', actions: ['pass'] },
      success: { to: 'accepted', actions: ['forget', 'pass'], expiry: 'M' },
      failure: { to: 'completed', actions: ['acknowledge', 'pass', 'release'], expiry: 'D' },
    },
    accepted: {
      success: { to: 'accepted', actions: ['pass'] },
      expired: { to: 'terminated', actions: [] },
    },
    completed: {
      failure: { to: 'completed', actions: ['repeat'] },
      expired: { to: 'terminated', actions: [] },
      transportError: { to: 'terminated', actions: [] },
    },
  },
};
