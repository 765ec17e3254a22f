/** `--trace`: what is said over UDP, TCP and secure WebSocket, read back by tshark. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PcapPackets, pcapHeader } from '../../src/server/pcap.js';
import { makeCertificate } from '../support/certificate.js';
import { requireProgram, temporaryFolder } from '../support/processes.js';
import { type RoomServer, startRoomServer } from '../support/room-server.js';
import { openSessions } from '../support/rtp-phone.js';

const folder = temporaryFolder();
let files: { cert: string; key: string };

beforeAll(() => {
  files = makeCertificate(folder.path);
});

afterAll(() => folder.remove());

/** One line a packet, fields with tabs between. */
function dissect(path: string, ...fields: string[]): string[][] {
  const args = ['-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const text = execFileSync(requireProgram('tshark', 'tshark'), args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

async function call(server: RoomServer, url: string, transport: string): Promise<void> {
  const port = /:(\d+)$/.exec(url)?.[1];
  const ca = readFileSync(files.cert, 'utf8');
  const sessions = await openSessions({ listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'], tls: { ca } });
  const auth = { username: 'bob', password: 'hunter2' };
  const made = await sessions.call(`sip:room@127.0.0.1:${port};transport=${transport}`, {
    from: 'sip:bob@127.0.0.1',
    auth,
  });
  await made.hangup();
  await sessions.close();
  await server.saw('left', 1);
}

describe('a trace', () => {
  test('of calls over every transport is SIP to tshark, without a malformed mark or a secret', async () => {
    const path = join(folder.path, 'all.pcap');
    const users = join(folder.path, 'users');
    execFileSync('sh', ['-c', `printf 'bob:hunter2\\n' > '${users}'`]);
    const listen = ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'wss://127.0.0.1:0'];
    const server = await startRoomServer({ listen, trace: path, users, tlsCert: files.cert, tlsKey: files.key });
    for (const [index, transport] of ['udp', 'tcp', 'wss'].entries()) {
      await call(server, server.server.listen[index] ?? '', transport);
    }
    await server.close();

    expect(statSync(path).mode & 0o777).toBe(0o600);
    const packets = dissect(path, 'ip.proto', 'sip.Method', 'sip.Status-Code', 'sip.CSeq', '_ws.malformed');
    // The library of the callers runs in this process, too, and shows on the same channel: each message comes twice.
    expect(packets.filter(([, method]) => method === 'BYE')).toHaveLength(6);
    expect(packets.filter(([, , status]) => status === '401')).toHaveLength(6);
    expect(packets.filter(([protocol]) => protocol === '6').length).toBeGreaterThan(packets.length / 2);
    for (const [, method, status, , malformed] of packets) {
      expect((method ?? '') + (status ?? '')).not.toBe('');
      expect(malformed ?? '').toBe('');
    }
    expect(dissect(path, 'ip.checksum.status', 'udp.checksum.status', 'tcp.checksum.status').flat()).not.toContain('0');
    expect(readFileSync(path, 'latin1')).not.toMatch(/response="[0-9a-f]/);
  });

  test('ends where it is full, and says so once', async () => {
    const path = join(folder.path, 'small.pcap');
    const { SipTrace } = await import('../../src/server/trace.js');
    const warnings: string[] = [];
    const trace = await SipTrace.open({ path, maxBytes: 2000, warn: (message) => warnings.push(message) });
    const sessions = await openSessions();
    const [listener] = sessions.listeners;
    for (let count = 0; count < 5; count++) await sessions.ping(`sip:127.0.0.1:${listener?.port}`);
    await sessions.close();
    await trace.close();
    expect(statSync(path).size).toBeLessThanOrEqual(2000);
    expect(trace.counts.dropped).toBeGreaterThan(0);
    expect(trace.counts.written + trace.counts.dropped).toBe(20);
    expect(warnings).toEqual([expect.stringContaining('is full')]);
  });

  test('that cannot be opened keeps the server from starting', async () => {
    await expect(startRoomServer({ trace: join(folder.path, 'no', 'where.pcap') })).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
  });
});

test('a message that no packet holds takes several, and IPv6 has its checksums', async () => {
  const packets = new PcapPackets();
  const local = { address: '2001:db8::1', port: 5060 };
  const remote = { address: 'fe80::9%eth0', port: 40_000 };
  const head =
    'MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n';
  const rest = `Call-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\nContent-Length: 65000\r\n\r\n${'y'.repeat(65_000)}`;
  const message = {
    direction: 'in',
    transport: 'tls',
    local,
    remote,
    data: Buffer.from(head + rest),
    atMs: 1.5e12,
  } as const;
  const path = join(folder.path, 'large.pcap');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(path, Buffer.concat([pcapHeader(), packets.recordsOf(message)]));
  const seen = dissect(path, 'ipv6.src', 'sip.Method', 'tcp.checksum.status', '_ws.malformed');
  expect(seen).toHaveLength(2);
  expect(seen[1]?.slice(0, 2)).toEqual(['fe80::9', 'MESSAGE']);
});
