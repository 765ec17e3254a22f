/** WebSocket on real sockets of loopback: the handshake and what it refuses, calls with and without TLS, new certificates. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type DialogCoreConfig, type DialogCoreEvent, parseUri, SipEndpoint } from '../../src/dialog-core/index.js';
import type { SipUri, TlsCredentials } from '../../src/dialog-core/types.js';
import { makeCertificate } from '../support/certificate.js';
import { temporaryFolder } from '../support/processes.js';
import { until } from '../support/until.js';

const open: SipEndpoint[] = [];
const folder = temporaryFolder();
let tls: Required<Pick<TlsCredentials, 'cert' | 'key' | 'ca'>>;

beforeAll(() => {
  const files = makeCertificate(folder.path);
  const cert = readFileSync(files.cert, 'utf8');
  tls = { cert, key: readFileSync(files.key, 'utf8'), ca: cert };
});

afterAll(() => folder.remove());

afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

async function serve(transport: 'ws' | 'wss' | 'udp', config: Partial<DialogCoreConfig> = {}) {
  const endpoint = new SipEndpoint({ listen: [{ transport, address: '127.0.0.1', port: 0 }], ...config });
  open.push(endpoint);
  const events: DialogCoreEvent[] = [];
  endpoint.onEvent((event) => events.push(event));
  await endpoint.start();
  return { endpoint, events, port: endpoint.listeners[0]?.local.port ?? 0 };
}

const uri = (text: string): SipUri => parseUri(text) as SipUri;

/** The status of a refused handshake, or the subprotocol of one that succeeded. */
async function shake(url: string, protocols: string[], options: ClientOptions = {}): Promise<number | string> {
  const socket = new WebSocket(url, protocols, options);
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => {
      resolve(socket.protocol);
      socket.terminate();
    });
    socket.on('error', reject);
  });
}

describe('the handshake', () => {
  test('is for SIP, at one path, from the pages that may', async () => {
    const websocket = { origins: ['https://phone.example.com'], path: '/sip' };
    const { port } = await serve('ws', { websocket });
    const url = `ws://127.0.0.1:${port}/sip`;
    expect(await shake(url, ['sip'])).toBe('sip');
    expect(await shake(url, ['chat', 'sip'])).toBe('sip');
    expect(await shake(url, ['sip'], { origin: 'https://phone.example.com' })).toBe('sip');
    expect(await shake(url, ['sip'], { origin: 'https://evil.example.com' })).toBe(403);
    expect(await shake(url, ['chat'])).toBe(400);
    expect(await shake(`ws://127.0.0.1:${port}/`, ['sip'])).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/sip`)).status).toBe(426);
  });

  test('has its time, after which the connection is closed', async () => {
    const { port } = await serve('ws', { limits: { connectTimeoutMs: 200 } });
    const socket = connectPlain(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\n');
    socket.resume();
    await once(socket, 'close');
  });
});

test('a message beyond the limit ends the connection', async () => {
  const { port, endpoint } = await serve('ws', { limits: { maxMessageBytes: 1000 } });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, 'sip');
  await once(socket, 'open');
  socket.send('x'.repeat(1001));
  const [code] = await once(socket, 'close');
  expect(code).toBe(1009);
  expect(endpoint.counts().received).toBe(0);
});

test.each(['ws', 'wss'] as const)('a call over %s, by a client that does not listen', async (transport) => {
  const callee = await serve(transport, { tls });
  const caller = await serve('udp', { tls: { ca: tls.ca } });
  const target = uri(`sip:bob@127.0.0.1:${callee.port};transport=${transport}`);
  const usage = caller.endpoint.invite({ target, from: { uri: uri('sip:a@b.example') } });
  const next = async (who: typeof caller, type: DialogCoreEvent['type']): Promise<DialogCoreEvent> => {
    await until(() => who.events.length > 0, type);
    const event = who.events.shift() as DialogCoreEvent;
    expect(event.type).toBe(type);
    return event;
  };
  await next(caller, 'routed');
  // Text that is no UTF-8 goes as a binary frame, and comes as it was.
  const body = { contentType: 'application/sdp', data: Buffer.from([0xff, 0x00, 0x61]) };
  caller.endpoint.sendInvite(usage, body);
  const invite = await next(callee, 'invite');
  if (invite.type !== 'invite') return;
  expect(Buffer.from(invite.request.body)).toEqual(body.data);
  callee.endpoint.accept(invite.usage, { body });
  await next(caller, 'answered');
  caller.endpoint.ack(usage);
  await next(callee, 'acked');
  callee.endpoint.bye(invite.usage);
  await next(callee, 'ended');
  await next(caller, 'ended');
});

test('a peer that cannot prove its name is not called', async () => {
  const callee = await serve('wss', { tls });
  const caller = await serve('udp');
  const target = uri(`sip:bob@127.0.0.1:${callee.port};transport=wss`);
  const { status, reason } = await caller.endpoint.options({ target, from: uri('sip:a@b.example') });
  expect([status, reason]).toEqual([503, expect.stringContaining('no WSS connection')]);
});

test.each(['tls', 'wss'] as const)(
  'a new certificate serves new connections over %s, a bad one changes nothing',
  async (transport) => {
    const endpoint = new SipEndpoint({ listen: [{ transport, address: '127.0.0.1', port: 0 }], tls });
    open.push(endpoint);
    await endpoint.start();
    const port = endpoint.listeners[0]?.local.port ?? 0;
    const fingerprint = async (): Promise<string> => {
      const socket = connectSecure({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const found = socket.getPeerCertificate().fingerprint256;
      socket.destroy();
      return found;
    };
    const first = await fingerprint();
    const other = temporaryFolder();
    const files = makeCertificate(other.path);
    const next = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
    expect(() => endpoint.reloadTls({ cert: next.cert, key: tls.key })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG' }),
    );
    expect(() => endpoint.reloadTls({ ca: next.cert })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
    expect(await fingerprint()).toBe(first);
    endpoint.reloadTls(next);
    expect(await fingerprint()).not.toBe(first);
    other.remove();
  },
);
