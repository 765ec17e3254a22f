/** The conference server over TCP and TLS at once, called by the library, on loopback. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/api/index.js';
import { ConferenceServer } from '../../src/server/index.js';
import { makeCertificate } from '../support/certificate.js';
import { temporaryFolder } from '../support/processes.js';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { openSessions } from '../support/rtp-phone.js';

const folder = temporaryFolder();
const { cert: tlsCert, key: tlsKey } = makeCertificate(folder.path);
const opened: (Sessions | RoomServer)[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});
afterAll(() => folder.remove());

describe('a room', () => {
  it('is joined over UDP, TCP and TLS by the same name', async () => {
    const listen = ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'tls://127.0.0.1:0'];
    const room = await startRoomServer({ listen, tlsCert, tlsKey }, 20);
    opened.push(room);
    const ports = room.server.listen.map((url) => url.slice(url.lastIndexOf(':') + 1));
    expect(room.server.listen.map((url) => url.slice(0, 6))).toEqual(['udp://', 'tcp://', 'tls://']);
    const targets = [
      `sip:r@127.0.0.1:${ports[0]}`,
      `sip:r@127.0.0.1:${ports[1]};transport=tcp`,
      `sips:r@localhost:${ports[2]}`,
    ];
    const phone = await openSessions({ listen, tls: { ca: readFileSync(tlsCert, 'utf8') } });
    opened.push(phone);
    const calls = await Promise.all(targets.map((target) => phone.call(target)));
    await room.saw('joined', 3);
    expect(room.of('joined').map((event) => event.room)).toEqual(['r', 'r', 'r']);
    expect(room.server.status().rooms[0]?.members).toHaveLength(3);
    await Promise.all(calls.map((call) => call.hangup()));
    await room.saw('left', 3);
  });
});

describe('certificates that cannot be used', () => {
  it.each([
    ['does not exist', join(folder.path, 'none.pem')],
    ['cannot be read (EISDIR)', folder.path],
    ['holds nothing in PEM form', join(folder.path, 'empty.pem')],
  ])('%s', async (problem, path) => {
    writeFileSync(join(folder.path, 'empty.pem'), 'certificate\n');
    const server = new ConferenceServer({ listen: ['tls://127.0.0.1:0'], tlsCert: path, tlsKey });
    await expect(server.start()).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(new RegExp(`^--tls-cert: .*${problem.replace(/[()]/g, '\\$&')}`)),
    });
  });
});
