import { describe, expect, it } from 'vitest';
import type { SessionInput } from '../../../src/session/events.js';
import type { Description, NegotiatedMedia } from '../../../src/session/media.js';
import { newSession, type Session } from '../../../src/session/session.js';
import type { CallStateKind } from '../../../src/session/state.js';
import { isAllowed, type Step, transition } from '../../../src/session/transition.js';

const sdp: Description = { contentType: 'application/sdp', data: new Uint8Array([1]) };
const route = { bindAddress: '0.0.0.0', advertisedAddress: '192.0.2.1' };
const media: NegotiatedMedia = {
  codec: 'pcmu',
  direction: 'sendrecv',
  remoteAddress: '192.0.2.2',
  remotePort: 4000,
  telephoneEvents: true,
};

function session(direction: Session['direction'], offer?: Description): Session {
  return newSession({
    id: 's1',
    direction,
    local: { uri: 'sip:a@example.com', displayName: undefined },
    remote: { uri: 'sip:b@example.com', displayName: undefined },
    target: 'sip:b@example.com',
    createdAtMs: 0,
    route,
    offer,
  });
}

const negotiated: SessionInput = { type: 'negotiated', media, early: false, during: 'apply' };
const settled: SessionInput = { ...negotiated, during: 'answer' };
const answered: SessionInput = { type: 'answered', description: sdp, message: undefined };
const ended = (by: 'remote-bye' | 'local-bye' | 'ack-timeout' | 'dialog-gone' | 'closed'): SessionInput => ({
  type: 'ended',
  by,
  reason: undefined,
});
const failed = (cause: 'response' | 'cancelled' | 'timeout' | 'transport', status: number): SessionInput => ({
  type: 'failed',
  cause,
  status,
  reason: 'said so',
  message: undefined,
});
const terminate: SessionInput = { type: 'terminate', reason: undefined };

/** Runs inputs; a refused one fails the test. Returns the last step. */
function run(start: Session, ...inputs: SessionInput[]): Step {
  let last: Step = { session: start, effects: [] };
  for (const input of inputs) {
    const next = transition(last.session, input, 1000);
    if (!next) throw new Error(`${input.type} was refused in ${last.session.state.kind}`);
    last = next;
  }
  return last;
}

const types = (step: Step): string[] => step.effects.map((effect) => effect.type);
const routed: SessionInput = { type: 'routed', route, callId: 'c1' };
const outgoingActive = (): Session => run(session('outgoing'), routed, answered, negotiated).session;
const incomingActive = (): Session =>
  run(session('incoming', sdp), { type: 'accept' }, settled, { type: 'acked', description: undefined }).session;

describe('an outgoing call', () => {
  it('offers when the route is known, acknowledges the answer, then is active', () => {
    const offered = run(session('outgoing'), routed);
    expect(types(offered)).toEqual(['sendOffer']);
    expect(offered.session.offerAnswer).toBe('localOffer');
    const answer = run(offered.session, answered);
    expect(types(answer)).toEqual(['sendAck', 'applyAnswer']);
    expect(answer.session.state.kind).toBe('Initiating');
    const active = run(answer.session, negotiated);
    expect(active.session.state.kind).toBe('Active');
    expect(active.session.offerAnswer).toBe('stable');
    expect(types(active)).toEqual(['publish', 'allowSend', 'settle']);
  });

  it('rings, and applies an early answer without being active or allowed to send', () => {
    const ringing = run(session('outgoing'), routed, {
      type: 'progress',
      status: 183,
      reason: 'Session Progress',
      description: sdp,
      message: undefined,
    });
    expect(ringing.session.state.kind).toBe('Ringing');
    expect(types(ringing)).toEqual(['publish', 'publish', 'applyAnswer']);
    const early = run(ringing.session, { type: 'negotiated', media, early: true, during: 'apply' });
    expect(early.session.state.kind).toBe('Ringing');
    expect(types(early)).toEqual([]);
    // A 2xx without a body confirms the early answer.
    const confirmed = run(early.session, { ...answered, description: undefined } as SessionInput);
    expect(confirmed.effects[1]).toMatchObject({ type: 'applyAnswer', description: sdp, early: false });
  });

  it.each([
    [failed('response', 486), 'Failed', 'rejected', 486],
    [failed('timeout', 408), 'Failed', 'timeout', 408],
    [failed('transport', 503), 'Failed', 'transport', 503],
    [failed('cancelled', 487), 'Cancelled', 'cancelled', 487],
  ] as const)('fails with %o', (input, kind, cause, status) => {
    const step = run(session('outgoing'), routed, input);
    expect(step.session.state.kind).toBe(kind);
    expect(step.session.endReason).toMatchObject({ cause, status });
    expect(types(step)).toEqual(['publish', 'finish', 'publish']);
  });

  it('is cancelled by hanging up, and only the answer of the peer ends it', () => {
    const step = run(session('outgoing'), routed, terminate);
    expect(types(step)).toEqual(['publish', 'cancel']);
    expect(step.session.state.kind).toBe('Terminating');
    expect(run(step.session, failed('cancelled', 487)).session.state.kind).toBe('Cancelled');
    const busy = run(step.session, failed('response', 486)).session;
    expect(busy.state).toEqual({ kind: 'Failed', status: 486, reason: 'said so' });
  });

  it('ends by BYE with 488 when the answer cannot be used', () => {
    const step = run(session('outgoing'), routed, answered, {
      type: 'negotiationFailed',
      status: 488,
      text: 'no common codec',
      during: 'apply',
    });
    expect(step.session.state.kind).toBe('Terminating');
    expect(step.effects.at(-1)).toMatchObject({ type: 'bye', reason: { protocol: 'SIP', cause: 488 } });
    const over = run(step.session, ended('local-bye'));
    expect(over.session.state).toMatchObject({ kind: 'Failed', status: 488 });
    expect(over.session.endReason?.cause).toBe('media');
  });

  it('is cancelled when there is no port for it', () => {
    const step = run(session('outgoing'), routed, {
      type: 'negotiationFailed',
      status: 503,
      text: 'no ports',
      during: 'open',
    });
    expect(types(step)).toEqual(['publish', 'cancel']);
    expect(run(step.session, failed('cancelled', 487)).session.state).toMatchObject({ kind: 'Failed', status: 503 });
  });
});

describe('an incoming call', () => {
  it('is active with the ACK, not with the 200', () => {
    const accepted = run(session('incoming', sdp), { type: 'accept' });
    expect(accepted.effects).toEqual([{ type: 'sendAccept', description: 'answer' }]);
    const answered = run(accepted.session, settled);
    expect(answered.session.state.kind).toBe('Initiating');
    const active = run(answered.session, { type: 'acked', description: undefined });
    expect(active.session.state.kind).toBe('Active');
    expect(types(active)).toContain('allowSend');
  });

  it('offers in the 200 when none came, and needs the answer in the ACK', () => {
    const accepted = run(session('incoming'), { type: 'accept' });
    expect(accepted.effects).toEqual([{ type: 'sendAccept', description: 'offer' }]);
    expect(accepted.session.offerAnswer).toBe('localOffer');
    const acked = run(accepted.session, { type: 'acked', description: sdp });
    expect(types(acked)).toEqual(['applyAnswer']);
    expect(run(acked.session, negotiated).session.state.kind).toBe('Active');
    const bad: SessionInput = { type: 'negotiationFailed', status: 488, text: 'none', during: 'apply' };
    expect(types(run(acked.session, bad))).toContain('bye');
  });

  it('is rejected with the status that media found before the 200 went out', () => {
    const bad: SessionInput = { type: 'negotiationFailed', status: 488, text: 'no codec', during: 'answer' };
    const step = run(session('incoming', sdp), { type: 'accept' }, bad);
    expect(step.effects[0]).toMatchObject({ type: 'sendReject', status: 488 });
    expect(step.session.state).toMatchObject({ kind: 'Failed', status: 488 });
  });

  it('is refused, cancelled, or times out', () => {
    const reject: SessionInput = { type: 'reject', status: 486, reason: undefined, headers: [] };
    expect(run(session('incoming', sdp), reject).session.state).toMatchObject({ kind: 'Failed', status: 486 });
    const cancelled = run(session('incoming', sdp), { type: 'cancelledByPeer', reason: undefined });
    expect(cancelled.session.state.kind).toBe('Cancelled');
    const timeout = run(session('incoming', sdp), { type: 'accept' }, settled, ended('ack-timeout'));
    expect(timeout.session.state).toMatchObject({ kind: 'Failed', status: 408 });
  });

  it('says 480 when hung up before an answer, BYE after the 200', () => {
    expect(run(session('incoming', sdp), terminate).effects[0]).toMatchObject({ type: 'sendReject', status: 480 });
    expect(types(run(session('incoming', sdp), { type: 'accept' }, settled, terminate))).toContain('bye');
  });

  it('cannot be accepted twice', () => {
    const accepted = run(session('incoming', sdp), { type: 'accept' });
    expect(transition(accepted.session, { type: 'accept' }, 0)).toBeUndefined();
  });
});

describe('hold', () => {
  const onHold = (): Session => run(outgoingActive(), { type: 'hold' }, reofferAnswered, negotiated).session;
  const reofferAnswered: SessionInput = { type: 'reofferAnswered', description: sdp };

  it('is pending until the 2xx', () => {
    const pending = run(outgoingActive(), { type: 'hold' });
    expect(pending.session.state.kind).toBe('HoldPending');
    expect(pending.effects.at(-1)).toEqual({
      type: 'sendReoffer',
      purpose: 'hold',
      wish: { hold: true },
      change: undefined,
    });
    const answer = run(pending.session, reofferAnswered);
    expect(types(answer)).toEqual(['sendAck', 'applyAnswer']);
    const held = run(answer.session, negotiated);
    expect(held.session.state.kind).toBe('OnHold');
    expect(held.effects).toContainEqual({ type: 'settle', verb: 'hold', failure: undefined });
  });

  it('leaves the call as it was when the peer refuses', () => {
    const refused = run(
      outgoingActive(),
      { type: 'hold' },
      { type: 'reofferFailed', status: 488, reason: 'Not Acceptable Here', willRetry: false, message: undefined },
    );
    expect(refused.session.state.kind).toBe('Active');
    expect(refused.session.offerAnswer).toBe('stable');
    expect(types(refused)).toEqual(['publish', 'rollbackOffer', 'settle']);
  });

  it('stays pending over glare and makes a fresh offer when it is time', () => {
    const glare: SessionInput = {
      type: 'reofferFailed',
      status: 491,
      reason: 'Request Pending',
      willRetry: true,
      message: undefined,
    };
    const waiting = run(outgoingActive(), { type: 'hold' }, glare);
    expect(waiting.session.state.kind).toBe('HoldPending');
    expect(waiting.session.offerAnswer).toBe('stable');
    // Meanwhile the peer's own re-INVITE gets through.
    const theirs = run(waiting.session, { type: 'reoffered', description: sdp, message: undefined }, negotiated);
    const again = run(theirs.session, { type: 'reofferRetry' });
    expect(again.effects).toEqual([{ type: 'sendReoffer', purpose: 'hold', wish: { hold: true }, change: undefined }]);
  });

  it('resumes with the 2xx and stays held when refused', () => {
    const resumed = run(onHold(), { type: 'resume' }, reofferAnswered, negotiated);
    expect(resumed.session.state.kind).toBe('Active');
    const refused = run(
      onHold(),
      { type: 'resume' },
      { type: 'reofferFailed', status: 500, reason: 'no', willRetry: false, message: undefined },
    );
    expect(refused.session.state.kind).toBe('OnHold');
  });

  it('is told apart from the hold of the peer', () => {
    const offered = run(incomingActive(), { type: 'reoffered', description: sdp, message: undefined });
    expect(offered.effects).toEqual([{ type: 'answerReoffer', description: sdp, wish: { hold: false } }]);
    const held = run(offered.session, {
      type: 'negotiated',
      media: { ...media, direction: 'recvonly' },
      early: false,
      during: 'reoffer',
    });
    expect(held.session.state.kind).toBe('Active');
    expect(held.session.remoteHold).toBe(true);
    expect(held.effects).toEqual([{ type: 'publish', event: { type: 'remoteHold', sessionId: 's1', held: true } }]);
    const back = run(held.session, { type: 'reoffered', description: sdp, message: undefined }, negotiated);
    expect(back.session.remoteHold).toBe(false);
  });
});

describe('a re-INVITE of the peer', () => {
  it('without an offer gets ours, and the answer comes with the ACK', () => {
    const offered = run(incomingActive(), { type: 'reoffered', description: undefined, message: undefined });
    expect(offered.effects[0]).toMatchObject({ type: 'answerReoffer', description: undefined });
    expect(offered.session.offerAnswer).toBe('localOffer');
    const acked = run(offered.session, { type: 'reofferAcked', description: sdp });
    expect(types(acked)).toEqual(['applyAnswer']);
    expect(run(acked.session, negotiated).session.offerAnswer).toBe('stable');
  });

  it('that cannot be answered leaves the call', () => {
    const bad: SessionInput = { type: 'negotiationFailed', status: 488, text: 'no', during: 'reoffer' };
    const step = run(incomingActive(), { type: 'reoffered', description: sdp, message: undefined }, bad);
    expect(step.session.state.kind).toBe('Active');
    expect(step.session.offerAnswer).toBe('stable');
  });

  it('is refused before the call is established', () => {
    const step = run(session('incoming', sdp), { type: 'reoffered', description: sdp, message: undefined });
    expect(step.effects).toEqual([{ type: 'replyReoffer', status: 500 }]);
  });
});

describe('the end', () => {
  it.each([
    ['remote-bye', 'remote-hangup'],
    ['dialog-gone', 'timeout'],
    ['closed', 'closed'],
  ] as const)('by %s is Terminated with cause %s', (by, cause) => {
    const step = run(outgoingActive(), ended(by));
    expect(step.session.state.kind).toBe('Terminated');
    expect(step.session.endReason?.cause).toBe(cause);
    expect(step.effects.map((e) => e.type)).toEqual(['publish', 'finish', 'publish']);
    expect(step.effects.at(-1)).toMatchObject({ event: { type: 'ended' } });
  });

  it('by our BYE keeps the first cause', () => {
    const step = run(outgoingActive(), terminate, ended('remote-bye'));
    expect(step.session.endReason?.cause).toBe('local-hangup');
  });

  it('is final: nothing is allowed in a terminal state', () => {
    const over = run(outgoingActive(), ended('remote-bye')).session;
    const inputs: SessionInput[] = [
      terminate,
      answered,
      negotiated,
      ended('closed'),
      { type: 'hold' },
      { type: 'accept' },
    ];
    for (const input of inputs) expect(transition(over, input, 0)).toBeUndefined();
  });

  it('refuses verbs that make no sense where they are', () => {
    const refused: [CallStateKind, SessionInput['type']][] = [
      ['Initiating', 'hold'],
      ['Ringing', 'resume'],
      ['Active', 'accept'],
      ['Active', 'resume'],
      ['OnHold', 'hold'],
      ['HoldPending', 'hold'],
      ['Terminating', 'hold'],
    ];
    for (const [state, input] of refused) expect(isAllowed(state, input), `${input} in ${state}`).toBe(false);
  });
});
