/**
 * A server that costs CPU on purpose: `node slow-server.mjs MS` answers every call after it has computed for MS milliseconds, so that any
 * machine can offer more than it serves. Prints `{"event":"listening","port":…}`, and on SIGUSR2 what it has accepted and refused so far.
 */
import { createSessions } from '../../dist/index.js';

const burnMs = Number(process.argv[2]);
let accepted = 0;
const sessions = await createSessions({
  listen: ['udp://127.0.0.1:0'],
  onIncomingCall: (incoming) => {
    const startedMs = performance.now();
    while (performance.now() - startedMs < burnMs);
    accepted += 1;
    incoming.accept().catch(() => {});
  },
});
process.on('SIGUSR2', () => {
  const { signalling, sessions: calls } = sessions.counts();
  const { heapUsed } = process.memoryUsage();
  const status = { event: 'status', accepted, refused: signalling.refused, calls, heapUsed };
  process.stdout.write(`${JSON.stringify(status)}\n`);
});
process.stdout.write(`${JSON.stringify({ event: 'listening', port: sessions.listeners[0].port })}\n`);
