/**
 * A manual engine on a virtual clock and network, with peers that speak RTP by hand: for tests of the media core's classes against the
 * real addon. No threads, no sockets, no waiting.
 */
import type { MediaAddress, MediaEngineOptions, StreamParameters } from '../../../src/media-core/index.js';
import { MediaEngine, type Stream } from '../../../src/media-core/index.js';
import { MemoryNetwork, type MemoryNetworkOptions } from '../../support/memory-network.js';
import { decodePcmu, encodePcmu } from '../../support/pcmu.js';
import { VirtualClock } from '../../support/virtual-clock.js';

export const engineAddress = '10.0.0.1';

/** Sends and receives RTP and RTCP at one address of the network. */
export class RtpPeer {
  readonly address: MediaAddress;
  readonly received: Uint8Array[] = [];
  readonly rtcp: Uint8Array[] = [];
  readonly #network: MemoryNetwork;
  readonly #clock: VirtualClock;
  #sequence = 100;
  #timestamp = 5000;
  readonly #ssrc: number;

  constructor(network: MemoryNetwork, clock: VirtualClock, address: string, port = 4000) {
    this.#network = network;
    this.#clock = clock;
    this.address = { address, port };
    this.#ssrc = 0x1234_0000 + port;
    network.host(address).media.attach((local, _remote, data) => {
      if (local.port === port) this.received.push(data);
      else if (local.port === port + 1) this.rtcp.push(data);
    });
  }

  /** The peer's side of what a negotiation would settle. */
  parameters(overrides: Partial<StreamParameters> = {}): StreamParameters {
    return {
      receive: [
        { payloadType: 0, codec: 'pcmu' },
        { payloadType: 8, codec: 'pcma' },
      ],
      send: { payloadType: 0, codec: 'pcmu' },
      telephoneEventPayloadType: 101,
      remote: this.address,
      remoteRtcpPort: this.address.port + 1,
      rtcpMux: false,
      direction: 'sendrecv',
      ...overrides,
    };
  }

  packet(payload: Uint8Array, payloadType = 0, marker = false): Uint8Array {
    const packet = Buffer.alloc(12 + payload.length);
    packet[0] = 0x80;
    packet[1] = payloadType | (marker ? 0x80 : 0);
    packet.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    packet.writeUInt32BE(this.#timestamp, 4);
    packet.writeUInt32BE(this.#ssrc, 8);
    packet.set(payload, 12);
    return packet;
  }

  send(stream: Stream, packet: Uint8Array): void {
    const local = { address: stream.bindAddress, port: stream.rtpPort };
    this.#network.host(this.address.address).media.send(this.address, local, packet);
  }

  /** Says the samples in frames of 20 ms, moving the clock. */
  async say(stream: Stream, pcm: Int16Array): Promise<void> {
    for (let start = 0; start + 160 <= pcm.length; start += 160) {
      this.send(stream, this.packet(encodePcmu(pcm.subarray(start, start + 160))));
      this.#timestamp += 160;
      await this.#clock.advance(20);
    }
  }

  /** A telephone event of `durationMs` with its end packet sent three times. */
  async press(stream: Stream, code: number, durationMs = 100): Promise<void> {
    const units = durationMs * 8;
    for (let i = 0; i < 3; i += 1) {
      this.send(stream, this.packet(Uint8Array.of(code, 0x8a, units >> 8, units & 0xff), 101));
      await this.#clock.advance(20);
    }
    this.#timestamp += units;
  }

  /** All samples that came so far. */
  heard(): Int16Array {
    return Int16Array.from(this.received.flatMap((packet) => [...decodePcmu(packet.subarray(12))]));
  }
}

export interface Rig {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly engine: MediaEngine;
  peer(address?: string, port?: number): RtpPeer;
  /** A stream in a call with the peer. */
  call(peer: RtpPeer, overrides?: Partial<StreamParameters>): Stream;
}

export function mediaRig(
  options: Partial<MediaEngineOptions> = {},
  networkOptions: Partial<MemoryNetworkOptions> = {},
): Rig {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, seed: 7, ...networkOptions });
  const engine = new MediaEngine({
    manual: { clock, network: network.host(engineAddress).media, seed: 42 },
    maxStreams: 20,
    maxMixers: 4,
    ...options,
  });
  let peers = 0;
  return {
    clock,
    network,
    engine,
    peer(address, port) {
      peers += 1;
      return new RtpPeer(network, clock, address ?? `10.0.1.${peers}`, port);
    },
    call(peer, overrides) {
      const stream = engine.openStream(engineAddress);
      stream.configure(peer.parameters(overrides));
      stream.allowSend();
      return stream;
    },
  };
}

/** The code of the error that `run` throws, undefined when it throws none. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
