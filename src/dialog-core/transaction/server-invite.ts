/** The INVITE server transaction (RFC 3261 17.2.1, changed by RFC 6026). A table and nothing else; layer.ts carries it out. */
import type { Machine } from './transitions.js';

/**
 * ```
 *                start
 *                  │
 *                  ▼       INVITE again: repeat the last 1xx
 *   ┌─────────  proceeding ─────────┐  transport error: tell ──► terminated
 *   │ 2xx: send    1xx: send        │ 3xx–6xx: send
 *   ▼                               ▼
 * accepted                      completed   INVITE again, G (doubling to T2): repeat
 *   │ 2xx: send                     │ ACK        H, transport error ──► terminated
 *   │ L                             ▼
 *   │                           confirmed   ACK, INVITE again: absorb
 *   │                               │ I
 *   └────────► terminated ◄─────────┘
 * ```
 * The 100 is sent by the user at once, which is earlier than the 200 ms that 17.2.1 allows. In `accepted` repeated INVITEs are absorbed
 * and the user alone repeats its 2xx until the ACK (13.3.1.4, RFC 6026 7.1); a failing 2xx is met by its own timeout there. In `completed`
 * nobody is told of H: a call that was refused is over for its user, whether the ACK came or not.
 */
export const serverInvite: Machine = {
  name: 'server-invite',
  table: {
    initial: { start: { to: 'proceeding', actions: [] } },
    proceeding: {
      request: { to: 'proceeding', actions: ['repeat'] },
      provisional: { to: 'proceeding', actions: ['send'] },
      success: { to: 'accepted', actions: ['send', 'forget', 'release'], expiry: 'L' },
      failure: { to: 'completed', actions: ['send', 'release'], retransmit: 'G', expiry: 'H' },
      transportError: { to: 'terminated', actions: ['tellTransportError'] },
    },
    accepted: {
      success: { to: 'accepted', actions: ['send', 'forget'] },
      expired: { to: 'terminated', actions: [] },
    },
    completed: {
      request: { to: 'completed', actions: ['repeat'] },
      retransmitDue: { to: 'completed', actions: ['repeat'] },
      ack: { to: 'confirmed', actions: ['forget'], retransmit: 'off', expiry: 'I' },
      expired: { to: 'terminated', actions: [] },
      transportError: { to: 'terminated', actions: [] },
    },
    confirmed: { expired: { to: 'terminated', actions: [] } },
  },
};
