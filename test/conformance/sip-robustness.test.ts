/**
 * Whatever arrives, the stack neither throws nor keeps it: the messages of RFC 4475 as live datagrams, and messages changed at random. What
 * each of them means is tested with the parser.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { parseMessage } from '../../src/dialog-core/index.js';
import { seededRandom } from '../support/memory-network.js';
import { calling, inDialog, peerInvite, takenCall } from '../support/sip-dialogs.js';
import { StackHarness } from '../support/sip-stack.js';
import { response } from '../support/sip-text.js';

const folder = join(dirname(createRequire(import.meta.url).resolve('sip/package.json')), 'test/messages');
const torture = readdirSync(folder).filter((name) => name.endsWith('.dat'));

function harness(errors: object[]): StackHarness {
  return new StackHarness({ logger: { ...silentLogger, error: (fields) => errors.push(fields) } });
}

/** Refusals of what could not be read: they repeat its headers, whatever those are. */
const echo = /^SIP\/2.0 (400|413|414|416|505) /;

/** Refuses what rings, and checks that all else that was sent can be read back. */
function expectSound(stack: StackHarness, errors: object[]): void {
  for (const { event } of stack.events) {
    if (event.type !== 'invite') continue;
    try {
      stack.do(event.usage, (it) => it.reject(480, {}));
    } catch {
      // Cancelled meanwhile.
    }
  }
  for (const { text } of stack.sent) if (!echo.test(text)) expect(parseMessage(Buffer.from(text)).ok, text).toBe(true);
  expect(errors).toEqual([]);
}

describe('RFC 4475 as live datagrams', () => {
  test('the messages are there', () => {
    expect(torture.length).toBeGreaterThanOrEqual(40);
  });

  test.each(torture)('%s', (name) => {
    const errors: object[] = [];
    const stack = harness(errors);
    const data = readFileSync(join(folder, name));
    stack.receive(data);
    stack.receive(data);
    const parsed = parseMessage(data);
    const answers = stack.sent.map(({ text }) => Number(text.split(' ')[1]));
    // Only a request is ever answered; one that cannot be read, with a refusal.
    if (parsed.message?.kind !== 'request' || parsed.message.method === 'ACK') expect(answers).toEqual([]);
    else if (!parsed.ok) expect(answers.every((status) => status >= 400)).toBe(true);
    else expect(answers.length).toBeGreaterThan(0);
    expectSound(stack, errors);
    stack.run(40_000);
    expect(stack.stack.counts()).toMatchObject({ transactions: 0, usages: 0, dialogs: 0, deadlines: 0 });
  });
});

describe('messages changed at random', () => {
  const random = seededRandom(4475);
  const pick = (below: number): number => Math.floor(random() * below);

  function change(data: Uint8Array): Uint8Array {
    const bytes = [...data];
    for (let left = 1 + pick(6); left > 0; left -= 1) {
      const at = pick(bytes.length);
      const kind = pick(4);
      if (kind === 0) bytes[at] = pick(256);
      else if (kind === 1) bytes.splice(at, 1 + pick(20));
      else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(pick(bytes.length), pick(bytes.length)));
      else bytes[at] = '\r\n;:<>"@, \t\\=%'.charCodeAt(pick(14));
    }
    return Uint8Array.from(bytes);
  }

  test.each([
    [
      'INVITE',
      (): Uint8Array =>
        peerInvite({ more: ['m: <sip:p@10.0.0.9>', 'Record-Route: <sip:10.0.0.7;lr>', 'Timestamp: 5'] }),
    ],
    ['CANCEL', (): Uint8Array => peerInvite({ method: 'CANCEL', more: ['Reason: SIP;cause=200;text="x"'] })],
  ])('%s outside a dialog', (_what, make) => {
    const errors: object[] = [];
    const stack = harness(errors);
    for (let round = 0; round < 3000; round += 1) stack.receive(change(make()));
    expectSound(stack, errors);
  });

  test('requests in a dialog, and responses', () => {
    const errors: object[] = [];
    for (let round = 0; round < 300; round += 1) {
      const stack = harness(errors);
      takenCall(stack);
      const ok = stack.last('200 INVITE');
      for (const method of ['INVITE', 'BYE', 'OPTIONS', 'ACK']) stack.receive(change(inDialog(ok, method, 11)));
      calling(stack);
      const invite = stack.last('INVITE');
      for (const status of ['180 Ringing', '200 OK', '486 Busy Here']) {
        stack.receive(change(response(invite, status, { toTag: 'x', more: ['Contact: <sip:p@10.0.0.9>'] })));
      }
      stack.run(40_000);
      expectSound(stack, errors);
    }
  });
});
