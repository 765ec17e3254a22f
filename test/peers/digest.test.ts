/**
 * Digest authentication of other programs against the conference server: with the right password in the room, with a wrong one turned
 * away. Both programs give up at a first challenge that is not MD5, so the server that they meet has MD5 hashes and offers nothing else.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSessions } from '../../src/api/index.js';
import { Baresip } from '../support/baresip.js';
import { mediaPorts } from '../support/ports.js';
import { temporaryFolder } from '../support/processes.js';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { assertSuccess, runSipp, type SippResult } from '../support/sipp.js';
import { sine } from '../support/tone.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

function usersFile(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

const md5 = createHash('md5').update('ann:home:secret').digest('hex');

describe('a server with MD5 hashes', () => {
  let room: RoomServer;
  beforeAll(async () => {
    room = await startRoomServer({ users: usersFile('hashes', `ann:home:${md5}\n`) });
  });
  afterAll(() => room?.close());

  function call(password: string, calls = 1): Promise<SippResult> {
    const args = ['-au', 'ann', '-ap', password];
    return runSipp({ scenario: { file: 'digest-caller' }, target: room.port, user: 'safe', calls, holdMs: 200, args });
  }

  it('lets sipp in with the password', async () => {
    assertSuccess(await call('secret', 3), 3);
    await room.saw('left', 3);
    expect(room.of('joined')).toHaveLength(3);
  });

  it('registers it, under the own name', async () => {
    const args = ['-au', 'ann', '-ap', 'secret'];
    const run = (user: string): Promise<SippResult> =>
      runSipp({ scenario: { file: 'digest-register' }, target: room.port, user, args });
    assertSuccess(await run('ann'));
    const other = await run('bob');
    expect(other.failed).toBe(1);
    expect(other.log).toContain('SIP/2.0 403 Forbidden');
  });

  it('turns it away with another one', async () => {
    const before = room.of('joined').length;
    const result = await call('guess');
    assertSuccess(result);
    expect(result.log).toContain('SIP/2.0 403 Forbidden');
    expect(room.of('joined')).toHaveLength(before);
  });
});

it('baresip registers with a server that has MD5 hashes, and calls a room', async () => {
  const room = await startRoomServer({ users: usersFile('baresip', `ann:home:${md5}\n`) });
  const account = { port: room.port, user: 'ann', password: 'secret' };
  const baresip = await Baresip.start({ says: sine(440, 5000, -20), account });
  try {
    await baresip.printed(/200 OK/);
    await baresip.dial(room.uri('safe'));
    await room.saw('joined', 1);
    // It quits, which hangs up.
    await baresip.heard();
    await room.saw('left', 1);
  } finally {
    await baresip.stop();
    await room.close();
  }
});

it.each([
  ['MD5 hashes', `ann:home:${md5}\n`],
  ['passwords', 'ann:secret\nbob:other\n'],
])('a server with %s lets this library in, and says why not', async (name, text) => {
  const room = await startRoomServer({ users: usersFile(name, text) });
  const sessions = await createSessions({ listen: ['udp://127.0.0.1:0'], media: { ports: mediaPorts(4) } });
  try {
    const uri = room.uri('safe');
    const call = await sessions.call(uri, { auth: { username: 'ann', password: 'secret' } });
    await call.hangup();
    const wrong = sessions.call(uri, { auth: { username: 'ann', password: 'guess' } });
    await expect(wrong).rejects.toMatchObject({ name: 'SipError', status: 403 });
    await expect(sessions.call(uri)).rejects.toMatchObject({ name: 'SipError', status: 401 });
  } finally {
    await sessions.close();
    await room.close();
  }
});
