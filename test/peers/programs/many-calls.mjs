/**
 * A program for test/peers/leaks.test.ts: two libraries in one process of their own (`node --expose-gc`, the built package), one calls the
 * other over loopback, over and over, with media. Prints one line of JSON after the warm-up and one at the end: what each of them
 * still holds, and what the process does. Arguments: calls to warm up with, calls to judge by.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createSessions } from '../../../dist/index.js';

const [warmUp, judged] = process.argv.slice(2).map(Number);
const atOnce = 10;
/** Few enough for the warm-up to have opened all of them. */
const pairs = 60;

/** Everything that RFC 3261 keeps for 64·T1 or T4 is gone after three seconds or so. */
const timers = { t1Ms: 50, t2Ms: 200, t4Ms: 100, timerCMs: 180_000 };
const first = 10_000 + 2 * Math.floor(Math.random() * 8000);

function open(from, extra) {
  return createSessions({
    listen: ['udp://127.0.0.1:0'],
    media: { ports: [from, from + 2 * pairs - 1], portRestMs: 20, workers: 1 },
    timers,
    // A test machine may be late without a caller being too many.
    signalling: { maxLoopDelayMs: 60_000 },
    ...extra,
  });
}

const callee = await open(first, {
  onIncomingCall: async (incoming) => {
    const call = await incoming.accept();
    callee.conference('leaks').join(call);
  },
});
const caller = await open(first + 2 * pairs, {});
const target = `sip:leaks@127.0.0.1:${callee.listeners[0].port}`;
const tone = new Int16Array(1600).map((_, index) => Math.round(3000 * Math.sin(index / 2)));
let withSound = 0;

/** One call of a few packets each way; either side hangs up. */
async function oneCall(index) {
  const call = await caller.call(target);
  const playing = call.play(tone, { loop: true });
  if (index % 10 === 0) {
    while ((call.stats()?.packetsReceived ?? 0) === 0) await delay(5);
    withSound += 1;
  }
  if (index % 2 === 0) await call.hangup();
  else
    await Promise.all(
      [...callee.calls.values()].filter((one) => one.callId === call.callId).map((one) => one.hangup()),
    );
  await Promise.all([call.finished, playing]);
}

async function makeCalls(count, lines) {
  let next = 0;
  const line = async () => {
    while (next < count) {
      next += 1;
      await oneCall(next);
    }
  };
  await Promise.all(Array.from({ length: lines }, line));
}

/** Live things of one library. */
function live({ sessions, rooms, deadlines, dialogs, streams, signalling, media, resources }) {
  return {
    sessions,
    rooms,
    deadlines,
    dialogs,
    streams,
    transactions: signalling.transactions,
    usages: signalling.usages,
    coreDialogs: signalling.dialogs,
    coreDeadlines: signalling.deadlines,
    leases: resources.reduce((sum, { used }) => sum + used, 0),
    media,
  };
}

/** What keeps the process alive, but for the timer that this program waits on and its own standard output. */
function handles() {
  const own = new Set(['Immediate', 'Timeout', 'PipeWrap', 'TTYWrap', 'FSReqCallback']);
  return process
    .getActiveResourcesInfo()
    .filter((name) => !own.has(name))
    .sort();
}

/** Waits until nothing is live but what stays, or for ten seconds; then says what there is. */
async function settled(event) {
  const idle = (sessions) => {
    const { transactions, usages, sessions: calls, coreDeadlines, streams } = live(sessions.counts());
    return transactions + usages + calls + coreDeadlines + streams === 0;
  };
  for (let turn = 0; turn < 500 && !(idle(caller) && idle(callee)); turn += 1) await delay(20);
  const resting = (sessions) => sessions.counts().media.restingPorts;
  for (let turn = 0; turn < 100 && resting(caller) + resting(callee) > 0; turn += 1) await delay(20);
  for (let turn = 0; turn < 4; turn += 1) {
    globalThis.gc();
    await delay(20);
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  const report = {
    event,
    withSound,
    caller: live(caller.counts()),
    callee: { ...live(callee.counts()), conference: callee.conferences.get('leaks')?.size ?? 0 },
    handles: handles(),
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    memory: { heapUsed, external, arrayBuffers, rss },
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

// Standard output opens its descriptor with the first line.
process.stdout.write(`${JSON.stringify({ event: 'started' })}\n`);
// With more lines than are judged, so that the pools of ports have grown to what that takes.
await makeCalls(warmUp, 3 * atOnce);
await settled('warm');
await makeCalls(judged, atOnce);
await settled('judged');
await Promise.all([caller.close(), callee.close()]);
await delay(0);
process.stdout.write(`${JSON.stringify({ event: 'closed', handles: handles() })}\n`);
// Whatever is still open now would keep the process from ending.
