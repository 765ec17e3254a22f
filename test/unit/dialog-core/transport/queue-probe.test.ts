import { expect, test } from 'vitest';
import { QueueProbe } from '../../../../src/dialog-core/transport/queue-probe.js';

/** A probe whose way to itself is this list. */
function world() {
  const way: Uint8Array[] = [];
  const time = { nowMs: 0 };
  const probe = new QueueProbe(
    (data) => way.push(data),
    () => time.nowMs,
  );
  const arrive = (): boolean => probe.take(way.shift() ?? new Uint8Array());
  return { way, time, probe, arrive };
}

/** One that has been there and back. */
function proven() {
  const all = world();
  all.probe.look();
  all.arrive();
  all.probe.look();
  all.arrive();
  return all;
}

test('says how long its datagram waited, once it was read', () => {
  const { time, probe, arrive } = proven();
  expect(probe.look()).toBe(0);
  time.nowMs = 120;
  expect(arrive()).toBe(true);
  time.nowMs = 150;
  expect(probe.look()).toBe(120);
});

test('says how long one has been waiting that was not read yet', () => {
  const { time, probe } = proven();
  probe.look();
  time.nowMs = 400;
  expect(probe.look()).toBe(400);
});

test('one that a later one overtakes was lost: the buffer ran over', () => {
  const { way, probe, arrive } = proven();
  probe.look();
  probe.look();
  way.shift();
  arrive();
  expect(probe.look()).toBe(Number.POSITIVE_INFINITY);
  arrive();
  expect(probe.look()).toBe(0);
});

test('where nothing comes back to ourselves nothing is concluded, at first or later', () => {
  const { time, probe } = world();
  for (time.nowMs = 0; time.nowMs < 20_000; time.nowMs += 50) expect(probe.look()).toBe(0);
  const later = proven();
  later.probe.look();
  later.time.nowMs = 5001;
  expect(later.probe.look()).toBe(0);
  later.time.nowMs = 6000;
  expect(later.probe.look()).toBe(0);
});

test('leaves the datagrams of others alone, and a STUN request of theirs', () => {
  const { probe, way } = world();
  probe.look();
  const other = Buffer.from(way[0] ?? []);
  other.writeUInt8(other.readUInt8(10) ^ 1, 10);
  expect(probe.take(other)).toBe(false);
  expect(probe.take(Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n'))).toBe(false);
  expect(probe.take(Buffer.alloc(20))).toBe(false);
});
