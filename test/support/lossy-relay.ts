/**
 * A relay for SIP over UDP on loopback that loses datagrams: what comes in at `nearPort` leaves from `farPort` to the server, and back. It
 * changes nothing, so both sides must let answers return the way that requests came (RFC 3581).
 */
import { createSocket, type Socket } from 'node:dgram';

export type Way = 'toServer' | 'toClient';

/** Says whether a datagram is lost. */
export type Loss = (text: string, way: Way) => boolean;

/** Loses the first copy of every message; a retransmission has the same bytes and gets through. */
export function loseFirstCopies(): Loss {
  const seen = new Set<string>();
  return (text, way) => {
    const key = `${way} ${text}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
}

export class LossyRelay {
  readonly #near: Socket;
  readonly #far: Socket;
  #clientPort: number | undefined;
  /** Start lines of what was lost and of what got through, each with its way. */
  readonly lost: string[] = [];
  readonly passed: string[] = [];

  private constructor(near: Socket, far: Socket) {
    this.#near = near;
    this.#far = far;
  }

  /** @param serverPort on 127.0.0.1; the client is whoever sends to `nearPort` last. */
  static async open(serverPort: number, loss: Loss): Promise<LossyRelay> {
    const relay = new LossyRelay(await bound(), await bound());
    relay.#near.on('message', (data, from) => {
      relay.#clientPort = from.port;
      if (!relay.#loses(data, 'toServer', loss)) relay.#far.send(data, serverPort, '127.0.0.1');
    });
    relay.#far.on('message', (data) => {
      if (relay.#clientPort === undefined || relay.#loses(data, 'toClient', loss)) return;
      relay.#near.send(data, relay.#clientPort, '127.0.0.1');
    });
    return relay;
  }

  get nearPort(): number {
    return this.#near.address().port;
  }

  get farPort(): number {
    return this.#far.address().port;
  }

  close(): void {
    this.#near.close();
    this.#far.close();
  }

  #loses(data: Buffer, way: Way, loss: Loss): boolean {
    const text = data.toString('latin1');
    const lost = loss(text, way);
    (lost ? this.lost : this.passed).push(`${way} ${text.slice(0, text.indexOf('\r\n'))}`);
    return lost;
  }
}

function bound(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}
