/**
 * STUN as keep-alive on SIP's own UDP port (RFC 5626 4.4.2, 5.4; RFC 5389): a Binding request is answered with the address that it came from.
 * Pure; called by transport.ts for datagrams that cannot be SIP. Nobody is asked for credentials, and what is sent is hardly more than what came.
 */
import { isIPv6 } from 'node:net';
import type { SocketAddress } from '../types.js';

const cookie = 0x2112a442;
const headerBytes = 20;
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const bindingError = 0x0111;
/** Attributes that must be understood and are; they ask for nothing here (RFC 5389 18.2). */
const understood = new Set([0x0001, 0x0006, 0x0008, 0x0014, 0x0015, 0x0020, 0x0024, 0x0025]);

/** True for what begins as no SIP message can (RFC 5389 6). */
export function isStun(data: Uint8Array): boolean {
  return data.length >= headerBytes && (data[0] ?? 4) < 4 && view(data).getUint32(4) === cookie;
}

/** The answer to a Binding request; undefined for everything else, which gets none. */
export function answerStun(data: Uint8Array, remote: SocketAddress): Buffer | undefined {
  const message = view(data);
  const length = message.getUint16(2);
  if (message.getUint16(0) !== bindingRequest || length % 4 !== 0 || data.length !== headerBytes + length)
    return undefined;
  const unknown: number[] = [];
  for (let at = headerBytes; at < data.length; ) {
    if (at + 4 > data.length) return undefined;
    const type = message.getUint16(at);
    if (type < 0x8000 && !understood.has(type)) unknown.push(type);
    at += 4 + 4 * Math.ceil(message.getUint16(at + 2) / 4);
    if (at > data.length) return undefined;
  }
  const transaction = Buffer.from(data.subarray(4, headerBytes));
  if (unknown.length > 0) return print(bindingError, transaction, refusal(unknown));
  return print(bindingSuccess, transaction, mappedAddress(remote, transaction));
}

/** XOR-MAPPED-ADDRESS (RFC 5389 15.2). */
function mappedAddress({ address, port }: SocketAddress, transaction: Buffer): Buffer {
  const v6 = isIPv6(address);
  const bytes = v6 ? bytesOfV6(address) : Buffer.from(address.split('.').map(Number));
  const value = Buffer.alloc(4 + bytes.length);
  value[1] = v6 ? 2 : 1;
  value.writeUInt16BE(port ^ (cookie >>> 16), 2);
  bytes.forEach((byte, index) => {
    value[4 + index] = byte ^ (transaction[index] ?? 0);
  });
  return attribute(0x0020, value);
}

function bytesOfV6(address: string): Buffer {
  const text = new URL(`http://[${address.split('%', 1)[0]}]`).hostname.slice(1, -1);
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const gap = new Array<number>(8 - groups(head).length - groups(tail).length).fill(0);
  return Buffer.from([...groups(head), ...gap, ...groups(tail)].flatMap((group) => [group >>> 8, group & 0xff]));
}

/** 420 with what was not understood (RFC 5389 7.3.1, 15.6, 15.9); the first few will do. */
function refusal(unknown: readonly number[]): Buffer {
  const list = Buffer.alloc(2 * Math.min(unknown.length, 4));
  for (let index = 0; index < list.length / 2; index++) list.writeUInt16BE(unknown[index] ?? 0, 2 * index);
  return Buffer.concat([attribute(0x0009, Buffer.from([0, 0, 4, 20])), attribute(0x000a, list)]);
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function print(type: number, transaction: Buffer, attributes: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(attributes.length, 2);
  return Buffer.concat([head, transaction, attributes]);
}

function view(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
