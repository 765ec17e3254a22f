/**
 * A server for bench:sip in a process of its own: `node sip-uas.mjs NAME PORT`. Answers INVITE with 180 and 200 and BYE with 200 on
 * 127.0.0.1, prints `{"event":"listening"}`, and on SIGUSR2 what it holds: heap after a collection, calls.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const [name, portText] = process.argv.slice(2);
const port = Number(portText);
const answer = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  'a=rtpmap:0 PCMU/8000',
  '',
].join('\r\n');
const description = { contentType: 'application/sdp', data: Buffer.from(answer) };

/** Each starts its server and resolves to a function that counts its calls. */
const servers = {
  /** Signalling alone: the SIP core under the dialog layer's manager, no media. */
  async 'dialog-layer'() {
    const { DialogBuilder } = await import('../../dist/index.js');
    let layer;
    const sink = {
      fact(sessionId, fact) {
        if (fact.type === 'incoming') {
          layer.manager.ringSession(sessionId, 180);
          layer.manager.acceptSession(sessionId, description);
        } else if (fact.type === 'ended') layer.manager.forgetSession(sessionId);
      },
      warning(code, message) {
        process.stderr.write(`${code}: ${message}\n`);
      },
    };
    const limits = { maxTransactions: 2_000_000, maxUsages: 1_000_000, maxPendingInvites: 100_000 };
    layer = new DialogBuilder().options({ listen: [`udp://127.0.0.1:${port}`], limits }).build(sink);
    await layer.start();
    return () => layer.manager.size;
  },
  /** Through the whole library: SDP answered, ports leased, a stream opened for each call. */
  async api() {
    const { createSessions } = await import('../../dist/index.js');
    const sessions = await createSessions({
      listen: [`udp://127.0.0.1:${port}`],
      limits: { maxCalls: 2000 },
      media: { ports: [20_000, 31_999], portRestMs: 1 },
      onIncomingCall: (incoming) => {
        incoming.ring();
        incoming.accept().catch(() => {});
      },
    });
    return () => sessions.counts().sessions;
  },
  /** npm's `sip` 0.0.6, with the transactions that it has. */
  async sip() {
    const sip = require('sip');
    sip.start({ address: '127.0.0.1', port, tcp: false, logger: { error() {} } }, (request) => {
      const reply = (status, reason, more = {}) => {
        const response = sip.makeResponse(request, status, reason);
        response.headers.to.params.tag ??= 'uas';
        sip.send({ ...response, ...more, headers: { ...response.headers, ...more.headers } });
      };
      if (request.method === 'INVITE') {
        reply(180, 'Ringing');
        const headers = { contact: [{ uri: `sip:127.0.0.1:${port}` }], 'content-type': 'application/sdp' };
        reply(200, 'OK', { headers, content: answer });
      } else if (request.method === 'BYE') reply(200, 'OK');
    });
    return () => undefined;
  },
};

const calls = await servers[name]();
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ event: 'memory', heapUsed, rss, calls: calls() })}\n`);
});
process.stdout.write(`${JSON.stringify({ event: 'listening' })}\n`);
