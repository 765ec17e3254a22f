/** What the shell (shell.ts) tells the stack (stack.ts). Types only. */
import type { ParseProblem } from './message/index.js';
import type { MiddlewareVerdict } from './middleware.js';
import type { Transaction } from './transaction/transaction.js';
import type { Flow, UserSecret } from './types.js';

/** What the shell tells. */
export type StackInput =
  /** A datagram, or a message of a stream; `fault` where the stream could not be read on. */
  | {
      readonly type: 'datagram';
      readonly data: Uint8Array;
      readonly flow: Flow;
      readonly fault?: ParseProblem | undefined;
    }
  /** The system refused a datagram of this transaction. */
  | { readonly type: 'sendFailed'; readonly transaction: Transaction; readonly message: string }
  /** The event loop was so late. */
  | { readonly type: 'loopDelay'; readonly lateMs: number }
  | { readonly type: 'connectionLost'; readonly connection: number; readonly message: string }
  | { readonly type: 'routed'; readonly key: string; readonly flow: Flow }
  | { readonly type: 'unroutable'; readonly key: string; readonly message: string }
  | { readonly type: 'intercepted'; readonly key: string; readonly verdict: MiddlewareVerdict }
  | { readonly type: 'user'; readonly key: string; readonly secret: UserSecret | undefined }
  /** The user could not be looked for. */
  | { readonly type: 'userUnknowable'; readonly key: string };
