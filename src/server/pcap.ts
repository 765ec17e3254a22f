/**
 * A message of SIP as a packet of a capture file: the classic pcap format with raw IP packets (link type 101), readable by tshark and
 * sngrep. Pure but for the sequence numbers of streams, which one writer keeps; used by trace.ts.
 */
import { isIPv6 } from 'node:net';

/** What is to be written; the shape of what the channel `mixminus:sip:message` carries. */
export interface TracedMessage {
  readonly direction: 'in' | 'out';
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  readonly data: Uint8Array;
  readonly atMs: number;
}

const rawIp = 101;
const snapLength = 65_535;
/** What of a message one packet carries, well within what an IPv4 packet can hold. */
const segmentBytes = 60_000;
const maxStreams = 4096;
const udp = 17;
const tcp = 6;

/** The head of the file. */
export function pcapHeader(): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(snapLength, 16);
  head.writeUInt32LE(rawIp, 20);
  return head;
}

export class PcapPackets {
  /** Next sequence number of each direction of a stream. */
  readonly #sequences = new Map<string, number>();

  /** The records of a message; one, but for messages that no packet holds. UDP as it was, all else as TCP with what TLS or WebSocket held. */
  recordsOf(message: TracedMessage): Buffer {
    const records: Buffer[] = [];
    for (let at = 0; at === 0 || at < message.data.length; at += segmentBytes) {
      const part = message.data.subarray(at, at + segmentBytes);
      records.push(record(this.#packetOf(message, part), message.atMs));
    }
    return Buffer.concat(records);
  }

  #packetOf(message: TracedMessage, data: Uint8Array): Buffer {
    const { direction, transport } = message;
    const local = plain(message, message.local);
    const remote = plain(message, message.remote);
    const [from, to] = direction === 'in' ? [remote, local] : [local, remote];
    if (transport === 'udp') return ipPacket(udp, from.address, to.address, datagram(from.port, to.port, data));
    const there = `${from.address} ${from.port} ${to.address} ${to.port}`;
    const back = `${to.address} ${to.port} ${from.address} ${from.port}`;
    const sequence = this.#sequences.get(there) ?? 1;
    const segment = tcpSegment({ from: from.port, to: to.port, sequence, ack: this.#sequences.get(back) ?? 1 }, data);
    this.#advance(there, sequence + data.length);
    return ipPacket(tcp, from.address, to.address, segment);
  }

  /** The longest known stream goes for a new one: then its numbers begin again. */
  #advance(stream: string, sequence: number): void {
    const oldest = this.#sequences.keys().next().value;
    if (oldest !== undefined && this.#sequences.size >= maxStreams) this.#sequences.delete(oldest);
    this.#sequences.set(stream, sequence % 2 ** 32);
  }
}

type Address = TracedMessage['local'];

/** What was encrypted or in frames shows the port of plain SIP on our side: by its own, readers would look for TLS or HTTP. */
function plain({ transport, local }: TracedMessage, address: Address): Address {
  const zone = address.address.indexOf('%');
  const numeric = zone < 0 ? address.address : address.address.slice(0, zone);
  const shown = transport !== 'udp' && transport !== 'tcp' && address === local;
  return { address: numeric, port: shown ? 5060 : address.port };
}

function record(packet: Buffer, atMs: number): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(Math.floor(atMs / 1000) >>> 0, 0);
  head.writeUInt32LE(Math.floor((atMs % 1000) * 1000), 4);
  head.writeUInt32LE(packet.length, 8);
  head.writeUInt32LE(packet.length, 12);
  return Buffer.concat([head, packet]);
}

/** RFC 768. */
function datagram(from: number, to: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(from, 0);
  head.writeUInt16BE(to, 2);
  head.writeUInt16BE(8 + data.length, 4);
  return Buffer.concat([head, data]);
}

/** RFC 9293 3.1: PSH and ACK. */
function tcpSegment(
  { from, to, sequence, ack }: { from: number; to: number; sequence: number; ack: number },
  data: Uint8Array,
): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(from, 0);
  head.writeUInt16BE(to, 2);
  head.writeUInt32BE(sequence, 4);
  head.writeUInt32BE(ack, 8);
  head.writeUInt16BE(0x5018, 12);
  head.writeUInt16BE(65_535, 14);
  return Buffer.concat([head, data]);
}

/** The payload in IPv4 (RFC 791) or IPv6 (RFC 8200), with its checksum over the pseudo-header. */
function ipPacket(protocol: number, from: string, to: string, payload: Buffer): Buffer {
  const v6 = isIPv6(from);
  const source = bytesOf(from);
  const target = bytesOf(to);
  const pseudo = Buffer.alloc(4);
  pseudo.writeUInt16BE(protocol, 0);
  pseudo.writeUInt16BE(payload.length, 2);
  // An absent checksum of UDP is written as 0, so that one that comes out as 0 is written as all ones (RFC 768).
  const sum = checksum(Buffer.concat([source, target, pseudo, payload])) || 0xffff;
  payload.writeUInt16BE(sum, protocol === udp ? 6 : 16);
  const head = Buffer.alloc(v6 ? 40 : 20);
  if (v6) {
    head[0] = 0x60;
    head.writeUInt16BE(payload.length, 4);
    head[6] = protocol;
    head[7] = 64;
    head.set(source, 8);
    head.set(target, 24);
  } else {
    head[0] = 0x45;
    head.writeUInt16BE(20 + payload.length, 2);
    head[8] = 64;
    head[9] = protocol;
    head.set(source, 12);
    head.set(target, 16);
    head.writeUInt16BE(checksum(head), 10);
  }
  return Buffer.concat([head, payload]);
}

/** RFC 1071. */
function checksum(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  // The URL parser writes every IPv6 address in hexadecimal groups, with at most one '::' (RFC 5952).
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((group) => [group >>> 8, group & 0xff]));
}
