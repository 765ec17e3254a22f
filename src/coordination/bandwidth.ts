/**
 * What a call costs its network, by codec. Pure; the manager leases it after each first negotiation.
 */

/** Payload in kbit/s. Opus is variable: its default target here, which covers what RFC 7587 3.1.1 recommends for full-band speech. */
const payloadKbps: Readonly<Record<string, number>> = { pcmu: 64, pcma: 64, g722: 64, opus: 32, l16: 128 };

/** IPv4, UDP and RTP headers: 20 + 8 + 12 bytes. */
const headerBits = 40 * 8;

/**
 * kbit/s of one direction of a call, headers included; both directions cost the same. G.711 at 20 ms is 80 kbit/s. An unknown codec
 * counts as uncompressed 16-bit audio at 8 kHz.
 *
 * @param ptimeMs audio in a packet; default 20.
 */
export function bandwidthOf(codec: string, ptimeMs = 20): number {
  const payload = payloadKbps[codec] ?? 128;
  return Math.ceil(payload + headerBits / ptimeMs);
}
