import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SessionError } from '../../../src/api/index.js';
import { readConfig, sentence, welcome } from '../../../src/cli/serve.js';
import { defaultConfig } from '../../../src/server/config.js';
import { settle } from '../../support/virtual-clock.js';
import { FakeIncoming } from '../server/fakes.js';
import { FakeProcess } from './fake-context.js';

async function serving(...args: string[]): Promise<{ fake: FakeProcess; done: Promise<number> }> {
  const fake = new FakeProcess();
  const done = fake.run('serve', '--listen', 'udp://127.0.0.1:0', ...args);
  await settle();
  return { fake, done };
}

async function joinAs(fake: FakeProcess, id: string): Promise<FakeIncoming> {
  const incoming = new FakeIncoming(id, 'lobby');
  const sessions = fake.sessions[0]!;
  sessions.calls.set(id, incoming.call.asCall());
  (sessions.options.onIncomingCall as (call: unknown) => void)(incoming);
  await settle();
  incoming.acked();
  await settle();
  return incoming;
}

describe('mixminus serve', () => {
  it('says where it listens and how to call, logs who comes and goes, and ends with 0 at a signal', async () => {
    const { fake, done } = await serving();
    expect(fake.out).toContain('listens on udp://127.0.0.1:40000');
    expect(fake.out).toContain('sip:lobby@127.0.0.1:40000');
    expect(fake.out).toContain('Anyone who can reach this address may join');
    await joinAs(fake, 'a');
    fake.signal('SIGINT');
    expect(await done).toBe(0);
    expect(fake.sessions[0]?.closes).toBe(1);
    const log = fake.out.slice(fake.out.indexOf('Ctrl-C')).split('\n').slice(1);
    expect(log.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''))).toEqual([
      'lobby: sip:a@127.0.0.1 joined (pcmu), 1 in the room',
      'stopping: saying goodbye to 1 call',
      'lobby: sip:a@127.0.0.1 left after 0.0 s (stopped), the room is empty',
      'stopped',
      '',
    ]);
    expect(fake.watched).toBe(false);
  });

  it('speaks JSON from the first line to the last', async () => {
    const { fake, done } = await serving('--json');
    const a = await joinAs(fake, 'a');
    a.call.end();
    fake.signal('SIGTERM');
    expect(await done).toBe(0);
    expect(fake.events).toMatchObject([
      { event: 'listening', listen: ['udp://127.0.0.1:40000'], pid: process.pid },
      { event: 'room', room: 'lobby', state: 'opened' },
      { event: 'joined', room: 'lobby', id: 'a', members: 1 },
      { event: 'left', room: 'lobby', id: 'a', members: 0, reason: { cause: 'remote-hangup' } },
      { event: 'room', room: 'lobby', state: 'closed' },
      { event: 'closed' },
    ]);
  });

  it('stops also when the signal came before it listened', async () => {
    const fake = new FakeProcess();
    fake.prepare = () => fake.signal('SIGINT');
    expect(await fake.run('serve')).toBe(0);
    expect(fake.sessions[0]?.closes).toBe(1);
  });

  it('takes the last of an option given twice, and every --listen', async () => {
    const fake = new FakeProcess();
    const done = fake.run(
      ...[
        'serve',
        '--max-calls',
        '5',
        '--listen',
        'udp://127.0.0.1:5070',
        '--max-calls',
        '7',
        '--listen',
        'udp://[::1]',
      ],
    );
    await settle();
    expect(fake.sessions[0]?.options).toMatchObject({
      limits: { maxCalls: 7 },
      listen: ['udp://127.0.0.1:5070', 'udp://[::1]:5060'],
    });
    fake.signal('SIGINT');
    await done;
  });

  it('ends with 1 and one line when it cannot listen', async () => {
    const fake = new FakeProcess();
    fake.createError = new SessionError('ERR_ADDRESS_IN_USE', 'udp://0.0.0.0:5060 is in use');
    expect(await fake.run('serve')).toBe(1);
    expect(fake.err).toMatch(/^mixminus: udp:\/\/0\.0\.0\.0:5060 is in use; stop the program .*\n$/);
  });
});

describe('readConfig', () => {
  it('finds the file by flag or by variable, the flag first', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mixminus-serve-'));
    const [one, two] = [join(folder, 'one.json'), join(folder, 'two.json')];
    writeFileSync(one, '{"maxMembers": 1}');
    writeFileSync(two, '{"maxMembers": 2}');
    expect(readConfig({ config: one }, { env: { MIXMINUS_CONFIG: two } }).maxMembers).toBe(1);
    expect(readConfig({}, { env: { MIXMINUS_CONFIG: two } }).maxMembers).toBe(2);
    expect(readConfig({}, { env: { MIXMINUS_CONFIG: '' } })).toEqual(defaultConfig);
    rmSync(folder, { recursive: true });
  });
});

describe('texts', () => {
  it('shows a concrete address on a wildcard', () => {
    const lines = welcome(defaultConfig, ['udp://0.0.0.0:5060'], {}).join('\n');
    expect(lines).toContain('listens on udp://0.0.0.0:5060');
    expect(lines).toContain('sip:lobby@127.0.0.1:5060');
    expect(lines).toContain('At most 100 members in a room, 1000 calls in all');
  });

  it('tells what strangers sent without letting them steer the terminal', () => {
    const text = sentence({ event: 'refused', target: 'sip:\u001b@h', from: 'sip:x\u0007', status: 404, reason: 'No' });
    expect(text).toBe('sip:x? was not let in to sip:?@h: 404 No');
  });
});
