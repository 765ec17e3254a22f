/** What calls leave behind in memory: bounded while their transactions linger, nothing afterwards. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { makeUri, SipEndpoint } from '../../src/dialog-core/index.js';
import { MemoryNetwork } from '../support/memory-network.js';
import { sdp } from '../support/sip-world.js';
import { settle, VirtualClock } from '../support/virtual-clock.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function usedBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await settle();
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('2000 calls made and ended: about 1 kB for each transaction that lingers, and then nothing', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, seed: 1, delayMs: 1 });
  const endpoint = async (address: string): Promise<SipEndpoint> => {
    const listen = [{ transport: 'udp', address, port: 5060 }] as const;
    const made = new SipEndpoint({ listen, clock, network: network.host(address).datagram });
    await made.start();
    return made;
  };
  const alice = await endpoint('10.0.0.1');
  const bob = await endpoint('10.0.0.2');
  let ended = 0;
  alice.onEvent((event) => {
    if (event.type === 'routed') alice.sendInvite(event.usage, sdp);
    if (event.type === 'answered') {
      alice.ack(event.usage);
      alice.bye(event.usage);
    }
    if (event.type === 'ended') ended += 1;
  });
  bob.onEvent((event) => {
    if (event.type === 'invite') bob.accept(event.usage, { body: sdp });
  });
  const callAll = async (count: number): Promise<void> => {
    const target = makeUri({ user: 'room', host: '10.0.0.2' });
    for (let index = 0; index < count; index += 1) {
      alice.invite({ target, from: { uri: target } });
      if (index % 50 === 49) await clock.advance(10);
    }
    await clock.advance(20);
  };
  // Code and shapes are warm before anything is measured.
  await callAll(2000);
  await clock.advance(40_000);

  const before = await usedBytes();
  await callAll(2000);
  const transactions = alice.counts().transactions + bob.counts().transactions;
  expect(ended).toBe(4000);
  expect(transactions).toBe(8000);
  const perTransaction = ((await usedBytes()) - before) / transactions;
  expect(perTransaction).toBeLessThan(1500);

  await clock.advance(40_000);
  const leftPerCall = ((await usedBytes()) - before) / 2000;
  // Compiled code and the runner's own notes grow a little; one forgotten dialog a call would be more than 1000.
  expect(leftPerCall).toBeLessThan(400);
  for (const { transactions: live, usages, dialogs, deadlines } of [alice.counts(), bob.counts()]) {
    expect([live, usages, dialogs, deadlines]).toEqual([0, 0, 0, 0]);
  }
});
