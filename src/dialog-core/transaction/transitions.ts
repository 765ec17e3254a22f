/**
 * The vocabulary of the four transaction tables (client-invite.ts, client-non-invite.ts, server-invite.ts, server-non-invite.ts): states,
 * inputs, actions and timers. Types only; layer.ts is the shell that keeps the timers, sends, and carries the actions out.
 */

export type TransactionState =
  | 'initial'
  | 'calling'
  | 'trying'
  | 'proceeding'
  | 'accepted'
  | 'completed'
  | 'confirmed'
  | 'terminated';

export type TransactionInput =
  /** The transaction begins. */
  | 'start'
  /** A 1xx, 2xx or 3xx–6xx: received by a client, handed down by the user of a server. */
  | 'provisional'
  | 'success'
  | 'failure'
  /** The request again. */
  | 'request'
  | 'ack'
  | 'retransmitDue'
  | 'expired'
  | 'transportError';

export type TransactionAction =
  /** Send the bytes that the transaction holds. */
  | 'send'
  /** Send them once more. */
  | 'repeat'
  /** Make the ACK for a 3xx–6xx from the INVITE (RFC 3261 17.1.1.3), hold it instead, send it. */
  | 'acknowledge'
  /** Hand the response to the user. */
  | 'pass'
  | 'tellTimeout'
  | 'tellTransportError'
  /** Nothing will be told to the user any more: let go of it. */
  | 'release'
  /** No bytes will be sent any more: let go of them. */
  | 'forget';

/** Timers of RFC 3261 table 4 and RFC 6026. `E2` is timer E in the Proceeding state, where it is T2 from the start (17.1.2.2). */
export type RetransmitTimer = 'A' | 'E' | 'E2' | 'G';
export type ExpiryTimer = 'B' | 'D' | 'F' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

export interface Transition {
  readonly to: TransactionState;
  readonly actions: readonly TransactionAction[];
  /** Starts or stops retransmission; absent leaves it as it is. */
  readonly retransmit?: RetransmitTimer | 'off';
  /** Starts or stops the timer that ends the state; absent leaves it as it is. */
  readonly expiry?: ExpiryTimer | 'off';
}

/** What is not in the table is ignored. */
export type TransitionTable = {
  readonly [S in TransactionState]?: { readonly [I in TransactionInput]?: Transition };
};

export interface Machine {
  readonly name: 'client-invite' | 'client-non-invite' | 'server-invite' | 'server-non-invite';
  readonly table: TransitionTable;
}
