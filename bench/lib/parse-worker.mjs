/**
 * One parser in a process of its own: `node parse-worker.mjs NAME SECONDS`. Parses the bench's INVITE and reads Via, From, To, Call-ID,
 * CSeq, Contact and Content-Length, for so long, and prints parses and microseconds of this process's CPU as JSON. CPU time instead of
 * wall time: what else runs on the machine costs nobody a place.
 */
import { createRequire } from 'node:module';
import { invite } from './invite.mjs';

const require = createRequire(import.meta.url);
const bytes = Buffer.from(invite, 'latin1');

/** Each returns a number that depends on all seven values, so that no read can be left out. */
const parsers = {
  async mixminus() {
    const { parseMessage } = await import('../../dist/sip.js');
    return () => {
      const result = parseMessage(bytes);
      const { message } = result;
      return (
        message.topVia.params.size +
        message.fromTag.length +
        message.to.uri.host.length +
        message.callId.length +
        message.cseq.number +
        message.contact.uri.host.length +
        Number(message.header('Content-Length'))
      );
    };
  },
  async sip() {
    const { parse } = require('sip');
    return () => {
      const { headers } = parse(bytes.toString('latin1'));
      return (
        Object.keys(headers.via[0].params).length +
        headers.from.params.tag.length +
        headers.to.uri.length +
        headers['call-id'].length +
        headers.cseq.seq +
        headers.contact[0].uri.length +
        headers['content-length']
      );
    };
  },
  async jssip() {
    const { parseMessage } = require('jssip/lib/Parser');
    const ua = {};
    return () => {
      const message = parseMessage(bytes.toString('latin1'), ua);
      return (
        message.via.branch.length +
        message.from_tag.length +
        message.to.uri.host.length +
        message.call_id.length +
        message.cseq +
        message.parseHeader('contact').uri.host.length +
        Number(message.getHeader('content-length'))
      );
    };
  },
  async 'sip.js'() {
    const { Parser } = await import('sip.js/lib/core/messages/parser.js');
    const logger = { error() {}, warn() {}, log() {}, debug() {} };
    return () => {
      const message = Parser.parseMessage(bytes.toString('latin1'), logger);
      return (
        message.via.branch.length +
        message.fromTag.length +
        message.to.uri.host.length +
        message.callId.length +
        message.cseq +
        message.parseHeader('contact').uri.host.length +
        Number(message.getHeader('content-length'))
      );
    };
  },
};

const [name, seconds] = process.argv.slice(2);
const parse = await parsers[name]();
let sum = 0;
const batch = 2000;

/** Runs for so much CPU time; returns parses and the time. */
function run(limitUs) {
  let parses = 0;
  const start = process.cpuUsage();
  for (;;) {
    for (let i = 0; i < batch; i += 1) sum += parse();
    parses += batch;
    const { user, system } = process.cpuUsage(start);
    if (user + system >= limitUs) return { parses, us: user + system };
  }
}

run(500_000);
const result = run(Number(seconds) * 1e6);
if (!Number.isFinite(sum)) throw new Error(`${name} did not read all of the message`);
process.stdout.write(`${JSON.stringify({ name, ...result })}\n`);
