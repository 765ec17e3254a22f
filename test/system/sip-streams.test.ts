/** The endpoint over TCP and TLS on real sockets, on loopback. The certificate is made here, by openssl. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type DialogCoreConfig,
  type DialogCoreEvent,
  type ListenAddress,
  parseUri,
  SipEndpoint,
} from '../../src/dialog-core/index.js';
import type { SipUri, TlsCredentials } from '../../src/dialog-core/types.js';
import { makeCertificate } from '../support/certificate.js';
import { temporaryFolder } from '../support/processes.js';
import { sdp } from '../support/sip-world.js';
import { until } from '../support/until.js';

interface Phone {
  readonly endpoint: SipEndpoint;
  readonly port: number;
  /** The next event, which must be of that type. */
  next<T extends DialogCoreEvent['type']>(type: T): Promise<Extract<DialogCoreEvent, { type: T }>>;
}

const open: SipEndpoint[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

async function phone(listen: ListenAddress, config: Partial<DialogCoreConfig> = {}): Promise<Phone> {
  const endpoint = new SipEndpoint({ listen: [listen], ...config });
  open.push(endpoint);
  const events: DialogCoreEvent[] = [];
  endpoint.onEvent((event) => events.push(event));
  await endpoint.start();
  const next: Phone['next'] = async (type) => {
    await until(() => events.length > 0, type);
    const event = events.shift() as DialogCoreEvent;
    if (event.type !== type) throw new Error(`${JSON.stringify(event)} instead of ${type}`);
    return event as Extract<DialogCoreEvent, { type: typeof type }>;
  };
  return { endpoint, port: endpoint.listeners[0]?.local.port ?? 0, next };
}

function uri(text: string): SipUri {
  return parseUri(text) as SipUri;
}

/** A whole call; the caller hangs up, or the callee. */
async function call(from: Phone, to: Phone, target: string, ends: 'caller' | 'callee'): Promise<void> {
  const usage = from.endpoint.invite({ target: uri(target), from: { uri: uri('sip:us@example.org') } });
  await from.next('routed');
  from.endpoint.sendInvite(usage, sdp);
  const invite = await to.next('invite');
  expect(invite.request.bodyText()).toBe('v=0\r\n');
  to.endpoint.accept(invite.usage, { body: sdp });
  await from.next('answered');
  from.endpoint.ack(usage);
  await to.next('acked');
  if (ends === 'caller') from.endpoint.bye(usage);
  else to.endpoint.bye(invite.usage);
  await from.next('ended');
  await to.next('ended');
  const clean = { usages: 0, dialogs: 0, malformed: 0, unmatched: 0, retransmissionsOut: 0 };
  expect(from.endpoint.counts()).toMatchObject(clean);
  expect(to.endpoint.counts()).toMatchObject(clean);
}

const tcp = (address: string, port = 0): ListenAddress => ({ transport: 'tcp', address, port });
const tls = (address: string, port = 0): ListenAddress => ({ transport: 'tls', address, port });

describe('over TCP', () => {
  test.each([
    ['127.0.0.1', '127.0.0.2', '127.0.0.2'],
    ['::1', '::1', '[::1]'],
    ['0.0.0.0', '0.0.0.0', '127.0.0.1'],
  ])('a call from %s to %s', async (ours, theirs, host) => {
    const from = await phone(tcp(ours));
    const to = await phone(tcp(theirs));
    await call(from, to, `sip:room@${host}:${to.port};transport=tcp`, 'caller');
    await call(from, to, `sip:room@${host}:${to.port};transport=tcp`, 'callee');
  });

  test('a port that nobody listens on is refused at once', async () => {
    const from = await phone(tcp('127.0.0.1'));
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    from.endpoint.invite({ target: uri(`sip:a@127.0.0.1:${port};transport=tcp`), from: { uri: uri('sip:us@a') } });
    expect(await from.next('failed')).toMatchObject({ cause: 'transport', reason: /it was refused/ });
  });

  test('garbage is answered by the end of the connection, a fault by 400 and the end', async () => {
    const { port } = await phone(tcp('127.0.0.1'));
    const told = async (text: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      let heard = '';
      socket.on('data', (data) => {
        heard += data.toString();
      });
      socket.write(text);
      await once(socket, 'end');
      socket.destroy();
      return heard;
    };
    expect(await told('\x16\x03\x01\x00\xa5')).toBe('');
    expect(await told('GET / HTTP/1.1\r\nContent-Length: 0\r\nHost: x\r\n\r\nGET')).not.toContain('SIP/2.0 2');
    const options =
      'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n';
    expect(await told(`${options}To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n`)).toMatch(
      /^SIP\/2\.0 400 Missing Content-Length\r\n/,
    );
  });

  test('a busy port is ERR_ADDRESS_IN_USE; close releases it though a connection stands', async () => {
    const { port, endpoint } = await phone(tcp('127.0.0.1'));
    await expect(new SipEndpoint({ listen: [tcp('127.0.0.1', port)] }).start()).rejects.toMatchObject({
      code: 'ERR_ADDRESS_IN_USE',
      message: expect.stringContaining(`TCP address 127.0.0.1:${port}`),
    });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    socket.resume();
    await endpoint.close();
    await ended;
    await phone(tcp('127.0.0.1', port));
  });
});

describe('over TLS', () => {
  const folder = temporaryFolder();
  let own: TlsCredentials;
  const trust = (): TlsCredentials => ({ ca: own.cert });

  beforeAll(() => {
    const { key, cert } = makeCertificate(folder.path);
    own = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  });

  afterAll(() => folder.remove());

  test.each(['sips:room@localhost', 'sips:room@127.0.0.1', 'sip:room@localhost'])('a call to %s', async (target) => {
    const to = await phone(tls('127.0.0.1'), { tls: own });
    const from = await phone(tls('127.0.0.1'), { tls: trust() });
    const transport = target.startsWith('sips') ? '' : ';transport=tls';
    await call(from, to, `${target}:${to.port}${transport}`, 'caller');
    await call(from, to, `${target}:${to.port}${transport}`, 'callee');
  });

  test('whose certificate is not trusted, or is for another name, is not called', async () => {
    const to = await phone(tls('127.0.0.2'), { tls: own });
    const attempt = async (host: string, credentials: TlsCredentials): Promise<string> => {
      const from = await phone(tls('127.0.0.1'), { tls: credentials });
      from.endpoint.invite({ target: uri(`sips:a@${host}:${to.port}`), from: { uri: uri('sip:us@a') } });
      return (await from.next('failed')).reason;
    };
    expect(await attempt('127.0.0.2', {})).toMatch(/self-signed/);
    expect(await attempt('127.0.0.2', trust())).toMatch(/127\.0\.0\.2/);
    const careless = await phone(tls('127.0.0.1'), { tls: { rejectUnauthorized: false } });
    await call(careless, to, `sips:a@127.0.0.2:${to.port}`, 'caller');
    expect(to.endpoint.counts()).toMatchObject({ usages: 0, malformed: 0 });
  });

  test('a handshake that does not come is bounded in time and number, and does not hold up the end', async () => {
    const limits = { connectTimeoutMs: 300, maxConnectionsPerPeer: 2 };
    const { port, endpoint } = await phone(tls('127.0.0.1'), { tls: own, limits });
    const silent = async (): Promise<{ socket: Socket; closed: Promise<unknown> }> => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume();
      await once(socket, 'connect');
      return { socket, closed };
    };
    const [one, two, three] = [await silent(), await silent(), await silent()];
    await three?.closed;
    await Promise.all([one?.closed, two?.closed]);
    const last = await silent();
    await endpoint.close();
    await last.closed;
  });

  test('connections that are over are not counted', async () => {
    const to = await phone(tls('127.0.0.1'), { tls: own, limits: { maxConnectionsPerPeer: 1 } });
    for (let round = 0; round < 3; round += 1) {
      const from = await phone(tls('127.0.0.1'), { tls: trust() });
      await call(from, to, `sips:a@localhost:${to.port}`, 'caller');
      await from.endpoint.close();
    }
  });

  test('a certificate that cannot be read is ERR_CONFIG', async () => {
    const broken = new SipEndpoint({ listen: [tls('127.0.0.1')], tls: { cert: 'x', key: 'y' } });
    await expect(broken.start()).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });
});
