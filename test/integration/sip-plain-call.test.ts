import { expect, test } from 'vitest';
import { SipWorld, sdp } from '../support/sip-world.js';

test('alice calls bob, they talk, bob hangs up', async () => {
  const world = new SipWorld();
  const alice = await world.phone('alice', '10.0.0.1');
  const bob = await world.phone('bob', '10.0.0.2');

  const call = await alice.call(bob.uri());
  const invite = await bob.take('invite');
  expect(invite.request.bodyText()).toBe('v=0\r\n');
  expect(invite.advertised).toBe('10.0.0.2');
  bob.endpoint.progress(invite.usage, 180);
  const ringing = await alice.take('provisional');
  expect(ringing.response.status).toBe(180);
  bob.endpoint.accept(invite.usage, { body: sdp });
  const answered = await alice.take('answered');
  expect(answered.response.toTag).toBe(ringing.dialogTag);
  alice.endpoint.ack(call);
  await bob.take('acked');
  bob.endpoint.bye(invite.usage, { protocol: 'Q.850', cause: 16, text: 'done "so"' });
  const ended = await alice.take('ended');
  expect(ended).toMatchObject({ by: 'remote-bye', reason: { protocol: 'Q.850', cause: 16, text: 'done "so"' } });
  expect(await bob.take('ended')).toMatchObject({ by: 'local-bye' });

  expect(world.ladder).toEqual([
    'alice > bob INVITE',
    'bob > alice 100 INVITE',
    'bob > alice 180 INVITE',
    'bob > alice 200 INVITE',
    'alice > bob ACK',
    'bob > alice BYE',
    'alice > bob 200 BYE',
  ]);
  // What lingers for late repetitions goes by itself (64·T1).
  await world.advance(33_000);
  for (const { endpoint } of [alice, bob]) {
    expect(endpoint.counts()).toMatchObject({ transactions: 0, usages: 0, dialogs: 0, deadlines: 0, malformed: 0 });
    expect(endpoint.counts()).toMatchObject({ retransmissionsIn: 0, retransmissionsOut: 0, unmatched: 0 });
  }
  expect([...alice.left, ...bob.left]).toEqual([]);
});
