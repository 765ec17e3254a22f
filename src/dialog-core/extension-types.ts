/**
 * What the core is told about extensions inside a dialog: reliable provisional responses, session timers, requests of the caller's own.
 * Types only; types.ts hands them on.
 */
/**
 * RFC 3262. `off`: not used; an INVITE that requires it gets 420. `supported`: our INVITEs offer it, and our provisional responses are
 * reliable where the caller knows how. `required`: our INVITEs require it, and INVITEs that do not support it get 421.
 */
export type ReliablePolicy = 'off' | 'supported' | 'required';

/** RFC 4028. */
export interface SessionTimerConfig {
  /** What we ask for, and the most that we grant; default 1800 s. At least `minSeS`. */
  readonly expiresS: number;
  /** The least that we accept before we answer 422 (Min-SE); default 90 s, and not less (RFC 4028 5). */
  readonly minSeS: number;
  /** Who is to refresh where we have a say; `auto` leaves it to the peer, and to the caller where the peer has no wish. Default `auto`. */
  readonly refresher: 'auto' | 'local' | 'remote';
}
