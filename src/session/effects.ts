/**
 * What a step of a session asks the manager to do, as data: transition.ts returns these in order, manager/effects.ts carries them out.
 */
import type { SessionEvent } from './events.js';
import type { ReasonValue } from './lifecycle.js';
import type { Description, MediaChange, MediaWish } from './media.js';
import type { SessionId } from './session.js';
import type { TransferParams } from './transfer.js';

/** Verbs whose promises wait for an event. */
export type AwaitedVerb = 'connect' | 'hold' | 'resume' | 'update' | 'terminate';

export interface VerbFailure {
  readonly status: number;
  readonly text: string;
  readonly message: unknown;
}

/** What a response of ours carries. */
export type OwnDescription = 'none' | 'answer' | 'offer';

export type Effect =
  /** Media for the route, our offer, and the INVITE with it. */
  | { readonly type: 'sendOffer' }
  /** A provisional response; with a description media is made for the route first. `early`: nobody acknowledges it. */
  | {
      readonly type: 'ring';
      readonly status: number;
      readonly reason: string | undefined;
      readonly description: OwnDescription;
      readonly early: boolean;
    }
  /** Media for the route, then 200 with the answer to the offer, with our offer where none came, or with neither when all is settled. */
  | { readonly type: 'sendAccept'; readonly description: OwnDescription }
  | {
      readonly type: 'sendReject';
      readonly status: number;
      readonly reason: string | undefined;
      readonly headers: readonly (readonly [string, string])[];
    }
  | { readonly type: 'sendAck' }
  | { readonly type: 'applyAnswer'; readonly description: Description | undefined; readonly early: boolean }
  /** RTP may flow to the peer's address: it has proved that it wants it. */
  | { readonly type: 'allowSend' }
  /** A re-INVITE that holds or resumes; for anything else an UPDATE, or a re-INVITE where the peer takes none. */
  | {
      readonly type: 'sendReoffer';
      readonly purpose: 'hold' | 'resume' | 'update' | 'refresh';
      readonly wish: MediaWish;
      readonly change: MediaChange | undefined;
    }
  | { readonly type: 'answerReoffer'; readonly description: Description | undefined; readonly wish: MediaWish }
  /** A final answer without a description to what the peer asked for. */
  | { readonly type: 'replyReoffer'; readonly status: number }
  /** Back to the description in force before our offer. */
  | { readonly type: 'rollbackOffer' }
  | { readonly type: 'cancel'; readonly reason: ReasonValue | undefined }
  | { readonly type: 'bye'; readonly reason: ReasonValue | undefined }
  | { readonly type: 'publish'; readonly event: SessionEvent }
  | { readonly type: 'settle'; readonly verb: AwaitedVerb; readonly failure: VerbFailure | undefined }
  /** The REFER; news follow. */
  | { readonly type: 'sendTransfer'; readonly params: TransferParams }
  /** This session is established, and takes over room seat and groups of the other one, which ends. */
  | { readonly type: 'takeOver'; readonly from: SessionId }
  /** The session is terminal: stop media, leave rooms, give leases back, settle what still waits, forget. */
  | { readonly type: 'finish' };
