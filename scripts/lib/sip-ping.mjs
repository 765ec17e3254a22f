/** The smallest SIP client: asks a server on loopback for its options over UDP. Used by check-pack.mjs; knows nothing of src/. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Failure } from './run.mjs';

/** A UDP port of 127.0.0.1 that was free a moment ago. */
export async function freeUdpPort() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** Sends OPTIONS to 127.0.0.1:`port`, again each 500 ms as long as nobody answers; resolves with the status. */
export async function sipOptions(port, timeoutMs) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const request = optionsRequest(port, socket.address().port);
  const send = () => socket.send(request, port, '127.0.0.1');
  const again = setInterval(send, 500);
  // A port that nobody listens on yet answers with ICMP, which surfaces as an error of the socket: it is asked again.
  socket.on('error', () => {});
  try {
    send();
    return await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Failure(`no answer to OPTIONS within ${timeoutMs} ms`)), timeoutMs).unref();
      socket.on('message', (data) => {
        const status = /^SIP\/2\.0 (\d{3}) /.exec(data.toString('latin1'));
        if (status) resolve(Number(status[1]));
      });
    });
  } finally {
    clearInterval(again);
    socket.close();
  }
}

function optionsRequest(port, own) {
  const token = () => randomBytes(6).toString('hex');
  return [
    `OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK${token()};rport`,
    'Max-Forwards: 70',
    `From: <sip:check@127.0.0.1:${own}>;tag=${token()}`,
    `To: <sip:127.0.0.1:${port}>`,
    `Call-ID: ${token()}@127.0.0.1`,
    'CSeq: 1 OPTIONS',
    `Contact: <sip:check@127.0.0.1:${own}>`,
    'Accept: application/sdp',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
