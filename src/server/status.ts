/**
 * What the server looks like at this moment: rooms, members, and how each member's audio fares. Pure reading of statistics that the
 * media threads keep up to date; costs nothing when nobody asks. Used by server.ts; `mixminus demo` shows it.
 */
import type { Call, Conference, StreamStats } from '../api/index.js';
import type { Caller } from './events.js';
import { callerOf } from './rooms.js';

/** How the audio of one call fares, both ways. */
export interface AudioStatus {
  /** What the peer sends, dBov from −127 (silence) to 0. */
  readonly levelInDbov: number;
  /** What it hears. */
  readonly levelOutDbov: number;
  /** Packets of the peer that the network lost, 0 to 100. */
  readonly lossPercent: number;
  /** RFC 3550 6.4.1 interarrival jitter. */
  readonly jitterMs: number;
  /** From a packet's arrival until its sound is played or mixed. */
  readonly delayMs: number;
  /** From RTCP; 0 until it is known. */
  readonly rttMs: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly talking: boolean;
}

export interface MemberStatus extends Caller {
  readonly codec: string | undefined;
  readonly muted: boolean;
  readonly deaf: boolean;
  readonly audio: AudioStatus | undefined;
}

export interface RoomStatus {
  readonly name: string;
  readonly members: readonly MemberStatus[];
}

export interface ServerStatus {
  readonly listen: readonly string[];
  /** Calls in all, those being answered included. */
  readonly calls: number;
  readonly rooms: readonly RoomStatus[];
}

export function roomStatus(conference: Conference): RoomStatus {
  const members = [...conference.members.values()].map(({ call, muted, deaf }) => memberStatus(call, muted, deaf));
  return { name: conference.name, members };
}

function memberStatus(call: Call, muted: boolean, deaf: boolean): MemberStatus {
  const stats = call.stats();
  return { ...callerOf(call), codec: call.codec, muted, deaf, audio: stats && audioStatus(stats) };
}

/** The few figures of {@link StreamStats} that people read. */
export function audioStatus(stats: StreamStats): AudioStatus {
  const expected = stats.packetsReceived + stats.packetsLost;
  return {
    levelInDbov: stats.levelInDbov,
    levelOutDbov: stats.levelOutDbov,
    // Duplicates can make the count of lost packets negative (RFC 3550 6.4.1); nobody gains packets.
    lossPercent: expected > 0 ? Math.max(0, (100 * stats.packetsLost) / expected) : 0,
    jitterMs: stats.jitterMs,
    delayMs: stats.playoutDelayMs,
    rttMs: stats.rttMs,
    packetsReceived: stats.packetsReceived,
    packetsSent: stats.packetsSent,
    talking: stats.talking,
  };
}
