/**
 * Ports for tests that use real sockets on loopback: found free, and spread so that tests running side by side hardly ever meet.
 */
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';

function bound(port: number, address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind({ port, address, exclusive: true }, () => resolve(socket));
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

/** `count` UDP ports of an address that were free a moment ago, each different. */
export async function freeUdpPorts(count: number, address = '127.0.0.1'): Promise<number[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => bound(0, address)));
  const ports = sockets.map((socket) => socket.address().port);
  await Promise.all(sockets.map(closed));
  return ports;
}

export async function freeUdpPort(address = '127.0.0.1'): Promise<number> {
  return (await freeUdpPorts(1, address))[0] as number;
}

/**
 * A range of ports for `pairs` RTP and RTCP sockets, below what the system hands out by itself (net.ipv4.ip_local_port_range), at a
 * random place; ports of it that someone else holds are the pool's to step over.
 */
export function mediaPorts(pairs: number): [first: number, last: number] {
  const lowest = 10_000;
  const highest = 32_000;
  const count = 2 * pairs;
  const first = lowest + 2 * Math.floor((Math.random() * (highest - lowest - count)) / 2);
  return [first, first + count - 1];
}

/** Whether some process of this machine has the UDP port open, by the kernel's own tables. */
export function isUdpPortOpen(port: number): boolean {
  return isPortOpen('/proc/net/udp', port);
}

export function isTcpPortOpen(port: number): boolean {
  return isPortOpen('/proc/net/tcp', port);
}

function isPortOpen(table: string, port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = [table, `${table}6`].flatMap((each) => readFileSync(each, 'utf8').split('\n'));
  return lines.some((line) => line.trim().split(/\s+/)[1]?.endsWith(wanted));
}
