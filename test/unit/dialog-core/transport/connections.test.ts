import { beforeEach, describe, expect, test } from 'vitest';
import { seededIds } from '../../../../src/base/ids.js';
import { silentLogger } from '../../../../src/base/logger.js';
import { type CoreLimits, defaultLimits } from '../../../../src/dialog-core/index.js';
import { Connections, type StreamOrigin } from '../../../../src/dialog-core/transport/connections.js';
import type { Flow, StreamSocket } from '../../../../src/dialog-core/types.js';
import { MemoryStreams } from '../../../support/memory-stream.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const us = { address: '10.0.0.1', port: 5060 };
const origin: StreamOrigin = { index: 0, transport: 'tcp', local: us, from: us.address };
const hello =
  'OPTIONS sip:a@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.9;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n';

let clock: VirtualClock;
let streams: MemoryStreams;
let messages: { text: string; flow: Flow; fault: string | undefined }[];
let lost: { connection: number; message: string }[];
let connections: Connections;

beforeEach(() => {
  clock = new VirtualClock();
  streams = new MemoryStreams(clock);
});

async function listen(limits: Partial<CoreLimits> = {}): Promise<void> {
  messages = [];
  lost = [];
  const parts = { clock, logger: silentLogger, limits: { ...defaultLimits, ...limits }, ids: seededIds(9) };
  connections = new Connections(streams.host(us.address), parts, {
    onMessage: (data, flow, fault) => messages.push({ text: Buffer.from(data).toString(), flow, fault: fault?.code }),
    onConnectionLost: (connection, message) => lost.push({ connection, message }),
    onListenerError: () => {},
  });
  await connections.listen(0, { transport: 'tcp', ...us });
}

interface Stranger {
  readonly socket: StreamSocket;
  readonly heard: string[];
  readonly closed: boolean;
}

async function stranger(address = '10.0.0.9'): Promise<Stranger> {
  const connecting = streams
    .host(address)
    .connect({ remote: us, from: address, transport: 'tcp', serverName: undefined }, new AbortController().signal);
  connecting.catch(() => {});
  await clock.advance(10);
  const socket = await connecting;
  const heard: string[] = [];
  let closed = false;
  socket.start({ onData: (data) => heard.push(Buffer.from(data).toString()), onClose: () => (closed = true) });
  return {
    socket,
    heard,
    get closed() {
      return closed;
    },
  };
}

function say(from: Stranger, text: string): void {
  from.socket.write(Buffer.from(text));
}

describe('what comes in', () => {
  test('has the flow of its connection', async () => {
    await listen();
    const one = await stranger();
    say(one, hello + hello);
    await clock.advance(10);
    const flow = { transport: 'tcp', listener: 0, local: us, remote: one.socket.local, connection: 1 };
    expect(messages).toEqual([
      { text: hello, flow, fault: undefined },
      { text: hello, flow, fault: undefined },
    ]);
    const two = await stranger();
    say(two, hello);
    await clock.advance(10);
    expect(messages[2]?.flow.connection).toBe(2);
  });

  test('a ping is answered by a pong, a pong by nothing (RFC 5626 3.5.1)', async () => {
    await listen();
    const one = await stranger();
    say(one, '\r\n\r\n');
    say(one, `${hello}\r\n`);
    await clock.advance(20);
    expect(one.heard).toEqual(['\r\n']);
    expect(messages).toHaveLength(1);
  });

  test('what cannot be read on is handed up with its fault, and the connection closed', async () => {
    await listen();
    const one = await stranger();
    say(one, hello.replace('Content-Length: 0\r\n', '') + hello);
    await clock.advance(5);
    expect(messages.map(({ fault }) => fault)).toEqual(['missing-content-length']);
    expect(lost).toEqual([{ connection: 1, message: 'the stream cannot be read: missing-content-length' }]);
    await clock.advance(20);
    expect(one.closed).toBe(true);
    expect(connections.count).toBe(0);
  });
});

describe('bounds', () => {
  test('on connections in all, ours included', async () => {
    await listen({ maxConnections: 2 });
    const one = await stranger('10.0.0.8');
    await stranger('10.0.0.9');
    await expect(stranger('10.0.0.7')).rejects.toThrow('it was closed');
    await expect(connections.open(origin, { address: '10.0.0.9', port: 5060 }, undefined)).rejects.toMatchObject({
      code: 'ERR_LIMIT',
    });
    one.socket.destroy();
    await clock.advance(10);
    await stranger('10.0.0.7');
    expect(connections.count).toBe(2);
  });

  test('on connections of one address', async () => {
    await listen({ maxConnectionsPerPeer: 2 });
    const one = await stranger();
    await stranger();
    await expect(stranger()).rejects.toThrow('it was closed');
    await stranger('10.0.0.8');
    one.socket.destroy();
    await clock.advance(10);
    await stranger();
    expect(connections.count).toBe(3);
  });

  test('on the time of a message: dribbling does not help', async () => {
    await listen();
    const one = await stranger();
    say(one, hello);
    await clock.advance(1000);
    for (let sent = 0; sent < 20 && !one.closed; sent += 1) {
      say(one, hello[sent] ?? '');
      await clock.advance(1000);
    }
    expect(lost).toEqual([{ connection: 1, message: 'a message took too long' }]);
    expect(clock.nowMs()).toBeLessThan(17_100);
    expect(messages).toHaveLength(1);
  });

  test('on the time to a first message', async () => {
    await listen();
    const one = await stranger();
    await clock.advance(14_990);
    expect(one.closed).toBe(false);
    await clock.advance(100);
    expect(one.closed).toBe(true);
  });

  test('on silence; every message and ping puts it off', async () => {
    await listen({ idleTimeoutMs: 100_000 });
    const one = await stranger();
    for (const text of [hello, '\r\n\r\n', hello]) {
      say(one, text);
      await clock.advance(90_000);
    }
    expect(one.closed).toBe(false);
    await clock.advance(20_000);
    expect(one.closed).toBe(true);
    expect(lost).toEqual([{ connection: 1, message: 'nothing was said for too long' }]);
    expect(clock.pending).toBe(0);
  });

  test('on what a peer leaves unread', async () => {
    await listen({ maxQueuedBytes: 1000 });
    const one = await stranger();
    say(one, hello);
    await clock.advance(10);
    streams.connections[0]?.opened.pause();
    const flow = messages[0]?.flow as Flow;
    for (let sent = 0; sent < 10; sent += 1) connections.send(origin, flow, Buffer.alloc(99), () => {});
    await clock.advance(100);
    expect(lost).toEqual([]);
    connections.send(origin, flow, Buffer.alloc(99), () => {});
    expect(lost).toEqual([{ connection: 1, message: 'the peer does not read what it is sent' }]);
    await clock.advance(10);
    expect(connections.count).toBe(0);
  });

  test('on messages that wait for a connection', async () => {
    await listen();
    streams.silent.add('10.0.0.8');
    const flow: Flow = { transport: 'tcp', listener: 0, local: us, remote: { address: '10.0.0.8', port: 5060 } };
    const failed: string[] = [];
    const send = (): void => connections.send(origin, flow, Buffer.from(hello), (error) => failed.push(error.message));
    for (let sent = 0; sent < 4100; sent += 1) send();
    await clock.advance(0);
    expect(failed).toEqual(new Array(4).fill('too many messages wait for connections'));
    await clock.advance(5000);
    expect(failed).toHaveLength(4100);
    expect(failed.at(-1)).toBe('it took too long');
    expect(connections.count).toBe(0);
  });
});

describe('what goes out', () => {
  const remote = { address: '10.0.0.9', port: 5060 };

  async function peer(): Promise<string[]> {
    const heard: string[] = [];
    await streams.host(remote.address).listen(remote, 'tcp', {
      admit: () => () => {},
      onSocket: (socket) => socket.start({ onData: (data) => heard.push(Buffer.from(data).toString()), onClose() {} }),
      onError() {},
    });
    return heard;
  }

  test('shares one connection, also while that is being opened', async () => {
    await listen();
    const heard = await peer();
    const flow: Flow = { transport: 'tcp', listener: 0, local: us, remote };
    for (const text of ['a', 'b', 'c']) connections.send(origin, flow, Buffer.from(text), () => {});
    await clock.advance(100);
    connections.send(origin, flow, Buffer.from('d'), () => {});
    await clock.advance(100);
    expect(heard).toEqual(['a', 'b', 'c', 'd']);
    expect(streams.connections).toHaveLength(1);
  });

  test('on a flow whose connection is gone takes another, whose loss is told for both', async () => {
    await listen();
    await peer();
    const opening = connections.open(origin, remote, undefined);
    await clock.advance(20);
    const { flow } = await opening;
    expect(flow).toMatchObject({ local: us, remote, connection: 1 });
    streams.connections[0]?.cut();
    await clock.advance(10);
    connections.send(origin, flow, Buffer.from('x'), () => {});
    await clock.advance(100);
    expect(streams.connections).toHaveLength(2);
    lost = [];
    streams.connections[1]?.cut();
    await clock.advance(10);
    expect(lost.map(({ connection }) => connection).sort()).toEqual([1, 2]);
  });
});

test('a peer that closes at once is a loss, and leaves nothing behind', async () => {
  await listen();
  const remote = { address: '10.0.0.9', port: 5060 };
  const cut = (): void => streams.connections.at(-1)?.cut();
  await streams.host(remote.address).listen(remote, 'tcp', { admit: () => () => {}, onSocket: cut, onError() {} });
  const failed: string[] = [];
  const flow: Flow = { transport: 'tcp', listener: 0, local: us, remote, connection: 99 };
  connections.send(origin, flow, Buffer.from(hello), (error) => failed.push(error.message));
  await clock.advance(100);
  expect(failed.length + lost.filter(({ connection }) => connection === 99).length).toBe(1);
  expect(connections.count).toBe(0);
});

test('close ends what stands and what is being opened', async () => {
  await listen();
  const one = await stranger();
  streams.silent.add('10.0.0.8');
  const opening = connections.open(origin, { address: '10.0.0.8', port: 5060 }, undefined);
  opening.catch(() => {});
  await connections.close();
  await expect(opening).rejects.toMatchObject({ code: 'ERR_TRANSPORT' });
  await clock.advance(10);
  expect(one.closed).toBe(true);
  expect(lost).toEqual([]);
  await expect(stranger()).rejects.toThrow('it was closed');
});
