/**
 * Transfers as data: what is asked of a peer, what becomes of it, what a peer asks of us. Pure. A transfer may outlive its session, so that
 * the manager keeps who waits for its outcome; the state of the session follows the same news.
 */
import type { SessionId } from './session.js';

/** Where the peer is to call: a URI, or whoever another session of ours talks to (attended). */
export interface TransferParams {
  readonly target: string | undefined;
  readonly replaces: SessionId | undefined;
  /** URI of the one on whose word it is asked (RFC 3892). */
  readonly by: string;
  readonly headers: readonly (readonly [string, string])[];
  /** False asks for no news (RFC 4488). */
  readonly news: boolean;
}

/** What is heard of a transfer; after `final`, `refused`, `lost`, `gaveUp` and an acceptance without news nothing more comes. */
export type TransferNews =
  | { readonly kind: 'accepted'; readonly subscribed: boolean }
  | { readonly kind: 'progress'; readonly status: number; readonly reason: string }
  | { readonly kind: 'final'; readonly status: number; readonly reason: string }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'lost' }
  /** We wait no longer. */
  | { readonly kind: 'gaveUp'; readonly status: number; readonly reason: string };

/** What came of a transfer of ours. */
export type TransferOutcome =
  /** The target answered the peer; the call with the peer ends. */
  | { readonly kind: 'answered'; readonly status: number; readonly reason: string }
  /** The peer took it, and no more is known: it sends no news, or stopped before any that counts. The call goes on. */
  | { readonly kind: 'accepted' }
  /** The last that was heard is that the target rings. The call goes on. */
  | { readonly kind: 'ringing'; readonly status: number; readonly reason: string }
  /** By `peer`: it declined. By `target`: that is what its call met. By `us`: not done in time (408), or aborted (487). The call goes on. */
  | {
      readonly kind: 'failed';
      readonly by: 'peer' | 'target' | 'us';
      readonly status: number;
      readonly reason: string;
    };

/** A transfer under way. */
export interface TransferProgress {
  /** What the session goes back to if nothing comes of it. */
  readonly back: 'Active' | 'OnHold';
  readonly ringing: { readonly status: number; readonly reason: string } | undefined;
}

/** A peer's wish that we call elsewhere. */
export interface TransferWish {
  /** The dialog layer's own object, opaque here. */
  readonly handle: unknown;
  /** URI to call. */
  readonly target: string;
  /** Referred-By of the peer (RFC 3892): on whose word it is asked. */
  readonly referredBy: string | undefined;
  /** True where the call is to take the place of another one (RFC 3891). */
  readonly attended: boolean;
  /** What the new INVITE has to carry. */
  readonly headers: readonly (readonly [string, string])[];
}

/** The outcome that news mean, or undefined while more comes. `ringing` is the last progress before. */
export function toOutcome(news: TransferNews, ringing: TransferProgress['ringing']): TransferOutcome | undefined {
  switch (news.kind) {
    case 'accepted':
      return news.subscribed ? undefined : { kind: 'accepted' };
    case 'progress':
      return undefined;
    case 'final':
      if (news.status < 300) return { kind: 'answered', status: news.status, reason: news.reason };
      return { kind: 'failed', by: 'target', status: news.status, reason: news.reason };
    case 'refused':
      return { kind: 'failed', by: 'peer', status: news.status, reason: news.reason };
    case 'lost':
      return ringing ? { kind: 'ringing', ...ringing } : { kind: 'accepted' };
    case 'gaveUp':
      return { kind: 'failed', by: 'us', status: news.status, reason: news.reason };
  }
}

/** Progress that says that the target is alerted, rather than that the peer tries. */
export function isRinging(news: TransferNews): news is Extract<TransferNews, { kind: 'progress' }> {
  return news.kind === 'progress' && news.status > 100;
}
