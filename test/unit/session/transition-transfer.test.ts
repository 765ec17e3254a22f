import { describe, expect, it, test } from 'vitest';
import type { SessionInput } from '../../../src/session/events.js';
import { newSession, type Session } from '../../../src/session/session.js';
import { CallState, type CallStateKind } from '../../../src/session/state.js';
import { type TransferNews, toOutcome } from '../../../src/session/transfer.js';
import { isAllowed, type Step, transition } from '../../../src/session/transition.js';

const params = { target: 'sip:c@example.com', replaces: undefined, by: 'sip:a@example.com', headers: [], news: true };
const transfer: SessionInput = { type: 'transfer', params };
const news = (one: TransferNews): SessionInput => ({ type: 'transferNews', news: one });

function session(state: CallState, changes: Partial<Session> = {}): Session {
  const party = { uri: 'sip:a@example.com', displayName: undefined };
  const parts = { id: 's', direction: 'outgoing', local: party, remote: party, target: 't', createdAtMs: 0 } as const;
  return { ...newSession(parts), state, answeredAtMs: 1, ...changes };
}

function run(start: Session, ...inputs: SessionInput[]): Step {
  let last: Step = { session: start, effects: [] };
  for (const input of inputs) {
    const next = transition(last.session, input, 1000);
    if (!next) throw new Error(`${input.type} was refused in ${last.session.state.kind}`);
    last = next;
  }
  return last;
}

const kinds = (step: Step): string[] => step.effects.map(({ type }) => type);

describe('a transfer of ours', () => {
  it('is possible in Active and OnHold, and only while no re-INVITE of ours is under way', () => {
    const allowed: CallStateKind[] = ['Active', 'OnHold'];
    const all = [
      'Initiating',
      'Ringing',
      'Active',
      'HoldPending',
      'OnHold',
      'Transferring',
      'Terminating',
      'Terminated',
    ];
    for (const kind of all as CallStateKind[]) expect(isAllowed(kind, 'transfer')).toBe(allowed.includes(kind));
    expect(transition(session(CallState.OnHold, { pendingReoffer: 'resume' }), transfer, 0)).toBeUndefined();
  });

  it('sends a REFER, tells of progress, and hangs up when the target has answered', () => {
    const begun = run(session(CallState.Active), transfer);
    expect(kinds(begun)).toEqual(['publish', 'sendTransfer']);
    expect(begun.session.state.kind).toBe('Transferring');
    const rung = run(begun.session, news({ kind: 'progress', status: 180, reason: 'Ringing' }));
    expect(rung.session.transfer?.ringing).toEqual({ status: 180, reason: 'Ringing' });
    const done = run(rung.session, news({ kind: 'final', status: 200, reason: 'OK' }));
    expect(kinds(done)).toEqual(['publish', 'bye']);
    expect(done.session.state.kind).toBe('Terminating');
    const over = run(done.session, { type: 'ended', by: 'local-bye', reason: undefined });
    expect(over.session.endReason?.cause).toBe('transferred');
  });

  test.each([
    ['Active', { kind: 'final', status: 486, reason: 'Busy' }],
    ['OnHold', { kind: 'refused', status: 603, reason: 'Decline' }],
    ['OnHold', { kind: 'lost' }],
    ['Active', { kind: 'accepted', subscribed: false }],
    ['OnHold', { kind: 'gaveUp', status: 408, reason: 'late' }],
  ] as const)('goes back to %s after %o', (kind, one) => {
    const back = run(session(CallState[kind]), transfer, news(one));
    expect(back.session.state.kind).toBe(kind);
    expect(back.session.transfer).toBeUndefined();
  });

  it('does not stop the peer from hanging up or holding', () => {
    const begun = run(session(CallState.OnHold), transfer).session;
    const sdp = { contentType: 'application/sdp', data: new Uint8Array([1]) };
    const held = run(begun, { type: 'reoffered', description: sdp, message: undefined });
    expect(held.effects.at(-1)).toMatchObject({ type: 'answerReoffer', wish: { hold: true } });
    const over = run(begun, { type: 'ended', by: 'remote-bye', reason: undefined }).session;
    expect(over.endReason?.cause).toBe('remote-hangup');
    expect(transition(over, news({ kind: 'lost' }), 0)).toBeUndefined();
  });
});

test.each([
  [{ kind: 'accepted', subscribed: true }, undefined, undefined],
  [{ kind: 'accepted', subscribed: false }, undefined, { kind: 'accepted' }],
  [{ kind: 'progress', status: 183, reason: 'x' }, undefined, undefined],
  [{ kind: 'final', status: 202, reason: 'x' }, undefined, { kind: 'answered', status: 202, reason: 'x' }],
  [{ kind: 'final', status: 302, reason: 'x' }, undefined, { kind: 'failed', by: 'target', status: 302, reason: 'x' }],
  [{ kind: 'lost' }, undefined, { kind: 'accepted' }],
  [{ kind: 'lost' }, { status: 180, reason: 'r' }, { kind: 'ringing', status: 180, reason: 'r' }],
] as const)('the outcome of %o after %o is %o', (one, ringing, outcome) => {
  expect(toOutcome(one, ringing)).toEqual(outcome);
});

describe('a call whose place is taken', () => {
  it('is hung up, or cancelled while it rings', () => {
    expect(kinds(run(session(CallState.Active), { type: 'replaced' }))).toEqual(['publish', 'bye']);
    const early = session(CallState.Ringing, { answeredAtMs: undefined });
    const cancelled = run(early, { type: 'replaced' });
    expect(kinds(cancelled)).toEqual(['publish', 'cancel']);
    const failed = { type: 'failed', cause: 'cancelled', status: 487, reason: 'x', message: undefined } as const;
    expect(run(cancelled.session, failed).session.state.kind).toBe('Cancelled');
    expect(transition({ ...early, direction: 'incoming' }, { type: 'replaced' }, 0)).toBeUndefined();
  });

  it('gives it up when the new one is established, not before', () => {
    const fresh = session(CallState.Initiating, { direction: 'incoming', replaces: 'old', answeredAtMs: undefined });
    const accepted = { ...fresh, accepted: true };
    expect(kinds(run(accepted, { type: 'acked', description: undefined }))).toContain('takeOver');
  });
});
