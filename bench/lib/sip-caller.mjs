/**
 * The least of a SIP caller: INVITE, ACK and BYE over one UDP socket, written by hand, so that benches and tests do not measure this
 * project's stack with itself. One socket serves any number of calls. Retransmits requests (RFC 3261 17.1) and answers what a server
 * may send to a caller.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';

const token = () => randomBytes(8).toString('hex');
const retransmitMs = [500, 1000, 2000, 4000, 4000, 4000, 4000];

export class SipCaller {
  #socket;
  #address;
  #port = 0;
  /** Waiting transactions by branch, live calls by Call-ID. */
  #pending = new Map();
  #calls = new Map();

  /** Opens a caller on a free port of a numeric address. */
  static async open(address = '127.0.0.1') {
    const caller = new SipCaller();
    caller.#address = address;
    caller.#socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    caller.#socket.on('message', (data, from) => caller.#receive(data.toString('utf8'), from));
    caller.#socket.on('error', () => {});
    await new Promise((resolve, reject) => {
      caller.#socket.once('error', reject);
      caller.#socket.bind(0, address, resolve);
    });
    caller.#port = caller.#socket.address().port;
    return caller;
  }

  /**
   * Calls `sip:user@server` with PCMU on `rtpPort` and resolves, once it is answered and acknowledged, to the call: where its audio goes,
   * and `bye()`. Rejects with the status of a refusal, or when nothing answers for 20 s.
   */
  async invite({ user, server, rtpPort }) {
    const call = {
      id: `${token()}@${this.#address}`,
      server,
      target: `sip:${user}@${host(server.address)}:${server.port}`,
      from: `<sip:bench-${rtpPort}@${host(this.#address)}>;tag=${token()}`,
      to: `<sip:${user}@${host(server.address)}:${server.port}>`,
      sequence: 1,
      ended: false,
    };
    this.#calls.set(call.id, call);
    const sdp = offer(this.#address, rtpPort);
    const branch = `z9hG4bK${token()}`;
    const response = await this.#request(call, 'INVITE', branch, sdp);
    if (response.status >= 300) {
      // RFC 3261 17.1.1.3: the ACK of a refusal belongs to the INVITE's transaction.
      this.#send(server, this.#print(call, 'ACK', branch, '', response.to));
      this.#calls.delete(call.id);
      throw new Error(`${user}: ${response.status} ${response.reason}`);
    }
    call.to = response.to;
    call.target = response.contact ?? call.target;
    call.ack = this.#print(call, 'ACK', `z9hG4bK${token()}`);
    this.#send(server, call.ack);
    return { remote: audioTarget(response.body), bye: () => this.#bye(call), isEnded: () => call.ended };
  }

  close() {
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    this.#socket.close();
  }

  async #bye(call) {
    if (call.ended) return;
    call.sequence += 1;
    await this.#request(call, 'BYE', `z9hG4bK${token()}`);
    call.ended = true;
    this.#calls.delete(call.id);
  }

  /** Sends a request until a final response comes. */
  #request(call, method, branch, body = '') {
    const text = this.#print(call, method, branch, body);
    return new Promise((resolve, reject) => {
      const transaction = { resolve, timer: undefined };
      const transmit = (attempt) => {
        if (attempt >= retransmitMs.length) {
          this.#pending.delete(branch);
          reject(new Error(`no answer to ${method} from ${call.server.address}:${call.server.port}`));
          return;
        }
        if (!transaction.heard) this.#send(call.server, text);
        transaction.timer = setTimeout(() => transmit(attempt + 1), retransmitMs[attempt]);
      };
      this.#pending.set(branch, transaction);
      transmit(0);
    });
  }

  #print(call, method, branch, body = '', to = call.to) {
    const here = `${host(this.#address)}:${this.#port}`;
    return [
      `${method} ${call.target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${here};rport;branch=${branch}`,
      'Max-Forwards: 70',
      `From: ${call.from}`,
      `To: ${to}`,
      `Call-ID: ${call.id}`,
      `CSeq: ${call.sequence} ${method}`,
      `Contact: <sip:bench@${here}>`,
      ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
  }

  #send({ address, port }, text) {
    this.#socket.send(text, port, address);
  }

  #receive(text, from) {
    const message = readMessage(text);
    if (message.status === undefined) return this.#serve(message, from);
    const transaction = this.#pending.get(message.branch);
    if (!transaction) {
      // A 200 that is repeated because the ACK was lost gets the same ACK (RFC 3261 13.2.2.4).
      const call = this.#calls.get(message.callId);
      if (message.method === 'INVITE' && call?.ack) this.#send(call.server, call.ack);
      return;
    }
    transaction.heard = true;
    if (message.status < 200) return;
    clearTimeout(transaction.timer);
    this.#pending.delete(message.branch);
    transaction.resolve(message);
  }

  /** A server may end a call or ask whether we live; anything else is not for so small a caller. */
  #serve(message, from) {
    if (message.method === 'ACK') return;
    if (message.method === 'BYE') {
      const call = this.#calls.get(message.callId);
      if (call) call.ended = true;
    }
    const status = message.method === 'BYE' || message.method === 'OPTIONS' ? '200 OK' : '501 Not Implemented';
    const copied = message.lines.filter((line) => /^(via|from|to|call-id|cseq)\s*:/i.test(line));
    this.#send(from, [`SIP/2.0 ${status}`, ...copied, 'Content-Length: 0', '', ''].join('\r\n'));
  }
}

function host(address) {
  return address.includes(':') ? `[${address}]` : address;
}

function offer(address, port) {
  const family = address.includes(':') ? 'IP6' : 'IP4';
  const lines = ['v=0', `o=- 1 1 IN ${family} ${address}`, 's=-', `c=IN ${family} ${address}`, 't=0 0'];
  return [...lines, `m=audio ${port} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', 'a=ptime:20', ''].join('\r\n');
}

function readMessage(text) {
  const split = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, split < 0 ? text.length : split).split('\r\n');
  const header = (name) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const start = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(lines[0]);
  return {
    lines,
    status: start ? Number(start[1]) : undefined,
    reason: start?.[2],
    method: start ? header('cseq')?.split(/\s+/)[1] : lines[0].split(' ')[0],
    branch: /branch=([^;,\s]+)/.exec(header('via') ?? '')?.[1],
    to: header('to'),
    callId: header('call-id'),
    contact: /<([^>]+)>/.exec(header('contact') ?? '')?.[1],
    body: split < 0 ? '' : text.slice(split + 4),
  };
}

function audioTarget(sdp) {
  const address = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
  const port = Number(/^m=audio (\d+) /m.exec(sdp)?.[1]);
  if (!address || !port) throw new Error(`no audio in the answer:\n${sdp}`);
  return { address, port };
}
