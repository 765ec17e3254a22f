/** The phases of an invite usage, and which verb is in order in which. Pure; invite-usage.ts moves through them. */

/**
 * ```
 * caller:  routing ──► routed ──► calling ──► answered ──► confirmed ──► ending ──► over
 *                                              (ACK owed)      ▲
 * callee:  ringing ──► accepted (ACK awaited) ─────────────────┘
 * ```
 * From every phase `over` may follow at once; `ending` is a BYE on its way, or waiting for an ACK.
 */
export type UsagePhase =
  | 'routing'
  | 'routed'
  | 'calling'
  | 'answered'
  | 'ringing'
  | 'accepted'
  | 'confirmed'
  | 'ending'
  | 'over';

/** In which phases a verb is in order; anything else is misuse. */
const allowed = {
  sendInvite: ['routed'],
  cancel: ['routing', 'routed', 'calling'],
  progress: ['ringing'],
  accept: ['ringing'],
  reject: ['ringing'],
  ack: ['answered', 'confirmed'],
  bye: ['answered', 'accepted', 'confirmed'],
  reinvite: ['confirmed'],
  answerReinvite: ['ringing', 'calling', 'accepted', 'answered', 'confirmed'],
  prack: ['calling'],
  update: ['ringing', 'calling', 'confirmed'],
} as const satisfies Record<string, readonly UsagePhase[]>;

export type UsageVerb = keyof typeof allowed;

export function isAllowed(verb: UsageVerb, phase: UsagePhase): boolean {
  const phases: readonly UsagePhase[] = allowed[verb];
  return phases.includes(phase);
}
