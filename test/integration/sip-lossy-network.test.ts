/** Many calls over a network that loses, repeats and reorders: every call comes to an end on both sides, and nothing stays. */
import { expect, test } from 'vitest';
import type { DialogCoreEvent } from '../../src/dialog-core/index.js';
import { type Phone, SipWorld, sdp } from '../support/sip-world.js';

const last = new Set(['failed', 'cancelled', 'ended']);

/** How a phone behaves in this test: answers, holds once as the callee, hangs up as the caller after the hold. */
function behave(phone: Phone, problems: string[]): (event: DialogCoreEvent) => void {
  const over = new Set<number>();
  const { endpoint } = phone;
  return (event) => {
    if (event.type === 'transportError' || event.type === 'transportRestored') return;
    if (over.has(event.usage)) problems.push(`${event.type} after the last event of ${event.usage} at ${phone.name}`);
    if (last.has(event.type)) over.add(event.usage);
    if (event.type === 'routed') endpoint.sendInvite(event.usage, sdp);
    if (event.type === 'invite') {
      endpoint.progress(event.usage, 180);
      endpoint.accept(event.usage, { body: sdp });
    }
    if (event.type === 'answered' || event.type === 'reinviteAnswered') endpoint.ack(event.usage);
    if (event.type === 'acked') endpoint.reinvite(event.usage, { body: sdp });
    if (event.type === 'retryNow') endpoint.reinvite(event.usage, { body: sdp });
    if (event.type === 'reinvite') endpoint.answerReinvite(event.usage, 200, { body: sdp });
    if (event.type === 'reinviteAcked') endpoint.bye(event.usage);
  };
}

test.each([
  { seed: 1, loss: 0.05, duplicate: 0, reorder: 0 },
  { seed: 2, loss: 0.3, duplicate: 0.1, reorder: 0.1 },
  { seed: 3, loss: 0, duplicate: 0.5, reorder: 0.5 },
  { seed: 4, loss: 0.6, duplicate: 0.2, reorder: 0.2 },
])('200 calls, %o', async (faults) => {
  const world = new SipWorld({ ...faults, jitterMs: 30 });
  const alice = await world.phone('alice', '10.0.0.1');
  const bob = await world.phone('bob', '10.0.0.2');
  const problems: string[] = [];
  alice.react(behave(alice, problems));
  bob.react(behave(bob, problems));
  for (let index = 0; index < 200; index += 1) {
    alice.endpoint.invite({ target: bob.uri(), from: { uri: alice.uri() } });
    await world.advance(20);
  }
  await world.advance(300_000);
  expect(problems).toEqual([]);
  for (const phone of [alice, bob]) {
    const ended = phone.events.filter(({ type }) => last.has(type)).length;
    const begun = phone.events.filter(({ type }) => type === 'routed' || type === 'invite').length;
    const counts = phone.endpoint.counts();
    // A BYE that is lost eleven times is never heard of: that call lives on where nothing asks after it (RFC 4028 is for that).
    expect(counts.usages).toBe(begun - ended);
    expect(counts.usages).toBeLessThanOrEqual(faults.loss > 0.5 ? 5 : 0);
    expect(counts).toMatchObject({ transactions: 0, dialogs: counts.usages, deadlines: 0, malformed: 0 });
  }
  // At little loss every call is a whole one.
  const whole = alice.events.filter(({ type }) => type === 'reinvite').length;
  if (faults.loss <= 0.05) expect(whole).toBe(200);
  else expect(whole).toBeGreaterThan(20);
});
